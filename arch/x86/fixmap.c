/*
 * How is firmware's memory read that is not in the direct map?
 *
 * The direct map shows RAM and nothing else. A firmware table outside RAM is
 * looked at through a window, a few pages of a fixed area of virtual memory:
 *
 *	FIXMAP_START                                       + FIXMAP_SIZE
 *	|<------ window 0 ------>|<------ window 1 ------>| ...
 *	|  64 pages  | 1 | guard |  64 pages  | 1 | guard |
 *
 * 64 pages are FIXMAP_WINDOW_SIZE; one more is for a range that does not
 * begin on a page; the guard stays unmapped, so a read past the end faults.
 *
 * Behind the windows come pages for registers of devices, one each and for
 * good, with a guard before each:
 *
 *	... window 6 | guard | device 0 | guard | device 1 | ...
 *
 * Who opened a window is the only one to look through it, on his own CPU: so
 * that CPU alone flushes its TLB, before each use, and no other is disturbed.
 *
 * The bitmap of open windows is under a lock; who opened a window owns its
 * entries. The one page table of the area is made at boot and stays; the first
 * page tables have one too (boot/page_tables_*.asm), so windows can be opened
 * before there are others.
 */
#include <asm/control_regs.h>
#include <asm/cpufeature.h>
#include <asm/fixmap.h>
#include <asm/paging.h>
#include <kernel/init.h>
#include <kernel/panic.h>
#include <kernel/spinlock.h>
#include <lib/bitmap.h>
#include <lib/kernel.h>

#define WINDOW_PAGES (FIXMAP_WINDOW_SIZE / PAGE_SIZE + 2)
#define WINDOW_STRIDE (WINDOW_PAGES * PAGE_SIZE)

#define DEVICES_START (FIXMAP_START + FIXMAP_WINDOWS * WINDOW_STRIDE)
#define DEVICES 4

_Static_assert(FIXMAP_WINDOWS * WINDOW_STRIDE + DEVICES * 2 * PAGE_SIZE <=
	       FIXMAP_SIZE, "windows and devices do not fit the fixmap");
_Static_assert(FIXMAP_WINDOWS <= BITS_PER_LONG, "one word of windows");

static DEFINE_SPINLOCK(lock, RANK_FIXMAP);
static unsigned long open_windows;	/* bit n: window n; under lock */
static unsigned long window_size[FIXMAP_WINDOWS];	/* its owner's */

/* The tables the CPU runs on: the first ones, until there are ours. */
static struct pgtable *window_tree(void)
{
	static struct pgtable first = { .live = true };

	if (kernel_pgtable.live)
		return &kernel_pgtable;
	first.root = __va(read_cr3());
	return &first;
}

static unsigned long window_base(unsigned long n)
{
	return FIXMAP_START + n * WINDOW_STRIDE;
}

/* Number of a window that was closed, or FIXMAP_WINDOWS. */
static unsigned long window_take(void)
{
	unsigned long flags, n;

	spin_lock_irqsave(&lock, flags);
	n = find_next_zero_bit(&open_windows, FIXMAP_WINDOWS, 0);
	if (n < FIXMAP_WINDOWS)
		__set_bit(n, &open_windows);
	spin_unlock_irqrestore(&lock, flags);
	return n;
}

static void window_release(unsigned long n)
{
	unsigned long flags;

	spin_lock_irqsave(&lock, flags);
	__clear_bit(n, &open_windows);
	spin_unlock_irqrestore(&lock, flags);
}

static const void *window_open(phys_addr_t phys, unsigned long size)
{
	phys_addr_t first = phys & ~(phys_addr_t)(PAGE_SIZE - 1);
	unsigned long offset = (unsigned long)(phys - first);
	unsigned long n = window_take();

	if (n == FIXMAP_WINDOWS)
		return NULL;
	window_size[n] = PAGE_ALIGN(offset + size);
	if (pgtable_map(window_tree(), window_base(n), first, window_size[n],
			PAGE_KERNEL_RO, PT_4K)) {
		window_release(n);
		return NULL;
	}
	/* Another CPU had this window since; here its old page may be known. */
	flush_tlb_local_range(window_base(n), WINDOW_STRIDE);
	return (const char *)window_base(n) + offset;
}

const void *early_memremap(phys_addr_t phys, unsigned long size)
{
	phys_addr_t last = phys + size - 1;

	if (size == 0 || size > FIXMAP_WINDOW_SIZE || last < phys ||
	    last & ~PTE_ADDR_MASK & ~(phys_addr_t)(PAGE_SIZE - 1))
		return NULL;
	/* an address line that is not there is a reserved bit: it faults */
	if (cpu_features.phys_bits && last >> cpu_features.phys_bits)
		return NULL;
	return window_open(phys, size);
}

void early_memunmap(const void *p)
{
	struct tlb_batch others = TLB_BATCH_INIT;	/* have not looked */
	unsigned long va = (unsigned long)p;
	unsigned long n = (va - FIXMAP_START) / WINDOW_STRIDE;

	if (va < FIXMAP_START || n >= FIXMAP_WINDOWS)
		return;		/* NULL, for one */
	if (WARN_ON(!test_bit(n, &open_windows)))
		return;
	pgtable_unmap_batched(window_tree(), window_base(n), window_size[n],
			      &others);
	flush_tlb_local_range(window_base(n), window_size[n]);
	window_release(n);
}

void *fixmap_map_device(phys_addr_t phys)
{
	static unsigned int used;	/* boot only: no lock */
	phys_addr_t page = phys & ~(phys_addr_t)(PAGE_SIZE - 1);
	unsigned long va = DEVICES_START + (2 * used + 1) * PAGE_SIZE;

	if (used == DEVICES || phys >> cpu_features.phys_bits)
		return NULL;
	if (pgtable_map(window_tree(), va, page, PAGE_SIZE,
			PAGE_KERNEL_DEVICE, PT_4K))
		return NULL;
	used++;
	return (char *)va + (phys - page);
}

unsigned int fixmap_windows_open(void)
{
	return (unsigned int)bitmap_weight(&open_windows, FIXMAP_WINDOWS);
}

void __init fixmap_init(void)
{
	/* Any frame does: what counts is the table that stays behind. */
	kernel_map_or_panic(FIXMAP_START, 0, PAGE_SIZE, PAGE_KERNEL_RO, PT_4K);
	pgtable_unmap(&kernel_pgtable, FIXMAP_START, PAGE_SIZE);
}
