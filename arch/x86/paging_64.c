/*
 * The image and the direct map, x86_64: two views of the kernel's frames. The
 * image has addresses of its own, near the top, where code can be addressed
 * with 32 bits; in the direct map the same frames are seen as RAM, without
 * the right to write what is executable or constant.
 *
 * RAM beyond what the first tables show, 4 GiB:
 *
 *	1. Ends of ranges, up to a block of the biggest order, are mapped at
 *	   boot: their page sizes are anybody's guess.
 *	2. With 1 GiB pages so is the rest: a store per GiB.
 *	3. Without, whole blocks are mapped when the page allocator first takes
 *	   something from them (vmemmap_64.c), 2 MiB by 2 MiB: a terabyte would
 *	   be half a million stores, and 2 MiB of tables.
 *	4. If the early allocator finds nothing below its limit, which is the
 *	   end of what is mapped, the next step is mapped for it at once. Tables
 *	   for one step may already lie in the step before, so a machine with
 *	   little RAM below 4 GiB can map a lot above. KASAN's shadow is memory
 *	   for all RAM: with it everything is mapped at boot.
 *
 *	RAM     |--------|     |-----------------------------------------|
 *	        | blocks |     |end| block | block |  ...  | block | end |
 *	mapped  at boot	       boot	when used, or 64 GiB at a time boot
 *	        0        4 GiB
 */
#include <asm/control_regs.h>
#include <asm/cpufeature.h>
#include <asm/machine.h>
#include <asm/paging.h>
#include <asm/sections.h>
#include <kernel/init.h>
#include <kernel/panic.h>
#include <lib/kernel.h>
#include <mm/early.h>
#include <mm/memblock.h>
#include <mm/mmzone.h>

/* RAM mapped at a time above 4 GiB: 64 tables of 2 MiB pages, or 1 of 1 GiB. */
#define MAP_STEP (64ULL << 30)
#define BIG_MAP_STEP (512ULL << 30)

#ifdef CONFIG_KASAN
#define MAP_ALL_AT_BOOT true
#else
#define MAP_ALL_AT_BOOT false
#endif

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

phys_addr_t __init boot_mapped_end(void)
{
	return SZ_4G;
}

void __init map_image(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(image_parts); i++) {
		char *start = image_parts[i].start;
		char *end = image_parts[i].end;

		kernel_map_or_panic((unsigned long)start, __pa(start),
				    (unsigned long)(end - start),
				    image_parts[i].prot, PT_4K);
	}
	direct_map_protect_image(_sinittext, _einittext, false);
	direct_map_protect_image(_stext, _etext, false);
	direct_map_protect_image(__start_rodata, __end_rodata, false);
}

void __init load_root_table(phys_addr_t root)
{
	write_cr3(root);
}

/* Up to here whole blocks are mapped throughout. */
static phys_addr_t mapped_end __ro_after_init;

static phys_addr_t __init block_up(phys_addr_t pa)
{
	return ALIGN(pa, (phys_addr_t)MAX_ORDER_SIZE);
}

static phys_addr_t __init block_down(phys_addr_t pa)
{
	return ALIGN_DOWN(pa, (phys_addr_t)MAX_ORDER_SIZE);
}

/* What is no whole block of a range above 4 GiB. */
static void __init map_ends(phys_addr_t start, phys_addr_t end)
{
	phys_addr_t first = block_up(start), last = block_down(end);

	if (first >= last) {
		direct_map_ram(start, end);
		return;
	}
	if (start < first)
		direct_map_ram(start, first);
	if (last < end)
		direct_map_ram(last, end);
}

/* Whole blocks of all ranges in [from, to). */
static void __init map_blocks(phys_addr_t from, phys_addr_t to)
{
	phys_addr_t start, end;
	u64 i;

	for_each_mem_range(i, &start, &end) {
		start = max(block_up(start), from);
		end = min(block_down(end), to);
		if (start < end)
			direct_map_ram(start, end);
	}
}

bool direct_map_is_complete(void)
{
	return mapped_end == PHYS_ADDR_MAX;
}

bool __init map_more_of_ram(void)
{
	phys_addr_t end = mapped_end + (cpu_features.gbpages ? BIG_MAP_STEP :
					MAP_STEP);

	if (direct_map_is_complete())
		return false;
	if (end >= memblock_end_of_DRAM())
		end = PHYS_ADDR_MAX;
	map_blocks(mapped_end, end);
	mapped_end = end;
	early_set_limit(min(end, memblock_end_of_DRAM()));
	return true;
}

void __init map_rest_of_ram(void)
{
	phys_addr_t start, end;
	u64 i;

	mapped_end = boot_mapped_end();
	for_each_mem_range(i, &start, &end) {
		start = max(start, mapped_end);
		if (start < end)
			map_ends(start, end);
	}
	if (memblock_end_of_DRAM() <= mapped_end)
		mapped_end = PHYS_ADDR_MAX;
	early_set_limit(min(mapped_end, memblock_end_of_DRAM()));
	if (cpu_features.gbpages || MAP_ALL_AT_BOOT)
		while (map_more_of_ram())
			;
}

phys_addr_t __init direct_map_bytes(void)
{
	return memblock_phys_mem_size();
}

void release_init_image(void)
{
	unsigned long size = (unsigned long)(__init_end - __init_begin);

	if (pgtable_unmap(&kernel_pgtable, (unsigned long)__init_begin, size))
		panic("the image is mapped with big pages");
	direct_map_protect_image(__init_begin, __init_end, true);
}

bool init_image_is_ram(void)
{
	return false;	/* what is RAM again is the other view */
}
