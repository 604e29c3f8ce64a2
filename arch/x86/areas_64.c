/* The address map of <asm/memory_layout_64.h> as a table. */
#include <asm/kasan.h>
#include <asm/pgtable.h>
#include <kernel/init.h>
#include <lib/kernel.h>
#include <lib/sprintf.h>
#include <mm/memory_model.h>

#include "areas.h"

/* The parts of the image itself are known to who asks. */
static void say_beside(const struct area *r, unsigned long addr, char *buf,
		       size_t size)
{
	ksnprintf(buf, size, "hole beside the %s", r->name);
}

struct area address_map[] __ro_after_init = {
	{ 0, PAGE_SIZE, "null page", area_say_name },
	{ PAGE_OFFSET, PAGE_OFFSET + DIRECT_MAP_SIZE, "direct map",
	  area_say_direct_map },
	{ VMALLOC_START, VMALLOC_END, "vmalloc area", area_say_vmalloc },
	{ KERNEL_STACK_START, KERNEL_STACK_END, "kernel stacks",
	  area_say_kernel_stack },
	{ VMEMMAP_START, (unsigned long)(vmemmap + MAX_PFN), "vmemmap",
	  area_say_descriptor },
#ifdef CONFIG_KASAN
	{ KASAN_SHADOW_START, KASAN_SHADOW_END, "KASAN shadow",
	  area_say_name },
#endif
	{ KERNEL_BASE, KERNEL_BASE + KERNEL_IMAGE_SIZE, "kernel image",
	  say_beside },
	{ FIXMAP_START, FIXMAP_START + FIXMAP_SIZE, "fixmap", area_say_name },
};
const unsigned int nr_areas = ARRAY_SIZE(address_map);

const char *describe_hole(unsigned long addr)
{
	if (!va_is_canonical(addr))
		return "not canonical: no page table can map it";
	if (addr < PAGE_OFFSET)
		return (long)addr < 0 ? "hole below the direct map" :
		       "user address";
	return "hole in kernel addresses";
}
