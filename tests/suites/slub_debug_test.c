/*
 * Damage that is done on purpose to objects of caches with debug flags: found,
 * counted and mended as Linux's slub_kunit has it.
 */
#include <asm/irqflags.h>
#include <kernel/kthread.h>
#include <kernel/smp.h>
#include <kernel/time.h>

#include "last_cpu.h"
#include "no_guards.h"
#include "slub_debug_fixture.h"

static struct kmem_cache *make_cache(unsigned int size, slab_flags_t flags)
{
	return debug_cache("damaged", size, 0, flags);
}

static void red_zone_behind_an_object_in_use(struct ktest *t)
{
	struct kmem_cache *s = make_cache(64, SLAB_RED_ZONE);
	u8 *p = kmem_cache_alloc(s, GFP_MUST);

	p[64] = 0x12;
	expect_events(t, s, 2);
	KTEST_EXPECT_EQ(t, p[64], SLUB_RED_ACTIVE);
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
}

static void red_zone_before_an_object_in_use(struct ktest *t)
{
	struct kmem_cache *s = make_cache(64, SLAB_RED_ZONE);
	u8 *p = kmem_cache_alloc(s, GFP_MUST);

	p[-1] = 0x12;
	expect_events(t, s, 2);
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
}

static void red_zone_behind_a_free_object(struct ktest *t)
{
	struct kmem_cache *s = make_cache(64, SLAB_RED_ZONE);
	u8 *p = kmem_cache_alloc(s, GFP_MUST);

	kmem_cache_free(s, p);
	p[64] = 0xab;
	expect_events(t, s, 2);
	kmem_cache_destroy(s);
}

static void write_after_free_at(struct ktest *t, unsigned int offset)
{
	struct kmem_cache *s = make_cache(64, SLAB_POISON);
	u8 *p = kmem_cache_alloc(s, GFP_MUST);

	kmem_cache_free(s, p);
	p[offset] = 0x78;
	expect_events(t, s, 2);
	KTEST_EXPECT_EQ(t, p[offset], offset == 63 ? POISON_END : POISON_FREE);
	kmem_cache_destroy(s);
}

static void first_word_after_free(struct ktest *t)
{
	write_after_free_at(t, 0);
}

static void fiftieth_byte_after_free(struct ktest *t)
{
	write_after_free_at(t, 50);
}

static void last_byte_after_free(struct ktest *t)
{
	write_after_free_at(t, 63);
}

static void broken_chain_is_cut_and_counted(struct ktest *t)
{
	struct kmem_cache *s = make_cache(64, SLAB_POISON);
	unsigned long *word, old;
	char *p;

	p = kmem_cache_alloc(s, GFP_MUST);
	kmem_cache_free(s, p);
	word = (unsigned long *)(p + s->offset);
	old = *word;
	*word = ~old;
	/* the chain, the count, the count's repair */
	KTEST_EXPECT_EQ(t, events_of_validation(s), 3);
	*word = old;
	expect_events(t, s, 2);
	kmem_cache_destroy(s);
}

static void slack_of_kmalloc_is_a_red_zone(struct ktest *t)
{
	struct kmem_cache *s = make_cache(32, SLAB_KMALLOC | SLAB_RED_ZONE |
					      SLAB_STORE_USER);
	u8 *p = kmem_cache_alloc(s, GFP_MUST | GFP_SLACK(32 - 18));
	p[18] = 0xab;
	p[19] = 0xab;
	expect_events(t, s, 2);
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
}

#define NR_WAYS 6

/* 18 bytes, as many ways as there are; size is unknown to the compiler. */
static void *kmalloc_by(unsigned int way, struct kmem_cache *s, size_t size)
{
	switch (way) {
	case 0:
		return kmalloc(18, GFP_NOWAIT);
	case 1:
		return kmalloc(size, GFP_NOWAIT);
	case 2:
		return kzalloc(size, GFP_NOWAIT);
	case 3:
		return kmalloc_node(size, GFP_NOWAIT, NUMA_NO_NODE);
	case 4:
		return kzalloc_node(size, GFP_NOWAIT, slab_home_node);
	default:
		return __kmalloc_cache_noprof(s, GFP_NOWAIT, size);
	}
}

/* The same while kmalloc()'s class of 32 bytes is s, for nobody but us. */
static void *kmalloc_from(struct kmem_cache *s, unsigned int way)
{
	struct kmem_cache **class =
		&kmalloc_caches[KMALLOC_NORMAL][kmalloc_index(32)];
	static volatile size_t size = 18;
	struct kmem_cache *old = *class;
	unsigned long flags;
	void *p;

	local_irq_save(flags);
	WRITE_ONCE(*class, s);
	p = kmalloc_by(way, s, size);
	WRITE_ONCE(*class, old);
	local_irq_restore(flags);
	return p;
}

static void every_way_to_kmalloc_tells_the_size_asked_for(struct ktest *t)
{
	struct kmem_cache *s = make_cache(32, SLAB_KMALLOC | SLAB_RED_ZONE);
	unsigned int way;
	void *p;

	for (way = 0; way < NR_WAYS; way++) {
		p = kmalloc_from(s, way);
		KTEST_EXPECT_NOT_NULL(t, p);
		if (!p)
			continue;
		KTEST_EXPECT_EQ(t, slab_debug_asked(s, p), 18);
		kmem_cache_free(s, p);
	}
	kmem_cache_destroy(s);
}

static void object_left_at_destroy_is_two_events(struct ktest *t)
{
	struct kmem_cache *s = make_cache(64, 0);
	unsigned long before = slab_nr_events();

	KTEST_EXPECT_NOT_NULL(t, kmem_cache_alloc(s, GFP_MUST));
	destroy_damaged(t, s);
	KTEST_EXPECT_EQ(t, slab_nr_events() - before, 2);
}

static struct kmem_cache *tracked;
static void *passed_on;

static int take_one(void *unused)
{
	passed_on = kmem_cache_alloc(tracked, GFP_MUST);
	return current->pid;
}

static int give_one(void *unused)
{
	kmem_cache_free(tracked, passed_on);
	return current->pid;
}

/* Does fn on that CPU; its track is of that thread, that CPU and just now. */
static void expect_track(struct ktest *t, int (*fn)(void *unused),
			 unsigned int cpu, enum track_item item)
{
	u64 start = ktime_get_us();
	struct task_struct *task = kthread_run_on(cpu, fn, NULL, "tracked");
	const struct track *track;
	int pid;

	KTEST_ASSERT_NOT_NULL(t, task);
	pid = kthread_stop(task);
	track = slab_track(tracked, passed_on, item);
	KTEST_EXPECT_EQ(t, track->pid, pid);
	KTEST_EXPECT_EQ(t, track->cpu, cpu);
	KTEST_EXPECT_GE(t, track->when, start);
	KTEST_EXPECT_LE(t, track->when, ktime_get_us());
}

static void tracks_are_of_who_allocated_and_who_freed(struct ktest *t)
{
	unsigned int last = last_online_cpu();

	passed_on = NULL;
	tracked = make_cache(64, SLAB_STORE_USER);
	expect_track(t, take_one, last, TRACK_ALLOC);
	if (passed_on)
		expect_track(t, give_one, 0, TRACK_FREE);
	if (t->failed)		/* no thread: nobody freed it */
		abandon_cache(tracked);
	else
		kmem_cache_destroy(tracked);
}

/* Where the object is, and who asked. */
static void traced_cache_logs_each_alloc_and_free(struct ktest *t)
{
	struct kmem_cache *traced = debug_cache("traced", 64, 0, SLAB_TRACE);
	char words[80];
	void *p = NULL;

	KTEST_EXPECT_LOGGED(t, "TRACE traced alloc",
			    p = kmem_cache_alloc(traced, GFP_MUST));
	ksnprintf(words, sizeof(words), "%px by ", p);
	KTEST_EXPECT_NOT_NULL(t, strstr(report_capture_text(), words));
	ksnprintf(words, sizeof(words), "TRACE traced free %px by ", p);
	KTEST_EXPECT_LOGGED(t, words, kmem_cache_free(traced, p));
	kmem_cache_destroy(traced);
}

/* No frame of the stack is that caller's: then it stands alone. */
static void caller_the_stack_does_not_know_is_tracked_alone(struct ktest *t)
{
	static char nobody[1];
	struct kmem_cache *s = make_cache(64, SLAB_STORE_USER);
	void *p = kmem_cache_alloc(s, GFP_MUST);
	const struct track *track = slab_track(s, p, TRACK_ALLOC);
	unsigned int i;

	slab_debug_track(s, p, TRACK_ALLOC, (unsigned long)nobody);
	KTEST_EXPECT_EQ(t, track->addrs[0], (unsigned long)nobody);
	for (i = 1; i < TRACK_ADDRS_COUNT; i++)
		KTEST_EXPECT_EQ(t, track->addrs[i], 0);
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(red_zone_behind_an_object_in_use),
	KTEST_CASE(red_zone_before_an_object_in_use),
	KTEST_CASE(red_zone_behind_a_free_object),
	KTEST_CASE(first_word_after_free),
	KTEST_CASE(fiftieth_byte_after_free),
	KTEST_CASE(last_byte_after_free),
	KTEST_CASE(broken_chain_is_cut_and_counted),
	KTEST_CASE(slack_of_kmalloc_is_a_red_zone),
	KTEST_CASE(every_way_to_kmalloc_tells_the_size_asked_for),
	KTEST_CASE(object_left_at_destroy_is_two_events),
	KTEST_CASE(tracks_are_of_who_allocated_and_who_freed),
	KTEST_CASE(traced_cache_logs_each_alloc_and_free),
	KTEST_CASE(caller_the_stack_does_not_know_is_tracked_alone),
	{}
};

KTEST_SUITE_FIXTURE(slub_debug, cases, no_guards, guards_again);
