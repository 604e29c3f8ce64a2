/*
 * How do CPUs forget a translation?
 *
 * Each CPU remembers what it found in the page tables, and nothing tells it
 * that they have changed. Who takes a mapping away must see to it that no CPU
 * uses it any more before the page is used for something else:
 *
 *	CPU 0				CPU 1		CPU 2
 *	change the tables
 *	call the others  ------------->	invlpg ...	invlpg ...
 *	invlpg ...
 *	wait for both	<--------------	done		done
 *	the page may be used again
 *
 *  1. One page at a time costs an instruction per page; from some number on it
 *     is cheaper to forget all and reload what is needed. Kernel pages are
 *     global and survive a load of CR3: only switching CR4.PGE off forgets
 *     them.
 *  2. The round of interrupts is what costs, not the pages. A batch collects
 *     ranges, as one range around them all, and is flushed once. If they are
 *     far apart all is forgotten: that is still cheaper than another round.
 *     What begins or ends inside a page stands for the whole page.
 *  3. Entries that appear need no flush: a CPU does not remember that there
 *     was nothing.
 *  4. A CPU that is on its way is told nothing; it flushes all when it is
 *     online (smpboot.c).
 *
 *  5. Who cannot wait so, because he holds a zone's lock with interrupts off,
 *     asks by NMI: nothing holds that off. Rare; each of these flushes all.
 *
 * Context: a round is waited for, so with interrupts on (kernel/smp.c).
 * Left out: Linux's asking only CPUs that run the address space. There is one
 * for all.
 */
#include <asm/apic.h>
#include <asm/control_regs.h>
#include <asm/irqflags.h>
#include <asm/pgtable.h>
#include <asm/processor.h>
#include <kernel/smp.h>
#include <lib/kernel.h>

#include "cpu_list.h"

/* Linux's tlb_single_page_flush_ceiling. */
#define FLUSH_SINGLE_MAX 33

static unsigned long shootdowns;

void flush_tlb_local_all(void)
{
	unsigned long flags, cr4;

	local_irq_save(flags);
	cr4 = read_cr4();
	if (cr4 & X86_CR4_PGE) {
		write_cr4(cr4 & ~X86_CR4_PGE);
		write_cr4(cr4);
	} else {
		write_cr3(read_cr3());
	}
	local_irq_restore(flags);
}

/* From the page at first to the one at last. */
static void flush_local_pages(unsigned long first, unsigned long last)
{
	if (last - first >= FLUSH_SINGLE_MAX * PAGE_SIZE) {
		flush_tlb_local_all();
		return;
	}
	for (; first != last; first += PAGE_SIZE)
		invlpg(first);
	invlpg(last);
}

void flush_tlb_local_range(unsigned long va, unsigned long size)
{
	if (size)
		flush_local_pages(va & PAGE_MASK, (va + size - 1) & PAGE_MASK);
}

static void flush_here(void *info)
{
	const struct tlb_batch *batch = info;

	flush_local_pages(batch->first, batch->last);
}

/* Both forms may be called before there is anybody else. */
static void flush_everywhere(struct tlb_batch *batch)
{
	/* a CPU that comes just now sees the new entries, or is seen here */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (only_boot_cpu_online()) {
		flush_here(batch);
		return;
	}
	__atomic_fetch_add(&shootdowns, 1, __ATOMIC_RELAXED);
	on_each_cpu(flush_here, batch, true);
}

void flush_tlb_range(unsigned long va, unsigned long size)
{
	struct tlb_batch batch = TLB_BATCH_INIT;

	tlb_batch_add(&batch, va, size);
	tlb_batch_flush(&batch);
}

void flush_tlb_all(void)
{
	struct tlb_batch batch = { .first = 0, .last = PAGE_MASK };

	flush_everywhere(&batch);
}

void tlb_batch_add(struct tlb_batch *batch, unsigned long va,
		   unsigned long size)
{
	unsigned long first = va & PAGE_MASK;
	unsigned long last = (va + size - 1) & PAGE_MASK;

	if (!size)
		return;
	if (!batch->pages) {
		batch->first = first;
		batch->last = last;
	}
	batch->first = min(batch->first, first);
	batch->last = max(batch->last, last);
	batch->pages += ((last - first) >> PAGE_SHIFT) + 1;
}

void tlb_batch_flush(struct tlb_batch *batch)
{
	if (batch->pages)
		flush_everywhere(batch);
	*batch = (struct tlb_batch)TLB_BATCH_INIT;
}

/* Who has yet to flush, by number; one round at a time. */
static struct cpumask to_flush;
static bool nmi_round;

static bool must_flush(unsigned int cpu)
{
	return __atomic_load_n(&to_flush.bits[cpu / BITS_PER_LONG],
			       __ATOMIC_ACQUIRE) >> cpu % BITS_PER_LONG & 1;
}

bool flush_tlb_if_asked(void)
{
	unsigned int self = smp_processor_id();

	if (!must_flush(self))
		return false;
	flush_tlb_local_all();
	__atomic_fetch_and(&to_flush.bits[self / BITS_PER_LONG],
			   ~BIT(self % BITS_PER_LONG), __ATOMIC_SEQ_CST);
	return true;
}

static void ask_by_nmi(unsigned int cpu)
{
	__atomic_fetch_or(&to_flush.bits[cpu / BITS_PER_LONG],
			  BIT(cpu % BITS_PER_LONG), __ATOMIC_SEQ_CST);
	apic_send_nmi(cpu_apic_id(cpu));
}

/* No lock with a rank: who waits for it is in nobody's way. */
void flush_tlb_all_nmi(void)
{
	unsigned int cpu, self = smp_processor_id();

	flush_tlb_local_all();
	if (num_online_cpus() == 1)
		return;
	while (__atomic_exchange_n(&nmi_round, true, __ATOMIC_ACQUIRE))
		cpu_relax();
	__atomic_fetch_add(&shootdowns, 1, __ATOMIC_RELAXED);
	for_each_online_cpu(cpu)
		if (cpu != self)
			ask_by_nmi(cpu);
	for_each_online_cpu(cpu)
		while (cpu != self && must_flush(cpu) && cpu_online(cpu))
			cpu_relax();
	__atomic_store_n(&nmi_round, false, __ATOMIC_RELEASE);
}

unsigned long tlb_shootdowns(void)
{
	return __atomic_load_n(&shootdowns, __ATOMIC_RELAXED);
}
