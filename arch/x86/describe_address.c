/*
 * What is this address? The answer to the first question of every page-fault
 * report. First the parts of the kernel image, then the areas of the address
 * map (areas_64.c, areas_32.c), each with its own way to say more (which pfn,
 * which function); what none of them holds is a hole.
 */
#include <asm/desc.h>
#include <asm/machine.h>
#include <asm/paging.h>
#include <asm/sections.h>
#include <kernel/kallsyms.h>
#include <lib/kernel.h>
#include <lib/sprintf.h>

#include "areas.h"

static void say_symbol(const struct area *r, unsigned long addr, char *buf,
		       size_t size)
{
	ksnprintf(buf, size, "%s, %pS", r->name, (void *)addr);
}

static void say_stack(const struct area *r, unsigned long addr, char *buf,
		      size_t size)
{
	ksnprintf(buf, size, "%s, %lu bytes below its top", r->name,
		  r->end - addr);
}

#define IMAGE(start, end, name, say) \
	{ (unsigned long)(start), (unsigned long)(end), name, say }

static const struct area init_parts[] = {
	IMAGE(__boot_begin, __boot_end,
	      "boot code and first page tables (init memory)", area_say_name),
	IMAGE(_sinittext, _einittext, "init text (init memory)", say_symbol),
	IMAGE(_einittext, __init_end, "init data (init memory)",
	      area_say_name),
};

static const struct area image_parts[] = {
	IMAGE(_stext, _etext, "kernel text", say_symbol),
	IMAGE(__start_rodata, __end_rodata, "kernel rodata", area_say_name),
	IMAGE(__start_ro_after_init, __end_ro_after_init,
	      "kernel data, read-only after boot", area_say_name),
	IMAGE(_sdata, _edata, "kernel data", area_say_name),
	IMAGE(__bss_start, __bss_stop, "kernel bss", area_say_name),
	IMAGE(boot_stack_guard, boot_stack, "guard page of the boot stack",
	      area_say_name),
	IMAGE(boot_stack, boot_stack_top, "boot stack", say_stack),
};

const struct area *find_area(const struct area *areas, unsigned int n,
			     unsigned long addr)
{
	for (; n; n--, areas++)
		if (addr >= areas->start && addr < areas->end)
			return areas;
	return NULL;
}

void describe_address(unsigned long addr, char *buf, size_t size)
{
	const struct area *r = NULL;

	if (exception_stack_describe(addr, buf, size))
		return;
	if (!init_image_is_ram())
		r = find_area(init_parts, ARRAY_SIZE(init_parts), addr);
	if (!r)
		r = find_area(image_parts, ARRAY_SIZE(image_parts), addr);
	if (!r)
		r = find_area(address_map, nr_areas, addr);
	if (r)
		r->describe(r, addr, buf, size);
	else
		ksnprintf(buf, size, "%s", describe_hole(addr));
}
