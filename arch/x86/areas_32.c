/* The address map of <asm/memory_layout_32.h> as a table. */
#include <kernel/init.h>
#include <lib/kernel.h>
#include <lib/sprintf.h>
#include <mm/memblock.h>
#include <mm/memory_model.h>

#include "areas.h"

/* mem_map is RAM like any other, but worth a name. */
static void say_lowmem(const struct area *r, unsigned long addr, char *buf,
		       size_t size)
{
	unsigned long frames = PFN_UP(memblock_end_of_DRAM());
	struct area array = { VMEMMAP_START,
		(unsigned long)(mem_map + frames), "mem_map", NULL };

	if (mem_map && find_area(&array, 1, addr))
		area_say_descriptor(&array, addr, buf, size);
	else
		area_say_direct_map(r, addr, buf, size);
}

enum { DIRECT_MAP = 1, VMALLOC };

struct area address_map[] __ro_after_init = {
	{ 0, PAGE_SIZE, "null page", area_say_name },
	[DIRECT_MAP] = { PAGE_OFFSET, PAGE_OFFSET + DIRECT_MAP_MOST,
			 "direct map", say_lowmem },
	[VMALLOC] = { VMALLOC_START_USUAL, VMALLOC_END, "vmalloc area",
		      area_say_vmalloc },
	{ KERNEL_STACK_START, KERNEL_STACK_END, "kernel stacks",
	  area_say_kernel_stack },
	{ PKMAP_START, FIXMAP_START, "pkmap, kmap() of high memory",
	  area_say_name },
	{ FIXMAP_START, FIXMAP_START + FIXMAP_SIZE, "fixmap", area_say_name },
	{ KMAP_LOCAL_START, KMAP_LOCAL_START + KMAP_LOCAL_SIZE,
	  "slots of kmap_local_page()", area_say_name },
};
const unsigned int nr_areas = ARRAY_SIZE(address_map);

void __init address_map_settle(void)
{
	address_map[DIRECT_MAP].end = PAGE_OFFSET + DIRECT_MAP_SIZE;
	address_map[VMALLOC].start = VMALLOC_START;
}

const char *describe_hole(unsigned long addr)
{
	return addr < PAGE_OFFSET ? "user address" : "hole in kernel addresses";
}
