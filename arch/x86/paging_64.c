/*
 * How does the kernel come to run on page tables of its own?
 *
 * The first tables (boot/page_tables_64.asm) are generous: the first 4 GiB
 * three times over, all of it writable and executable. The final ones say
 * exactly what there is and what it may be used for:
 *
 *	kernel image	4 KiB pages	text R-X, constants R--, data RW-
 *	direct map	biggest pages	RAM RW-, text and constants R--
 *	vmemmap		2 MiB, 4 KiB	RW-	(later, by vmemmap_populate())
 *	fixmap		4 KiB pages	windows R--
 *	all else	not mapped	the null page, the guard page of the
 *					boot stack, holes, the first code
 *
 *	1. Map the image, the RAM below 4 GiB and the fixmap in a new tree,
 *	   whose pages come from what the first tables show.
 *	2. Load it. Code, stack and RAM stay where they are in virtual memory,
 *	   so nothing is noticed.
 *	3. Map the RAM above in steps, raising the limit of early allocation:
 *	   tables for one step may already lie in the step before, so a
 *	   machine with little RAM below 4 GiB can map a lot above.
 *
 * The first tables lie in the image's init part and become free memory.
 */
#include <asm/control_regs.h>
#include <asm/fixmap.h>
#include <asm/paging.h>
#include <asm/sections.h>
#include <kernel/init.h>
#include <kernel/panic.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <mm/early.h>
#include <mm/memblock.h>

/* RAM mapped at a time above 4 GiB: at most 64 tables of 2 MiB pages. */
#define MAP_STEP (64ULL << 30)

struct pgtable kernel_pgtable;

static struct {
	char *start, *end;
	pte_t prot;
} image_parts[] __initdata = {
	{ _sinittext, _einittext, PAGE_KERNEL_RX },
	{ _einittext, __init_end, PAGE_KERNEL },
	{ _stext, _etext, PAGE_KERNEL_RX },
	{ __start_rodata, __end_rodata, PAGE_KERNEL_RO },
	{ __start_ro_after_init, __end_ro_after_init, PAGE_KERNEL },
	{ _sdata, _edata, PAGE_KERNEL },
	{ __bss_start, __bss_stop, PAGE_KERNEL },
	{ boot_stack, boot_stack_top, PAGE_KERNEL },
};

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

static void __init map_image(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(image_parts); i++) {
		char *start = image_parts[i].start;
		char *end = image_parts[i].end;

		kernel_map_or_panic((unsigned long)start, __pa(start),
				    (unsigned long)(end - start),
				    image_parts[i].prot, PT_4K);
	}
}

/* The direct map's view of what is executable or constant. */
static void __init protect_image_alias(void)
{
	direct_map_protect_image(_sinittext, _einittext, false);
	direct_map_protect_image(_stext, _etext, false);
	direct_map_protect_image(__start_rodata, __end_rodata, false);
}

static void __init switch_to_final(void)
{
	write_cr3(__pa(kernel_pgtable.root));
	/* The first tables' pages are global and outlive the load of CR3. */
	flush_tlb_all();
	kernel_pgtable.live = true;
}

static void __init map_high_ram(void)
{
	phys_addr_t start, end, ram_end = memblock_end_of_DRAM();

	for (start = BOOT_MAPPED_END; start < ram_end; start = end) {
		end = min(start + MAP_STEP, ram_end);
		direct_map_ram(start, end);
		early_set_limit(end);
	}
	early_set_limit(ram_end);
}

void __init paging_init(void)
{
	if (pgtable_init(&kernel_pgtable))
		panic("no memory for page tables: of %llu KiB usable memory "
		      "all is taken", memblock_phys_mem_size() >> 10);
	map_image();
	direct_map_ram(0, BOOT_MAPPED_END);
	protect_image_alias();
	fixmap_init();
	switch_to_final();
	map_high_ram();
	pr_info("paging: direct map of %llu MiB of RAM, "
		"%lu KiB of page tables\n",
		memblock_phys_mem_size() >> 20,
		kernel_pgtable.nr_tables * PAGE_SIZE >> 10);
}
