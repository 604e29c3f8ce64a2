/*
 * Areas of 1 to 4096 pages taken, written, checked and given back on all CPUs
 * at once; also by another CPU than took them. Each page says whose it is, so
 * an area shown twice, or a page given away too early, is found out.
 */
#include <kernel/kthread.h>
#include <kernel/ktest.h>
#include <kernel/smp.h>
#include <lib/kernel.h>
#include <mm/mm.h>
#include <mm/vmalloc.h>

#include "../../mm/vmalloc_internal.h"
#include "stress.h"

#define SLOTS 8U
#define SHARED 4U
#define MANY 48U

struct area {
	void *p;
	unsigned long pages;
	u64 id;
};

/* One at a time, from whoever comes to whoever comes next; atomic. */
static struct area *shared[SHARED];

/* Small ones as often as large ones; all together at most half of memory. */
static unsigned long some_pages(struct stressor *me)
{
	unsigned long most = totalram_pages() / 2 / (me->all * SLOTS + SHARED);
	unsigned int shift = (unsigned int)stress_below(me, 13);

	most = min(most, 1UL << shift);
	return 1 + stress_below(me, most ? most : 1);
}

static void fill(const struct area *a)
{
	unsigned long i;

	for (i = 0; i < a->pages; i++)
		stress_fill((char *)a->p + i * PAGE_SIZE, 64, a->id + i);
}

static void verify(struct stressor *me, const struct area *a)
{
	unsigned long i;

	for (i = 0; i < a->pages; i++)
		stress_verify(me, (char *)a->p + i * PAGE_SIZE, 64, a->id + i);
}

static void take(struct stressor *me, struct area *a)
{
	gfp_t gfp = GFP_KERNEL | __GFP_NOWARN;

	a->pages = some_pages(me);
	a->id = stress_new_id(me);
	if (stress_one_in(me, 8))
		a->p = vmalloc_huge(a->pages * PAGE_SIZE, gfp);
	else
		a->p = __vmalloc(a->pages * PAGE_SIZE, gfp);
	if (a->p)
		fill(a);
}

static void give(struct stressor *me, struct area *a)
{
	verify(me, a);
	vfree(a->p);
	a->p = NULL;
}

/* What lies there is ours now, and ours lies there. */
static void exchange(struct stressor *me, struct area *a)
{
	struct area **place = &shared[stress_below(me, SHARED)];
	struct area *mine = kmalloc(sizeof(*mine), GFP_KERNEL | __GFP_NOWARN);
	struct area *other;

	if (!mine)
		return;
	*mine = *a;
	a->p = NULL;
	other = __atomic_exchange_n(place, mine, __ATOMIC_ACQ_REL);
	if (other) {
		*a = *other;
		kfree(other);
	}
}

static void work(struct stressor *me)
{
	struct area slots[SLOTS] = { { NULL } };
	unsigned int i;

	while (stress_goes_on(me)) {
		struct area *a = &slots[stress_below(me, SLOTS)];

		if (!a->p)
			take(me, a);
		else if (stress_one_in(me, 4))
			exchange(me, a);
		else
			give(me, a);
	}
	for (i = 0; i < SLOTS; i++)
		if (slots[i].p)
			give(me, &slots[i]);
}

static void give_shared(struct ktest *t)
{
	struct stressor me = { .complaint = "" };
	unsigned int i;

	stressor_init(&me, 0, STRESS_NR_HANDLER);
	for (i = 0; i < SHARED; i++) {
		struct area *a = shared[i];

		shared[i] = NULL;
		if (!a)
			continue;
		if (a->p)
			give(&me, a);
		kfree(a);
	}
	stress_pass_on(t, &me);
}

static void all_cpus_take_and_give_areas(struct ktest *t)
{
	unsigned long operations = stress_run(t, 1, work, NULL);

	give_shared(t);
	KTEST_EXPECT_NE(t, operations, 0);
	ktest_note(t, "%lu operations", operations);
}

static void preempted_threads_take_and_give_areas(struct ktest *t)
{
	KTEST_EXPECT_NE(t, stress_run(t, 3, work, NULL), 0);
	give_shared(t);
}

/* All that is freed at the same time is trimmed away at the same time. */
static void trim_or_work(struct stressor *me)
{
	if (me->index) {
		work(me);
		return;
	}
	while (stress_goes_on(me))
		vmalloc_trim();
}

static void areas_are_trimmed_while_others_take_them(struct ktest *t)
{
	KTEST_EXPECT_NE(t, stress_run(t, 2, trim_or_work, NULL), 0);
	give_shared(t);
}

/* More than a CPU's array holds: the rest goes back to chunks, and comes. */
static void work_with_many(struct stressor *me)
{
	unsigned int rounds = stress_rounds(16), n;
	struct area areas[MANY];

	stress_meet(me);
	while (rounds--) {
		for (n = 0; n < MANY; n++) {
			areas[n].pages = 1;
			areas[n].id = stress_new_id(me);
			areas[n].p = __vmalloc(PAGE_SIZE,
					       GFP_KERNEL | __GFP_NOWARN);
			if (!areas[n].p)
				break;
			fill(&areas[n]);
		}
		while (n--)
			give(me, &areas[n]);
		vm_unmap_aliases();
	}
}

static void areas_beyond_the_arrays_come_and_go(struct ktest *t)
{
	stress_run(t, 1, work_with_many, NULL);
	KTEST_EXPECT_NULL(t, vmalloc_validate());
}

/* Leaves a small area of each class in its CPU's arrays. */
static int leave_areas(void *data)
{
	unsigned long nr;

	for (nr = 1; nr <= 16; nr *= 2)
		vfree(__vmalloc(nr * PAGE_SIZE, GFP_KERNEL | __GFP_NOWARN));
	vm_unmap_aliases();
	return 0;
}

static void areas_of_a_cpu_that_goes_are_given_back(struct ktest *t)
{
	unsigned int cpu = nr_cpu_ids - 1;
	struct task_struct *task;

	if (!cpu || !cpu_online(cpu)) {
		ktest_skip(t, "one CPU");
		return;
	}
	task = STRESS_INSIST(kthread_run_on(cpu, leave_areas, NULL, "leaver"));
	KTEST_ASSERT_NOT_NULL(t, task);
	kthread_stop(task);
	KTEST_ASSERT_EQ(t, cpu_down(cpu), 0);
	vmalloc_trim();
	KTEST_EXPECT_EQ(t, vmap_space.nr_areas, 0);
	KTEST_EXPECT_NULL(t, vmalloc_validate());
	KTEST_EXPECT_TRUE(t, STRESS_INSIST(!cpu_up(cpu)));
}

static const struct ktest_case cases[] = {
	KTEST_CASE(all_cpus_take_and_give_areas),
	KTEST_CASE(preempted_threads_take_and_give_areas),
	KTEST_CASE(areas_are_trimmed_while_others_take_them),
	KTEST_CASE(areas_beyond_the_arrays_come_and_go),
	KTEST_CASE(areas_of_a_cpu_that_goes_are_given_back),
	{}
};
KTEST_SUITE_FIXTURE(stress_vmalloc, cases, stress_begin, stress_end);
