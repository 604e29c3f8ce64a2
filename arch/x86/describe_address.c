/*
 * What is this address? The answer to the first question of every page-fault
 * report. A table of ranges in address order, each with its own way to say
 * more (which pfn, which function); what no range holds is a hole.
 */
#include <asm/desc.h>
#include <asm/machine.h>
#include <asm/pgtable.h>
#include <asm/sections.h>
#include <kernel/kallsyms.h>
#include <lib/kernel.h>
#include <lib/sprintf.h>
#include <mm/memory_model.h>

/* Addresses this near to 0 are a null pointer plus a field's offset. */
#define NULL_AREA PAGE_SIZE

struct range {
	unsigned long start, end;	/* end: the first address behind */
	const char *name;
	void (*describe)(const struct range *r, unsigned long addr, char *buf,
			 size_t size);
};

static void say_name(const struct range *r, unsigned long addr, char *buf,
		     size_t size)
{
	ksnprintf(buf, size, "%s", r->name);
}

static void say_symbol(const struct range *r, unsigned long addr, char *buf,
		       size_t size)
{
	ksnprintf(buf, size, "%s, %pS", r->name, (void *)addr);
}

static void say_direct_map(const struct range *r, unsigned long addr,
			   char *buf, size_t size)
{
	bool ram = virt_addr_valid((const void *)addr);

	ksnprintf(buf, size, "%s of pfn 0x%lx%s", ram ? "direct map" :
		  "hole in the direct map", PFN_DOWN(addr - PAGE_OFFSET),
		  ram ? "" : ", which is no RAM");
}

static void say_vmemmap(const struct range *r, unsigned long addr, char *buf,
			size_t size)
{
	unsigned long pfn = (addr - VMEMMAP_START) / sizeof(struct page);

	ksnprintf(buf, size, "vmemmap, struct page of pfn 0x%lx%s", pfn,
		  pfn_valid(pfn) ? "" : ", which has none");
}

static void say_stack(const struct range *r, unsigned long addr, char *buf,
		      size_t size)
{
	ksnprintf(buf, size, "%s, %lu bytes below its top", r->name,
		  r->end - addr);
}

#define IMAGE(start, end, name, say) \
	{ (unsigned long)(start), (unsigned long)(end), name, say }

static const struct range ranges[] = {
	{ 0, NULL_AREA, "null page", say_name },
	{ PAGE_OFFSET, PAGE_OFFSET + DIRECT_MAP_SIZE, NULL, say_direct_map },
	{ VMALLOC_START, VMALLOC_END, "vmalloc area", say_name },
	{ VMEMMAP_START, (unsigned long)(vmemmap + MAX_PFN), NULL,
	  say_vmemmap },
	IMAGE(__boot_begin, __boot_end,
	      "boot code and first page tables (init memory)", say_name),
	IMAGE(_sinittext, _einittext, "init text (init memory)", say_symbol),
	IMAGE(_einittext, __init_end, "init data (init memory)", say_name),
	IMAGE(_stext, _etext, "kernel text", say_symbol),
	IMAGE(__start_rodata, __end_rodata, "kernel rodata", say_name),
	IMAGE(__start_ro_after_init, __end_ro_after_init,
	      "kernel data, read-only after boot", say_name),
	IMAGE(_sdata, _edata, "kernel data", say_name),
	IMAGE(__bss_start, __bss_stop, "kernel bss", say_name),
	IMAGE(boot_stack_guard, boot_stack, "guard page of the boot stack",
	      say_name),
	IMAGE(boot_stack, boot_stack_top, "boot stack", say_stack),
	{ FIXMAP_START, FIXMAP_START + FIXMAP_SIZE, "fixmap", say_name },
};

static const char *describe_hole(unsigned long addr)
{
	if (!va_is_canonical(addr))
		return "not canonical: no page table can map it";
	if (addr < PAGE_OFFSET)
		return (long)addr < 0 ? "hole below the direct map" :
		       "user address";
	if (addr >= KERNEL_BASE && addr < KERNEL_BASE + KERNEL_IMAGE_SIZE)
		return "hole beside the kernel image";
	return "hole in kernel addresses";
}

void describe_address(unsigned long addr, char *buf, size_t size)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		const struct range *r = &ranges[i];

		if (addr >= r->start && addr < r->end) {
			r->describe(r, addr, buf, size);
			return;
		}
	}
	ksnprintf(buf, size, "%s", describe_hole(addr));
}
