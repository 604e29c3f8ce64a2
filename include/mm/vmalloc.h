/*
 * Memory that is contiguous for the eye only: pages from anywhere, mapped one
 * behind the other. Counterparts: linux/vmalloc.h, linux/mm.h (6.12).
 *
 * Each area is whole pages, with a guard page at either end that is never
 * mapped. Taking may sleep, unless gfp says otherwise; so may vunmap() and
 * vm_unmap_ram(). vfree() is legal in any context but an NMI.
 *
 * When vfree() returns, the calling CPU faults on the old addresses. Others
 * are told together, for many areas at a time; until then they may still reach
 * the old pages there, and neither pages nor addresses are anybody else's.
 * (Linux gives the pages back first.) vm_unmap_aliases() tells them at once.
 *
 * Field locks: (u) whoever uses the area; (v) vmap_lock; (c) constant while
 * the area is in use.
 */
#ifndef MM_VMALLOC_H
#define MM_VMALLOC_H

#include <asm/vmap.h>
#include <kernel/rcupdate.h>
#include <lib/overflow.h>
#include <lib/rbtree.h>
#include <mm/gfp.h>
#include <mm/numa.h>

/* What an area is; values are Linux's. */
#define VM_IOREMAP		0x0001u	/* ioremap() */
#define VM_ALLOC		0x0002u	/* vmalloc() */
#define VM_MAP			0x0004u	/* vmap() */
#define VM_MAP_PUT_PAGES	0x0200u	/* vfree() frees vmap()'s pages, too */
#define VM_ALLOW_HUGE_VMAP	0x0400u	/* in pages of 2 MiB where possible */
/* Ours. */
#define VM_MAP_RAM		0x1000u	/* vm_map_ram() */

/* An area of virtual addresses and what is shown there. */
struct vm_struct {
	struct vm_struct *next;		/* (v) waits for the flush */
	void *addr;			/* (c) */
	unsigned long size;		/* (c) bytes, the guard included */
	unsigned long flags;		/* (c) VM_... */
	struct page **pages;		/* (c) VM_MAP_PUT_PAGES: the caller's */
	unsigned int nr_pages;		/* (c) */
	gfp_t gfp;			/* (c) for its page tables */
	phys_addr_t phys_addr;		/* (c) VM_IOREMAP: what it shows */
	const void *caller;		/* (c) who asked for it */
	union {
		struct list_head blocks; /* (u) its pages, by lru of heads */
		struct rcu_head rcu;	/* when it is gone */
	};
	unsigned long span;		/* bytes of addresses it occupies */
	void *entry;			/* (u) small ones: its first page table
					   entry, once there is a table */
	struct rb_node node;		/* (v) large ones: by address */
	u8 class;			/* of small areas; mm/vm_small.c */
	u8 state;			/* enum vm_state; atomic */
};

/* Boot, once kmalloc works. */
void vmalloc_init(void);

/*
 * size bytes. NULL: no memory, or no addresses; of size 0, or of more than
 * there is RAM, also a report (unless __GFP_NOWARN). vzalloc(): zeroes.
 */
void *vmalloc(unsigned long size);
void *vzalloc(unsigned long size);
void *vmalloc_node(unsigned long size, int node);
void *vzalloc_node(unsigned long size, int node);
void *__vmalloc(unsigned long size, gfp_t gfp);
/* At a multiple of align, a power of two; recorded as caller's. */
void *__vmalloc_node(unsigned long size, unsigned long align, gfp_t gfp,
		     int node, const void *caller);
/*
 * From 2 MiB on in pages of 2 MiB, as far as there are blocks of that size and
 * the machine can: its TLB entries reach further.
 */
void *vmalloc_huge(unsigned long size, gfp_t gfp);

/* Of NULL: nothing. What vmalloc() did not give is reported, and stays. */
void vfree(const void *addr);
/* The same, for callers who must not sleep. */
static inline void vfree_atomic(const void *addr)
{
	vfree(addr);
}

/* n * size bytes; NULL if that overflows. */
static inline void *vmalloc_array(size_t n, size_t size)
{
	size_t bytes;

	return check_mul_overflow(n, size, &bytes) ? NULL : vmalloc(bytes);
}

static inline void *vcalloc(size_t n, size_t size)
{
	size_t bytes;

	return check_mul_overflow(n, size, &bytes) ? NULL : vzalloc(bytes);
}

/*
 * Shows count pages of the caller's one behind the other. flags: VM_MAP, or
 * VM_MAP_PUT_PAGES: vfree() instead of vunmap(), which frees pages and array
 * (kvfree). prot that is writable and executable is refused. NULL: no
 * addresses, no memory for tables. vunmap(): when it returns no CPU reaches
 * the pages there.
 */
void *vmap(struct page **pages, unsigned int count, unsigned long flags,
	   pgprot_t prot);
void vunmap(const void *addr);

/* The same, writable; given back with the same count. node: for tables. */
void *vm_map_ram(struct page **pages, unsigned int count, int node);
void vm_unmap_ram(const void *mem, unsigned int count);

/* All CPUs forget all areas that are no longer in use. May sleep. */
void vm_unmap_aliases(void);
/* And what is kept for later goes back: addresses, tables, descriptors. */
void vmalloc_trim(void);

/* In the vmalloc area? Of any address, in any context. */
static inline bool is_vmalloc_addr(const void *p)
{
	return (unsigned long)p - VMALLOC_START < VMALLOC_END - VMALLOC_START;
}

/* Page shown at addr, any byte of an area; NULL: none. */
struct page *vmalloc_to_page(const void *addr);
unsigned long vmalloc_to_pfn(const void *addr);

/*
 * The area in use that holds addr, guard included; NULL: none. If addr may be a
 * stale one: only for readers (rcu_read_lock()).
 */
struct vm_struct *find_vm_area(const void *addr);

/* Addresses for an area, nothing shown there yet; and back. */
struct vm_struct *get_vm_area_caller(unsigned long size, unsigned long flags,
				     const void *caller);
void free_vm_area(struct vm_struct *vm);

/* Pages in areas of vmalloc() / bytes of addresses there are. */
unsigned long vmalloc_nr_pages(void);
#define VMALLOC_TOTAL (VMALLOC_END - VMALLOC_START)

/*
 * What is or was at an address of the vmalloc area, in words: what does not fit
 * is cut off, nearly all of it fits in VMALLOC_WORDS. Any context.
 */
#define VMALLOC_WORDS 200
void vmalloc_describe(unsigned long addr, char *buf, size_t size);

/* First broken rule as text, or NULL. Nobody may be at work. */
const char *vmalloc_validate(void);

#endif
