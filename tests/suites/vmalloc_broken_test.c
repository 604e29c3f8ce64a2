/*
 * vmalloc_validate() names each rule of chunks and of large areas that is
 * broken, and small areas do without chunks when these have no addresses.
 */
#include <mm/vmalloc.h>

#include "../../mm/vm_small.h"
#include "names_fault.h"

#define AREAS_NAME(t, place, wrong, words) \
	NAMES_FAULT(t, place, wrong, vmalloc_validate(), words)

static struct vm_struct *area_of(unsigned long size)
{
	void *p = __vmalloc(size, GFP_KERNEL | __GFP_NOWARN);

	return p ? find_vm_area(p) : NULL;
}

/* NULL also if there was no memory for a chunk: it lies among large ones. */
static struct vm_struct *area_of_a_chunk(void)
{
	struct vm_struct *vm = area_of(PAGE_SIZE);

	if (!vm || vm->class != VM_LARGE)
		return vm;
	vfree(vm->addr);
	return NULL;
}

static void area_of_a_chunk_is_in_its_place(struct ktest *t)
{
	struct vm_struct *vm = area_of_a_chunk();

	if (!vm)
		return;
	AREAS_NAME(t, vm->class, vm->class + 1,
		   "vmalloc: an area is not in its place");
	AREAS_NAME(t, vm->addr, (char *)vm->addr + vm->span,
		   "vmalloc: an area is not in its place");
	vfree(vm->addr);
}

static void chunk_counts_its_places(struct ktest *t)
{
	struct vm_struct *vm = area_of_a_chunk();
	struct vm_chunk *chunk;
	unsigned long nr;

	if (!vm)
		return;
	chunk = *chunk_slot((unsigned long)vm->addr);
	nr = place_of(chunk, (unsigned long)vm->addr);
	AREAS_NAME(t, chunk->start, chunk->start + CHUNK_SIZE,
		   "vmalloc: a chunk is not where it thinks");
	AREAS_NAME(t, chunk->nr_used, chunk->nr_used + 1,
		   "vmalloc: a chunk does not know how many are used");
	AREAS_NAME(t, chunk->areas[nr], NULL,
		   "vmalloc: a place is neither used nor free");
	AREAS_NAME(t, chunk->used[nr / BITS_PER_LONG],
		   chunk->used[nr / BITS_PER_LONG] ^ 1UL << nr % BITS_PER_LONG,
		   "vmalloc: a place is neither used nor free");
	vfree(vm->addr);
}

static void large_area_is_one_and_fits_its_addresses(struct ktest *t)
{
	struct vm_struct *vm = area_of((VM_SMALL_PAGES + 1) * PAGE_SIZE);
	struct rb_node *root;

	if (!vm)
		return;
	for (root = &vm->node; root->parent;)
		root = root->parent;
	AREAS_NAME(t, root->red, true, "the root is red");
	AREAS_NAME(t, vm->class, 0, "vmalloc: a large area is none");
	AREAS_NAME(t, vm->state, VM_UNUSED, "vmalloc: a large area is none");
	AREAS_NAME(t, vm->addr, (char *)vm->addr + 8,
		   "vmalloc: an area is larger than its addresses");
	AREAS_NAME(t, vm->span, vm->span + 8,
		   "vmalloc: an area is larger than its addresses");
	AREAS_NAME(t, vm->size, vm->span + PAGE_SIZE,
		   "vmalloc: an area is larger than its addresses");
	vfree(vm->addr);
}

static unsigned long take(unsigned long size, struct vmap_hole *node)
{
	unsigned long flags, addr;

	spin_lock_irqsave(&vmap_lock, flags);
	addr = vmap_space_take(&vmap_space, size, CHUNK_SIZE, node);
	spin_unlock_irqrestore(&vmap_lock, flags);
	return addr;
}

static struct vmap_hole *give(unsigned long addr, unsigned long size)
{
	struct vmap_hole *node;
	unsigned long flags;

	spin_lock_irqsave(&vmap_lock, flags);
	node = vmap_space_give(&vmap_space, addr, size);
	spin_unlock_irqrestore(&vmap_lock, flags);
	return node;
}

static void every_address_taken_is_an_areas(struct ktest *t)
{
	struct vmap_hole *node = kmem_cache_alloc(vmap_hole_cache, GFP_KERNEL);
	unsigned long addr;

	if (!node)
		return;
	addr = take(CHUNK_SIZE, node);
	if (addr) {
		KTEST_EXPECT_STREQ(t, vmalloc_validate(),
				   "vmalloc: addresses that no area has");
		node = give(addr, CHUNK_SIZE);
	}
	kmem_cache_free(vmap_hole_cache, node);
	AREAS_NAME(t, vmap_space.nr_areas, vmap_space.nr_areas + 1,
		   "nodes are lost, or too many");
}

/* ----- no addresses for a chunk ------------------------------------------- */

#define MOST_TAKEN 64
#define MOST_AREAS 64

struct taken {
	unsigned long addr, size;
};

/* All addresses where a chunk could lie, the larger holes first. */
static unsigned int take_chunks_addresses(struct taken *taken)
{
	unsigned long size = 1UL << __fls(NR_CHUNKS * CHUNK_SIZE);
	struct vmap_hole *node = NULL;
	unsigned int n = 0;

	while (size >= CHUNK_SIZE && n < MOST_TAKEN) {
		if (!node)
			node = kmem_cache_alloc(vmap_hole_cache,
						GFP_KERNEL | __GFP_NOFAIL);
		taken[n] = (struct taken){ take(size, node), size };
		if (taken[n].addr)
			node = NULL;
		if (taken[n].addr && taken[n].addr + size <= vm_small_end()) {
			n++;
			continue;
		}
		if (taken[n].addr)
			node = give(taken[n].addr, size);
		size /= 2;
	}
	if (node)
		kmem_cache_free(vmap_hole_cache, node);
	return n;
}

static void give_chunks_addresses(const struct taken *taken, unsigned int n)
{
	while (n--)
		kmem_cache_free(vmap_hole_cache,
				give(taken[n].addr, taken[n].size));
}

/* As a large area would, or not at all if there are no other addresses. */
static void small_area_without_a_chunk_has_addresses_of_its_own(struct ktest *t)
{
	const unsigned long size = VM_SMALL_PAGES * PAGE_SIZE;
	static struct taken taken[MOST_TAKEN];
	static void *areas[MOST_AREAS];
	unsigned int nr_taken, i, n = 0;
	struct vm_struct *vm;

	vmalloc_trim();
	nr_taken = take_chunks_addresses(taken);
	while (n < MOST_AREAS) {
		areas[n] = __vmalloc(size, GFP_KERNEL | __GFP_NOWARN);
		if (!areas[n] || find_vm_area(areas[n])->class == VM_LARGE)
			break;
		n++;
	}
	KTEST_EXPECT_LT(t, n, MOST_AREAS);
	if (n < MOST_AREAS && areas[n]) {
		vm = find_vm_area(areas[n]);
		KTEST_EXPECT_EQ(t, vm->nr_pages, VM_SMALL_PAGES);
		KTEST_EXPECT_GE(t, (unsigned long)vm->addr, vm_small_end());
		vfree(areas[n]);
	}
	for (i = 0; i < n; i++)
		vfree(areas[i]);
	give_chunks_addresses(taken, nr_taken);
	vmalloc_trim();
	KTEST_EXPECT_STREQ(t, vmalloc_validate(), NULL);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(area_of_a_chunk_is_in_its_place),
	KTEST_CASE(chunk_counts_its_places),
	KTEST_CASE(large_area_is_one_and_fits_its_addresses),
	KTEST_CASE(every_address_taken_is_an_areas),
	KTEST_CASE(small_area_without_a_chunk_has_addresses_of_its_own),
	{}
};
KTEST_SUITE(vmalloc_broken, cases);
