/*
 * Which addresses are free, and which of them shall it be?
 *
 * The problem: find the lowest hole that is large enough among thousands, give
 * an area back beside others that are free, all in O(log n), and without
 * asking for memory: who gives back must not fail.
 *
 *	| area | hole 3 | area | area | hole 1 | area |  hole 40 ...  |
 *
 *  1. Holes are nodes of a tree in order of address. Each knows the largest
 *     hole of its subtree:
 *
 *			1  (40)
 *		       /       \
 *		  3 (3)         40 (40)
 *
 *  2. take: from the root, left if the largest there is large enough; else
 *     the node itself; else right. That is the lowest that fits. Low addresses
 *     first keeps areas together and the large hole whole.
 *  3. Aligned to more than a page: what is asked for is a hole that is large
 *     enough wherever it begins. Only if there is none, all holes are looked
 *     at, one by one, whether it happens to fit.
 *  4. The hole loses its beginning, its end, or its middle; then it is two.
 *  5. give: the neighbours in the tree are the holes before and behind. What
 *     touches is joined.
 *
 * Nodes. Between n areas there are at most n + 1 holes. So each area that is
 * taken brings a node along, and one is given back with it: there is always
 * one when a hole is cut in two, or when a new one begins. Those that are no
 * holes wait in lists. Some came with the space and never go: if need be one
 * takes over what another knows. They serve who takes a part of a hole for a
 * while and brings none. Were there but one sort, who keeps a few would in time
 * hold them in as many slabs.
 *
 * Locks: the caller's.
 * Invariants: holes do not touch; nr_holes + nr_spare == nr_areas + nr_own;
 *	free == sum of all holes; largest == max of node and its children.
 * Cost: O(log n); 3 may be O(n) when the space is nearly full.
 * Left out: Linux's several trees for several nodes of areas.
 */
#include <asm/page.h>
#include <lib/kernel.h>

#include "vmap_area.h"

static struct vmap_hole *hole_of(const struct rb_node *node)
{
	return node ? rb_entry(node, struct vmap_hole, node) : NULL;
}

static unsigned long hole_size(const struct vmap_hole *h)
{
	return h->end - h->start;
}

static unsigned long largest_below(const struct rb_node *node)
{
	return node ? hole_of(node)->largest : 0;
}

static void update_largest(struct rb_node *node)
{
	struct vmap_hole *h = hole_of(node);

	h->largest = max(hole_size(h), max(largest_below(node->left),
					   largest_below(node->right)));
}

static bool is_own(const struct vmap_space *s, const struct vmap_hole *h)
{
	return (unsigned long)h - (unsigned long)s->own <
	       s->nr_own * sizeof(*h);
}

static void put_spare(struct vmap_space *s, struct vmap_hole *h)
{
	struct vmap_hole **list = is_own(s, h) ? &s->own_spare : &s->spare;

	h->next = *list;
	*list = h;
	s->nr_spare++;
}

static struct vmap_hole *take_first(struct vmap_space *s,
				    struct vmap_hole **list)
{
	struct vmap_hole *h = *list;

	*list = h->next;
	s->nr_spare--;
	return h;
}

/* Its own if there is one: the others are wanted back. */
static struct vmap_hole *get_spare(struct vmap_space *s)
{
	return take_first(s, s->own_spare ? &s->own_spare : &s->spare);
}

static void add_hole(struct vmap_space *s, unsigned long start,
		     unsigned long end)
{
	struct rb_node **link = &s->holes.node, *parent = NULL;
	struct vmap_hole *h = get_spare(s);

	while (*link) {
		parent = *link;
		link = start < hole_of(parent)->start ? &parent->left :
							&parent->right;
	}
	h->start = start;
	h->end = end;
	rb_insert(&s->holes, &h->node, parent, link);
	s->nr_holes++;
}

static void remove_hole(struct vmap_space *s, struct vmap_hole *h)
{
	rb_erase(&s->holes, &h->node);
	s->nr_holes--;
	put_spare(s, h);
}

/* Its order among the others stays the same. */
static void resize_hole(struct vmap_space *s, struct vmap_hole *h,
			unsigned long start, unsigned long end)
{
	h->start = start;
	h->end = end;
	rb_update(&s->holes, &h->node);
}

void vmap_space_init(struct vmap_space *s, unsigned long start,
		     unsigned long end, struct vmap_hole *own, unsigned long nr)
{
	*s = (struct vmap_space){ .start = start, .end = end,
				  .holes = RB_ROOT(update_largest),
				  .free = end - start,
				  .own = own, .nr_own = nr };
	while (nr--)
		put_spare(s, &own[nr]);
	add_hole(s, start, end);
}

/* The lowest hole of at least so many bytes. */
static struct vmap_hole *lowest_hole(const struct vmap_space *s,
				     unsigned long bytes)
{
	struct rb_node *node = s->holes.node;

	if (largest_below(node) < bytes)
		return NULL;
	for (;;) {
		if (largest_below(node->left) >= bytes)
			node = node->left;
		else if (hole_size(hole_of(node)) >= bytes)
			return hole_of(node);
		else
			node = node->right;
	}
}

static bool fits(const struct vmap_hole *h, unsigned long size,
		 unsigned long align)
{
	unsigned long addr = ALIGN(h->start, align);

	return addr >= h->start && addr < h->end && h->end - addr >= size;
}

/* One by one. */
static struct vmap_hole *lucky_hole(const struct vmap_space *s,
				    unsigned long size, unsigned long align)
{
	struct rb_node *node;

	for (node = rb_first(&s->holes); node; node = rb_next(node))
		if (fits(hole_of(node), size, align))
			return hole_of(node);
	return NULL;
}

static struct vmap_hole *find_hole(const struct vmap_space *s,
				   unsigned long size, unsigned long align)
{
	unsigned long enough = size + align - PAGE_SIZE;
	struct vmap_hole *h = enough < size ? NULL : lowest_hole(s, enough);

	if (h || align == PAGE_SIZE)
		return h;
	return size <= largest_below(s->holes.node) ?
	       lucky_hole(s, size, align) : NULL;
}

/* [addr, end) is no longer part of the hole. */
static void cut(struct vmap_space *s, struct vmap_hole *h, unsigned long addr,
		unsigned long end)
{
	unsigned long start = h->start, hole_end = h->end;

	if (addr == start && end == hole_end)
		remove_hole(s, h);
	else if (addr == start)
		resize_hole(s, h, end, hole_end);
	else
		resize_hole(s, h, start, addr);
	if (addr != start && end != hole_end)
		add_hole(s, end, hole_end);
}

unsigned long vmap_space_take(struct vmap_space *s, unsigned long size,
			      unsigned long align, struct vmap_hole *node)
{
	struct vmap_hole *h = find_hole(s, size, align);
	unsigned long addr;

	if (!h)
		return 0;
	addr = ALIGN(h->start, align);
	put_spare(s, node);
	cut(s, h, addr, addr + size);
	s->nr_areas++;
	s->free -= size;
	return addr;
}

/* The hole that begins last among those at addr or before. */
static struct vmap_hole *hole_up_to(const struct vmap_space *s,
				     unsigned long addr)
{
	const struct rb_node *node = s->holes.node, *best = NULL;

	while (node) {
		if (hole_of(node)->start <= addr) {
			best = node;
			node = node->right;
		} else {
			node = node->left;
		}
	}
	return hole_of(best);
}

/* The lowest that begins at addr or behind. As deep as the tree. */
static struct vmap_hole *hole_from(struct rb_node *node, unsigned long addr,
				   unsigned long bytes)
{
	struct vmap_hole *h = hole_of(node), *left;

	if (largest_below(node) < bytes)
		return NULL;
	if (h->start >= addr) {
		left = hole_from(node->left, addr, bytes);
		if (left || hole_size(h) >= bytes)
			return left ?: h;
	}
	return hole_from(node->right, addr, bytes);
}

bool vmap_space_find_hole(const struct vmap_space *s, unsigned long addr,
			  unsigned long bytes, unsigned long *start,
			  unsigned long *end)
{
	const struct vmap_hole *h = hole_from(s->holes.node, addr, bytes);

	if (!h)
		return false;
	*start = h->start;
	*end = h->end;
	return true;
}

void vmap_space_take_part(struct vmap_space *s, unsigned long addr,
			  unsigned long size)
{
	cut(s, hole_up_to(s, addr), addr, addr + size);
	s->free -= size;
}

/* There is one: those of its own are too few to be all holes before it. */
static struct vmap_hole *hole_of_others(const struct vmap_space *s)
{
	struct rb_node *node = rb_first(&s->holes);

	while (is_own(s, hole_of(node)))
		node = rb_next(node);
	return hole_of(node);
}

/* Not its own: one that is spare, or a hole's, which an own takes over. */
static struct vmap_hole *spare_to_return(struct vmap_space *s)
{
	struct vmap_hole *h, *own;

	if (s->spare)
		return take_first(s, &s->spare);
	own = take_first(s, &s->own_spare);
	h = hole_of_others(s);
	*own = *h;
	rb_replace(&s->holes, &h->node, &own->node);
	return h;
}

void vmap_space_give_part(struct vmap_space *s, unsigned long addr,
			  unsigned long size)
{
	struct vmap_hole *before = hole_up_to(s, addr);
	struct vmap_hole *behind = hole_of(before ? rb_next(&before->node) :
						    rb_first(&s->holes));
	unsigned long end = addr + size;
	bool joins_behind = behind && behind->start == end;

	if (before && before->end == addr) {
		unsigned long start = before->start;

		if (joins_behind) {
			end = behind->end;
			remove_hole(s, behind);
		}
		resize_hole(s, before, start, end);
	} else if (joins_behind) {
		resize_hole(s, behind, addr, behind->end);
	} else {
		add_hole(s, addr, end);
	}
	s->free += size;
}

struct vmap_hole *vmap_space_give(struct vmap_space *s, unsigned long addr,
				  unsigned long size)
{
	vmap_space_give_part(s, addr, size);
	s->nr_areas--;
	return spare_to_return(s);
}

unsigned long vmap_space_largest(const struct vmap_space *s)
{
	return largest_below(s->holes.node);
}

static const char *hole_fault(const struct vmap_space *s,
			      const struct vmap_hole *h)
{
	const struct vmap_hole *next = hole_of(rb_next(&h->node));

	if (h->start < s->start || h->end > s->end || h->start >= h->end)
		return "a hole is empty, or outside of the space";
	if (!IS_ALIGNED(h->start | h->end, PAGE_SIZE))
		return "a hole begins or ends within a page";
	if (next && next->start <= h->end)
		return "two holes touch, or are out of order";
	if (h->largest != max(hole_size(h),
			      max(largest_below(h->node.left),
				  largest_below(h->node.right))))
		return "a hole does not know the largest one below";
	return NULL;
}

const char *vmap_space_validate(const struct vmap_space *s)
{
	const char *fault = rb_validate(&s->holes);
	unsigned long free = 0, nr = 0;
	const struct rb_node *node;

	for (node = rb_first(&s->holes); node && !fault; node = rb_next(node)) {
		fault = hole_fault(s, hole_of(node));
		free += hole_size(hole_of(node));
		nr++;
	}
	if (fault)
		return fault;
	if (nr != s->nr_holes || free != s->free)
		return "holes are not what was counted";
	if (s->nr_holes + s->nr_spare != s->nr_areas + s->nr_own)
		return "nodes are lost, or too many";
	return NULL;
}
