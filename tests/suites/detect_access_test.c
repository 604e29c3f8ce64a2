/* Reads and writes where nobody may: past the ends, after the free. */
#include "detect.h"

/* What a guarded object can be. */
#define MOST_GUARDED PAGE_SIZE

/* Not more than the mode has room for. */
static unsigned int any_size(struct detect *d)
{
	return detect_size(d, detect_mode() == DETECT_GUARDED ? MOST_GUARDED :
								DETECT_MOST);
}

/* The compiler must not know where it goes. */
static void touch(volatile u8 *p, unsigned int n, bool write)
{
	u8 value;

	__asm__ volatile("" : "+r"(p));
	for (; n; n--, p++) {
		value = *p;
		if (write)
			*p = (u8)~value;
	}
}

/* n bytes from offset on, of an object in use; then all goes its way. */
static bool touch_beside(struct detect *d, unsigned int size, long offset,
			 unsigned int n, bool write)
{
	if (!detect_begin(d, size, NULL))
		return false;
	touch(d->p + offset, n, write);
	detect_end(d);
	return true;
}

static bool try_write_past_the_end(struct detect *d)
{
	unsigned int size = any_size(d);

	return touch_beside(d, size, (long)size, 1 + detect_below(d, 8), true);
}

static bool try_write_before_the_start(struct detect *d)
{
	unsigned int n = 1 + detect_below(d, 8);

	return touch_beside(d, any_size(d), -(long)n, n, true);
}

static bool try_read_past_the_end(struct detect *d)
{
	unsigned int size = any_size(d);

	return touch_beside(d, size, (long)size, 1 + detect_below(d, 8),
			    false);
}

static bool try_read_before_the_start(struct detect *d)
{
	unsigned int n = 1 + detect_below(d, 8);

	return touch_beside(d, any_size(d), -(long)n, n, false);
}

/* Bytes of the class that nobody asked for. */
static bool try_write_into_kmallocs_slack(struct detect *d)
{
	unsigned int size = any_size(d);
	size_t slack = kmalloc_class_size(kmalloc_index(size)) - size;
	u8 *p;

	if (!slack)
		return false;
	p = kmalloc(size, GFP_KERNEL);
	if (!p)
		return false;
	touch(p + size, (unsigned int)min(slack, (size_t)1 +
					  detect_below(d, 8)), true);
	kfree(p);
	return true;
}

/* One byte of a free object; then the cache goes. */
static bool touch_freed(struct detect *d, unsigned int size,
			unsigned int offset, void (*ctor)(void *), bool write)
{
	u8 *p;

	if (!detect_begin(d, size, ctor))
		return false;
	p = d->p;
	kmem_cache_free(d->s, p);
	d->p = NULL;
	touch(p + offset, 1, write);
	detect_end(d);
	return true;
}

static bool try_write_first_word_after_free(struct detect *d)
{
	unsigned int size = any_size(d);

	return touch_freed(d, size, detect_below(d, min(size, 8U)), NULL,
			   true);
}

static bool try_write_fiftieth_byte_after_free(struct detect *d)
{
	return touch_freed(d, max(any_size(d), 51U), 50, NULL, true);
}

static bool try_write_last_byte_after_free(struct detect *d)
{
	unsigned int size = any_size(d);

	return touch_freed(d, size, size - 1, NULL, true);
}

static bool try_read_after_free(struct detect *d)
{
	unsigned int size = any_size(d);

	return touch_freed(d, size, detect_below(d, size), NULL, false);
}

static void construct(void *p)
{
	*(u8 *)p = 1;
}

static bool try_break_what_a_constructor_made(struct detect *d)
{
	return touch_freed(d, any_size(d), 0, construct, true);
}

/* The word that links free objects, in one that has gone to its slab. */
static bool try_overwrite_a_freelist_link(struct detect *d)
{
	u8 *word;

	if (!detect_begin(d, any_size(d), NULL))
		return false;
	word = d->p + d->s->offset;
	kmem_cache_free(d->s, d->p);
	slab_flush_cpu(d->s);
	touch(word, sizeof(long), true);
	d->p = kmem_cache_alloc(d->s, GFP_KERNEL);
	detect_end(d);
	return true;
}

#define SEES_WRITES (DETECT_DEBUG | DETECT_GUARDED | DETECT_KASAN)
#define SEES_READS DETECT_KASAN

DETECT_KIND(write_past_the_end, SEES_WRITES)
DETECT_KIND(write_before_the_start, SEES_WRITES)
DETECT_KIND(read_past_the_end, SEES_READS)
DETECT_KIND(read_before_the_start, SEES_READS)
DETECT_KIND(write_into_kmallocs_slack, SEES_WRITES)
DETECT_KIND(write_first_word_after_free, SEES_WRITES)
DETECT_KIND(write_fiftieth_byte_after_free, SEES_WRITES)
DETECT_KIND(write_last_byte_after_free, SEES_WRITES)
DETECT_KIND(read_after_free, SEES_READS | DETECT_GUARDED)
DETECT_KIND(break_what_a_constructor_made, DETECT_GUARDED | DETECT_KASAN)
DETECT_KIND(overwrite_a_freelist_link, DETECT_ALL)

static const struct ktest_case cases[] = {
	KTEST_CASE(write_past_the_end),
	KTEST_CASE(write_before_the_start),
	KTEST_CASE(read_past_the_end),
	KTEST_CASE(read_before_the_start),
	KTEST_CASE(write_into_kmallocs_slack),
	KTEST_CASE(write_first_word_after_free),
	KTEST_CASE(write_fiftieth_byte_after_free),
	KTEST_CASE(write_last_byte_after_free),
	KTEST_CASE(read_after_free),
	KTEST_CASE(break_what_a_constructor_made),
	KTEST_CASE(overwrite_a_freelist_link),
	{}
};

KTEST_SUITE(detect_access, cases);
