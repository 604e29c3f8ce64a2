/* percpu_validate() names each of its rules that is broken. */
#include <asm/page.h>
#include <lib/kernel.h>

#include "../../mm/percpu_internal.h"
#include "names_fault.h"

#define CHUNK_NAMES(t, place, wrong, words) \
	NAMES_FAULT(t, place, wrong, percpu_validate(), words)

/* The chunk that p is in; *at: the granule where it begins. */
static struct pcpu_chunk *chunk_of(const void *p, unsigned long *at)
{
	unsigned long addr = (unsigned long)p + __per_cpu_offset[0];
	struct pcpu_chunk *c, *found = NULL;

	list_for_each_entry(c, &pcpu_chunks, list)
		if (addr >= c->base && (!found || c->base > found->base))
			found = c;
	*at = (addr - found->base) / PCPU_GRANULE;
	return found;
}

static void chunk_counts_the_granules_it_gave(struct ktest *t)
{
	void *p = __alloc_percpu(3 * PCPU_GRANULE, 16);
	struct pcpu_chunk *c;
	unsigned long at;

	if (!p)
		return;
	c = chunk_of(p, &at);
	CHUNK_NAMES(t, c->used, c->used + 1,
		    "per-CPU: used is not the number of taken granules");
	CHUNK_NAMES(t, c->used, c->used - 1,
		    "per-CPU: used is not the number of taken granules");
	__clear_bit(at + 1, c->taken);
	KTEST_EXPECT_STREQ(t, percpu_validate(),
			   "per-CPU: used is not the number of taken granules");
	__set_bit(at + 1, c->taken);
	free_percpu(p);
}

static void object_begins_where_it_is_taken(struct ktest *t)
{
	void *p = __alloc_percpu(PCPU_GRANULE, 16);
	struct pcpu_chunk *c;
	unsigned long at;

	if (!p)
		return;
	c = chunk_of(p, &at);
	__clear_bit(at, c->taken);
	KTEST_EXPECT_STREQ(t, percpu_validate(),
			   "per-CPU: an object begins in free space");
	__set_bit(at, c->taken);
	KTEST_EXPECT_STREQ(t, percpu_validate(), NULL);
	free_percpu(p);
}

/* The first chunk alone may be without objects. */
static void chunk_without_objects_is_not_kept(struct ktest *t)
{
	struct pcpu_chunk *first = list_first_entry(&pcpu_chunks,
						    struct pcpu_chunk, list);
	unsigned int i, n = 0;
	unsigned long at;
	void *p[2];

	while (n < ARRAY_SIZE(p)) {
		p[n] = __alloc_percpu(PCPU_MAX_SIZE, 16);
		if (!p[n])
			break;
		n++;
	}
	if (n && chunk_of(p[n - 1], &at) != first)
		CHUNK_NAMES(t, chunk_of(p[n - 1], &at)->used, 0,
			    "per-CPU: a chunk without objects was kept");
	for (i = 0; i < n; i++)
		free_percpu(p[i]);
}

static bool there_is_but_the_first_chunk(void)
{
	return pcpu_chunks.next == pcpu_chunks.prev;
}

/* Those of the first are the early allocator's. */
static void pages_of_later_chunks_are_counted(struct ktest *t)
{
	unsigned long before = percpu_nr_pages(), grown;
	void *p, *q;

	if (there_is_but_the_first_chunk())
		KTEST_EXPECT_EQ(t, before, 0);
	p = __alloc_percpu(PCPU_MAX_SIZE, 16);
	q = __alloc_percpu(PCPU_MAX_SIZE, 16);
	grown = percpu_nr_pages() - before;
	if (p && q)
		KTEST_EXPECT_GE(t, grown * PAGE_SIZE,
				PCPU_MAX_SIZE * nr_cpu_ids);
	KTEST_EXPECT_EQ(t, grown % nr_cpu_ids, 0);
	free_percpu(p);
	free_percpu(q);
	KTEST_EXPECT_EQ(t, percpu_nr_pages(), before);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(chunk_counts_the_granules_it_gave),
	KTEST_CASE(object_begins_where_it_is_taken),
	KTEST_CASE(chunk_without_objects_is_not_kept),
	KTEST_CASE(pages_of_later_chunks_are_counted),
	{}
};
KTEST_SUITE(percpu_broken, cases);
