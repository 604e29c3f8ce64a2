/*
 * The allocators' fast paths, interrupted at every instruction of their
 * restartable sequences by a handler that allocates and frees from the same
 * cache. Engine: restart_sweep.c.
 *
 * Every object held carries its owner's mark in all its words. One handed out
 * twice is found at once: it is held already. One that somebody else writes to
 * has lost its mark when it is freed. One that is lost is missing at the end:
 * in the cache's own count, or in the census of pages.
 */
#include <kernel/kallsyms.h>
#include <lib/kernel.h>
#include <lib/string.h>
#include <mm/gfp.h>
#include <mm/highmem.h>
#include <mm/mempool.h>
#include <mm/numa.h>
#include <mm/slab.h>

#include "../../../mm/slab_internal.h"
#include "../../../mm/slab_info.h"
#include "../../../mm/vmalloc_internal.h"
#include "../no_guards.h"
#include "restart_sweep.h"

#define OBJECT_SIZE 64
#define MAX_HELD 160
/* More than an array of the CPU has places. */
#define BURST 80

struct holding {
	unsigned long *p;
	unsigned long mark;
};

enum { OBJECTS, BYTES, PAGES, ELEMENTS, AREAS, NR_SUBJECTS };

static struct subject {
	unsigned int number;
	void *(*alloc)(struct rng *rng);
	void (*free)(void *p, struct rng *rng);
	const char *(*validate)(void);
} subject;

static struct holding held[MAX_HELD];
static unsigned int nr_held;
static unsigned long last_mark;
static const char *broken;

/* Sweeps that came to their end since boot. */
static bool done[NR_SUBJECTS];

static struct kmem_cache *cache;

static void write_mark(const struct holding *h)
{
	unsigned int i;

	for (i = 0; i < OBJECT_SIZE / sizeof(long); i++)
		h->p[i] = h->mark;
}

static void check_mark(const struct holding *h)
{
	unsigned int i;

	for (i = 0; i < OBJECT_SIZE / sizeof(long); i++)
		if (h->p[i] != h->mark)
			broken = "somebody wrote to an object that is held";
}

static void hold(void *p)
{
	unsigned int i;

	for (i = 0; i < nr_held; i++)
		if (held[i].p == p)
			broken = "object handed out twice";
	held[nr_held] = (struct holding){ p, ++last_mark };
	write_mark(&held[nr_held++]);
}

/* One place stays free for the thread that was interrupted. */
static void take_one(struct rng *rng, unsigned int limit)
{
	void *p;

	if (nr_held >= limit)
		return;
	p = subject.alloc(rng);
	if (p)			/* a small machine may have no more */
		hold(p);
}

/* Nobody's when the allocator gets it: a handler may be given it at once. */
static void give_nth(unsigned int n, struct rng *rng)
{
	struct holding h = held[n];

	held[n] = held[--nr_held];
	check_mark(&h);
	subject.free(h.p, rng);
}

/* Half of the times what was taken last, which is pushed back. */
static void give_one(struct rng *rng)
{
	unsigned int n = nr_held;

	if (n)
		give_nth(rng_below(rng, 2) ? n - 1 :
			 (unsigned int)rng_below(rng, n), rng);
}

static void one_operation(struct rng *rng)
{
	if (rng_below(rng, 2))
		take_one(rng, MAX_HELD);
	else
		give_one(rng);
}

static void some_interrupt(struct rng *rng)
{
	u64 n = 1 + rng_below(rng, 4);

	switch (rng_below(rng, 16)) {
	case 0:			/* the CPU's arrays run empty */
		for (n = BURST; n; n--)
			take_one(rng, MAX_HELD - 1);
		break;
	case 1:			/* and full */
		for (n = BURST; n; n--)
			give_one(rng);
		break;
	case 2 ... 5:
		while (n--)
			take_one(rng, MAX_HELD - 1);
		break;
	case 6 ... 9:
		while (n--)
			give_one(rng);
		break;
	case 10 ... 12:		/* the same object out and in */
		if (nr_held == MAX_HELD - 1)
			break;
		take_one(rng, MAX_HELD - 1);
		if (nr_held)
			give_nth(nr_held - 1, rng);
		break;
	default:		/* in and out */
		give_one(rng);
		take_one(rng, MAX_HELD - 1);
	}
}

static const char *check_subject(void)
{
	static unsigned int calls;

	if (!broken && subject.validate && ++calls % 4096 == 0)
		broken = subject.validate();
	return broken;
}

static const struct sweep_target target = {
	one_operation, some_interrupt, check_subject
};

static void sweep_subject(struct ktest *t, struct subject what)
{
	struct sweep_result result;
	struct rng rng = rng_seed(2);

	subject = what;
	broken = NULL;
	if (restart_sweep(t, &target, &result)) {
		done[what.number] = true;
		ktest_note(t, "%lu interrupts at %lu places, %lu rewound",
			   result.interrupts, result.points, result.rewound);
	}
	while (nr_held)
		give_nth(nr_held - 1, &rng);
	if (broken)
		ktest_fail(t, __FILE__, __LINE__, "at the end: %s", broken);
}

/* ----- kmem_cache_alloc(), kmem_cache_free() ----- */

/* The second is what kmalloc() of a constant comes to, where it is inlined. */
static void *alloc_object(struct rng *rng)
{
	if (rng_below(rng, 2))
		return kmem_cache_alloc(cache, GFP_ATOMIC);
	return __kmem_cache_alloc_plain(cache, GFP_ATOMIC);
}

static void free_object(void *p, struct rng *rng)
{
	kmem_cache_free(cache, p);
}

static const char *validate_cache(void)
{
	return kmem_cache_validate(cache);
}

static void a_cache_keeps_all_objects(struct ktest *t)
{
	struct slab_info info;

	cache = kmem_cache_create("restart", OBJECT_SIZE, 0,
				  SLAB_NO_MERGE | SLAB_NO_USER_FLAGS,
				  NULL);
	KTEST_ASSERT_NOT_NULL(t, cache);
	sweep_subject(t, (struct subject){
		OBJECTS, alloc_object, free_object, validate_cache });
	slab_get_info(cache, &info);
	KTEST_EXPECT_EQ(t, info.active_objects, 0);
	kmem_cache_shrink(cache);
	slab_get_info(cache, &info);
	KTEST_EXPECT_EQ(t, info.objects, 0);
	kmem_cache_destroy(cache);
}

/* ----- kmalloc(), kfree() ----- */

/* A size the compiler does not know, or does. */
static void *alloc_bytes(struct rng *rng)
{
	if (rng_below(rng, 2))
		return kmalloc(OBJECT_SIZE, GFP_ATOMIC);
	return kmalloc(OBJECT_SIZE + (size_t)rng_below(rng, 1), GFP_ATOMIC);
}

static void free_bytes(void *p, struct rng *rng)
{
	kfree(p);
}

static void kmalloc_keeps_all_objects(struct ktest *t)
{
	struct kmem_cache *s = kmalloc_caches[KMALLOC_NORMAL]
					     [kmalloc_index(OBJECT_SIZE)];
	struct slab_info before, after;

	slab_get_info(s, &before);
	sweep_subject(t, (struct subject){
		BYTES, alloc_bytes, free_bytes, NULL });
	slab_get_info(s, &after);
	KTEST_EXPECT_EQ(t, after.active_objects, before.active_objects);
}

/* ----- pages ----- */

#define GFP_TRY (GFP_NOWAIT | __GFP_NOWARN)

/* Blocks of all orders that CPUs keep at hand, by all ways to them. */
static struct page *alloc_some_way(unsigned int order, struct rng *rng)
{
	switch (rng_below(rng, 3)) {
	case 0:
		return alloc_page(GFP_TRY);
	case 1:
		return alloc_pages(GFP_TRY, order);
	default:
		return alloc_pages_node(NUMA_NO_NODE, GFP_TRY, order);
	}
}

static void *alloc_block(struct rng *rng)
{
	unsigned int order = (unsigned int)rng_below(rng, 4);
	struct page *page = alloc_some_way(order, rng);

	return page ? lowmem_page_address(page) : NULL;
}

static void free_block(void *p, struct rng *rng)
{
	struct page *page = virt_to_page(p);

	if (rng_below(rng, 2))
		put_page(page);
	else if (page->order)
		__free_pages(page, page->order);
	else
		__free_page(page);
}

static void pages_are_all_kept(struct ktest *t)
{
	sweep_subject(t, (struct subject){
		PAGES, alloc_block, free_block, NULL });
}

/* ----- memory pools ----- */

static mempool_t *pool;

static void *alloc_element(struct rng *rng)
{
	return mempool_alloc(pool, GFP_ATOMIC);
}

static void free_element(void *p, struct rng *rng)
{
	mempool_free(p, pool);
}

static const char *validate_pool(void)
{
	return mempool_validate(pool);
}

/* Of a cache with arrays: without, the pool's sequences never run. */
static void memory_pools_keep_all_elements(struct ktest *t)
{
	struct kmem_cache *s = kmem_cache_create("restart", OBJECT_SIZE, 0,
						 SLAB_NO_MERGE |
						 SLAB_NO_USER_FLAGS, NULL);

	KTEST_ASSERT_NOT_NULL(t, s);
	pool = mempool_create_slab_pool(4, s);
	if (KTEST_EXPECT_NOT_NULL(t, pool))
		sweep_subject(t, (struct subject){
			ELEMENTS, alloc_element, free_element,
			validate_pool });
	mempool_destroy(pool);
	kmem_cache_destroy(s);
}

/* ----- small areas of vmalloc() ----- */

/* A large one, as there is when memory is short, has tables to be taken. */
static struct vm_struct *take_small_area(void)
{
	struct vm_struct *vm = vm_take(1, 1, VM_ALLOC, GFP_ATOMIC,
				       take_small_area);

	if (vm && vm->class == VM_LARGE) {
		vm_put(vm);
		vm = NULL;
	}
	return vm;
}

/* As vmalloc() does it; no other CPU looks, so none has to be told. */
static void *alloc_area(struct rng *rng)
{
	struct page *page = alloc_page(GFP_ATOMIC);
	struct vm_struct *vm;

	if (!page)
		return NULL;
	vm = take_small_area();
	if (!vm) {
		__free_page(page);
		return NULL;
	}
	page->type = PAGE_VMALLOC;
	list_add(&page->lru, &vm->blocks);
	if (!vm_show(vm, (unsigned long)vm->addr, page_to_phys(page), 1,
		     PAGE_KERNEL))
		return vm->addr;
	vm_free_blocks(vm);
	vm_put(vm);
	return NULL;
}

static void free_area(void *p, struct rng *rng)
{
	struct vm_struct *vm = find_vm_area(p);

	vmap_unmap((unsigned long)p, PAGE_SIZE);
	vmap_flush_local((unsigned long)p, PAGE_SIZE);
	vm_free_blocks(vm);
	vm_put(vm);
}

static void small_areas_are_all_kept(struct ktest *t)
{
	sweep_subject(t, (struct subject){
		AREAS, alloc_area, free_area, NULL });
	KTEST_EXPECT_NULL(t, vmalloc_validate());
}

/* ----- all of them ----- */

/* In the test of a suite that does not sweep. */
static bool is_of_a_test(unsigned long addr)
{
	unsigned long offset, size;
	const char *name = kallsyms_lookup(addr, &offset, &size);

	return name && !strncmp(name, "test_", 5);
}

/* With slub_debug=: then some of its sequences never run. */
static bool kmalloc_is_debugged(void)
{
	unsigned int i;

	for (i = 0; i < NR_KMALLOC_CLASSES; i++)
		if (kmem_cache_debug(kmalloc_caches[KMALLOC_NORMAL][i]))
			return true;
	return false;
}

/* i386 with a hole in low memory, and objects on its smaller side. */
static bool objects_take_the_long_way(void)
{
	void *p = kmalloc(OBJECT_SIZE, GFP_ATOMIC);
	bool common = !p || pfn_is_common(PFN_DOWN(__pa(p)));

	kfree(p);
	return !common;
}

static void no_sequence_of_the_kernel_was_left_out(struct ktest *t)
{
	const struct restart_entry *e;
	unsigned int i;

	if (!restart_sequences_exist(t))
		return;
	if (kmalloc_is_debugged()) {
		ktest_skip(t, "caches of kmalloc have no arrays");
		return;
	}
	if (objects_take_the_long_way()) {
		ktest_skip(t, "objects lie beyond a hole, and are asked for");
		return;
	}
	for (i = 0; i < NR_SUBJECTS; i++) {
		if (!done[i]) {
			ktest_skip(t, "the sweeps did not run before");
			return;
		}
	}
	for (e = __start_restart_table; e < __stop_restart_table; e++)
		if (!restart_was_swept(e) && !is_of_a_test(e->start))
			ktest_fail(t, __FILE__, __LINE__, "never interrupted: "
				   "the sequence at %pS", (void *)e->start);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(a_cache_keeps_all_objects),
	KTEST_CASE(kmalloc_keeps_all_objects),
	KTEST_CASE(pages_are_all_kept),
	KTEST_CASE(memory_pools_keep_all_elements),
	KTEST_CASE(small_areas_are_all_kept),
	KTEST_CASE(no_sequence_of_the_kernel_was_left_out),
	{}
};

KTEST_SUITE_FIXTURE(restart_alloc, cases, no_guards, guards_again);
