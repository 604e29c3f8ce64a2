/*
 * memblock: two sorted lists of address ranges, what is memory and what of it
 * is reserved. Counterpart: linux/memblock.h (6.12), same names and meaning.
 *
 * Addresses are physical and sizes are bytes; ranges are half-open. Boot
 * context, one CPU, no locks. From memblock_free_all() on the lists are only
 * read: calls that would change them print the caller and return -EBUSY or
 * NULL. Adding, taking away and marking return 0 or -ENOMEM.
 */
#ifndef MM_MEMBLOCK_H
#define MM_MEMBLOCK_H

#include <lib/types.h>
#include <mm/numa.h>

/* Entries of each list before it has to grow. */
#define INIT_MEMBLOCK_REGIONS 128

#ifndef SMP_CACHE_BYTES
#define SMP_CACHE_BYTES 64
#endif

/* Upper ends of a search: anywhere at all; up to memblock.current_limit. */
#define MEMBLOCK_ALLOC_ANYWHERE (~(phys_addr_t)0)
#define MEMBLOCK_ALLOC_ACCESSIBLE ((phys_addr_t)0)
#define MEMBLOCK_ALLOC_NOLEAKTRACE ((phys_addr_t)1)
#define MEMBLOCK_LOW_LIMIT ((phys_addr_t)0)

enum memblock_flags {
	MEMBLOCK_NONE = 0,
	MEMBLOCK_HOTPLUG = 1,		/* may be unplugged later */
	MEMBLOCK_MIRROR = 2,		/* kept twice by the hardware */
	MEMBLOCK_NOMAP = 4,		/* RAM the kernel must not map */
	MEMBLOCK_DRIVER_MANAGED = 8,	/* added and owned by a driver */
	MEMBLOCK_RSRV_NOINIT = 16,	/* reserved: leave descriptors alone */
};

struct memblock_region {
	phys_addr_t base, size;
	enum memblock_flags flags;
	int nid;			/* MAX_NUMNODES: no node */
};

/* regions[0 .. cnt) are sorted, disjoint, and merged as far as possible. */
struct memblock_type {
	unsigned long cnt, max;
	phys_addr_t total_size;		/* sum of the sizes */
	struct memblock_region *regions;
	char *name;
};

struct memblock {
	bool bottom_up;			/* search direction */
	phys_addr_t current_limit;	/* what is mapped so far */
	struct memblock_type memory;
	struct memblock_type reserved;
	bool can_resize;		/* the lists may grow */
	bool handed_over;		/* the page allocator has it all */
};

extern struct memblock memblock;

/* movable_node on the command line: keep off memory that may be unplugged. */
extern bool movable_node_enabled;

/* From now on a full list may move to a bigger array in RAM. */
void memblock_allow_resize(void);

/*
 * Overlap with what is there is fine: the entries keep their node and flags,
 * only what is new is added. A range past the end of the address space is cut.
 */
int memblock_add(phys_addr_t base, phys_addr_t size);
int memblock_add_node(phys_addr_t base, phys_addr_t size, int nid,
		      enum memblock_flags flags);
int memblock_reserve(phys_addr_t base, phys_addr_t size);

/* Takes the range away from memory / from reserved, as far as it is there. */
int memblock_remove(phys_addr_t base, phys_addr_t size);
int memblock_phys_free(phys_addr_t base, phys_addr_t size);
/* The same by virtual address; NULL is fine. */
void memblock_free(void *ptr, size_t size);

/* Shrinks every memory entry to whole multiples of align, a power of two. */
void memblock_trim_memory(phys_addr_t align);
/* Keeps the first limit bytes of memory; 0 keeps all. */
void memblock_enforce_memory_limit(phys_addr_t limit);
/* Keeps only the range, and what is MEMBLOCK_NOMAP. */
void memblock_cap_memory_range(phys_addr_t base, phys_addr_t size);

/* Set or clear one flag on the part of memory (reserved) in the range. */
int memblock_mark_hotplug(phys_addr_t base, phys_addr_t size);
int memblock_clear_hotplug(phys_addr_t base, phys_addr_t size);
int memblock_mark_mirror(phys_addr_t base, phys_addr_t size);
int memblock_mark_nomap(phys_addr_t base, phys_addr_t size);
int memblock_clear_nomap(phys_addr_t base, phys_addr_t size);
int memblock_reserved_mark_noinit(phys_addr_t base, phys_addr_t size);
int memblock_set_node(phys_addr_t base, phys_addr_t size,
		      struct memblock_type *type, int nid);

/* Queries. overlaps_region: in any part; touching is not overlapping. */
bool memblock_overlaps_region(struct memblock_type *type, phys_addr_t base,
			      phys_addr_t size);
bool memblock_is_memory(phys_addr_t addr);
bool memblock_is_map_memory(phys_addr_t addr);
bool memblock_is_reserved(phys_addr_t addr);
/* The whole range in one memory entry / any byte of it reserved. */
bool memblock_is_region_memory(phys_addr_t base, phys_addr_t size);
bool memblock_is_region_reserved(phys_addr_t base, phys_addr_t size);
phys_addr_t memblock_start_of_DRAM(void);
phys_addr_t memblock_end_of_DRAM(void);
phys_addr_t memblock_phys_mem_size(void);
phys_addr_t memblock_reserved_size(void);

static inline void memblock_set_bottom_up(bool enable)
{
	memblock.bottom_up = enable;
}

static inline bool memblock_bottom_up(void)
{
	return memblock.bottom_up;
}

static inline void memblock_set_current_limit(phys_addr_t limit)
{
	memblock.current_limit = limit;
}

static inline phys_addr_t memblock_get_current_limit(void)
{
	return memblock.current_limit;
}

/* Node of an entry; without NUMA there is one node. */
static inline int memblock_get_region_node(const struct memblock_region *r)
{
#ifdef CONFIG_NUMA
	return r->nid;
#else
	return 0;
#endif
}

/*
 * Allocation: size bytes of memory that is not reserved, aligned to a power
 * of two, become reserved. The physical calls return the address and 0 for
 * failure; start and end bound the block, end may be MEMBLOCK_ALLOC_*. A nid
 * is a wish unless exact_nid.
 */
phys_addr_t memblock_alloc_range_nid(phys_addr_t size, phys_addr_t align,
				     phys_addr_t start, phys_addr_t end,
				     int nid, bool exact_nid);
phys_addr_t memblock_phys_alloc_range(phys_addr_t size, phys_addr_t align,
				      phys_addr_t start, phys_addr_t end);
phys_addr_t memblock_phys_alloc_try_nid(phys_addr_t size, phys_addr_t align,
					int nid);

static inline phys_addr_t memblock_phys_alloc(phys_addr_t size,
					      phys_addr_t align)
{
	return memblock_phys_alloc_range(size, align, MEMBLOCK_LOW_LIMIT,
					 MEMBLOCK_ALLOC_ACCESSIBLE);
}

/*
 * The same with a virtual address, never above current_limit. min_addr is a
 * wish: it is dropped before the call fails with NULL. Blocks are cleared,
 * those of the _raw calls are not touched.
 */
void *memblock_alloc_try_nid(phys_addr_t size, phys_addr_t align,
			     phys_addr_t min_addr, phys_addr_t max_addr,
			     int nid);
void *memblock_alloc_try_nid_raw(phys_addr_t size, phys_addr_t align,
				 phys_addr_t min_addr, phys_addr_t max_addr,
				 int nid);
void *memblock_alloc_exact_nid_raw(phys_addr_t size, phys_addr_t align,
				   phys_addr_t min_addr, phys_addr_t max_addr,
				   int nid);

static inline void *memblock_alloc(phys_addr_t size, phys_addr_t align)
{
	return memblock_alloc_try_nid(size, align, MEMBLOCK_LOW_LIMIT,
				      MEMBLOCK_ALLOC_ACCESSIBLE, NUMA_NO_NODE);
}

static inline void *memblock_alloc_raw(phys_addr_t size, phys_addr_t align)
{
	return memblock_alloc_try_nid_raw(size, align, MEMBLOCK_LOW_LIMIT,
					  MEMBLOCK_ALLOC_ACCESSIBLE,
					  NUMA_NO_NODE);
}

static inline void *memblock_alloc_from(phys_addr_t size, phys_addr_t align,
					phys_addr_t min_addr)
{
	return memblock_alloc_try_nid(size, align, min_addr,
				      MEMBLOCK_ALLOC_ACCESSIBLE, NUMA_NO_NODE);
}

/* Below 4 GiB: within reach of 32 address lines. */
static inline void *memblock_alloc_low(phys_addr_t size, phys_addr_t align)
{
	return memblock_alloc_try_nid(size, align, MEMBLOCK_LOW_LIMIT,
				      (phys_addr_t)1 << 32, NUMA_NO_NODE);
}

static inline void *memblock_alloc_node(phys_addr_t size, phys_addr_t align,
					int nid)
{
	return memblock_alloc_try_nid(size, align, MEMBLOCK_LOW_LIMIT,
				      MEMBLOCK_ALLOC_ACCESSIBLE, nid);
}

/*
 * The end: reserved memory is told to reserve_bootmem_region(), all other
 * goes to memblock_free_pages(). Once.
 */
void memblock_free_all(void);

/* The same, but free memory goes to give(), as ranges of whole frames. */
void memblock_hand_over(void (*give)(unsigned long start, unsigned long end));

/* Both lists into the log. */
void memblock_dump_all(void);

/*
 * First broken rule of a list as text, or NULL: sorted, disjoint, merged,
 * total_size the sum, cnt within max, slot 0 clear when empty.
 */
const char *memblock_validate(const struct memblock_type *type);

/* Entries, in ascending order; r is a struct memblock_region *. */
#define for_each_mem_region(r)						\
	for ((r) = memblock.memory.regions;				\
	     (r) < memblock.memory.regions + memblock.memory.cnt; (r)++)
#define for_each_reserved_mem_region(r)					\
	for ((r) = memblock.reserved.regions;				\
	     (r) < memblock.reserved.regions + memblock.reserved.cnt; (r)++)

/*
 * Stretches of list a (outside list b, unless b is NULL) of node nid, or of
 * any if nid is not a node. Of memory, entries are passed over that are
 * NOMAP or DRIVER_MANAGED, or HOTPLUG with movable_node, unless flags has
 * that bit; with MEMBLOCK_MIRROR in flags those that are not mirrored.
 *
 * i is a u64: the address up to which all was visited, in reverse down to
 * which; back at its first value (0, in reverse ~0) when there is no more.
 * So the lists may change during the walk. p_start, p_end, p_nid may be NULL.
 */
void __next_mem_range(u64 *i, int nid, enum memblock_flags flags,
		      struct memblock_type *a, struct memblock_type *b,
		      phys_addr_t *p_start, phys_addr_t *p_end, int *p_nid);
void __next_mem_range_rev(u64 *i, int nid, enum memblock_flags flags,
			  struct memblock_type *a, struct memblock_type *b,
			  phys_addr_t *p_start, phys_addr_t *p_end,
			  int *p_nid);

#define __for_each_mem_range(i, a, b, nid, flags, p_start, p_end, p_nid)   \
	for ((i) = 0, __next_mem_range(&(i), nid, flags, a, b,		   \
				       p_start, p_end, p_nid);		   \
	     (i) != 0;							   \
	     __next_mem_range(&(i), nid, flags, a, b, p_start, p_end, p_nid))
#define __for_each_mem_range_rev(i, a, b, nid, flags, p_start, p_end, p_nid) \
	for ((i) = ~(u64)0, __next_mem_range_rev(&(i), nid, flags, a, b,   \
						 p_start, p_end, p_nid);   \
	     (i) != ~(u64)0;						   \
	     __next_mem_range_rev(&(i), nid, flags, a, b,		   \
				  p_start, p_end, p_nid))

/* What may be mapped of memory; all that is reserved; what is free. */
#define for_each_mem_range(i, p_start, p_end)				   \
	__for_each_mem_range(i, &memblock.memory, NULL, NUMA_NO_NODE,	   \
		(enum memblock_flags)(MEMBLOCK_HOTPLUG |		   \
				      MEMBLOCK_DRIVER_MANAGED),		   \
		p_start, p_end, NULL)
#define for_each_mem_range_rev(i, p_start, p_end)			   \
	__for_each_mem_range_rev(i, &memblock.memory, NULL, NUMA_NO_NODE,  \
		(enum memblock_flags)(MEMBLOCK_HOTPLUG |		   \
				      MEMBLOCK_DRIVER_MANAGED),		   \
		p_start, p_end, NULL)
#define for_each_reserved_mem_range(i, p_start, p_end)			   \
	__for_each_mem_range(i, &memblock.reserved, NULL, NUMA_NO_NODE,	   \
			     MEMBLOCK_NONE, p_start, p_end, NULL)
#define for_each_free_mem_range(i, nid, flags, p_start, p_end, p_nid)	   \
	__for_each_mem_range(i, &memblock.memory, &memblock.reserved,	   \
			     nid, flags, p_start, p_end, p_nid)
#define for_each_free_mem_range_reverse(i, nid, flags, p_start, p_end, p_nid) \
	__for_each_mem_range_rev(i, &memblock.memory, &memblock.reserved,  \
				 nid, flags, p_start, p_end, p_nid)

/* Whole pages of each memory entry of a node; i is an int, pfns are long. */
void __next_mem_pfn_range(int *i, int nid, unsigned long *p_start,
			  unsigned long *p_end, int *p_nid);
#define for_each_mem_pfn_range(i, nid, p_start, p_end, p_nid)		   \
	for ((i) = -1,							   \
	     __next_mem_pfn_range(&(i), nid, p_start, p_end, p_nid);	   \
	     (i) >= 0;							   \
	     __next_mem_pfn_range(&(i), nid, p_start, p_end, p_nid))

#endif
