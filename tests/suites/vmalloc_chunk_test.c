/*
 * Chunks of small areas: what is found, listed and validated in one, and that
 * a trim leaves none that is empty. The first cases put one of the suite's own
 * where there is none: places 0 and 2 of 3 are in use, 1 is leaving; behind
 * the last place lies what nobody must look at.
 */
#include <kernel/ktest.h>
#include <kernel/preempt.h>
#include <mm/vmalloc.h>

#include "../../mm/vm_small.h"
#include "names_fault.h"

#define PLACES 3U

static struct vm_struct vms[PLACES + 1];
static struct {
	struct vm_chunk chunk;
	struct vm_struct *areas[PLACES + 1];
} own;
static struct vm_chunk **own_slot;

static struct vm_chunk **free_slot(void)
{
	unsigned long i;

	for (i = NR_CHUNKS; i--;)
		if (!vm_chunks[i])
			return &vm_chunks[i];
	return NULL;
}

static void show_own(struct vm_chunk *chunk)
{
	unsigned long flags;

	spin_lock_irqsave(&vmap_lock, flags);
	rcu_assign_pointer(*own_slot, chunk);
	spin_unlock_irqrestore(&vmap_lock, flags);
}

static unsigned long place_addr(unsigned int nr)
{
	return own.chunk.start + nr * 2 * PAGE_SIZE;
}

static void set_up(struct ktest *t)
{
	unsigned int i;

	own_slot = free_slot();
	if (!own_slot) {
		ktest_skip(t, "no room for a chunk");
		return;
	}
	own.chunk = (struct vm_chunk){
		.start = CHUNKS_START +
			 (unsigned long)(own_slot - vm_chunks) * CHUNK_SIZE,
		.place_pages = 2, .nr_places = PLACES, .nr_used = PLACES,
		.used = { 7 },
	};
	for (i = 0; i <= PLACES; i++) {
		vms[i] = (struct vm_struct){
			.addr = (void *)place_addr(i), .size = 2 * PAGE_SIZE,
			.span = 2 * PAGE_SIZE, .nr_pages = 1, .state = VM_USED,
		};
		own.areas[i] = &vms[i];
	}
	vms[1].state = VM_LEAVING;
	show_own(&own.chunk);
}

static void tear_down(struct ktest *t)
{
	if (own_slot)
		show_own(NULL);
	rcu_barrier();
	own_slot = NULL;
}

static void areas_in_use_are_copied_up_to_the_last_place(struct ktest *t)
{
	struct vm_struct copies[PLACES + 1];
	unsigned long addr = own.chunk.start;

	if (!own_slot)
		return;
	KTEST_EXPECT_EQ(t, vm_small_copy(&addr, copies, PLACES + 1), 2);
	KTEST_EXPECT_PTR_EQ(t, copies[0].addr, vms[0].addr);
	KTEST_EXPECT_PTR_EQ(t, copies[1].addr, vms[2].addr);
	KTEST_EXPECT_EQ(t, addr, own.chunk.start + CHUNK_SIZE);
}

static void copying_goes_on_behind_what_was_copied(struct ktest *t)
{
	unsigned long addr = own.chunk.start;
	struct vm_struct copy;

	if (!own_slot)
		return;
	KTEST_EXPECT_EQ(t, vm_small_copy(&addr, &copy, 1), 1);
	KTEST_EXPECT_PTR_EQ(t, copy.addr, vms[0].addr);
	KTEST_EXPECT_EQ(t, addr, place_addr(1));
	KTEST_EXPECT_EQ(t, vm_small_copy(&addr, &copy, 1), 1);
	KTEST_EXPECT_PTR_EQ(t, copy.addr, vms[2].addr);
	KTEST_EXPECT_EQ(t, addr, own.chunk.start + CHUNK_SIZE);
}

static void behind_the_last_chunk_there_is_nothing(struct ktest *t)
{
	unsigned long addr = vm_small_end();
	struct vm_struct copy;

	KTEST_EXPECT_EQ(t, vm_small_copy(&addr, &copy, 1), 0);
	KTEST_EXPECT_EQ(t, addr, vm_small_end());
}

static void no_area_is_behind_the_last_place(struct ktest *t)
{
	struct vm_struct *vm = NULL;

	if (!own_slot)
		return;
	rcu_read_lock();
	KTEST_EXPECT_TRUE(t, vm_small_find(place_addr(PLACES) - 1, &vm));
	KTEST_EXPECT_PTR_EQ(t, vm, &vms[PLACES - 1]);
	KTEST_EXPECT_TRUE(t, vm_small_find(place_addr(PLACES), &vm));
	KTEST_EXPECT_NULL(t, vm);
	KTEST_EXPECT_NULL(t, vm_find(place_addr(PLACES)));
	rcu_read_unlock();
}

static const char *chunk_fault(void)
{
	unsigned long chunks = 0;

	return vm_small_validate(&chunks);
}

static void each_place_is_validated(struct ktest *t)
{
	unsigned int nr;

	if (!own_slot)
		return;
	KTEST_EXPECT_STREQ(t, chunk_fault(), NULL);
	for (nr = 0; nr < PLACES; nr++) {
		NAMES_FAULT(t, own.areas[nr], NULL, chunk_fault(),
			    "vmalloc: a place is neither used nor free");
		NAMES_FAULT(t, vms[nr].class, 1, chunk_fault(),
			    "vmalloc: an area is not in its place");
	}
	NAMES_FAULT(t, own.chunk.nr_used, 0, chunk_fault(),
		    "vmalloc: a chunk does not know how many are used");
}

/* ----- those of the machine ----------------------------------------------- */

#define MOST 600U

static void *areas[MOST];

static struct vm_chunk *chunk_of(const void *p)
{
	struct vm_chunk **slot = p ? chunk_slot((unsigned long)p) : NULL;

	return slot ? *slot : NULL;
}

/* So many that the last one lies in a chunk of its own. */
static unsigned int take_until_alone(unsigned long size)
{
	const struct vm_chunk *chunk;
	unsigned int n = 0;

	while (n < MOST) {
		areas[n] = __vmalloc(size, GFP_KERNEL | __GFP_NOWARN);
		chunk = chunk_of(areas[n]);
		if (!chunk)
			break;
		n++;
		if (chunk->nr_used == 1)
			return n;
	}
	vfree(n < MOST ? areas[n] : NULL);
	while (n--)
		vfree(areas[n]);
	return 0;
}

static void chunk_of_any_class_goes_with_its_last_area(struct ktest *t)
{
	unsigned int class, n;
	void *p;

	tear_down(t);
	for (class = 0; class < VM_CLASSES; class++) {
		vmalloc_trim();
		n = take_until_alone(PAGE_SIZE << class);
		if (!n)
			continue;
		p = areas[n - 1];
		while (n--)
			vfree(areas[n]);
		vmalloc_trim();
		KTEST_EXPECT_NULL(t, chunk_of(p));
	}
}

/* ----- no other addresses ------------------------------------------------- */

#define MOST_TAKEN 128U

static struct taken {
	unsigned long addr, size;
} taken[MOST_TAKEN];

static unsigned long take(unsigned long size, struct vmap_hole *node)
{
	unsigned long flags, addr;

	spin_lock_irqsave(&vmap_lock, flags);
	addr = vmap_space_take(&vmap_space, size, PAGE_SIZE, node);
	spin_unlock_irqrestore(&vmap_lock, flags);
	return addr;
}

static void give(const struct taken *one)
{
	struct vmap_hole *node;
	unsigned long flags;

	spin_lock_irqsave(&vmap_lock, flags);
	node = vmap_space_give(&vmap_space, one->addr, one->size);
	spin_unlock_irqrestore(&vmap_lock, flags);
	kmem_cache_free(vmap_hole_cache, node);
}

/* All holes in which there is room for a chunk, the larger ones first. */
static unsigned int take_all_addresses(void)
{
	unsigned long size = 1UL << __fls(VMALLOC_TOTAL);
	struct vmap_hole *node = NULL;
	unsigned int n = 0;

	while (size >= CHUNK_SIZE && n < MOST_TAKEN) {
		if (!node)
			node = kmem_cache_alloc(vmap_hole_cache,
						GFP_KERNEL | __GFP_NOFAIL);
		taken[n] = (struct taken){ take(size, node), size };
		if (taken[n].addr) {
			node = NULL;
			n++;
		} else {
			size /= 2;
		}
	}
	if (node)
		kmem_cache_free(vmap_hole_cache, node);
	return n;
}

static void *atomic_area(void)
{
	void *p;

	preempt_disable();
	p = __vmalloc(CHUNK_SIZE - PAGE_SIZE, GFP_ATOMIC | __GFP_NOWARN);
	preempt_enable();
	return p;
}

static void check_for_addresses(struct ktest *t, const void *expected)
{
	struct vm_struct *vm = get_vm_area_caller(CHUNK_SIZE - PAGE_SIZE,
						  VM_IOREMAP, t);

	if (vm)
		KTEST_EXPECT_PTR_EQ(t, vm->addr, expected);
	if (!t->fail_nth)
		KTEST_EXPECT_EQ(t, vm != NULL, expected != NULL);
	if (vm)
		free_vm_area(vm);
}

/* And to somebody who may not sleep, who cannot look for them, nothing. */
static void addresses_of_an_empty_chunk_serve_large_areas(struct ktest *t)
{
	unsigned int n, nr_taken;
	const void *start;
	void *p = t;

	tear_down(t);
	vmalloc_trim();
	n = take_until_alone(VM_SMALL_PAGES * PAGE_SIZE);
	if (!n)
		return;
	start = (void *)chunk_of(areas[n - 1])->start;
	nr_taken = take_all_addresses();
	check_for_addresses(t, NULL);
	vfree(areas[--n]);
	KTEST_EXPECT_REPORTS(t, 0, "", p = atomic_area());
	KTEST_EXPECT_NULL(t, p);
	check_for_addresses(t, start);
	while (nr_taken--)
		give(&taken[nr_taken]);
	while (n--)
		vfree(areas[n]);
	vmalloc_trim();
	KTEST_EXPECT_STREQ(t, vmalloc_validate(), NULL);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(areas_in_use_are_copied_up_to_the_last_place),
	KTEST_CASE(copying_goes_on_behind_what_was_copied),
	KTEST_CASE(behind_the_last_chunk_there_is_nothing),
	KTEST_CASE(no_area_is_behind_the_last_place),
	KTEST_CASE(each_place_is_validated),
	KTEST_CASE(chunk_of_any_class_goes_with_its_last_area),
	KTEST_CASE(addresses_of_an_empty_chunk_serve_large_areas),
	{}
};
KTEST_SUITE_FIXTURE(vmalloc_chunk, cases, set_up, tear_down);
