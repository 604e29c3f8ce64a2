/*
 * Producer and consumer: CPU 0 takes, CPU 1 gives back. What one frees has to
 * find its way to the other again, and that way is all there is to measure.
 */
#include "memory.h"
#include "other_cpu.h"

#define OBJECTS 10000

struct batch {
	struct bench *b;
	void **p;
};

static void free_objects(void *arg)
{
	struct batch *batch = arg;
	unsigned int i;

	bench_each(batch->b, i, OBJECTS)
		kfree(batch->p[i]);
}

BENCH(cross_cpu_64_n10000, OBJECTS)
{
	struct batch batch = { b, bench_array(b, OBJECTS) };
	unsigned int i;

	if (!batch.p)
		return;
	while (bench_has_cpu(b, 1) && bench_sample(b)) {
		bench_each(b, i, OBJECTS)
			batch.p[i] = kmalloc(64, GFP_KERNEL);
		bench_on_cpu(b, 1, free_objects, &batch);
	}
	bench_array_free(batch.p, OBJECTS);
}

static void free_all_pages(void *arg)
{
	struct batch *batch = arg;
	unsigned int i;

	bench_each(batch->b, i, OBJECTS)
		__free_page((struct page *)batch->p[i]);
}

BENCH(cross_cpu_page_n10000, OBJECTS)
{
	struct batch batch = { b, bench_array(b, OBJECTS) };
	unsigned int i;

	if (!batch.p)
		return;
	while (bench_has_cpu(b, 1) && bench_sample(b)) {
		bench_each(b, i, OBJECTS)
			batch.p[i] = alloc_page(GFP_KERNEL);
		bench_on_cpu(b, 1, free_all_pages, &batch);
	}
	bench_array_free(batch.p, OBJECTS);
}
