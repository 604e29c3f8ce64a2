/*
 * Page tables that several areas of vmalloc share: there while one needs them,
 * gone after a trim when none does, and never from under somebody who is about
 * to use them. On x86_64; on i386 all tables are made at boot.
 */
#include <asm/machine.h>
#include <asm/pgtable.h>
#include <kernel/ktest.h>
#include <kernel/smp.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <mm/memory_model.h>
#include <mm/vmalloc.h>

#include "../../../mm/vmalloc_internal.h"
#include "../enough_memory.h"
#include "../stress.h"

#define PAGES 20UL		/* too many for a small area */
/* Far from what has tables for good, in a GiB and a root entry of its own. */
#define FAR (pt_size(PT_TOP) << 2)

static unsigned long nr_tables(void)
{
	return __atomic_load_n(&kernel_pgtable.nr_tables, __ATOMIC_RELAXED);
}

static void *far_area(unsigned long align)
{
	return __vmalloc_node(PAGES * PAGE_SIZE, align,
			      GFP_KERNEL | __GFP_NOWARN, NUMA_NO_NODE,
			      far_area);
}

static bool has_upper_tables(struct ktest *t)
{
	if (VMAP_UPPER_SIZE)
		return true;
	ktest_skip(t, "all tables are made at boot");
	return false;
}

static void tables_of_all_levels_go_when_no_area_is_left(struct ktest *t)
{
	unsigned long before, shootdowns;
	char *p;

	if (!has_upper_tables(t))
		return;
	vmalloc_trim();
	before = nr_tables();
	p = far_area(FAR);
	KTEST_ASSERT_NOT_NULL(t, p);
	/* one of each level below the root */
	KTEST_EXPECT_LE(t, before + PT_TOP, nr_tables());
	vfree(p);
	vm_unmap_aliases();
	shootdowns = tlb_shootdowns();
	vmalloc_trim();
	KTEST_EXPECT_EQ(t, nr_tables(), before);
	/* told to the others before the tables were anybody else's */
	if (num_online_cpus() > 1)
		KTEST_EXPECT_LE(t, shootdowns + 1, tlb_shootdowns());
	KTEST_EXPECT_NULL(t, vmalloc_validate());
	KTEST_EXPECT_EQ(t, probe_write(p), -EFAULT);
}

static void table_of_small_areas_goes_when_all_cpus_forgot(struct ktest *t)
{
	unsigned long with, shootdowns;
	void *p;

	if (!has_upper_tables(t))
		return;
	vmalloc_trim();
	p = vmalloc(PAGE_SIZE);
	KTEST_ASSERT_NOT_NULL(t, p);
	with = nr_tables();
	vfree(p);
	vm_unmap_aliases();
	shootdowns = tlb_shootdowns();
	vmalloc_trim();
	KTEST_EXPECT_LT(t, nr_tables(), with);
	if (num_online_cpus() > 1)
		KTEST_EXPECT_LE(t, shootdowns + 1, tlb_shootdowns());
}

#define MANY 9U		/* more than one round */

static void many_tables_go_in_one_trim(struct ktest *t)
{
	unsigned long before, after, shootdowns;
	void *areas[MANY] = { NULL };
	unsigned int i;

	if (!has_upper_tables(t))
		return;
	vmalloc_trim();
	before = nr_tables();
	for (i = 0; i < MANY; i++)
		areas[i] = far_area(16 * SZ_1G);
	for (i = 0; i < MANY; i++)
		vfree(areas[i]);
	vm_unmap_aliases();
	after = nr_tables();
	shootdowns = tlb_shootdowns();
	vmalloc_trim();
	KTEST_EXPECT_EQ(t, nr_tables(), before);
	if (!t->fail_nth)
		KTEST_EXPECT_LE(t, before + MANY - 1, after);
	KTEST_EXPECT_LE(t, tlb_shootdowns() - shootdowns, 6);
}

/* All addresses below bytes from the start on, so that others lie behind. */
static struct vm_struct *take_low_addresses(unsigned long bytes)
{
	return get_vm_area_caller(bytes, VM_IOREMAP, far_area);
}

static void table_stays_for_another_area_in_it(struct ktest *t)
{
	struct vm_struct *low;
	char *a, *b;

	if (!has_upper_tables(t))
		return;
	vmalloc_trim();
	low = take_low_addresses(16 * SZ_1G);
	if (!low) {
		ktest_skip(t, "no room for so many addresses");
		return;
	}
	a = far_area(1);
	b = far_area(1);
	vfree(b);
	vmalloc_trim();
	if (a && b) {
		unsigned long before = nr_tables();

		KTEST_EXPECT_EQ(t, (unsigned long)a / SZ_1G,
				(unsigned long)b / SZ_1G);
		a[0] = 1;
		KTEST_EXPECT_EQ(t, a[0], 1);
		vfree(a);
		vmalloc_trim();
		KTEST_EXPECT_LE(t, nr_tables() + 1, before);
	} else {
		vfree(a);
	}
	free_vm_area(low);
	KTEST_EXPECT_NOT_NULL(t, b);
}

/* Nothing is below it: mapping failed when it was there already. */
static void upper_table_alone_goes_too(struct ktest *t)
{
#ifdef __x86_64__
	unsigned long before, va = ALIGN(VMALLOC_START + FAR, pt_size(PT_TOP));

	vmalloc_trim();
	before = nr_tables();
	KTEST_ASSERT_EQ(t, pgtable_make_tables(&kernel_pgtable, va, PT_1G,
					       GFP_KERNEL), 0);
	KTEST_EXPECT_EQ(t, nr_tables(), before + 1);
	vmalloc_trim();
	KTEST_EXPECT_EQ(t, nr_tables(), before);
#else
	ktest_skip(t, "all tables are made at boot");
#endif
}

/* ----- while others take and give ----------------------------------------- */

static void use_far_area(struct stressor *me)
{
	u64 id = stress_new_id(me);
	char *p = far_area(SZ_1G << (2 + me->index % 8));
	unsigned long i;

	if (!p)
		return;
	for (i = 0; i < PAGES; i++)
		stress_fill(p + i * PAGE_SIZE, 64, id + i);
	for (i = 0; i < PAGES; i++)
		stress_verify(me, p + i * PAGE_SIZE, 64, id + i);
	vfree(p);
	vm_unmap_aliases();
}

static void take_or_trim(struct stressor *me)
{
	while (stress_goes_on(me)) {
		if (me->index % 2)
			use_far_area(me);
		else
			vmalloc_trim();
	}
}

static void tables_go_while_areas_beside_come(struct ktest *t)
{
	unsigned long before, operations;

	if (!has_upper_tables(t))
		return;
	vmalloc_trim();
	before = nr_tables();
	operations = stress_run(t, 2, take_or_trim, NULL);
	vmalloc_trim();
	KTEST_EXPECT_EQ(t, nr_tables(), before);
	KTEST_EXPECT_NULL(t, vmalloc_validate());
	KTEST_EXPECT_NE(t, operations, 0);
}

static void look(const struct pgtable_range *r, void *arg)
{
	unsigned long *bytes = arg;

	*bytes += r->size;
}

/* Who looks at all tables finds none that is gone. */
static void look_or_work(struct stressor *me)
{
	if (me->index) {
		take_or_trim(me);
		return;
	}
	while (stress_goes_on(me)) {
		unsigned long bytes = 0;

		pgtable_for_each_range(&kernel_pgtable, look, &bytes);
	}
}

static void all_tables_are_looked_at_meanwhile(struct ktest *t)
{
	if (!has_upper_tables(t))
		return;
	KTEST_EXPECT_NE(t, stress_run(t, 2, look_or_work, NULL), 0);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(tables_of_all_levels_go_when_no_area_is_left),
	KTEST_CASE(table_of_small_areas_goes_when_all_cpus_forgot),
	KTEST_CASE(many_tables_go_in_one_trim),
	KTEST_CASE(table_stays_for_another_area_in_it),
	KTEST_CASE(upper_table_alone_goes_too),
	KTEST_CASE(tables_go_while_areas_beside_come),
	KTEST_CASE(all_tables_are_looked_at_meanwhile),
	{}
};
KTEST_SUITE(vmap_tables, cases);
