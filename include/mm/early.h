/*
 * The early allocator: memory before there is a page allocator.
 *
 * Two implementations behind one set of calls, chosen by early=memblock (the
 * default) or early=bootmem on the command line: region lists, or one bit per
 * page. memblock.memory says what RAM there is in either case.
 *
 * Every reservation and allocation names its owner: the census of page frames
 * tells them apart long after boot. Boot context only, one CPU.
 */
#ifndef MM_EARLY_H
#define MM_EARLY_H

#include <lib/types.h>

enum early_owner {
	EARLY_OTHER,		/* first MiB, unnamed reservations */
	EARLY_KERNEL,		/* image: text, data, bss */
	EARLY_INIT,		/* image: what free_initmem() gives back */
	EARLY_BOOT,		/* what the loader left: boot info, modules */
	EARLY_PAGETABLE,
	EARLY_MEMMAP,		/* struct page */
	EARLY_PERCPU,		/* per-CPU areas */
	EARLY_TRAMPOLINE,	/* where other CPUs start */
	EARLY_PAGE_OWNER,	/* records of page_owner=on */
	EARLY_SHADOW,		/* of SANITIZE=kasan */
	EARLY_ALLOCATOR,	/* the early allocator's own tables */
	NR_EARLY_OWNERS
};

/*
 * Starts the chosen allocator: memblock.memory is complete and cleaned.
 * Called once by setup_arch(), before the calls below.
 */
void early_init(void);

/*
 * Keeps a byte range from being handed out; RAM or not, whole or in part. A
 * range already reserved for another owner keeps its first one. 0, -ENOMEM.
 */
int early_reserve(phys_addr_t base, phys_addr_t size, enum early_owner owner);

/*
 * size bytes aligned to a power of two, cleared, below the limit of what is
 * mapped so far; 0 if there is none. raw: not cleared, not touched.
 */
phys_addr_t early_alloc(phys_addr_t size, phys_addr_t align,
			enum early_owner owner);
phys_addr_t early_alloc_raw(phys_addr_t size, phys_addr_t align, int nid,
			    enum early_owner owner);

/* Highest address that may be handed out, e.g. what is mapped already. */
void early_set_limit(phys_addr_t limit);

/* Ends early allocation: every free page goes to the page allocator. */
void early_free_all(void);

/*
 * Owner of a reserved frame as recorded; EARLY_OTHER if nobody said. Of several
 * it is the first that has a name.
 */
enum early_owner early_owner_of(phys_addr_t addr);
/* First frame behind pfn that may have another owner. */
unsigned long early_owner_end(unsigned long pfn);
const char *early_owner_name(enum early_owner owner);
const char *early_allocator_name(void);

#endif
