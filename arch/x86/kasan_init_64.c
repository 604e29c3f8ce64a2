/*
 * Where does the shadow come from?
 *
 * The problem: an instrumented function writes shadow as soon as it has a
 * stack frame, and shadow is an eighth of all memory, to be had only when
 * memory can be allocated, by instrumented functions.
 *
 *  1. First instructions of C: three tables and one page of zeroes stand for
 *     the shadow of all kernel addresses. Frames may write to it, each spoils
 *     it for the others, and nobody looks.
 *
 *	PML4[472..503] --> table --> table --> table --> the page
 *	                   (all 512 entries of each name the next)
 *
 *  2. In the final tables the image, the area of thread stacks and the direct
 *     map have shadow of their own, zeroed: all may be accessed. It is 1/8 of
 *     RAM, in 2 MiB pages where there are any. Addresses between two ranges
 *     of RAM share one page of zeroes, that nobody writes.
 *  3. The tables are loaded. From here on accesses are checked, and what is
 *     out of bounds is marked as it becomes known: red zones of globals at
 *     once, free pages at the hand-over, free objects when there are slabs.
 *
 * Frames that were entered before 3 have no red zones in the new shadow; they
 * clear theirs when they return, and clear what is clear.
 *
 * Shadow for the vmalloc area comes and goes with what is there
 * (mm/kasan/vmalloc.c).
 *
 * Cost: RAM / 8. Left out: shadow for vmemmap, and per-CPU areas within a page.
 */
#include <asm/control_regs.h>
#include <asm/kasan.h>
#include <asm/paging.h>
#include <kernel/init.h>
#include <kernel/panic.h>
#include <lib/kernel.h>
#include <lib/string.h>
#include <mm/early.h>
#include <mm/kasan.h>
#include <mm/memblock.h>

unsigned long kasan_direct_bytes;
bool kasan_ready;

static pte_t early_tables[PT_TOP][PTRS_PER_TABLE] __initdata
	__aligned(PAGE_SIZE);
static char early_page[PAGE_SIZE] __initdata __aligned(PAGE_SIZE);

/* What holes share: 4 KiB, and 2 MiB once a hole is as big. */
static phys_addr_t zero_page __initdata, big_zero_page __initdata;

static void __init fill_table(pte_t *table, const void *next)
{
	unsigned int i;

	for (i = 0; i < PTRS_PER_TABLE; i++)
		table[i] = __pa(next) | PT_TOP_FLAGS;
}

void __init kasan_early_init(void)
{
	pte_t *root = __va(read_cr3());
	unsigned long va;
	int level;

	for (level = PT_4K; level < PT_TOP; level++)
		fill_table(early_tables[level], level == PT_4K ?
			   (const void *)early_page : early_tables[level - 1]);
	for (va = KASAN_SHADOW_START; va != KASAN_SHADOW_END;
	     va += pt_size(PT_TOP))
		root[pt_index(va, PT_TOP)] = __pa(early_tables[PT_1G]) |
					     PT_TOP_FLAGS;
}

static phys_addr_t __init new_shadow(unsigned long size)
{
	phys_addr_t pa = early_alloc_raw(size, size, NUMA_NO_NODE,
					 EARLY_SHADOW);

	if (pa)
		memset(__va(pa), 0, size);
	return pa;
}

static phys_addr_t __init new_small_shadow(void)
{
	phys_addr_t pa = new_shadow(PAGE_SIZE);

	if (!pa)
		panic("no memory for the shadow: it takes an eighth of RAM");
	return pa;
}

static bool __init is_empty(unsigned long va, enum pt_level level)
{
	return pgtable_entry_empty(&kernel_pgtable, va, level);
}

/* Maps one page at va, if there is none, and steps over it. */
static unsigned long __init map_piece(unsigned long va, unsigned long end,
				      bool hole)
{
	pte_t prot = hole ? PAGE_KERNEL_RO : PAGE_KERNEL;
	unsigned long big = pt_size(PT_2M);
	phys_addr_t pa;

	if (IS_ALIGNED(va, big) && end - va >= big && is_empty(va, PT_2M)) {
		if (hole && !big_zero_page)
			big_zero_page = new_shadow(big);
		pa = hole ? big_zero_page : new_shadow(big);
		if (pa) {
			kernel_map_or_panic(va, pa, big, prot, PT_2M);
			return va + big;
		}
	}
	if (is_empty(va, PT_4K))
		kernel_map_or_panic(va, hole ? zero_page : new_small_shadow(),
				    PAGE_SIZE, prot, PT_4K);
	return va + PAGE_SIZE;
}

/* Shadow of [start, end). Where RAM and a hole share a page it is RAM's. */
static void __init map_range(unsigned long start, unsigned long end, bool hole)
{
	unsigned long va = (unsigned long)kasan_shadow(start);
	unsigned long stop = (unsigned long)kasan_shadow(end);

	va = ALIGN_DOWN(va, PAGE_SIZE);
	stop = ALIGN(stop, PAGE_SIZE);
	while (va < stop)
		va = map_piece(va, stop, hole);
}

/* RAM first: a hole gets what is left between. */
static void __init map_direct(phys_addr_t start, phys_addr_t end)
{
	phys_addr_t s, e;
	u64 i;

	for_each_mem_range(i, &s, &e) {
		s = max(s, start);
		e = min(e, end);
		if (s < e)
			map_range((unsigned long)__va(s),
				  (unsigned long)__va(e), false);
	}
	map_range((unsigned long)__va(start), (unsigned long)__va(end), true);
}

void __init kasan_map_shadow(void)
{
	phys_addr_t end = min(boot_mapped_end(), memblock_end_of_DRAM());

	zero_page = new_small_shadow();
	map_range(KERNEL_BASE, (unsigned long)_end, false);
	map_range(KERNEL_STACK_START, KERNEL_STACK_END, false);
	/* the one table that speaks for others, too, and cannot come and go */
	if (pgtable_make_tables(&kernel_pgtable,
				(unsigned long)kasan_shadow(VMALLOC_START),
				PT_1G, GFP_KERNEL))
		panic("no memory for the tables of the shadow");
	map_direct(0, end);
}

void __init kasan_map_rest_of_shadow(void)
{
	phys_addr_t end = memblock_end_of_DRAM();

	if (end > boot_mapped_end())
		map_direct(boot_mapped_end(), end);
	kasan_direct_bytes = (unsigned long)ALIGN_DOWN(end, PAGE_SIZE);
	kasan_ready = true;
	kasan_init_globals();
}
