/*
 * Who gets which addresses: free ranges of a stretch of virtual addresses.
 * Nothing outside mm/ and its tests includes this.
 */
#ifndef MM_VMAP_AREA_H
#define MM_VMAP_AREA_H

#include <lib/rbtree.h>

/* A free range, or a spare node. Addresses are whole pages. */
struct vmap_hole {
	unsigned long start, end;	/* end: the first address behind */
	unsigned long largest;		/* bytes, of all in its subtree */
	struct rb_node node;
	struct vmap_hole *next;		/* spare nodes */
};

/* All fields under the caller's lock. */
struct vmap_space {
	unsigned long start, end;
	struct rb_root holes;		/* by address */
	struct vmap_hole *spare, *own_spare;
	struct vmap_hole *own;		/* nodes that stay */
	unsigned long nr_own;
	unsigned long nr_holes, nr_spare, nr_areas;
	unsigned long free;		/* bytes */
};

/*
 * [start, end) is free; end > start. own: nr nodes, the space's for good. One
 * it needs always, one for each part that is taken at a time without a node.
 */
void vmap_space_init(struct vmap_space *s, unsigned long start,
		     unsigned long end, struct vmap_hole *own,
		     unsigned long nr);

/*
 * Takes size bytes at a multiple of align (a power of two, a page or more):
 * the address, 0 if there is no room. node goes to the space with success.
 */
unsigned long vmap_space_take(struct vmap_space *s, unsigned long size,
			      unsigned long align, struct vmap_hole *node);

/* The lowest hole from addr on that has at least so many bytes. False: none. */
bool vmap_space_find_hole(const struct vmap_space *s, unsigned long addr,
			  unsigned long bytes, unsigned long *start,
			  unsigned long *end);
/*
 * Takes exactly that part of a hole, and gives it back, for who brings no node:
 * fewer at a time than the space has of its own.
 */
void vmap_space_take_part(struct vmap_space *s, unsigned long addr,
			  unsigned long size);
void vmap_space_give_part(struct vmap_space *s, unsigned long addr,
			  unsigned long size);

/* Gives back exactly what was taken; a node that is the caller's again. */
struct vmap_hole *vmap_space_give(struct vmap_space *s, unsigned long addr,
				  unsigned long size);

/* Bytes of the largest hole. */
unsigned long vmap_space_largest(const struct vmap_space *s);

/* First broken rule as text, or NULL. */
const char *vmap_space_validate(const struct vmap_space *s);

#endif
