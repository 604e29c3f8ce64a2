/*
 * Around every case: each frame has the owner it had before, each free list
 * the length it had, no page of high memory is left mapped, and every
 * allocator's own validation is clean.
 */
#include <kernel/ktest.h>
#include <mm/census.h>
#include <mm/fault_inject.h>
#include <mm/highmem.h>
#include <mm/kfence.h>
#include <mm/mm.h>
#include <mm/percpu.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>

static struct census before, after;

static void take_before(void)
{
	census_take(&before);
}

static const char *compare_after(void)
{
	const char *bad;

	bad = kmap_leak();
	if (bad)
		return bad;
	census_take(&after);
	bad = census_check(&after);
	if (!bad)
		bad = census_compare(&before, &after);
	if (!bad)
		bad = page_alloc_validate();
	if (!bad)
		bad = kfence_validate();
	if (!bad)
		bad = percpu_validate();
	if (!bad)
		bad = vmalloc_validate();
	return bad ? bad : slab_validate();
}

const struct ktest_observer census_observer = {
	.before = take_before,
	.after = compare_after,
	.faults_on = fault_injection_on,
	.faults_off = fault_injection_off,
};
