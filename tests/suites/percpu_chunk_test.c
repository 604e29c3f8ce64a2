/*
 * A chunk of per-CPU memory that is nearly full: what it counts, and how much
 * room it believes to have.
 */
#include <asm/page.h>
#include <kernel/ktest.h>
#include <kernel/preempt.h>
#include <lib/kernel.h>
#include <mm/percpu.h>

#include "../../mm/percpu_internal.h"
#include "names_fault.h"

/* No unit has room for two such, and each leaves some room in its own. */
#define FILLER (PCPU_MAX_SIZE / PCPU_GRANULE - 16)

static void *fillers[2];
static struct pcpu_chunk *first, *chunk;	/* of fillers[1] alone */

static void make_chunk(struct ktest *t)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fillers); i++)
		fillers[i] = __alloc_percpu(FILLER * PCPU_GRANULE, 1);
	first = list_first_entry(&pcpu_chunks, struct pcpu_chunk, list);
	chunk = list_last_entry(&pcpu_chunks, struct pcpu_chunk, list);
	if (!fillers[1] || chunk->used != FILLER)
		ktest_skip(t, "no memory for a chunk");
}

static void drop_chunk(struct ktest *t)
{
	free_percpu(fillers[0]);
	free_percpu(fillers[1]);
}

static unsigned long unit_granules(void)
{
	unsigned long made = list_count_nodes(&pcpu_chunks) - 1;

	return percpu_nr_pages() * (PAGE_SIZE / PCPU_GRANULE) /
	       (made * nr_cpu_ids);
}

#define PERCPU_NAMES(t, place, wrong, words) \
	NAMES_FAULT(t, place, wrong, percpu_validate(), words)

static void chunk_counts_what_is_taken(struct ktest *t)
{
	static const char words[] =
		"per-CPU: used is not the number of taken granules";

	PERCPU_NAMES(t, chunk->used, FILLER - 1, words);
	PERCPU_NAMES(t, chunk->used, FILLER + 1, words);
	PERCPU_NAMES(t, first->used, first->used + 1, words);
	PERCPU_NAMES(t, first->used, first->used - 1, words);
}

static void objects_begin_in_what_is_taken(struct ktest *t)
{
	__set_bit(FILLER - 1, chunk->begins);
	KTEST_EXPECT_STREQ(t, percpu_validate(), NULL);
	__clear_bit(FILLER - 1, chunk->begins);
	__set_bit(FILLER, chunk->begins);
	KTEST_EXPECT_STREQ(t, percpu_validate(),
			   "per-CPU: an object begins in free space");
	__clear_bit(FILLER, chunk->begins);
	__set_bit(unit_granules() - 1, chunk->begins);
	KTEST_EXPECT_STREQ(t, percpu_validate(),
			   "per-CPU: an object begins in free space");
	__clear_bit(unit_granules() - 1, chunk->begins);
	KTEST_EXPECT_STREQ(t, percpu_validate(), NULL);
	__clear_bit(0, chunk->taken);
	KTEST_EXPECT_STREQ(t, percpu_validate(),
			   "per-CPU: an object begins in free space");
	__set_bit(0, chunk->taken);
}

/* Two of the smallest side by side, the second in free space. */
static void objects_side_by_side_are_both_looked_at(struct ktest *t)
{
	__set_bit(1, chunk->begins);
	__clear_bit(1, chunk->taken);
	KTEST_EXPECT_STREQ(t, percpu_validate(),
			   "per-CPU: an object begins in free space");
	__set_bit(1, chunk->taken);
	KTEST_EXPECT_STREQ(t, percpu_validate(), NULL);
	__clear_bit(1, chunk->begins);
}

static void chunk_knows_how_much_room_there_may_be(struct ktest *t)
{
	unsigned long most = chunk->most, room = unit_granules() - FILLER;

	PERCPU_NAMES(t, chunk->most, room - 1,
		     "per-CPU: more room than the chunk believes");
	chunk->most = room;
	KTEST_EXPECT_STREQ(t, percpu_validate(), NULL);
	chunk->most = most;
}

/* What does not fit says how much may; what is left is found to its end. */
static void chunk_gives_all_its_room(struct ktest *t)
{
	unsigned long room = unit_granules() - FILLER;
	void *p;

	KTEST_EXPECT_EQ(t, (unsigned long)per_cpu_ptr(fillers[1], 0),
			chunk->base);
	list_move(&chunk->list, &pcpu_chunks);	/* is asked first */
	p = __alloc_percpu(room * PCPU_GRANULE, PCPU_MAX_ALIGN);
	KTEST_EXPECT_EQ(t, chunk->most, min(unit_granules(), room +
					    PCPU_MAX_ALIGN / PCPU_GRANULE - 2));
	free_percpu(p);
	p = __alloc_percpu((room + 1) * PCPU_GRANULE, 1);
	KTEST_EXPECT_EQ(t, chunk->most, room);
	free_percpu(p);
	p = __alloc_percpu(room * PCPU_GRANULE, 1);
	KTEST_EXPECT_EQ(t, (unsigned long)per_cpu_ptr(p, 0),
			chunk->base + FILLER * PCPU_GRANULE);
	KTEST_EXPECT_STREQ(t, percpu_validate(), NULL);
	free_percpu(p);
	KTEST_EXPECT_EQ(t, chunk->used, FILLER);
	list_move_tail(&chunk->list, &pcpu_chunks);
}

static void *take_in_atomic(size_t size)
{
	void *p;

	preempt_disable();
	p = __alloc_percpu(size, 1);
	preempt_enable();
	return p;
}

/* Who needs a new chunk waits for its memory. */
static void new_chunk_may_sleep(struct ktest *t)
{
	unsigned long pages = percpu_nr_pages();
	unsigned int n;
	void *p = NULL;

	report_capture_start();
	p = take_in_atomic(FILLER * PCPU_GRANULE);
	n = report_capture_stop();
	if (percpu_nr_pages() == pages)
		ktest_skip(t, "no memory for a chunk");
	else
		KTEST_EXPECT_GT(t, n, 0);
	free_percpu(p);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(chunk_counts_what_is_taken),
	KTEST_CASE(objects_begin_in_what_is_taken),
	KTEST_CASE(objects_side_by_side_are_both_looked_at),
	KTEST_CASE(chunk_gives_all_its_room),
	KTEST_CASE(new_chunk_may_sleep),
	KTEST_CASE(chunk_knows_how_much_room_there_may_be),
	{}
};
KTEST_SUITE_FIXTURE(percpu_chunk, cases, make_chunk, drop_chunk);
