/*
 * Guarded objects, used rightly and freed wrongly: they are what ordinary
 * objects of their cache are; the pool ends without harm; sampling takes the
 * share it should.
 */
#include <kernel/kthread.h>
#include <kernel/smp.h>
#include <lib/random.h>
#include <lib/sprintf.h>
#include <mm/init_on.h>

#include "../../mm/slub_debug.h"
#include "kfence_fixture.h"
#include "tick.h"
#include "slub_fixture.h"

#define SIZE 96

static struct kmem_cache *s;
static struct kfence_stats before;

static void set_up(struct ktest *t)
{
	before = kfence_now();
	kfence_pause();
	if (kfence_ready(t))
		s = own_cache("guarded", SIZE);
}

static void tear_down(struct ktest *t)
{
	kmem_cache_destroy(s);
	s = NULL;
	kfence_sample_as(before);
	kfence_resume();
}

static void object_lies_at_an_edge_of_a_page_of_its_own(struct ktest *t)
{
	u8 *left = guarded_at(s, SIZE, LEFT_EDGE);
	u8 *right = guarded_at(s, SIZE, RIGHT_EDGE);

	KTEST_ASSERT_NOT_NULL(t, left);
	KTEST_ASSERT_NOT_NULL(t, right);
	KTEST_EXPECT_EQ(t, (unsigned long)left % PAGE_SIZE, 0);
	KTEST_EXPECT_EQ(t, ((unsigned long)right + SIZE) % PAGE_SIZE, 0);
	KTEST_EXPECT_TRUE(t, is_kfence_address(left));
	KTEST_EXPECT_EQ(t, virt_to_page(left)->type, PAGE_GUARDED);
	KTEST_EXPECT_PTR_EQ(t, virt_to_page(left)->slab_cache, s);
	memset(left, 1, SIZE);
	memset(right, 2, SIZE);
	kmem_cache_free(s, left);
	kfree(right);
	KTEST_EXPECT_NULL(t, virt_to_page(right)->slab_cache);
}

static void neighbours_are_not_there(struct ktest *t)
{
	u8 *p = guarded_at(s, SIZE, LEFT_EDGE);

	KTEST_ASSERT_NOT_NULL(t, p);
	KTEST_EXPECT_EQ(t, probe_read(p), 0);
	KTEST_EXPECT_EQ(t, probe_read(p + PAGE_SIZE - 1), 0);
	KTEST_EXPECT_EQ(t, probe_read(p - 1), -EFAULT);
	KTEST_EXPECT_EQ(t, probe_write(p + PAGE_SIZE), -EFAULT);
	kmem_cache_free(s, p);
	KTEST_EXPECT_EQ(t, probe_read(p), -EFAULT);
}

/* So many bytes behind it that nobody guards: fewer than it is aligned to. */
static bool ends_at_its_guard(const void *p, unsigned int size)
{
	unsigned long rest = PAGE_SIZE - ((unsigned long)p % PAGE_SIZE + size);

	return edge_of(p) == LEFT_EDGE || rest < max(8U, size & -size);
}

/* Whatever the size: the alignment of its cache, or what kmalloc promises. */
static void alignment_is_kept_at_both_edges(struct ktest *t)
{
	struct kmem_cache *line = must_create("line", 40, 64, SLAB_NO_MERGE,
					      NULL);
	unsigned int class, i, size;
	void *p;

	for (i = 0; i < 16; i++) {
		p = kfence_alloc(line, 40, GFP_KERNEL);
		KTEST_EXPECT_TRUE(t, p && IS_ALIGNED((unsigned long)p, 64));
		kmem_cache_free(line, p);
	}
	for (size = 1; size <= PAGE_SIZE; size += 1 + size / 16) {
		class = kmalloc_index(size);
		p = guarded_at(kmalloc_caches[KMALLOC_NORMAL][class], size,
			       RIGHT_EDGE);
		KTEST_EXPECT_TRUE(t, p && IS_ALIGNED((unsigned long)p,
						     max(8U, size & -size)));
		KTEST_EXPECT_TRUE(t, ends_at_its_guard(p, size));
		KTEST_EXPECT_EQ(t, ksize(p), size);
		kfree(p);
	}
	kmem_cache_destroy(line);
}

static void freed_slot_is_used_again_last(struct ktest *t)
{
	unsigned int i, others = kfence_now().objects - kfence_now().live -
				 kfence_now().buried - 1;
	void *p = kfence_alloc(s, SIZE, GFP_KERNEL), *q;

	kmem_cache_free(s, p);
	for (i = 0; i < others; i++) {
		q = kfence_alloc(s, SIZE, GFP_KERNEL);
		KTEST_EXPECT_NE(t, (unsigned long)q >> PAGE_SHIFT,
				(unsigned long)p >> PAGE_SHIFT);
		kmem_cache_free(s, q);
	}
	q = kfence_alloc(s, SIZE, GFP_KERNEL);
	KTEST_EXPECT_EQ(t, (unsigned long)q >> PAGE_SHIFT,
			(unsigned long)p >> PAGE_SHIFT);
	kmem_cache_free(s, q);
}

static void zeroed_object_is_zero(struct ktest *t)
{
	unsigned int i;
	u8 *p;

	/* every slot twice, so that somebody was there before */
	for (i = 0; i < 2 * kfence_now().objects; i++) {
		p = kfence_alloc(s, SIZE, GFP_KERNEL | __GFP_ZERO);
		KTEST_ASSERT_NOT_NULL(t, p);
		KTEST_EXPECT_NULL(t, memchr_inv(p, 0, SIZE));
		memset(p, 0xff, SIZE);
		kmem_cache_free(s, p);
	}
}

/* A late read opens the page: what does it find? */
static void object_is_cleared_where_the_command_line_says_so(struct ktest *t)
{
	unsigned int i;
	u8 *p;

	if (!slab_inits(s)) {
		ktest_skip(t, "nobody asked for it, or poison shows more");
		return;
	}
	for (i = 0; i < 2 * kfence_now().objects; i++) {
		p = kfence_alloc(s, SIZE, GFP_KERNEL);
		KTEST_ASSERT_NOT_NULL(t, p);
		if (init_on_alloc)
			KTEST_EXPECT_NULL(t, memchr_inv(p, 0, SIZE));
		memset(p, 0xff, SIZE);
		kmem_cache_free(s, p);
		if (!init_on_free)
			continue;
		KTEST_EXPECT_REPORTS(t, 1, "use-after-free read",
				     KTEST_EXPECT_NULL(t, memchr_inv(p, 0,
								     SIZE)));
	}
}

static void construct(void *p)
{
	memset(p, 0x5a, SIZE);
}

static void constructed_object_is_constructed_each_time(struct ktest *t)
{
	struct kmem_cache *c = must_create("made", SIZE, 0, 0, construct);
	unsigned int i;
	u8 *p;

	for (i = 0; i < 2 * kfence_now().objects; i++) {
		p = kfence_alloc(c, SIZE, GFP_KERNEL);
		KTEST_ASSERT_NOT_NULL(t, p);
		KTEST_EXPECT_NULL(t, memchr_inv(p, 0x5a, SIZE));
		memset(p, 0, SIZE);
		kmem_cache_free(c, p);
	}
	KTEST_EXPECT_NULL(t, kfence_alloc(c, SIZE, GFP_KERNEL | __GFP_ZERO));
	kmem_cache_destroy(c);
}

static void what_must_not_be_guarded_is_not(struct ktest *t)
{
	struct kmem_cache *dma = must_create("dma", SIZE, 0, SLAB_CACHE_DMA,
					     NULL);
	struct kmem_cache *plain = must_create("plain", SIZE, 0,
					       SLAB_SKIP_KFENCE, NULL);

	KTEST_EXPECT_NULL(t, kfence_alloc(dma, SIZE, GFP_KERNEL));
	KTEST_EXPECT_NULL(t, kfence_alloc(plain, SIZE, GFP_KERNEL));
	KTEST_EXPECT_NULL(t, kfence_alloc(s, SIZE, GFP_KERNEL | __GFP_DMA));
	KTEST_EXPECT_NULL(t, kfence_alloc(s, SIZE, GFP_KERNEL | __GFP_DMA32));
	KTEST_EXPECT_NULL(t, kfence_alloc(s, PAGE_SIZE + 1, GFP_KERNEL));
	kmem_cache_destroy(dma);
	kmem_cache_destroy(plain);
}

#define WINDOW_FROM 16
#define WINDOW_SIZE 40

/* Every beginning and every length, at and around p: how many are misjudged? */
static unsigned int copies_misjudged(const u8 *p)
{
	unsigned int wrong = 0;
	int at, n;
	bool inside;

	for (at = -4; at < SIZE + 4; at++)
		for (n = 1; n < SIZE + 8; n++) {
			inside = at >= WINDOW_FROM &&
				 at + n <= WINDOW_FROM + WINDOW_SIZE;
			wrong += inside != !check_heap_object(p + at,
							      (size_t)n);
		}
	return wrong;
}

static void window_for_user_copies_is_its_caches(struct ktest *t)
{
	static const enum edge edges[] = { LEFT_EDGE, RIGHT_EDGE };
	struct kmem_cache *c = kmem_cache_create_usercopy(
		"windowed", SIZE, 0, SLAB_NO_MERGE, WINDOW_FROM, WINDOW_SIZE,
		NULL);
	unsigned int i;
	u8 *p;

	KTEST_ASSERT_NOT_NULL(t, c);
	for (i = 0; i < ARRAY_SIZE(edges); i++) {
		p = guarded_at(c, SIZE, edges[i]);
		KTEST_ASSERT_NOT_NULL(t, p);
		KTEST_EXPECT_EQ(t, copies_misjudged(p), 0);
		KTEST_EXPECT_NOT_NULL(t, check_heap_object(p + WINDOW_FROM,
							   SIZE_MAX));
		kmem_cache_free(c, p);
		KTEST_EXPECT_NOT_NULL(t, check_heap_object(p + WINDOW_FROM, 1));
	}
	kmem_cache_destroy(c);
}

static void bytes_asked_of_kmalloc_may_be_copied(struct ktest *t)
{
	u8 *p = guarded_at(kmalloc_caches[KMALLOC_NORMAL][2], 18, LEFT_EDGE);

	KTEST_ASSERT_NOT_NULL(t, p);
	KTEST_EXPECT_STREQ(t, check_heap_object(p, 18), NULL);
	KTEST_EXPECT_STREQ(t, check_heap_object(p + 17, 1), NULL);
	KTEST_EXPECT_NOT_NULL(t, check_heap_object(p, 19));
	KTEST_EXPECT_NOT_NULL(t, check_heap_object(p + 18, 1));
	KTEST_EXPECT_NOT_NULL(t, check_heap_object(p - 1, 1));
	kfree(p);
}

static void krealloc_knows_the_size_asked_for(struct ktest *t)
{
	u8 *p = kfence_alloc(kmalloc_caches[KMALLOC_NORMAL][2], 18, GFP_KERNEL);
	u8 *q;

	KTEST_ASSERT_NOT_NULL(t, p);
	KTEST_EXPECT_EQ(t, ksize(p), 18);
	memset(p, 0x33, 18);
	KTEST_EXPECT_PTR_EQ(t, krealloc(p, 17, GFP_KERNEL), p);
	q = krealloc(p, 19, GFP_MUST);
	KTEST_ASSERT_TRUE(t, q && q != p);
	KTEST_EXPECT_NULL(t, memchr_inv(q, 0x33, 18));
	KTEST_EXPECT_REPORTS(t, 1, "double free", krealloc(p, 20, GFP_KERNEL));
	kfree(q);
}

/* ----- wrong frees ----- */

static void second_free_is_refused(struct ktest *t)
{
	void *p = kfence_alloc(s, SIZE, GFP_KERNEL);

	kmem_cache_free(s, p);
	KTEST_EXPECT_REPORTS(t, 1, "double free", kmem_cache_free(s, p));
	KTEST_EXPECT_NOT_NULL(t, strstr(report_capture_text(), "freed by"));
	KTEST_EXPECT_REPORTS(t, 1, "double free", kfree(p));
	KTEST_EXPECT_REPORTS(t, 1, "double free", ksize(p));
}

static void free_of_what_is_no_object_is_refused(struct ktest *t)
{
	u8 *p = guarded_at(s, SIZE, LEFT_EDGE);
	unsigned int i;

	for (i = 1; i < SIZE; i++)
		KTEST_EXPECT_REPORTS(t, 1, "inside an object",
				     kmem_cache_free(s, p + i));
	KTEST_EXPECT_REPORTS(t, 1, "not an object", kfree(p + SIZE));
	KTEST_EXPECT_REPORTS(t, 1, "not an object", kfree(p - 8));
	KTEST_EXPECT_REPORTS(t, 1, "not an object",
			     kmem_cache_free(s, p + PAGE_SIZE));
	KTEST_EXPECT_REPORTS(t, 1, "not an object", kfree((void *)kfence_pool));
	kmem_cache_free(s, p);
}

static void free_to_another_cache_is_refused(struct ktest *t)
{
	struct kmem_cache *other = own_cache("other", SIZE);
	void *p = kfence_alloc(s, SIZE, GFP_KERNEL);

	KTEST_EXPECT_REPORTS(t, 1, "wrong cache", kmem_cache_free(other, p));
	KTEST_EXPECT_NOT_NULL(t, strstr(report_capture_text(),
					"cache guarded"));
	kmem_cache_free(s, p);
	kmem_cache_destroy(other);
}

/* Beside the object on its own page nobody faults; the free sees it. */
static void changed_byte_beside_an_object_is_found_at_its_free(struct ktest *t)
{
	u8 *p = guarded_at(s, SIZE, LEFT_EDGE);
	unsigned int i;

	for (i = 0; i < 8; i++) {
		p[SIZE + i] ^= 1;
		KTEST_EXPECT_REPORTS(t, 1, "1 bytes changed beside it",
				     kmem_cache_free(s, p));
		p = guarded_at(s, SIZE, RIGHT_EDGE);
		memset(p - 1 - i, 0, 1 + i);
		KTEST_EXPECT_REPORTS(t, 1, "memory corruption", kfree(p));
		p = guarded_at(s, SIZE, LEFT_EDGE);
	}
	p[PAGE_SIZE - 1] ^= 0x80;
	KTEST_EXPECT_REPORTS(t, 1, "memory corruption", kfree(p));
}

static void changed_byte_in_the_alignment_gap_is_found(struct ktest *t)
{
	struct kmem_cache *c = own_cache("gap", 61);
	u8 *p = guarded_at(c, 61, RIGHT_EDGE);

	KTEST_EXPECT_EQ(t, (unsigned long)p % PAGE_SIZE, PAGE_SIZE - 64);
	p[61] ^= 0xff;
	KTEST_EXPECT_REPORTS(t, 1, "1 bytes right", kmem_cache_free(c, p));
	kmem_cache_destroy(c);
}

/* The slot would stay out of use for ever. */
static void objects_of_a_destroyed_cache_are_told(struct ktest *t)
{
	struct kmem_cache *c = own_cache("gone", SIZE);
	u8 *p = kfence_alloc(c, SIZE, GFP_KERNEL);
	unsigned long events = slab_nr_events();
	char line[48];

	KTEST_EXPECT_REPORTS(t, 1, "cache gone: 1 objects",
			     kmem_cache_destroy(c));
	/* heading and object, as of any other */
	KTEST_EXPECT_EQ(t, slab_nr_events() - events, 2);
	ksnprintf(line, sizeof(line), "object %px, guarded", p);
	KTEST_EXPECT_NOT_NULL(t, strstr(report_capture_text(), line));
	KTEST_EXPECT_REPORTS(t, 1, "destroyed cache", kfree(p));
	KTEST_EXPECT_EQ(t, probe_read(p), -EFAULT);
	kfence_exhume();
}

/* ----- the pool's end, and whose turn it is ----- */

#define MOST 600

static void full_pool_leaves_the_cache_as_it_is(struct ktest *t)
{
	static void *objs[MOST];
	unsigned long full = kfence_now().full;
	unsigned int i, n = 0;
	void *p;

	while (n < MOST && (objs[n] = kfence_alloc(s, SIZE, GFP_KERNEL)))
		n++;
	KTEST_EXPECT_EQ(t, kfence_now().live + kfence_now().buried,
			kfence_now().objects);
	kfence_resume();
	KTEST_EXPECT_EQ(t, kfence_set_sample(1), 0);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	kfence_set_sample(0);
	kfence_pause();
	KTEST_EXPECT_TRUE(t, p && !is_kfence_address(p));
	KTEST_EXPECT_GT(t, kfence_now().full, full);
	kmem_cache_free(s, p);
	for (i = 0; i < n; i++)
		kmem_cache_free(s, objs[i]);
}

static unsigned int guarded_of(struct kmem_cache *c, unsigned int n)
{
	unsigned int i, guarded = 0;
	void *p;

	for (i = 0; i < n; i++) {
		p = kmem_cache_alloc(c, GFP_KERNEL);
		guarded += is_kfence_address(p);
		kmem_cache_free(c, p);
	}
	return guarded;
}

static void resuming_what_nobody_paused_is_refused(struct ktest *t)
{
	kfence_resume();
	KTEST_EXPECT_REPORTS(t, 1, "kfence_resume: nothing is paused",
			     kfence_resume());
	kfence_pause();
	KTEST_EXPECT_EQ(t, kfence_set_sample(1), 0);
	KTEST_EXPECT_EQ(t, guarded_of(s, 100), 0);
	KTEST_EXPECT_EQ(t, kfence_set_sample(0), 0);
}

static void every_nth_allocation_is_guarded(struct ktest *t)
{
	struct kmem_cache *c = own_cache("turns", SIZE);
	static const unsigned int every[] = { 1, 2, 7, 100 };
	unsigned int i, got, slack = 20 * num_online_cpus();

	kfence_resume();
	for (i = 0; i < ARRAY_SIZE(every); i++) {
		kfence_set_sample(every[i]);
		got = guarded_of(c, 1000);
		kfence_set_sample(0);
		/* others of the kernel may have had some turns */
		KTEST_EXPECT_LE(t, got, DIV_ROUND_UP(1000, every[i]));
		KTEST_EXPECT_GE(t, got + slack, 1000 / every[i]);
	}
	KTEST_EXPECT_EQ(t, guarded_of(c, 100), 0);
	kfence_pause();
	kmem_cache_destroy(c);
}

/* One that may be guarded, one that may not, in turn. */
static void who_cannot_be_guarded_takes_nobody_s_turn(struct ktest *t)
{
	struct kmem_cache *c = own_cache("turns", SIZE);
	struct kmem_cache *never = must_create("never", SIZE, 0,
					       SLAB_SKIP_KFENCE, NULL);
	unsigned int i, got = 0, slack = 20 * num_online_cpus();

	kfence_resume();
	kfence_set_sample(2);
	for (i = 0; i < 1000; i++) {
		got += guarded_of(c, 1);
		KTEST_EXPECT_EQ(t, guarded_of(never, 1), 0);
	}
	kfence_set_sample(0);
	kfence_pause();
	KTEST_EXPECT_LE(t, got, 500 + slack);
	KTEST_EXPECT_GE(t, got + slack, 500);
	kmem_cache_destroy(c);
	kmem_cache_destroy(never);
}

static void one_allocation_per_interval_is_guarded(struct ktest *t)
{
	struct kmem_cache *c = own_cache("turns", SIZE);
	unsigned int got = 0;
	u64 start, ticks;

	if (has_tick(t)) {
		kfence_resume();
		slab_arrays_off();
		kfence_set_sample_interval(30);
		for (start = get_jiffies(); get_jiffies() < start + 60; )
			got += guarded_of(c, 10);
		ticks = get_jiffies() - start;
		kfence_set_sample_interval(0);
		slab_arrays_on();
		kfence_pause();
		KTEST_EXPECT_GE(t, got, 1);
		KTEST_EXPECT_LE(t, got, 2 + ticks / 3);
	}
	kmem_cache_destroy(c);
}

/* ----- many of them ----- */

/* Ends after so many rounds, or when its time is over. */
struct worker {
	unsigned int rounds, rounds_done;
	u64 end;
	bool failed;
	u64 seed;
	struct task_struct *task;
};

#define HELD 8

static void replace(struct worker *w, u8 **p, struct rng *rng)
{
	if (*p) {
		w->failed |= !object_is_intact(*p, SIZE);
		if (rng_next(rng) & 8)
			kfree(*p);
		else
			kmem_cache_free(s, *p);
	}
	*p = kfence_alloc(s, SIZE, GFP_ATOMIC);
	if (!*p)
		*p = kmem_cache_alloc(s, GFP_KERNEL);
	if (*p)
		fill_object(*p, SIZE);
}

static int work(void *data)
{
	struct worker *w = data;
	struct rng rng = rng_seed(w->seed);
	u8 *held[HELD] = { NULL };
	unsigned int i;

	for (i = 0; i < w->rounds && ktime_get_us() < w->end; i++)
		replace(w, &held[rng_below(&rng, HELD)], &rng);
	w->rounds_done = i;
	for (i = 0; i < HELD; i++)
		if (held[i])
			kmem_cache_free(s, held[i]);
	return 0;
}

static void right_use_is_never_reported(struct ktest *t)
{
	struct worker w = { .rounds = 100000, .end = ~0ULL, .seed = 1 };

	KTEST_EXPECT_REPORTS(t, 0, "", work(&w));
	KTEST_EXPECT_FALSE(t, w.failed);
	KTEST_EXPECT_EQ(t, w.rounds_done, 100000);
	KTEST_EXPECT_EQ(t, kfence_count(s), 0);
}

static void all_cpus_share_the_pool(struct ktest *t)
{
	const u64 end = ktime_get_us() + 200000;
	static struct worker workers[4];
	unsigned int cpu, n = 0, i;

	report_capture_start();
	for_each_online_cpu(cpu) {
		if (n == ARRAY_SIZE(workers))
			break;
		workers[n] = (struct worker){
			.rounds = ~0U, .end = end, .seed = n + 7 };
		workers[n].task = kthread_run_on(cpu, work, &workers[n],
						 "guarded/%u", cpu);
		n += workers[n].task != NULL;
	}
	for (i = 0; i < n; i++) {
		kthread_stop(workers[i].task);
		KTEST_EXPECT_FALSE(t, workers[i].failed);
		KTEST_EXPECT_GE(t, workers[i].rounds_done, 1);
	}
	ktest_check_reports(t, __FILE__, __LINE__, 0, "");
	KTEST_EXPECT_GE(t, n, 1);
	KTEST_EXPECT_EQ(t, kfence_count(s), 0);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(object_lies_at_an_edge_of_a_page_of_its_own),
	KTEST_CASE(neighbours_are_not_there),
	KTEST_CASE(alignment_is_kept_at_both_edges),
	KTEST_CASE(freed_slot_is_used_again_last),
	KTEST_CASE(zeroed_object_is_zero),
	KTEST_CASE(object_is_cleared_where_the_command_line_says_so),
	KTEST_CASE(constructed_object_is_constructed_each_time),
	KTEST_CASE(what_must_not_be_guarded_is_not),
	KTEST_CASE(window_for_user_copies_is_its_caches),
	KTEST_CASE(bytes_asked_of_kmalloc_may_be_copied),
	KTEST_CASE(krealloc_knows_the_size_asked_for),
	KTEST_CASE(second_free_is_refused),
	KTEST_CASE(free_of_what_is_no_object_is_refused),
	KTEST_CASE(free_to_another_cache_is_refused),
	KTEST_CASE(changed_byte_beside_an_object_is_found_at_its_free),
	KTEST_CASE(changed_byte_in_the_alignment_gap_is_found),
	KTEST_CASE(objects_of_a_destroyed_cache_are_told),
	KTEST_CASE(full_pool_leaves_the_cache_as_it_is),
	KTEST_CASE(resuming_what_nobody_paused_is_refused),
	KTEST_CASE(every_nth_allocation_is_guarded),
	KTEST_CASE(who_cannot_be_guarded_takes_nobody_s_turn),
	KTEST_CASE(one_allocation_per_interval_is_guarded),
	KTEST_CASE(right_use_is_never_reported),
	KTEST_CASE(all_cpus_share_the_pool),
	{}
};
KTEST_SUITE_FIXTURE(kfence, cases, set_up, tear_down);
