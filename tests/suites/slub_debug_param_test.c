/* slub_debug=: which flags a cache gets by its name. */
#include <kernel/ktest.h>
#include <lib/kernel.h>

#include "slub_debug_fixture.h"

#define F SLAB_CONSISTENCY_CHECKS
#define Z SLAB_RED_ZONE
#define P SLAB_POISON
#define U SLAB_STORE_USER
#define T SLAB_TRACE
#define A SLAB_FAILSLAB
#define ALL (F | Z | P | U)

struct example {
	const char *text, *name;
	slab_flags_t flags;
};

static void try_all(struct ktest *t, const struct example *e, unsigned int n)
{
	for (; n--; e++)
		if (slab_debug_flags_in(e->text, e->name) != e->flags)
			ktest_fail(t, __FILE__, __LINE__,
				   "\"%s\" gives %s %#x instead of %#x",
				   e->text, e->name,
				   slab_debug_flags_in(e->text, e->name),
				   e->flags);
}

static void letters_are_flags_in_either_case(struct ktest *t)
{
	static const struct example examples[] = {
		{ "F", "x", F }, { "z", "x", Z }, { "P", "x", P },
		{ "u", "x", U }, { "T", "x", T }, { "a", "x", A },
		{ "FZPU", "x", ALL }, { "uzpf", "x", ALL },
		{ "ZZ", "x", Z }, { "O", "x", 0 }, { "FO", "x", F },
	};

	try_all(t, examples, ARRAY_SIZE(examples));
}

static void no_letters_are_the_usual_four(struct ktest *t)
{
	static const struct example examples[] = {
		{ "", "x", ALL }, { ",x", "x", ALL }, { ",x", "y", 0 },
		{ ",x;,y", "y", ALL }, { NULL, "x", 0 },
	};

	try_all(t, examples, ARRAY_SIZE(examples));
}

static void dash_takes_back_what_was_before_it(struct ktest *t)
{
	static const struct example examples[] = {
		{ "-", "x", 0 }, { "FZ-", "x", 0 }, { "FZ-P", "x", P },
		{ "FZ;-,kmalloc-*", "kmalloc-8", 0 },
		{ "FZ;-,kmalloc-*", "task", F | Z },
	};

	try_all(t, examples, ARRAY_SIZE(examples));
}

static void lists_name_caches_whole_or_by_how_they_begin(struct ktest *t)
{
	static const struct example examples[] = {
		{ "Z,x", "x", Z }, { "Z,x", "xx", 0 }, { "Z,xx", "x", 0 },
		{ "Z,a,b,c", "b", Z }, { "Z,a,b,c", "c", Z },
		{ "Z,a,b,c", "d", 0 }, { "Z,a,b,c", "a,b", 0 },
		{ "P,kmalloc-*", "kmalloc-64", P },
		{ "P,kmalloc-*", "kmalloc-dma-64", P },
		{ "P,kmalloc-*", "kmalloc-", P },
		{ "P,kmalloc-*", "kmalloc", 0 },
		{ "P,k*c", "kernel", P }, { "P,*", "any", P },
		{ "P,a,t*", "task", P }, { "P,", "x", 0 }, { "P,,x", "x", P },
	};

	try_all(t, examples, ARRAY_SIZE(examples));
}

static void first_block_that_names_a_cache_counts(struct ktest *t)
{
	static const struct example examples[] = {
		{ "F;ZP,a", "a", Z | P }, { "F;ZP,a", "b", F },
		{ "ZP,a;F", "a", Z | P }, { "ZP,a;F", "b", F },
		{ "Z,a*;P,ab", "ab", Z }, { "P,ab;Z,a*", "ab", P },
		{ "P,ab;Z,a*", "ac", Z }, { "Z,a;P,b", "c", 0 },
		{ "F,a;,b", "b", ALL },
	};

	try_all(t, examples, ARRAY_SIZE(examples));
}

static void last_block_without_names_is_for_the_others(struct ktest *t)
{
	static const struct example examples[] = {
		{ "F;Z", "x", Z }, { "F;Z,x;P", "y", P },
		{ "F;Z,x;P", "x", Z }, { "F;-", "x", 0 },
	};

	try_all(t, examples, ARRAY_SIZE(examples));
}

static void empty_blocks_say_nothing(struct ktest *t)
{
	static const struct example examples[] = {
		{ "F;", "x", F }, { "F;;", "x", F }, { "F;;Z,a", "a", Z },
		{ "F;;Z,a", "b", F }, { ";F", "x", F }, { "Z,a;", "b", 0 },
		{ ";;Z,a;;", "a", Z },
	};

	try_all(t, examples, ARRAY_SIZE(examples));
}

static void unknown_letters_are_told_and_left_out(struct ktest *t)
{
	bool may_grow;

	KTEST_EXPECT_EQ(t, slab_debug_flags_in("FxZ", "a"), F | Z);
	KTEST_EXPECT_EQ(t, slab_debug_unknown("FxZ", &may_grow), 'x');
	KTEST_EXPECT_EQ(t, slab_debug_unknown("F;Z,a;q1,b", &may_grow), 'q');
	KTEST_EXPECT_EQ(t, slab_debug_unknown("F\rZ", &may_grow), '\r');
	KTEST_EXPECT_EQ(t, slab_debug_unknown("FZPUTAO-", &may_grow), 0);
	KTEST_EXPECT_EQ(t, slab_debug_unknown("fzputao,xyz", &may_grow), 0);
	KTEST_EXPECT_EQ(t, slab_debug_unknown("", &may_grow), 0);
}

static void o_keeps_slabs_as_small_as_they_are(struct ktest *t)
{
	bool may_grow = false;

	slab_debug_unknown("FZPU,one", &may_grow);
	KTEST_EXPECT_TRUE(t, may_grow);
	slab_debug_unknown("F;Zo,one", &may_grow);
	KTEST_EXPECT_FALSE(t, may_grow);
	slab_debug_unknown("F,O", &may_grow);	/* a cache's name */
	KTEST_EXPECT_TRUE(t, may_grow);
}

/* A cache that must not be touched is not, and none loses flags of its own. */
static void caches_may_refuse(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, slab_debug_flags("x", P | SLAB_NO_USER_FLAGS),
			P | SLAB_NO_USER_FLAGS);
	KTEST_EXPECT_EQ(t, slab_debug_flags("x", U) & U, U);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(letters_are_flags_in_either_case),
	KTEST_CASE(no_letters_are_the_usual_four),
	KTEST_CASE(dash_takes_back_what_was_before_it),
	KTEST_CASE(lists_name_caches_whole_or_by_how_they_begin),
	KTEST_CASE(first_block_that_names_a_cache_counts),
	KTEST_CASE(last_block_without_names_is_for_the_others),
	KTEST_CASE(empty_blocks_say_nothing),
	KTEST_CASE(unknown_letters_are_told_and_left_out),
	KTEST_CASE(o_keeps_slabs_as_small_as_they_are),
	KTEST_CASE(caches_may_refuse),
	{}
};
KTEST_SUITE(slub_debug_param, cases);
