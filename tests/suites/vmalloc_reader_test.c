/*
 * Looking at vmalloc's areas while they come and go: with a stale address, and
 * one batch after the other.
 */
#include <asm/processor.h>
#include <kernel/kthread.h>
#include <kernel/ktest.h>
#include <kernel/rcupdate.h>
#include <kernel/smp.h>
#include <kernel/time.h>
#include <lib/kernel.h>
#include <lib/random.h>
#include <lib/string.h>
#include <mm/mm.h>
#include <mm/vmalloc.h>

#include "enough_memory.h"
#include "../../mm/vmalloc_internal.h"
#include "last_cpu.h"

/* More small areas than a chunk has places, and than a CPU keeps. */
#define AREAS 300U
#define LARGE (20 * PAGE_SIZE)

static void *areas[AREAS];

static void take_all(unsigned long size, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		areas[i] = __vmalloc(size, GFP_KERNEL | __GFP_NOWARN);
}

static void free_all(void)
{
	unsigned int i;

	for (i = 0; i < AREAS; i++) {
		vfree(areas[i]);
		areas[i] = NULL;
	}
}

static bool is_set(bool *flag)
{
	return __atomic_load_n(flag, __ATOMIC_ACQUIRE);
}

static void set(bool *flag)
{
	__atomic_store_n(flag, true, __ATOMIC_RELEASE);
}

/* ----- a stale address ---------------------------------------------------- */

static struct {
	bool in, leave, trimmed, trimmed_too;
} visit;

static int look_for_long(void *unused)
{
	rcu_read_lock();
	set(&visit.in);
	while (!is_set(&visit.leave))
		cpu_relax();
	rcu_read_unlock();
	return 0;
}

static int trim(void *unused)
{
	vmalloc_trim();
	set(&visit.trimmed);
	return 0;
}

static void wait_a_while(bool *flag)
{
	u64 start = ktime_get_us();

	while (!is_set(flag) && ktime_get_us() - start < 20000)
		yield();
}

/* On another CPU; it is in when this returns. */
static struct task_struct *start_reader(void)
{
	struct task_struct *reader = kthread_run_on(last_online_cpu(),
						    look_for_long, NULL,
						    "look");

	while (reader && !is_set(&visit.in))
		yield();
	return reader;
}

static bool reader_can_stay(struct ktest *t)
{
	if (num_online_cpus() < 2) {
		ktest_skip(t, "needs more CPUs");
		return false;
	}
	memset(&visit, 0, sizeof(visit));
	return true;
}

static void descriptors_stay_while_somebody_looks(struct ktest *t)
{
	struct task_struct *reader, *trimmer;

	if (!reader_can_stay(t))
		return;
	take_all(PAGE_SIZE, AREAS);
	vmalloc_trim();
	reader = start_reader();
	free_all();
	trimmer = kthread_run_on(smp_processor_id(), trim, NULL, "trim");
	wait_a_while(&visit.trimmed);
	if (reader && trimmer)
		KTEST_EXPECT_FALSE(t, is_set(&visit.trimmed));
	set(&visit.leave);
	if (reader)
		kthread_stop(reader);
	if (trimmer)
		kthread_stop(trimmer);
	KTEST_EXPECT_EQ(t, is_set(&visit.trimmed), trimmer != NULL);
}

/* Of an area that has left: who found it before may still look at it. */
static void descriptor_of_a_large_area_waits_for_who_looks(struct ktest *t)
{
	struct task_struct *reader;
	void *p;

	if (!reader_can_stay(t))
		return;
	p = vmalloc(LARGE);
	rcu_barrier();
	reader = start_reader();
	vfree(p);
	vm_unmap_aliases();
	if (p && reader)
		KTEST_EXPECT_NE(t, rcu_nr_waiting(), 0);
	set(&visit.leave);
	if (reader)
		kthread_stop(reader);
	rcu_barrier();
}

static int trim_small(void *done)
{
	vm_small_trim();
	set(done);
	return 0;
}

static bool in_a_chunk(unsigned long addr)
{
	struct vm_struct *vm;
	bool found;

	rcu_read_lock();
	found = vm_small_find(addr, &vm);
	rcu_read_unlock();
	return found;
}

static struct task_struct *start_trim(bool *done)
{
	return kthread_run_on(smp_processor_id(), trim_small, done, "trim");
}

/* A chunk that is found no more while its addresses are not free yet. */
static bool wait_for_withdrawal(unsigned long addr)
{
	u64 start = ktime_get_us();

	while (in_a_chunk(addr) && ktime_get_us() - start < 1000000)
		yield();
	return !in_a_chunk(addr) && !is_set(&visit.trimmed);
}

static void who_trims_second_waits_for_the_addresses(struct ktest *t)
{
	struct task_struct *reader, *first, *second = NULL;
	unsigned long addr;

	if (!reader_can_stay(t))
		return;
	take_all(PAGE_SIZE, AREAS);
	addr = (unsigned long)areas[AREAS - 1];
	free_all();
	vm_unmap_aliases();
	reader = start_reader();
	first = start_trim(&visit.trimmed);
	if (addr && reader && first && wait_for_withdrawal(addr)) {
		second = start_trim(&visit.trimmed_too);
		wait_a_while(&visit.trimmed_too);
		KTEST_EXPECT_FALSE(t, is_set(&visit.trimmed_too));
	}
	if (addr && reader && first)	/* withdrawn is not given back */
		KTEST_EXPECT_TRUE(t, in_a_chunk(addr) ||
				     !is_set(&visit.trimmed));
	set(&visit.leave);
	if (reader)
		kthread_stop(reader);
	if (first)
		kthread_stop(first);
	if (second)
		kthread_stop(second);
	KTEST_EXPECT_EQ(t, is_set(&visit.trimmed_too), second != NULL);
}

#define ROUNDS 6U
#define READERS 4U

static struct {
	unsigned long first, last;	/* what is or was somebody's */
	bool stop;
	unsigned int wrong, looks;
} stray;

static void look_at(unsigned long addr)
{
	const struct vm_struct *vm;
	char words[200];

	rcu_read_lock();
	vm = find_vm_area((void *)addr);
	if (vm && addr - (unsigned long)vm->addr >= vm->span)
		__atomic_fetch_add(&stray.wrong, 1, __ATOMIC_RELAXED);
	rcu_read_unlock();
	vmalloc_describe(addr, words, sizeof(words));
	__atomic_fetch_add(&stray.looks, 1, __ATOMIC_RELAXED);
}

static int look_at_strays(void *seed)
{
	struct rng rng = rng_seed((unsigned long)seed);
	unsigned long pages = (stray.last - stray.first) / PAGE_SIZE + 1;

	while (!is_set(&stray.stop)) {
		look_at(stray.first + rng_below(&rng, pages) * PAGE_SIZE);
		yield();
	}
	return 0;
}

static void note_extent(void)
{
	unsigned int i;

	stray.first = VMALLOC_END;
	for (i = 0; i < AREAS; i++) {
		if (!areas[i])
			continue;
		stray.first = min(stray.first, (unsigned long)areas[i]);
		stray.last = max(stray.last, (unsigned long)areas[i]);
	}
}

static void stray_addresses_may_be_looked_at_while_areas_go(struct ktest *t)
{
	struct task_struct *tasks[READERS] = { NULL };
	unsigned int cpu, i, nr = 0;

	memset(&stray, 0, sizeof(stray));
	take_all(PAGE_SIZE, AREAS);
	note_extent();
	free_all();
	if (stray.first > stray.last)
		return;
	for_each_online_cpu(cpu)
		if (nr < READERS)
			tasks[nr++] = kthread_run_on(cpu, look_at_strays,
						     (void *)(cpu + 1UL),
						     "stray/%u", cpu);
	for (i = 0; i < ROUNDS; i++) {
		take_all(i % 2 ? PAGE_SIZE : LARGE, i % 2 ? AREAS : 4);
		free_all();
		vmalloc_trim();
	}
	set(&stray.stop);
	while (nr--)
		if (tasks[nr])
			kthread_stop(tasks[nr]);
	KTEST_EXPECT_EQ(t, stray.wrong, 0);
}

/* ----- batches ------------------------------------------------------------ */

#define SOME 30U

/* Which of areas[] that is; SOME: another's. */
static unsigned int index_of(const void *addr)
{
	unsigned int i;

	for (i = 0; i < SOME && areas[i] != addr; i++)
		;
	return i;
}

static unsigned int seen[SOME + 1];

static void note_seen(const struct vm_struct *vm, void *arg)
{
	bool *locked = arg;

	*locked |= spin_is_locked(&vmap_lock);
	seen[index_of(vm->addr)]++;
}

static void each_area_is_shown_once(struct ktest *t, unsigned long size)
{
	bool locked = false;
	unsigned int i;

	if (!enough_memory(t, SOME * size))
		return;
	memset(seen, 0, sizeof(seen));
	take_all(size, SOME);
	vm_for_each(note_seen, &locked);
	for (i = 0; i < SOME; i++)
		KTEST_EXPECT_EQ(t, seen[i], areas[i] != NULL);
	if (num_online_cpus() == 1)
		KTEST_EXPECT_FALSE(t, locked);
	free_all();
}

static void small_areas_are_shown_once_without_the_lock(struct ktest *t)
{
	each_area_is_shown_once(t, 2 * PAGE_SIZE);
}

static void large_areas_are_shown_once_without_the_lock(struct ktest *t)
{
	each_area_is_shown_once(t, LARGE);
}

typedef unsigned int (*copy_func_t)(unsigned long *addr,
				    struct vm_struct *copies,
				    unsigned int max);

/* Few at a time; what was copied is freed before the next are. */
static void free_behind(struct ktest *t, unsigned long size, copy_func_t copy,
			unsigned long end, unsigned int batch)
{
	unsigned long addr = VMALLOC_START, before;
	unsigned int i, n, nr, found = 0, taken = 0;
	struct vm_struct copies[2];

	take_all(size, SOME);
	for (i = 0; i < SOME; i++)
		taken += areas[i] != NULL;
	while (addr < end) {
		before = addr;
		n = copy(&addr, copies, batch);
		KTEST_EXPECT_LE(t, n, batch);
		for (i = 0; i < n; i++) {
			nr = index_of(copies[i].addr);
			if (nr == SOME)
				continue;
			found++;
			vfree(areas[nr]);
			areas[nr] = NULL;
		}
		if (!KTEST_EXPECT_GT(t, addr, before))
			break;
	}
	KTEST_EXPECT_EQ(t, found, taken);
	free_all();
}

static void a_batch_goes_on_behind_what_has_gone(struct ktest *t)
{
	unsigned int batch;

	if (!enough_memory(t, SOME * LARGE))
		return;
	for (batch = 1; batch <= 2; batch++) {
		free_behind(t, 2 * PAGE_SIZE, vm_small_copy, vm_small_end(),
			    batch);
		free_behind(t, LARGE, vm_large_copy, VMALLOC_END, batch);
	}
}

static const struct ktest_case cases[] = {
	KTEST_CASE(descriptors_stay_while_somebody_looks),
	KTEST_CASE(descriptor_of_a_large_area_waits_for_who_looks),
	KTEST_CASE(who_trims_second_waits_for_the_addresses),
	KTEST_CASE(stray_addresses_may_be_looked_at_while_areas_go),
	KTEST_CASE(small_areas_are_shown_once_without_the_lock),
	KTEST_CASE(large_areas_are_shown_once_without_the_lock),
	KTEST_CASE(a_batch_goes_on_behind_what_has_gone),
	{}
};
KTEST_SUITE(vmalloc_reader, cases);
