/*
 * Allocators next to models of them: short random streams in every boot, any
 * stream by its seed, and what the engine does with one that fails.
 *
 * model_seed=N: that stream (1). model_ops=N: so many operations with each of
 * buddy, slab, kmalloc and page_alloc, a tenth of that with the others (1000).
 */
#include <kernel/cmdline.h>
#include <kernel/ktest.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <lib/parse.h>
#include <lib/string.h>

#include "model.h"

/* Of a stream that failed, what is tried to be shrunk. */
#define KEPT 2048UL
/* When each allocation of a case is to fail in turn. */
#define OPS_OF_A_RERUN 40UL

static u64 seed = 1;
static u64 operations = 1000;

static int set_seed(const char *value)
{
	return kstrtou64(value, &seed);
}
early_param("model_seed", set_seed);

static int set_operations(const char *value)
{
	u64 n;

	if (kstrtou64(value, &n) || n < 10 || n > 1000000000000)
		return -EINVAL;
	operations = n;
	return 0;
}
early_param("model_ops", set_operations);

static u64 list[KEPT], spare[KEPT];
static struct ktest *listener;

static void tell(const char *line)
{
	ktest_note(listener, "  %s", line);
}

/* All is given back after a fault, as far as that goes. */
static unsigned long fails(const u64 *ops, unsigned long nr, void *arg)
{
	const struct model *m = arg;
	struct model_result r;

	model_run(m, (struct model_stream){ 0, ops, nr }, &r);
	if (r.fault && r.next)
		m->end();
	return r.fault ? r.next : 0;
}

/* From [next - nr, next) of the stream to the least that fails. */
static unsigned long shrink(const struct model *m, unsigned long next)
{
	unsigned long nr = min(next, KEPT), i;

	for (i = 0; i < nr; i++)
		list[i] = model_op(seed, next - nr + i);
	nr = fails(list, nr, (void *)m);
	return nr ? model_shrink(list, spare, nr, fails, (void *)m) : 0;
}

static void explain(struct ktest *t, const struct model *m, unsigned long next)
{
	unsigned long nr = shrink(m, next);

	if (!nr) {
		ktest_note(t, "the last %lu operations alone do not fail",
			   min(next, KEPT));
		return;
	}
	ktest_note(t, "these %lu are enough:", nr);
	listener = t;
	model_tell = tell;
	fails(list, nr, (void *)m);
	model_tell = NULL;
}

static void play(struct ktest *t, const struct model *m)
{
	unsigned long length = (unsigned long)operations / m->share;
	struct model_result r;

	if (t->fail_nth)
		length = OPS_OF_A_RERUN;
	model_run(m, (struct model_stream){ seed, NULL, length }, &r);
	if (!r.fault)
		return;
	if (!r.next) {
		ktest_skip(t, r.fault);
		return;
	}
	ktest_fail(t, __FILE__, __LINE__, "%s: model_seed=%llu, operation %lu: "
		   "%s", m->name, seed, r.next, r.fault);
	m->end();
	if (!t->quiet)
		explain(t, m, r.next);
}

#define PLAY(name) \
	static void name##_does_as_its_model(struct ktest *t) \
	{ \
		play(t, &name##_model); \
	}

PLAY(buddy)
PLAY(slab)
PLAY(kmalloc)
PLAY(vmalloc)
PLAY(memblock)
PLAY(mempool)
PLAY(vmap)
PLAY(page_alloc)

/* ----- the engine -------------------------------------------------------- */

/*
 * A shelf of eight places with a mistake: what is put on place 5 while place 2
 * is taken falls down. Who looks at all of it sees that, however late.
 */
static unsigned int shelf;
static bool fell;

static const char *empty_shelf(void)
{
	shelf = 0;
	fell = false;
	return NULL;
}

static const char *use_shelf(struct draws *d)
{
	unsigned int place = model_below(d, 8);

	if (d->takes == !!(shelf & 1U << place))
		return model_idle;
	model_say("%s %u", d->takes ? "put on" : "fetch from", place);
	shelf ^= 1U << place;
	fell |= d->takes && place == 5 && (shelf & 1U << 2);
	return NULL;
}

static const char *look_at_shelf(void)
{
	return fell ? "something fell down" : NULL;
}

static const struct model shelf_model = {
	"shelf", 1, empty_shelf, use_shelf, look_at_shelf, look_at_shelf
};

static void a_failing_stream_is_shrunk_to_what_is_needed(struct ktest *t)
{
	struct model_result r;
	unsigned long nr;

	model_run(&shelf_model, (struct model_stream){ seed, NULL, 1000 }, &r);
	KTEST_EXPECT_STREQ(t, r.fault, "something fell down");
	nr = shrink(&shelf_model, r.next);
	KTEST_EXPECT_EQ(t, nr, 2);
	KTEST_EXPECT_EQ(t, fails(list, nr, (void *)&shelf_model), nr);
	KTEST_EXPECT_EQ(t, shelf, 1U << 5 | 1U << 2);
	KTEST_EXPECT_EQ(t, fails(list, 1, (void *)&shelf_model), 0);
	KTEST_EXPECT_EQ(t, fails(list + 1, 1, (void *)&shelf_model), 0);
}

static void a_stream_is_its_seed(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, model_op(1, 77), model_op(1, 77));
	KTEST_EXPECT_NE(t, model_op(1, 77), model_op(1, 78));
	KTEST_EXPECT_NE(t, model_op(1, 77), model_op(2, 77));
}

/* For a while it would rather take, then rather give. */
static void tides_differ(struct ktest *t)
{
	unsigned int tide, i, takes, most = 0, least = 1024;

	for (tide = 0; tide < 64; tide++) {
		for (takes = i = 0; i < 1024; i++)
			takes += model_op(1, tide * 1024 + i) & 1;
		most = max(most, takes);
		least = min(least, takes);
	}
	KTEST_EXPECT_GT(t, most, 800);
	KTEST_EXPECT_LT(t, least, 224);
}

static void a_fuzzers_bytes_are_drawn_and_then_zeroes(struct ktest *t)
{
	static const u8 bytes[] = { 1, 2, 3 };
	struct draws d = { false, { 0 }, bytes, bytes + 3 };

	KTEST_EXPECT_EQ(t, model_below(&d, 65536), 0x102);
	KTEST_EXPECT_EQ(t, model_below(&d, 512), 0x300 % 512);
	KTEST_EXPECT_EQ(t, model_below(&d, 65536), 0);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(buddy_does_as_its_model),
	KTEST_CASE(slab_does_as_its_model),
	KTEST_CASE(kmalloc_does_as_its_model),
	KTEST_CASE(vmalloc_does_as_its_model),
	KTEST_CASE(memblock_does_as_its_model),
	KTEST_CASE(mempool_does_as_its_model),
	KTEST_CASE(vmap_does_as_its_model),
	KTEST_CASE(page_alloc_does_as_its_model),
	KTEST_CASE(a_failing_stream_is_shrunk_to_what_is_needed),
	KTEST_CASE(a_stream_is_its_seed),
	KTEST_CASE(tides_differ),
	KTEST_CASE(a_fuzzers_bytes_are_drawn_and_then_zeroes),
	{}
};
KTEST_SUITE(model, cases);
