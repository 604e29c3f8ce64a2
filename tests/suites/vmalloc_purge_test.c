/*
 * What waits after vfree() until all CPUs have forgotten it: how much may, when
 * it goes, and what goes with it.
 */
#include <kernel/ktest.h>
#include <kernel/preempt.h>
#include <kernel/smp.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <mm/mm.h>
#include <mm/slab.h>

#include "../../mm/vmalloc_internal.h"
#include "enough_memory.h"
#include "no_guards.h"
#include "slub_fixture.h"

#define LARGE (20 * PAGE_SIZE)

/* 32 MiB; a 64th of memory; a 16th of the addresses. */
static void as_much_may_wait_as_the_machine_can_spare(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, vm_leaving_share(1UL << 30, 1UL << 30), 8192);
	KTEST_EXPECT_EQ(t, vm_leaving_share(32768, 1UL << 30), 512);
	KTEST_EXPECT_EQ(t, vm_leaving_share(1UL << 30, 32768), 2048);
	KTEST_EXPECT_EQ(t, vm_leaving_share(1UL << 20, 1600), 100);
}

/* More or less: some memory came and went since it was told. */
static void machine_spares_its_share(struct ktest *t)
{
	unsigned long share = vm_leaving_share(totalram_pages(),
					       VMALLOC_TOTAL / PAGE_SIZE);

	KTEST_EXPECT_LE(t, vm_leaving_most, share + share / 4);
	KTEST_EXPECT_GE(t, vm_leaving_most, share - share / 4);
}

/* A guard counts as a page: an area of so many less one is just that much. */
static void no_more_waits_than_may(struct ktest *t)
{
	const unsigned long pages = vm_leaving_most - 1;
	void *p, *q;

	if (only_boot_cpu_online()) {
		ktest_skip(t, "needs more CPUs");
		return;
	}
	if (!enough_memory(t, vm_leaving_most * PAGE_SIZE))
		return;
	p = vmalloc(pages * PAGE_SIZE);
	q = vmalloc(PAGE_SIZE);
	vmalloc_trim();
	vfree(p);
	if (p)
		KTEST_EXPECT_EQ(t, vm_leaving_pages(), vm_leaving_most);
	vfree(q);
	if (p && q)
		KTEST_EXPECT_EQ(t, vm_leaving_pages(), 0);
	vm_unmap_aliases();
	KTEST_EXPECT_EQ(t, vm_leaving_pages(), 0);
}

static void nothing_waits_where_one_cpu_runs(struct ktest *t)
{
	if (!only_boot_cpu_online()) {
		ktest_skip(t, "there are more CPUs");
		return;
	}
	vfree(vmalloc(PAGE_SIZE));
	KTEST_EXPECT_EQ(t, vm_leaving_pages(), 0);
	vfree(vmalloc(LARGE));
	KTEST_EXPECT_EQ(t, vm_leaving_pages(), 0);
}

static unsigned int nr_shown;

static void note_shown(const struct vm_struct *vm, void *addr)
{
	nr_shown += vm->addr == addr;
}

static void area_that_waits_is_none_in_use(struct ktest *t)
{
	static const unsigned long sizes[] = { PAGE_SIZE, LARGE };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		void *p = vmalloc(sizes[i]);

		KTEST_ASSERT_NOT_NULL(t, p);
		nr_shown = 0;
		vm_for_each(note_shown, p);
		KTEST_EXPECT_EQ(t, nr_shown, 1);
		vfree(p);
		vm_for_each(note_shown, p);
		KTEST_EXPECT_EQ(t, nr_shown, 1);
	}
	vm_unmap_aliases();
}

/* It fails behind the first block that it got, which must go, too. */
static void who_must_not_sleep_purges_nothing(struct ktest *t)
{
	const unsigned long too_much = 2 * MAX_DMA_PFN * PAGE_SIZE;
	void *p = t, *q = vmalloc(LARGE);

	vfree(q);
	KTEST_EXPECT_REPORTS(t, 0, "", ({
		preempt_disable();
		p = __vmalloc(too_much, GFP_ATOMIC | __GFP_DMA | __GFP_NOWARN);
		vm_unmap_aliases();
		vmalloc_trim();
		preempt_enable();
	}));
	KTEST_EXPECT_NULL(t, p);
	vm_unmap_aliases();
}

#define GIVEN_AWAY 32U

/* An area of one page, with an array far larger than that. */
static void *map_with_large_array(unsigned long bytes)
{
	struct page **pages = vmalloc(bytes);
	void *p = NULL;

	if (!pages)
		return NULL;
	pages[0] = alloc_page(GFP_KERNEL);
	if (pages[0])
		p = vmap(pages, 1, VM_MAP_PUT_PAGES, PAGE_KERNEL);
	if (!p) {
		if (pages[0])
			__free_page(pages[0]);
		vfree(pages);
	}
	return p;
}

/* Arrays that go with a purge are areas: far more than may wait. */
static void purge_may_let_more_areas_go(struct ktest *t)
{
	unsigned long bytes = PAGE_ALIGN(3 * vm_leaving_most *
					 PAGE_SIZE / GIVEN_AWAY);
	void *maps[GIVEN_AWAY];
	unsigned int i;

	if (!enough_memory(t, 4 * vm_leaving_most * PAGE_SIZE))
		return;
	for (i = 0; i < GIVEN_AWAY; i++)
		maps[i] = map_with_large_array(bytes);
	for (i = 0; i < GIVEN_AWAY; i++)
		vfree(maps[i]);
	vm_unmap_aliases();
	vm_unmap_aliases();
	KTEST_EXPECT_EQ(t, vm_leaving_pages(), 0);
}

struct with_head {
	struct rcu_head rcu;
	char rest[LARGE - sizeof(struct rcu_head)];
};

/* Those that wait for readers before, and descriptors that do afterwards. */
static void trim_waits_for_all_that_is_on_its_way(struct ktest *t)
{
	struct with_head *p = vmalloc(sizeof(*p));

	KTEST_ASSERT_NOT_NULL(t, p);
	kvfree_rcu(p, rcu);
	vmalloc_trim();
	KTEST_EXPECT_NULL(t, find_vm_area(p));
	KTEST_EXPECT_EQ(t, vm_leaving_pages(), 0);
	KTEST_EXPECT_EQ(t, rcu_nr_waiting(), 0);
}

/* Who is short of memory gets what waits, and what caches keep. */
static void reclaim_purges_and_empties_caches(struct ktest *t)
{
	struct kmem_cache *s = plain_cache("reclaimed", 200);
	void *p = vmalloc(LARGE);

	KTEST_EXPECT_NOT_NULL(t, s);
	if (s) {
		kmem_cache_free(s, kmem_cache_alloc(s, GFP_MUST));
		KTEST_EXPECT_NE(t, nr_slabs(s), 0);
	}
	vfree(p);
	reclaim_hook();
	KTEST_EXPECT_EQ(t, vm_leaving_pages(), 0);
	if (s)
		KTEST_EXPECT_EQ(t, nr_slabs(s), 0);
	kmem_cache_destroy(s);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(as_much_may_wait_as_the_machine_can_spare),
	KTEST_CASE(machine_spares_its_share),
	KTEST_CASE(no_more_waits_than_may),
	KTEST_CASE(nothing_waits_where_one_cpu_runs),
	KTEST_CASE(area_that_waits_is_none_in_use),
	KTEST_CASE(who_must_not_sleep_purges_nothing),
	KTEST_CASE(purge_may_let_more_areas_go),
	KTEST_CASE(trim_waits_for_all_that_is_on_its_way),
	KTEST_CASE(reclaim_purges_and_empties_caches),
	{}
};
KTEST_SUITE_FIXTURE(vmalloc_purge, cases, no_guards, guards_again);
