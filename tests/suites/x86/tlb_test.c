/*
 * Translations are forgotten by all CPUs: a mapping that was taken away, or
 * may do less, is so on every one of them when the call returns. The pages are
 * those of a kernel stack: its page tables are there for good.
 */
#include <asm/irqflags.h>
#include <asm/kernel_stack.h>
#include <asm/machine.h>
#include <asm/pgtable.h>
#include <kernel/ktest.h>
#include <kernel/smp.h>
#include <lib/errno.h>
#include <lib/kernel.h>

#include "../cpu_up.h"

static unsigned long area;		/* KERNEL_STACK_SIZE bytes */
static phys_addr_t frames[KERNEL_STACK_SIZE / PAGE_SIZE];

static void take_area(struct ktest *t)
{
	unsigned int i;

	area = (unsigned long)kernel_stack_alloc();
	for (i = 0; area && i < ARRAY_SIZE(frames); i++)
		pgtable_translate(&kernel_pgtable, area + i * PAGE_SIZE,
				  &frames[i]);
}

/* As it was, whatever the case did to it. */
static void give_area(struct ktest *t)
{
	unsigned int i;

	if (!area)
		return;
	pgtable_unmap(&kernel_pgtable, area, KERNEL_STACK_SIZE);
	for (i = 0; i < ARRAY_SIZE(frames); i++)
		pgtable_map(&kernel_pgtable, area + i * PAGE_SIZE, frames[i],
			    PAGE_SIZE, PAGE_KERNEL, PT_4K);
	kernel_stack_free((void *)area);
}

struct probe {
	void *p;
	int (*how)(void *p);
	int result;
};

static void run_probe(void *info)
{
	struct probe *probe = info;

	probe->result = probe->how(probe->p);
}

static int read_byte(void *p)
{
	return probe_read(p);
}

/* How many CPUs can do that to the first byte of page number page? */
static unsigned int cpus_that_can(int (*how)(void *p), unsigned int page)
{
	struct probe probe = {
		.p = (void *)(area + page * PAGE_SIZE), .how = how,
	};
	unsigned int cpu, n = 0;

	for_each_online_cpu(cpu) {
		probe.result = 1;
		smp_call_function_single(cpu, run_probe, &probe, true);
		n += probe.result == 0;
	}
	return n;
}

static void read_first_byte(void *seen)
{
	*(int *)seen = READ_ONCE(*(char *)area);
}

static int byte_seen_by(unsigned int cpu)
{
	int seen = -1;

	smp_call_function_single(cpu, read_first_byte, &seen, true);
	return seen;
}

static void unmapped_page_faults_on_every_cpu(struct ktest *t)
{
	unsigned int all = num_online_cpus();

	KTEST_ASSERT_NOT_NULL(t, (void *)area);
	KTEST_EXPECT_EQ(t, cpus_that_can(probe_write, 1), all);
	pgtable_unmap(&kernel_pgtable, area + PAGE_SIZE, PAGE_SIZE);
	KTEST_EXPECT_EQ(t, cpus_that_can(probe_write, 1), 0);
	KTEST_EXPECT_EQ(t, cpus_that_can(read_byte, 1), 0);
	KTEST_EXPECT_EQ(t, cpus_that_can(probe_write, 0), all);
	pgtable_map(&kernel_pgtable, area + PAGE_SIZE, frames[1], PAGE_SIZE,
		    PAGE_KERNEL, PT_4K);
	KTEST_EXPECT_EQ(t, cpus_that_can(probe_write, 1), all);
}

/* By NMI, which a CPU with interrupts off may ask for. */
static void nmi_makes_every_cpu_forget(struct ktest *t)
{
	struct tlb_batch forgotten = TLB_BATCH_INIT;
	unsigned long flags;

	KTEST_ASSERT_NOT_NULL(t, (void *)area);
	KTEST_EXPECT_EQ(t, cpus_that_can(read_byte, 1), num_online_cpus());
	pgtable_unmap_batched(&kernel_pgtable, area + PAGE_SIZE, PAGE_SIZE,
			      &forgotten);
	local_irq_save(flags);
	flush_tlb_all_nmi();
	local_irq_restore(flags);
	KTEST_EXPECT_EQ(t, cpus_that_can(read_byte, 1), 0);
}

static void reduced_rights_hold_on_every_cpu(struct ktest *t)
{
	unsigned int all = num_online_cpus();

	KTEST_ASSERT_NOT_NULL(t, (void *)area);
	KTEST_EXPECT_EQ(t, cpus_that_can(probe_write, 2), all);
	pgtable_protect(&kernel_pgtable, area + 2 * PAGE_SIZE, PAGE_SIZE,
			_PAGE_RW, 0);
	KTEST_EXPECT_EQ(t, cpus_that_can(probe_write, 2), 0);
	KTEST_EXPECT_EQ(t, cpus_that_can(read_byte, 2), all);
}

static void batch_costs_one_round(struct ktest *t)
{
	struct tlb_batch batch = TLB_BATCH_INIT;
	unsigned long rounds = tlb_shootdowns();
	unsigned int i, several = num_online_cpus() > 1;

	KTEST_ASSERT_NOT_NULL(t, (void *)area);
	for (i = 0; i < 4; i++)
		cpus_that_can(probe_write, i);
	for (i = 0; i < 4; i += 2)
		pgtable_unmap_batched(&kernel_pgtable, area + i * PAGE_SIZE,
				      PAGE_SIZE, &batch);
	KTEST_EXPECT_EQ(t, tlb_shootdowns(), rounds);
	KTEST_EXPECT_EQ(t, batch.pages, 2);
	tlb_batch_flush(&batch);
	KTEST_EXPECT_EQ(t, tlb_shootdowns(), rounds + several);
	tlb_batch_flush(&batch);	/* empty: nobody is disturbed */
	KTEST_EXPECT_EQ(t, tlb_shootdowns(), rounds + several);
	for (i = 0; i < 4; i++)
		KTEST_EXPECT_EQ(t, cpus_that_can(probe_write, i),
				i % 2 ? num_online_cpus() : 0);
}

static void batch_of_far_ranges_forgets_all(struct ktest *t)
{
	struct tlb_batch batch = TLB_BATCH_INIT;

	KTEST_ASSERT_NOT_NULL(t, (void *)area);
	cpus_that_can(probe_write, 0);
	pgtable_unmap_batched(&kernel_pgtable, area, PAGE_SIZE, &batch);
	tlb_batch_add(&batch, PAGE_OFFSET, PAGE_SIZE);
	tlb_batch_flush(&batch);
	KTEST_EXPECT_EQ(t, cpus_that_can(probe_write, 0), 0);
}

/* Taken from the tables alone: what CPUs know of it they go on using. */
static void unmap_unflushed(unsigned int page, unsigned int nr)
{
	struct tlb_batch ignored = TLB_BATCH_INIT;

	while (nr--)
		cpus_that_can(probe_write, page + nr);
	pgtable_unmap_batched(&kernel_pgtable, area, KERNEL_STACK_SIZE,
			      &ignored);
}

static void part_of_a_page_in_a_batch_is_the_whole_page(struct ktest *t)
{
	struct tlb_batch batch = TLB_BATCH_INIT;
	unsigned int i;

	KTEST_ASSERT_NOT_NULL(t, (void *)area);
	unmap_unflushed(0, 4);
	tlb_batch_add(&batch, area + PAGE_SIZE, 0);
	KTEST_EXPECT_EQ(t, batch.pages, 0);
	tlb_batch_add(&batch, area + PAGE_SIZE - 1, 2);
	KTEST_EXPECT_EQ(t, batch.pages, 2);
	tlb_batch_add(&batch, area + 2 * PAGE_SIZE + 8, PAGE_SIZE);
	KTEST_EXPECT_EQ(t, batch.pages, 4);
	tlb_batch_flush(&batch);
	for (i = 0; i < 4; i++)
		KTEST_EXPECT_EQ(t, cpus_that_can(read_byte, i), 0);
}

static void part_of_a_page_in_a_range_is_the_whole_page(struct ktest *t)
{
	KTEST_ASSERT_NOT_NULL(t, (void *)area);
	unmap_unflushed(1, 3);
	flush_tlb_range(area + PAGE_SIZE + 100, 1);
	KTEST_EXPECT_EQ(t, cpus_that_can(read_byte, 1), 0);
	flush_tlb_range(area + 3 * PAGE_SIZE - 1, 2);
	KTEST_EXPECT_EQ(t, cpus_that_can(read_byte, 2), 0);
	KTEST_EXPECT_EQ(t, cpus_that_can(read_byte, 3), 0);
}

/* Behind it the address space begins anew. */
static void last_page_of_all_is_flushed(struct ktest *t)
{
	struct tlb_batch batch = TLB_BATCH_INIT;

	flush_tlb_local_range(PAGE_MASK, PAGE_SIZE);
	tlb_batch_add(&batch, PAGE_MASK, PAGE_SIZE);
	tlb_batch_add(&batch, area, PAGE_SIZE);
	KTEST_EXPECT_EQ(t, batch.pages, 2);
	KTEST_EXPECT_EQ(t, batch.first, area);
	KTEST_EXPECT_EQ(t, batch.last, PAGE_MASK);
	tlb_batch_flush(&batch);
}

/*
 * Nobody tells a CPU that is away. It flushes when it is online again; that
 * alone cannot be seen here, as the INIT that wakes it forgets all, too, under
 * QEMU as on most CPUs.
 */
static void cpu_that_was_away_sees_the_new_page(struct ktest *t)
{
	unsigned int cpu = nr_cpu_ids - 1;
	char *page = (char *)area;

	KTEST_ASSERT_NOT_NULL(t, page);
	page[0] = 'a';
	page[PAGE_SIZE] = 'b';
	KTEST_EXPECT_EQ(t, byte_seen_by(cpu), 'a');
	if (cpu == 0 || !cpu_online(cpu) || cpu_down(cpu)) {
		ktest_skip(t, "needs a CPU that can be stopped");
		return;
	}
	pgtable_unmap(&kernel_pgtable, area, PAGE_SIZE);
	pgtable_map(&kernel_pgtable, area, frames[1], PAGE_SIZE, PAGE_KERNEL,
		    PT_4K);
	KTEST_ASSERT_TRUE(t, expect_cpu_up(t, cpu));
	KTEST_EXPECT_EQ(t, byte_seen_by(cpu), 'b');
}

static void tree_nobody_runs_on_needs_no_flush(struct ktest *t)
{
	unsigned long rounds = tlb_shootdowns();
	struct pgtable other;

	KTEST_ASSERT_EQ(t, pgtable_init(&other), 0);
	pgtable_map(&other, area, frames[0], PAGE_SIZE, PAGE_KERNEL, PT_4K);
	pgtable_unmap(&other, area, PAGE_SIZE);
	KTEST_EXPECT_EQ(t, tlb_shootdowns(), rounds);
	pgtable_destroy(&other);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(unmapped_page_faults_on_every_cpu),
	KTEST_CASE(nmi_makes_every_cpu_forget),
	KTEST_CASE(reduced_rights_hold_on_every_cpu),
	KTEST_CASE(batch_costs_one_round),
	KTEST_CASE(batch_of_far_ranges_forgets_all),
	KTEST_CASE(part_of_a_page_in_a_batch_is_the_whole_page),
	KTEST_CASE(part_of_a_page_in_a_range_is_the_whole_page),
	KTEST_CASE(last_page_of_all_is_flushed),
	KTEST_CASE(cpu_that_was_away_sees_the_new_page),
	KTEST_CASE(tree_nobody_runs_on_needs_no_flush),
	{}
};
KTEST_SUITE_FIXTURE(tlb, cases, take_area, give_area);
