/* kfence_validate() names each of its rules that is broken. */
#include "../../mm/kfence_internal.h"
#include "kfence_fixture.h"
#include "names_fault.h"

#define SIZE 96

static struct kmem_cache *s;
static void *used;
static struct kfence_metadata *slot;	/* the one of used */

static void set_up(struct ktest *t)
{
	kfence_pause();
	if (!kfence_ready(t))
		return;
	s = own_cache("guarded", SIZE);
	used = s ? kfence_alloc(s, SIZE, GFP_KERNEL) : NULL;
	if (used)
		slot = kfence_metadata_at((unsigned long)used);
	else
		ktest_skip(t, "no slot is free");
}

static void tear_down(struct ktest *t)
{
	if (used)
		kmem_cache_free(s, used);
	kmem_cache_destroy(s);
	used = s = NULL;
	kfence_resume();
}

#define POOL_NAMES(t, place, wrong, words) \
	NAMES_FAULT(t, place, wrong, kfence_validate(), words)

static void slots_are_in_use_or_wait(struct ktest *t)
{
	POOL_NAMES(t, kfence_stats.live, kfence_stats.live + 1,
		   "guarded: slots are lost, or in two places");
	POOL_NAMES(t, kfence_stats.live, kfence_stats.live - 1,
		   "guarded: slots are lost, or in two places");
	POOL_NAMES(t, kfence_stats.buried, kfence_stats.buried + 1,
		   "guarded: slots are lost, or in two places");
}

static void pages_are_the_pools(struct ktest *t)
{
	POOL_NAMES(t, virt_to_page(used)->type, PAGE_SLAB,
		   "guarded: a page is not of the pool");
}

static void object_in_use_lies_in_its_page(struct ktest *t)
{
	unsigned long page = (unsigned long)used & PAGE_MASK;

	POOL_NAMES(t, slot->addr, page - 1,
		   "guarded: an object is not in its page");
	POOL_NAMES(t, slot->addr, page + PAGE_SIZE - SIZE + 1,
		   "guarded: an object is not in its page");
	POOL_NAMES(t, slot->size, PAGE_SIZE + 1,
		   "guarded: an object is not in its page");
}

static void object_in_use_can_be_accessed(struct ktest *t)
{
	kmem_cache_free(s, used);
	used = NULL;
	KTEST_ASSERT_EQ(t, slot->state, KFENCE_FREED);
	POOL_NAMES(t, slot->state, KFENCE_ALLOCATED,
		   "guarded: the page of an object in use is not there");
}

static const struct ktest_case cases[] = {
	KTEST_CASE(slots_are_in_use_or_wait),
	KTEST_CASE(pages_are_the_pools),
	KTEST_CASE(object_in_use_lies_in_its_page),
	KTEST_CASE(object_in_use_can_be_accessed),
	{}
};
KTEST_SUITE_FIXTURE(kfence_broken, cases, set_up, tear_down);
