/*
 * Areas of vmalloc(), the same size again and again. Interrupts are off around
 * a timed loop: so by the gfp of who must not sleep.
 */
#include <lib/kernel.h>
#include <mm/vmalloc.h>

#include "memory.h"

static void pairs(struct bench *b, unsigned long size, unsigned int n)
{
	unsigned int i;

	while (bench_sample(b))
		bench_each(b, i, n)
			vfree(__vmalloc(size, GFP_ATOMIC));
	vmalloc_trim();
}

BENCH(vmalloc_pair_4k, 1000)
{
	pairs(b, PAGE_SIZE, 1000);
}

BENCH(vmalloc_pair_64k, 1000)
{
	pairs(b, SZ_64K, 1000);
}

BENCH(vmalloc_pair_1m, 100)
{
	pairs(b, SZ_1M, 100);
}

BENCH(vmalloc_huge_pair_4m, 100)
{
	unsigned int i;

	while (bench_sample(b))
		bench_each(b, i, 100)
			vfree(vmalloc_huge(SZ_4M, GFP_ATOMIC));
	vmalloc_trim();
}
