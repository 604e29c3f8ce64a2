/*
 * Looking at a page of high memory for a moment.
 *
 * Problem: with 4 GiB of addresses and 64 GiB of memory most pages have none.
 * Whoever wants to write to one needs a window, now, in any context, without
 * waiting and without a lock.
 *
 * 1. Each CPU has KMAP_LOCAL_DEPTH windows, used as a stack: mapping takes
 *    the next one, unmapping gives the last one back.
 *
 *	depth = 3	 0       1       2       3      ...  15
 *		      | page a| page b| page c|  ---  |    |  ---  |
 *			thread  thread  an interrupt's, gone before b
 *
 * 2. An interrupt may come at any point and maps above what is there. It is
 *    done before the interrupted code goes on, so that depth is again what it
 *    was; that is why the order must be kept. Taking a slot therefore raises
 *    depth before it fills the slot, giving back empties it before it lowers
 *    depth: a slot that is half done is never above depth.
 * 3. What is unmapped out of order is reported, and its window closed at once.
 *    Its slot is marked and leaves the stack when it has come to the top.
 *
 * Locks: none; a CPU's stack is its own. From mapping to unmapping preemption
 * is off: another thread that maps would break the order. (Linux lets go of
 * the CPU, and moves the mappings along with the thread.)
 * Invariant: a slot below depth shows slot->page at slot->addr, or is marked
 * as closed, or is being filled or emptied by the code that was interrupted;
 * the slot at depth - 1 is never a closed one. No slot above depth shows
 * anything.
 * Cost: one page table entry and one TLB entry for each mapping.
 * Counterpart: __kmap_local_page_prot(), kunmap_local_indexed(). Left out:
 * protections, mapping of device memory, guard windows between the slots.
 */
#ifdef CONFIG_HIGHMEM

#include <kernel/percpu.h>
#include <kernel/preempt.h>
#include <kernel/printk.h>
#include <kernel/report.h>
#include <mm/highmem.h>

#include "pkmap.h"

struct kmap_slot {
	void *addr;		/* what the caller got; or SLOT_CLOSED */
	struct page *page;
};

struct kmap_ctrl {
	unsigned int depth;
	struct kmap_slot slot[KMAP_LOCAL_DEPTH];
};

static DEFINE_PER_CPU(struct kmap_ctrl, kmap_ctrl);

_Static_assert(NR_CPUS * KMAP_LOCAL_DEPTH <= KMAP_LOCAL_SLOTS,
	       "the machine has too few slots for all CPUs");

/* Unmapped before its turn. */
#define SLOT_CLOSED ((void *)~0UL)

static unsigned int slot_number(unsigned int n)
{
	return smp_processor_id() * KMAP_LOCAL_DEPTH + n;
}

static noinline void *stack_is_full(const struct page *page)
{
	report_begin("kmap_local: too deep",
		     "pfn %#lx: all %u slots of this CPU are in use",
		     page_to_pfn(page), KMAP_LOCAL_DEPTH);
	report_end();
	return NULL;
}

static void *push_page(struct page *page)
{
	struct kmap_ctrl *c = this_cpu_ptr(&kmap_ctrl);
	unsigned int n;

	preempt_disable();
	n = READ_ONCE(c->depth);
	if (n == KMAP_LOCAL_DEPTH) {
		preempt_enable();
		return stack_is_full(page);
	}
	WRITE_ONCE(c->depth, n + 1);
	barrier();
	c->slot[n].page = page;
	c->slot[n].addr = kmap_slot_map(slot_number(n), page_to_phys(page));
	return c->slot[n].addr;
}

void *kmap_local_page(struct page *page)
{
	return PageHighMem(page) ? push_page(page) : lowmem_page_address(page);
}

static void close_slot(struct kmap_ctrl *c, unsigned int n)
{
	kmap_slot_unmap(slot_number(n));
	c->slot[n].page = NULL;
	c->slot[n].addr = SLOT_CLOSED;
	barrier();
}

/* Gives the slots at the top back that are closed. */
static void lower_depth(struct kmap_ctrl *c)
{
	unsigned int n;

	while ((n = READ_ONCE(c->depth)) > 0 &&
	       c->slot[n - 1].addr == SLOT_CLOSED) {
		c->slot[n - 1].addr = NULL;
		barrier();
		/* an interrupt before that line did it, perhaps more of it */
		if (READ_ONCE(c->depth) == n)
			WRITE_ONCE(c->depth, n - 1);
	}
}

/* Not the top: a slot below it, or nothing of ours. */
static noinline void kunmap_wrong(struct kmap_ctrl *c, const void *p)
{
	unsigned int n = c->depth;

	while (n > 0 && c->slot[n - 1].addr != p)
		n--;
	if (!n) {
		report_begin("kunmap_local: not mapped",
			     "address %px, %u slots in use", p, c->depth);
		report_end();
		return;
	}
	report_begin("kunmap_local: out of order",
		     "address %px (pfn %#lx) is in slot %u of %u", p,
		     page_to_pfn(c->slot[n - 1].page), n - 1, c->depth);
	printk("  the last one mapped is %px\n", c->slot[c->depth - 1].addr);
	report_end();
	close_slot(c, n - 1);
	preempt_enable();
}

static bool is_low_address(const void *p)
{
	return PFN_DOWN(__pa(p)) < max_low_pfn;
}

void kunmap_local(const void *addr)
{
	const void *p = (const void *)((unsigned long)addr & PAGE_MASK);
	struct kmap_ctrl *c = this_cpu_ptr(&kmap_ctrl);
	unsigned int n;

	if (is_low_address(p))
		return;
	n = READ_ONCE(c->depth);
	if (unlikely(!n || c->slot[n - 1].addr != p)) {
		kunmap_wrong(c, p);
		return;
	}
	close_slot(c, n - 1);
	lower_depth(c);
	preempt_enable();
}

unsigned int kmap_local_depth(void)
{
	return READ_ONCE(this_cpu_ptr(&kmap_ctrl)->depth);
}

static struct page *local_page(const void *p)
{
	const struct kmap_ctrl *c = this_cpu_ptr(&kmap_ctrl);
	unsigned int n;

	for (n = 0; n < c->depth; n++)
		if (c->slot[n].addr == p)
			return c->slot[n].page;
	return NULL;
}

struct page *kmap_to_page(const void *addr)
{
	const void *p = (const void *)((unsigned long)addr & PAGE_MASK);
	struct page *page;

	if (is_low_address(p))
		return virt_to_page(p);
	page = local_page(p);
	return page ? page : pkmap_page(p);
}

const char *kmap_leak(void)
{
	if (kmap_local_depth())
		return "kmap_local_page() without kunmap_local()";
	return kmap_users() ? "kmap() without kunmap()" : NULL;
}

#endif
