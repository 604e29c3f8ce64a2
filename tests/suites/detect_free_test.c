/* Frees of what is not the caller's to free. */
#include <kernel/preempt.h>

#include "detect.h"

static bool try_free_twice_at_once(struct detect *d)
{
	if (!detect_begin(d, detect_size(d, DETECT_MOST), NULL))
		return false;
	kmem_cache_free(d->s, d->p);
	kmem_cache_free(d->s, d->p);
	d->p = NULL;
	detect_end(d);
	return true;
}

static bool try_free_a_b_a(struct detect *d)
{
	if (!detect_begin(d, detect_size(d, DETECT_MOST), NULL))
		return false;
	kmem_cache_free(d->s, d->p);
	kmem_cache_free(d->s, d->objs[--d->nr]);
	kmem_cache_free(d->s, d->p);
	d->p = NULL;
	detect_end(d);
	return true;
}

/* The cache stays, its slabs do not. */
static bool try_free_after_the_slab_went(struct detect *d)
{
	u8 *p;

	if (!detect_begin(d, detect_size(d, DETECT_MOST), NULL))
		return false;
	p = d->p;
	kmem_cache_free(d->s, p);
	d->p = NULL;
	while (d->nr)
		kmem_cache_free(d->s, d->objs[--d->nr]);
	kmem_cache_shrink(d->s);
	kmem_cache_free(d->s, p);
	detect_end(d);
	return true;
}

static bool try_free_a_middle_pointer(struct detect *d)
{
	unsigned int size = 1 + detect_size(d, DETECT_MOST - 1);

	if (!detect_begin(d, size, NULL))
		return false;
	kmem_cache_free(d->s, d->p + 1 + detect_below(d, size - 1));
	detect_end(d);
	return true;
}

static bool try_free_to_another_cache(struct detect *d)
{
	struct kmem_cache *other;

	if (!detect_begin(d, detect_size(d, DETECT_MOST), NULL))
		return false;
	other = kmem_cache_create("detect-other", d->size, 0, SLAB_NO_MERGE,
				  NULL);
	if (other) {
		kmem_cache_free(other, d->p);
		kmem_cache_destroy(other);
	}
	detect_end(d);
	return other != NULL;
}

static bool try_free_of_stack(struct detect *d)
{
	char local[64];

	return detect_free_address(d, local + detect_below(d, 64));
}

static bool try_free_of_text(struct detect *d)
{
	return detect_free_address(d, (const char *)detect_free_address +
				      detect_below(d, 64));
}

static bool try_free_of_a_hole(struct detect *d)
{
	unsigned long pfn = detect_below(d, 1U << 30);

	return !pfn_valid(pfn) &&
	       detect_free_address(d, lowmem_page_address(pfn_to_page(pfn)));
}

/* Where PCs have their interrupt controllers. */
static bool try_free_of_device_memory(struct detect *d)
{
	unsigned long pfn = PFN_DOWN(0xfec00000UL) + detect_below(d, 0x400);

	return !pfn_valid(pfn) &&
	       detect_free_address(d, lowmem_page_address(pfn_to_page(pfn)));
}

static bool try_free_of_a_user_address(struct detect *d)
{
	return detect_free_address(d, (void *)(0x400000UL +
					detect_below(d, 1U << 28)));
}

static bool try_destroy_with_live_objects(struct detect *d)
{
	if (!detect_begin(d, detect_size(d, DETECT_MOST), NULL))
		return false;
	d->p = NULL;
	detect_end(d);
	return true;
}

/* In a handler, as far as anybody can tell. */
static bool try_sleeping_allocation_in_interrupt(struct detect *d)
{
	if (!detect_begin(d, detect_size(d, DETECT_MOST), NULL))
		return false;
	kmem_cache_free(d->s, d->p);
	this_cpu_add(preempt_count_of_cpu, HARDIRQ_OFFSET);
	d->p = kmem_cache_alloc(d->s, GFP_KERNEL);
	this_cpu_sub(preempt_count_of_cpu, HARDIRQ_OFFSET);
	detect_end(d);
	return true;
}

/* NULL is what is told of it. */
static bool try_array_whose_size_overflows(struct detect *d)
{
	size_t size = 2 + detect_below(d, 1U << 20);
	size_t n = ~(size_t)0 / size + 1 + detect_below(d, 1000);
	void *p = detect_below(d, 2) ? kmalloc_array(n, size, GFP_KERNEL) :
				       kcalloc(n, size, GFP_KERNEL);

	if (!p) {
		report_begin("size overflows", "refused");
		report_end();
	}
	kfree(p);
	return true;
}

DETECT_KIND(free_twice_at_once, DETECT_ALL)
DETECT_KIND(free_a_b_a, DETECT_ALL)
DETECT_KIND(free_after_the_slab_went, DETECT_ALL)
DETECT_KIND(free_a_middle_pointer, DETECT_ALL)
DETECT_KIND(free_to_another_cache, DETECT_ALL)
DETECT_KIND(free_of_stack, DETECT_ALL)
DETECT_KIND(free_of_text, DETECT_ALL)
DETECT_KIND(free_of_a_hole, DETECT_ALL)
DETECT_KIND(free_of_device_memory, DETECT_ALL)
DETECT_KIND(free_of_a_user_address, DETECT_ALL)
DETECT_KIND(destroy_with_live_objects, DETECT_ALL)
DETECT_KIND(sleeping_allocation_in_interrupt,
	    DETECT_DEBUG | DETECT_GUARDED | DETECT_KASAN)

DETECT_KIND(array_whose_size_overflows, DETECT_ALL)

static const struct ktest_case cases[] = {
	KTEST_CASE(free_twice_at_once),
	KTEST_CASE(free_a_b_a),
	KTEST_CASE(free_after_the_slab_went),
	KTEST_CASE(free_a_middle_pointer),
	KTEST_CASE(free_to_another_cache),
	KTEST_CASE(free_of_stack),
	KTEST_CASE(free_of_text),
	KTEST_CASE(free_of_a_hole),
	KTEST_CASE(free_of_device_memory),
	KTEST_CASE(free_of_a_user_address),
	KTEST_CASE(destroy_with_live_objects),
	KTEST_CASE(sleeping_allocation_in_interrupt),
	KTEST_CASE(array_whose_size_overflows),
	{}
};

KTEST_SUITE(detect_free, cases);
