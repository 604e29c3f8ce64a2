/*
 * Where does a thread's stack come from?
 *
 * Problem: a stack that runs over must not run into somebody else's memory
 * unseen, and four free frames need not lie side by side. So stacks are mapped
 * page by page in an area of their own, cut into slots:
 *
 *	KERNEL_STACK_START
 *	| guard | s t a c k   0 | guard | s t a c k   1 | guard | ...
 *	  4 KiB      16 KiB
 *
 * A guard page is never mapped: the first push below a stack is a page fault,
 * whose frame finds no room either, so a double fault, on a stack of its own.
 *
 *  1. alloc: a stack that was freed and is still mapped, if there is one.
 *  2. Else a slot that is not taken, four frames from any zone, mapped.
 *  3. free: up to NR_SPARE stacks stay mapped for 1. One more, and it is
 *     unmapped with half of them: every CPU must forget them, which is asked
 *     of all once, then the frames and the slots are free.
 *  4. trim: all spare stacks go the way of 3, together.
 *
 * Page tables for the whole area are made at boot, so that mapping needs no
 * memory besides the stack's own and a stack leaves nothing behind.
 *
 * Locks: stack_lock guards taken[], spares[] and nr_spare. A slot's page table
 * entries and frames belong to whoever took the slot.
 * Invariants: a slot is mapped whole, but for its guard, or not at all, except
 * between being taken and handed out; spares are taken slots.
 * Cost: a spare: a few instructions under the lock. Else four pages, four
 * entries; at free one flush on every CPU for NR_SPARE / 2 + 1 stacks.
 * Left out: stacks on the node of the CPU that will use them.
 */
#include <asm/kernel_stack.h>
#include <asm/paging.h>
#include <kernel/init.h>
#include <kernel/report.h>
#include <kernel/spinlock.h>
#include <lib/bitmap.h>
#include <lib/kernel.h>
#include <lib/list.h>
#include <mm/gfp.h>
#include <mm/kasan.h>
#include <mm/memory_model.h>

#define STACK_PAGES (KERNEL_STACK_SIZE / PAGE_SIZE)
#define SLOT_SIZE (PAGE_SIZE + KERNEL_STACK_SIZE)
#define NR_SLOTS ((KERNEL_STACK_END - KERNEL_STACK_START) / SLOT_SIZE)
#define NR_SPARE 16

static DEFINE_SPINLOCK(stack_lock, RANK_STACK_AREA);
static unsigned long taken[BITS_TO_LONGS(NR_SLOTS)];
static unsigned long spares[NR_SPARE];	/* lowest addresses of stacks */
static unsigned int nr_spare;

static unsigned long stack_of_slot(unsigned long slot)
{
	return KERNEL_STACK_START + slot * SLOT_SIZE + PAGE_SIZE;
}

static bool in_area(unsigned long addr)
{
	return addr >= KERNEL_STACK_START &&
	       addr < KERNEL_STACK_START + NR_SLOTS * SLOT_SIZE;
}

static unsigned long slot_of(unsigned long addr)
{
	return (addr - KERNEL_STACK_START) / SLOT_SIZE;
}

static bool in_guard(unsigned long addr)
{
	return (addr - KERNEL_STACK_START) % SLOT_SIZE < PAGE_SIZE;
}

/* Any frame does: what counts are the tables that stay behind. */
void __init kernel_stack_init(void)
{
	unsigned long va;

	for (va = KERNEL_STACK_START; va != KERNEL_STACK_END;
	     va += pt_size(PT_2M)) {
		kernel_map_or_panic(va, 0, PAGE_SIZE, PAGE_KERNEL_RO, PT_4K);
		pgtable_unmap(&kernel_pgtable, va, PAGE_SIZE);
	}
}

/* At most max of them; how many. */
static unsigned int pop_spares(unsigned long *stacks, unsigned int max)
{
	unsigned int n = 0;

	spin_lock(&stack_lock);
	while (nr_spare && n < max)
		stacks[n++] = spares[--nr_spare];
	spin_unlock(&stack_lock);
	return n;
}

static bool push_spare(unsigned long stack)
{
	bool room;

	spin_lock(&stack_lock);
	room = nr_spare < NR_SPARE;
	if (room)
		spares[nr_spare++] = stack;
	spin_unlock(&stack_lock);
	return room;
}

/* The lowest stack of a slot that nobody has, now ours; 0 if there is none. */
static unsigned long take_slot(void)
{
	unsigned long slot;

	spin_lock(&stack_lock);
	slot = find_next_zero_bit(taken, NR_SLOTS, 0);
	if (slot < NR_SLOTS)
		__set_bit(slot, taken);
	spin_unlock(&stack_lock);
	return slot < NR_SLOTS ? stack_of_slot(slot) : 0;
}

static void give_slot(unsigned long stack)
{
	spin_lock(&stack_lock);
	__clear_bit(slot_of(stack), taken);
	spin_unlock(&stack_lock);
}

/* Adds what was mapped of it to frames. */
static void unmap_stack(unsigned long stack, struct tlb_batch *batch,
			struct list_head *frames)
{
	unsigned long end = stack + KERNEL_STACK_SIZE, va;
	phys_addr_t pa;

	for (va = stack; va != end; va += PAGE_SIZE)
		if (pgtable_translate(&kernel_pgtable, va, &pa))
			list_add(&pfn_to_page(PFN_DOWN(pa))->lru, frames);
	pgtable_unmap_batched(&kernel_pgtable, stack, KERNEL_STACK_SIZE, batch);
}

/* Taken slots, mapped or in part. */
static void release(const unsigned long *stacks, unsigned int n)
{
	struct tlb_batch batch = TLB_BATCH_INIT;
	struct page *page, *next;
	LIST_HEAD(frames);
	unsigned int i;

	for (i = 0; i < n; i++)
		unmap_stack(stacks[i], &batch, &frames);
	tlb_batch_flush(&batch);
	list_for_each_entry_safe(page, next, &frames, lru)
		__free_page(page);
	for (i = 0; i < n; i++)
		give_slot(stacks[i]);
}

static bool map_stack(unsigned long stack)
{
	unsigned int i;

	for (i = 0; i < STACK_PAGES; i++) {
		struct page *page = alloc_page(GFP_KERNEL | __GFP_HIGHMEM);

		if (!page)
			return false;
		if (pgtable_map(&kernel_pgtable, stack + i * PAGE_SIZE,
				page_to_phys(page), PAGE_SIZE, PAGE_KERNEL,
				PT_4K)) {
			__free_page(page);
			return false;
		}
	}
	return true;
}

/* Red zones of functions that never returned are nobody's any more. */
static void *clean(unsigned long stack)
{
	if (stack)
		kasan_unpoison((void *)stack, KERNEL_STACK_SIZE);
	return (void *)stack;
}

void *kernel_stack_alloc(void)
{
	unsigned long stack;

	if (pop_spares(&stack, 1))
		return clean(stack);
	stack = take_slot();
	if (stack && !map_stack(stack)) {
		release(&stack, 1);
		stack = 0;
	}
	return clean(stack);
}

static bool is_spare(unsigned long stack)
{
	bool found = false;
	unsigned int i;

	spin_lock(&stack_lock);
	for (i = 0; i < nr_spare; i++)
		found |= spares[i] == stack;
	spin_unlock(&stack_lock);
	return found;
}

/* Why this cannot be freed, or NULL. */
static const char *wrong_stack(unsigned long stack)
{
	unsigned long low, high;
	unsigned long here = (unsigned long)__builtin_frame_address(0);

	if (!kernel_stack_bounds(stack, &low, &high) || stack != low)
		return "not a stack";
	if (is_spare(stack))
		return "free already";
	if (here >= low && here < high)
		return "we run on it";
	return NULL;
}

void kernel_stack_free(void *p)
{
	unsigned long stacks[1 + NR_SPARE / 2] = { (unsigned long)p };
	const char *wrong = wrong_stack(stacks[0]);

	if (wrong) {
		report_begin("kernel_stack_free", "%px: %s", p, wrong);
		report_end();
		return;
	}
	if (!push_spare(stacks[0]))
		release(stacks, 1 + pop_spares(stacks + 1, NR_SPARE / 2));
}

void kernel_stack_trim(void)
{
	unsigned long stacks[NR_SPARE];

	release(stacks, pop_spares(stacks, NR_SPARE));
}

bool kernel_stack_bounds(unsigned long addr, unsigned long *low,
			 unsigned long *high)
{
	if (!in_area(addr) || in_guard(addr) || !test_bit(slot_of(addr), taken))
		return false;
	*low = stack_of_slot(slot_of(addr));
	*high = *low + KERNEL_STACK_SIZE;
	return true;
}

bool kernel_stack_is_guard(unsigned long addr)
{
	return in_area(addr) && in_guard(addr) &&
	       test_bit(slot_of(addr), taken);
}
