/* The other half of detection: nothing is told of users who do all right. */
#include <kernel/cmdline.h>
#include <kernel/init.h>
#include <lib/errno.h>
#include <lib/parse.h>
#include <mm/highmem.h>

#include "../../mm/slub_debug.h"
#include "detect.h"

#define MOST_HELD 256
#define MOST_SIZE 8192

static u64 operations = 20000;

static int __init set_operations(const char *value)
{
	return kstrtou64(value, &operations) ? -EINVAL : 0;
}
early_param("detect_ops", set_operations);

/* One that is held: what it is, and the byte it is full of. */
struct held {
	enum { BYTES, OBJECT, PAGES } kind;
	u8 *p;
	size_t size;
	u8 fill;
};

static struct held held[MOST_HELD];
static struct kmem_cache *caches[4];

static bool take(struct held *h, struct rng *rng)
{
	struct kmem_cache *s = caches[rng_below(rng, ARRAY_SIZE(caches))];
	gfp_t gfp = rng_below(rng, 4) ? GFP_KERNEL : GFP_ATOMIC;
	unsigned int order;

	switch (rng_below(rng, 16)) {
	case 0:
		h->kind = PAGES;
		order = (unsigned int)rng_below(rng, 3);
		h->size = PAGE_SIZE << order;
		h->p = (u8 *)__get_free_pages(gfp, order);
		break;
	case 1 ... 7:
		h->kind = OBJECT;
		h->size = kmem_cache_size(s);
		h->p = kmem_cache_alloc(s, gfp);
		break;
	default:
		h->kind = BYTES;
		h->size = 1 + rng_below(rng, 1ULL << rng_below(rng, 14));
		h->p = kmalloc(h->size, gfp);
	}
	if (h->p) {
		h->fill = (u8)rng_next(rng);
		memset(h->p, h->fill, h->size);
	}
	return h->p;
}

/* The cache an object is of follows from its size. */
static struct kmem_cache *cache_of_size(size_t size)
{
	unsigned int i;

	for (i = 0; kmem_cache_size(caches[i]) != size; i++)
		;
	return caches[i];
}

static void give(struct ktest *t, struct held *h)
{
	KTEST_EXPECT_NULL(t, memchr_inv(h->p, h->fill, h->size));
	switch (h->kind) {
	case PAGES:
		free_pages((unsigned long)h->p,
			   (unsigned int)__ffs(h->size >> PAGE_SHIFT));
		break;
	case OBJECT:
		kmem_cache_free(cache_of_size(h->size), h->p);
		break;
	default:
		kfree(h->p);
	}
	h->p = NULL;
}

static void grow_or_shrink(struct held *h, struct rng *rng)
{
	size_t size = 1 + rng_below(rng, MOST_SIZE);
	u8 *p = krealloc(h->p, size, GFP_KERNEL);

	if (!p)
		return;
	h->p = p;
	h->size = size;
	memset(p, h->fill, size);
}

static void one_operation(struct ktest *t, struct rng *rng)
{
	struct held *h = &held[rng_below(rng, MOST_HELD)];

	if (!h->p)
		take(h, rng);
	else if (h->kind == BYTES && !rng_below(rng, 8))
		grow_or_shrink(h, rng);
	else
		give(t, h);
}

static bool make_caches(struct ktest *t)
{
	static const unsigned int sizes[] = { 8, 24, 200, 1000 };
	char name[] = "detect-valid-0";
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(caches); i++) {
		name[sizeof(name) - 2] = (char)('0' + i);
		caches[i] = kmem_cache_create(name, sizes[i], 0,
					      SLAB_NO_MERGE, NULL);
		if (!KTEST_EXPECT_NOT_NULL(t, caches[i]))
			return false;
	}
	return true;
}

static void destroy_caches(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(caches); i++) {
		kmem_cache_destroy(caches[i]);
		caches[i] = NULL;
	}
}

static void operate(struct ktest *t)
{
	struct rng rng = rng_seed(1);
	unsigned int i;
	u64 n;

	for (n = 0; n < operations && !t->failed; n++)
		one_operation(t, &rng);
	for (i = 0; i < MOST_HELD; i++)
		if (held[i].p)
			give(t, &held[i]);
	for (i = 0; i < ARRAY_SIZE(caches); i++)
		validate_slab_cache(caches[i]);
}

static void nothing_is_told_of_valid_operations(struct ktest *t)
{
	unsigned long before = slab_nr_events(), reports = report_count();

	if (make_caches(t))
		operate(t);
	destroy_caches();
	KTEST_EXPECT_EQ(t, slab_nr_events() - before, 0);
	ktest_note(t, "DETECT mode=%s kind=valid_operations seen=%lu of=%llu expected=none",
		   detect_mode_name(), report_count() - reports,
		   (unsigned long long)operations);
	KTEST_EXPECT_EQ(t, report_count() - reports, 0);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(nothing_is_told_of_valid_operations),
	{}
};

KTEST_SUITE(detect_valid, cases);
