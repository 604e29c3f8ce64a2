/*
 * What becomes of the image when boot is over?
 *
 * Its first part (linker.ld) was for boot only. Its own mapping goes, its
 * frames become plain writable RAM in the direct map, and the page allocator
 * gets them. What boot wrote for the last time becomes read-only, in both
 * views.
 */
#include <asm/machine.h>
#include <asm/paging.h>
#include <asm/sections.h>
#include <kernel/panic.h>
#include <lib/kernel.h>
#include <mm/memory_model.h>
#include <mm/mm.h>

static void unmap_init_image(void)
{
	unsigned long size = (unsigned long)(__init_end - __init_begin);

	if (pgtable_unmap(&kernel_pgtable, (unsigned long)__init_begin, size))
		panic("the image is mapped with big pages");
	direct_map_protect_image(__init_begin, __init_end, true);
}

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
	unmap_init_image();
	free_image_pages(__pa(__init_begin), __pa(__init_end));
	pr_info("freed %lu KiB of init memory\n",
		(unsigned long)(__init_end - __init_begin) >> 10);
	mark_rodata_ro();
}
