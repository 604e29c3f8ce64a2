/*
 * How does one page of the direct map come and go, in any context?
 *
 * The problem: kfree() takes a page away, perhaps with interrupts off or a
 * lock held. There it can neither allocate a page table nor wait for other
 * CPUs.
 *
 *  1. Beforehand the range is cut into pages of 4 KiB: its tables are there,
 *     and stay. From then on an entry is written, never a table.
 *  2. Taken away, a page is forgotten by this CPU at once. The others are not
 *     asked: they forget at their next tick (mm/kfence_sample.c). Until then
 *     they may still reach what was there, which is no harm, only a mistake
 *     not seen yet.
 *  3. Given back it needs no flush: nobody remembers that it was not there.
 *
 * The frames belong to the pool and are mapped nowhere else, so nothing is
 * writable and executable that was not before.
 *
 * Locks: none; the pool's covers its pages' entries.
 */
#include <asm/kfence.h>
#include <asm/pgtable.h>
#include <asm/ptrace.h>
#include <lib/kernel.h>

/* Changing nothing about each page for itself splits what maps more. */
bool kfence_prepare_range(unsigned long addr, unsigned long size)
{
	unsigned long end = addr + size;

	for (; addr < end; addr += PAGE_SIZE)
		if (pgtable_protect(&kernel_pgtable, addr, PAGE_SIZE, 0, 0))
			return false;
	return true;
}

void kfence_protect_page(unsigned long addr, bool protect)
{
	struct tlb_batch others = TLB_BATCH_INIT;

	if (!protect) {
		pgtable_map(&kernel_pgtable, addr, __pa(addr), PAGE_SIZE,
			    PAGE_KERNEL, PT_4K);
		return;
	}
	pgtable_unmap_batched(&kernel_pgtable, addr, PAGE_SIZE, &others);
	flush_tlb_local_range(addr, PAGE_SIZE);
}

void kfence_forget_pages(void)
{
	flush_tlb_local_all();
}

unsigned long kfence_fault_ip(const struct pt_regs *regs)
{
	return regs->ip;
}
