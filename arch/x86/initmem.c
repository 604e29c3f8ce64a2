/*
 * What becomes of the image when boot is over?
 *
 * Its first part (linker.ld) was for boot only. It becomes plain writable RAM
 * in the direct map, and the page allocator gets its frames. What boot wrote
 * for the last time becomes read-only, wherever it can be seen.
 */
#include <asm/machine.h>
#include <asm/paging.h>
#include <asm/sections.h>
#include <kernel/printk.h>
#include <lib/kernel.h>
#include <mm/memory_model.h>
#include <mm/mm.h>

static void free_image_pages(phys_addr_t pa, phys_addr_t end)
{
	for (; pa < end; pa += PAGE_SIZE)
		free_reserved_page(phys_to_page(pa));
}

static void mark_rodata_ro(void)
{
	unsigned long start = (unsigned long)__start_ro_after_init;
	unsigned long size = (unsigned long)(__end_ro_after_init -
					     __start_ro_after_init);

	direct_map_protect_image(__start_ro_after_init, __end_ro_after_init,
				 false);
	pgtable_protect(&kernel_pgtable, start, size, _PAGE_RW, 0);
}

void free_initmem(void)
{
	release_init_image();
	free_image_pages(__pa(__init_begin), __pa(__init_end));
	init_per_zone_wmark_min();
	pr_info("freed %lu KiB of init memory\n",
		(unsigned long)(__init_end - __init_begin) >> 10);
	mark_rodata_ro();
}
