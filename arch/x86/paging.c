/*
 * How does the kernel come to run on page tables of its own?
 *
 * The first tables (boot/page_tables_*.asm) are generous: all that is of any
 * use, some of it twice, writable and executable. The final ones say exactly
 * what there is and what it may be used for:
 *
 *	kernel image	text R-X, constants R--, data RW-
 *	direct map	biggest pages	RAM RW-, text and constants R--
 *	descriptors	of RAM RW-, all others zeroes R--
 *	fixmap		4 KiB pages	windows R--
 *	thread stacks	4 KiB pages	RW-, as they come and go
 *	vmalloc		4 KiB and 2 MiB	as asked for
 *	all else	not mapped	the null page, the guard page of the
 *					boot stack, holes, the first code
 *
 *	1. Map the RAM that the first tables show, the image and the fixmap in
 *	   a new tree, whose pages come from that RAM; and make the tables that
 *	   thread stacks and vmalloc will need.
 *	2. Load it. Code, stack and RAM stay where they are in virtual memory,
 *	   so nothing is noticed.
 *	3. Map the rest of RAM, if the target has addresses for it.
 *
 * Where the image is, beside the direct map or in it, and what step 3 does:
 * paging_64.c, paging_32.c. The first tables lie in the image's init part and
 * become free memory.
 */
#include <asm/fixmap.h>
#include <asm/kernel_stack.h>
#include <asm/paging.h>
#include <asm/vmap.h>
#include <kernel/init.h>
#include <kernel/panic.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <mm/kasan.h>
#include <mm/memblock.h>

struct pgtable kernel_pgtable;

void __init kernel_map_or_panic(unsigned long va, phys_addr_t pa,
				unsigned long size, pte_t prot,
				enum pt_level max_level)
{
	int err = pgtable_map(&kernel_pgtable, va, pa, size, prot, max_level);

	if (err)
		panic("mapping physical 0x%llx, %lu KiB at %px: error %d%s",
		      pa, size >> 10, (void *)va, err,
		      err == -ENOMEM ? ", no memory for page tables" : "");
}

static void __init switch_to_final(void)
{
	load_root_table(__pa(kernel_pgtable.root));
	/* The first tables' pages are global and outlive the load of CR3. */
	flush_tlb_all();
	kernel_pgtable.live = true;
}

void __init paging_init(void)
{
	if (pgtable_init(&kernel_pgtable))
		panic("no memory for page tables: of %llu KiB usable memory "
		      "all is taken", memblock_phys_mem_size() >> 10);
	direct_map_ram(0, boot_mapped_end());
	map_image();
	map_descriptors();
	fixmap_init();
	kernel_stack_init();
	vmap_tables_init();
	kasan_map_shadow();
	switch_to_final();
	map_rest_of_ram();
	kasan_map_rest_of_shadow();
	pr_info("paging: direct map of %llu MiB of RAM%s, "
		"%lu KiB of page tables\n", direct_map_bytes() >> 20,
		direct_map_is_complete() ? "" : ", most of it when it is used",
		kernel_pgtable.nr_tables * PAGE_SIZE >> 10);
}
