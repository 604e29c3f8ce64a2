/*
 * struct page: one descriptor per page frame. 32 bytes where a pointer has 64
 * bits (Linux: 64), 20 where it has 32 (Linux: 32 to 40).
 *
 * A *block* is 2^order frames, aligned to its size. Of a block that is free or
 * allocated only the first descriptor, its head, means anything; those inside
 * are PAGE_NONE. So splitting, merging, allocating and freeing touch heads
 * alone, whatever the order. The exceptions tell themselves by their type:
 * compound blocks (PAGE_TAIL) and slabs (every page PAGE_SLAB), which must be
 * found from an address inside.
 *
 *	order 2, free		B . . .		B PAGE_BUDDY, . PAGE_NONE
 *	order 2, allocated	A . . .		A PAGE_ALLOC
 *	order 2, compound	A T T T		T PAGE_TAIL, compound_head -> A
 *	order 2, slab		S S S S		S PAGE_SLAB
 *	order 2, at hand	P . . .		P PAGE_PCP
 *	never touched		D . . . . ...	D PAGE_DEFERRED, . zeroes
 *
 * A descriptor of zeroes is a frame that nobody may free: a hole, the inside
 * of a block, or memory no one has asked for yet. Of the latter only the first
 * frame of each range, however long, is written: D links the ranges of a zone
 * and counts the range's blocks of MAX_PAGE_ORDER.
 *
 * Who may write: the owner of the block, which for PAGE_PCP is the CPU in whose
 * array it lies; for PAGE_PCP of a zone's stock, PAGE_BUDDY and PAGE_DEFERRED
 * the zone lock; for PAGE_SLAB's inuse, freelist and slab_list the lock of the
 * cache's node. A block's type is looked at by others, too, without a lock (is
 * the neighbour free?): its owner changes it by WRITE_ONCE().
 */
#ifndef MM_PAGE_H
#define MM_PAGE_H

#include <lib/list.h>
#include <lib/types.h>

enum page_type {
	PAGE_NONE,	/* hole, inside of a block, or not touched yet */
	PAGE_RESERVED,	/* taken at boot, never the page allocator's */
	PAGE_BUDDY,	/* head of a free block in a zone's free_area */
	PAGE_ALLOC,	/* head of an allocated block */
	PAGE_TAIL,	/* inside an allocated __GFP_COMP block */
	PAGE_SLAB,	/* part of a slab; slab_cache says whose */
	PAGE_LARGE_KMALLOC,	/* head of a block kmalloc handed out */
	PAGE_TABLE,	/* a page table */
	PAGE_DEFERRED,	/* first frame of a free range never touched yet */
	PAGE_PCP,	/* head of a free block in a CPU's array */
	PAGE_GUARDED,	/* of the pool of guarded objects (mm/kfence.c) */
	PAGE_VMALLOC,	/* head of a block in an area of vmalloc() */
	NR_PAGE_TYPES
};

struct kmem_cache;

struct page {
	union {
		struct {
			u8 type;	/* enum page_type */
			u8 order;	/* heads and PAGE_SLAB: of the block */
		};
		u16 type_order;		/* both: PAGE_TYPE_ORDER() */
	};
	u8 zone_id;		/* node << 2 | zone; heads, tails, slabs */
	u8 pageblock;		/* first of a pageblock: its migrate type */
	union {
		u32 _refcount;		/* allocated: users, >= 1;
					   PAGE_PCP: 1, the array */
		u32 migratetype;	/* PAGE_BUDDY: the list it is on */
		struct {		/* PAGE_SLAB, head only */
			u16 inuse;	/* objects not in the freelist */
			u16 freelist;	/* index of its first + 1, or 0 */
		};
	};
	union {
		struct list_head lru;		/* allocated: the owner's */
		struct list_head buddy_list;	/* PAGE_BUDDY, PAGE_DEFERRED */
		struct list_head slab_list;	/* PAGE_SLAB, head only */
		struct {		/* PAGE_PCP, first of a chain */
			struct page *next_chain;
			unsigned long chain_length;
		};
	};
	union {
		unsigned long private;		/* allocated: the owner's; at
						   first the caller's address */
		unsigned long owner;		/* PAGE_RESERVED: enum
						   early_owner */
		unsigned long nr_blocks;	/* PAGE_DEFERRED */
		struct kmem_cache *slab_cache;	/* PAGE_SLAB, every page;
						   PAGE_GUARDED: NULL if no
						   object is in use there */
		struct page *compound_head;	/* PAGE_TAIL */
		struct page *next_in_chain;	/* PAGE_PCP: mm/pcp_stock.c */
	};
};

#define PAGE_TYPE_ORDER(type, order) ((type) | (order) << 8)

_Static_assert(sizeof(struct page) == 8 + 3 * sizeof(void *),
	       "struct page: 32 or 20 bytes");

#endif
