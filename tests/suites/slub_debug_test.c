/*
 * Damage that is done on purpose to objects of caches with debug flags: found,
 * counted and mended as Linux's slub_kunit has it.
 */
#include <kernel/ktest.h>
#include <mm/slab.h>

#include "../../mm/slub_debug.h"
#include "no_guards.h"
#include "slub_fixture.h"

static struct kmem_cache *make_cache(struct ktest *t, unsigned int size,
				     slab_flags_t flags)
{
	struct kmem_cache *s = kmem_cache_create("damaged", size, 0,
						 flags | SLAB_NO_USER_FLAGS |
						 SLAB_NO_MERGE, NULL);

	KTEST_EXPECT_NOT_NULL(t, s);
	return s;
}

/* Events of one look at the whole cache, with nothing printed. */
static unsigned long events_of_validation(struct kmem_cache *s)
{
	unsigned long before = slab_nr_events();

	report_capture_log_start();
	validate_slab_cache(s);
	report_capture_stop();
	return slab_nr_events() - before;
}

static void expect_events(struct ktest *t, struct kmem_cache *s,
			  unsigned long first)
{
	KTEST_EXPECT_EQ(t, events_of_validation(s), first);
	KTEST_EXPECT_EQ(t, events_of_validation(s), 0);
}

static void red_zone_behind_an_object_in_use(struct ktest *t)
{
	struct kmem_cache *s = make_cache(t, 64, SLAB_RED_ZONE);
	u8 *p;

	KTEST_ASSERT_NOT_NULL(t, s);
	p = kmem_cache_alloc(s, GFP_MUST);
	p[64] = 0x12;
	expect_events(t, s, 2);
	KTEST_EXPECT_EQ(t, p[64], SLUB_RED_ACTIVE);
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
}

static void red_zone_before_an_object_in_use(struct ktest *t)
{
	struct kmem_cache *s = make_cache(t, 64, SLAB_RED_ZONE);
	u8 *p;

	KTEST_ASSERT_NOT_NULL(t, s);
	p = kmem_cache_alloc(s, GFP_MUST);
	p[-1] = 0x12;
	expect_events(t, s, 2);
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
}

static void red_zone_behind_a_free_object(struct ktest *t)
{
	struct kmem_cache *s = make_cache(t, 64, SLAB_RED_ZONE);
	u8 *p;

	KTEST_ASSERT_NOT_NULL(t, s);
	p = kmem_cache_alloc(s, GFP_MUST);
	kmem_cache_free(s, p);
	p[64] = 0xab;
	expect_events(t, s, 2);
	kmem_cache_destroy(s);
}

static void write_after_free_at(struct ktest *t, unsigned int offset)
{
	struct kmem_cache *s = make_cache(t, 64, SLAB_POISON);
	u8 *p;

	KTEST_ASSERT_NOT_NULL(t, s);
	p = kmem_cache_alloc(s, GFP_MUST);
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
	struct kmem_cache *s = make_cache(t, 64, SLAB_POISON);
	unsigned long *word, old;
	char *p;

	KTEST_ASSERT_NOT_NULL(t, s);
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
	struct kmem_cache *s = make_cache(t, 32, SLAB_KMALLOC | SLAB_RED_ZONE |
						 SLAB_STORE_USER);
	u8 *p;

	KTEST_ASSERT_NOT_NULL(t, s);
	p = kmem_cache_alloc(s, GFP_MUST | GFP_SLACK(32 - 18));
	p[18] = 0xab;
	p[19] = 0xab;
	expect_events(t, s, 2);
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
}

static void object_left_at_destroy_is_two_events(struct ktest *t)
{
	struct kmem_cache *s = make_cache(t, 64, 0);
	unsigned long before = slab_nr_events();

	KTEST_ASSERT_NOT_NULL(t, s);
	KTEST_EXPECT_NOT_NULL(t, kmem_cache_alloc(s, GFP_MUST));
	destroy_damaged(t, s);
	KTEST_EXPECT_EQ(t, slab_nr_events() - before, 2);
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
	KTEST_CASE(object_left_at_destroy_is_two_events),
	{}
};

KTEST_SUITE_FIXTURE(slub_debug, cases, no_guards, guards_again);
