/*
 * What the files of vmalloc share: vmalloc.c gets pages and shows them,
 * vmap.c shows those of others; vm_area.c and vm_small.c know the areas;
 * vm_purge.c lets them go, vm_tables.c the page tables they shared.
 */
#ifndef MM_VMALLOC_INTERNAL_H
#define MM_VMALLOC_INTERNAL_H

#include <kernel/rcupdate.h>
#include <kernel/spinlock.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>

#include "internal.h"
#include "vmap_area.h"

enum vm_state {
	VM_UNUSED,	/* a small area that waits for somebody */
	VM_USED,
	VM_LEAVING,	/* freed; some CPU may still remember it */
};

/* Small areas: up to 1, 2, 4, 8, 16 pages. Larger ones have no class. */
#define VM_CLASSES 5
#define VM_LARGE VM_CLASSES
#define VM_SMALL_PAGES 16UL

/* The addresses, the areas, the chunks, who waits for a flush. */
extern spinlock_t vmap_lock;
extern struct vmap_space vmap_space;		/* under vmap_lock */
extern struct kmem_cache *vm_cache, *vmap_hole_cache;

/* gfp for descriptors and tables of an area that was asked for with gfp. */
static inline gfp_t vm_meta_gfp(gfp_t gfp)
{
	return gfp & ~(GFP_ZONEMASK | __GFP_MOVABLE | __GFP_RECLAIMABLE |
		       __GFP_ZERO | __GFP_COMP | __GFP_THISNODE);
}

static inline enum vm_state vm_state(const struct vm_struct *vm)
{
	return (enum vm_state)__atomic_load_n(&vm->state, __ATOMIC_ACQUIRE);
}

static inline void vm_set_state(struct vm_struct *vm, enum vm_state state)
{
	__atomic_store_n(&vm->state, (u8)state, __ATOMIC_RELEASE);
}

/* Bytes without the guard. */
static inline unsigned long vm_bytes(const struct vm_struct *vm)
{
	return vm->size - PAGE_SIZE;
}

/* KASAN: addresses whose shadow is the area's. */
static inline unsigned long vm_shadowed_bytes(const struct vm_struct *vm)
{
	return vm->class == VM_LARGE ? vm->size : vm->span;
}

/* mm/vm_area.c */
/* An area of nr pages, in use; NULL: no addresses, no memory. */
struct vm_struct *vm_take(unsigned long nr, unsigned long align,
			  unsigned long flags, gfp_t gfp, const void *caller);
/* No CPU remembers it: its addresses are free again. Any context. */
void vm_put(struct vm_struct *vm);
/* Nobody finds the descriptor any more; readers may still hold it. */
void vm_free(struct vm_struct *vm);
/* For readers: the large area at addr, or NULL; vmap_lock is held already. */
struct vm_struct *vm_find_large(unsigned long addr);
struct vm_struct *vm_find_large_locked(unsigned long addr);
/*
 * The area in use that begins at addr is the caller's to let go: of any that
 * ask, one has it. NULL: reported as what, a call for areas with one of flags.
 */
struct vm_struct *vm_claim(const void *addr, unsigned long flags,
			   const char *what, unsigned long caller);
/*
 * For copies of all areas in use, small ones first, each in the order of their
 * addresses. No lock is held: areas may come and go meanwhile; each that stays
 * is seen once.
 */
void vm_for_each(void (*fn)(const struct vm_struct *vm, void *arg), void *arg);
/*
 * Copies areas in use from *addr on, at most max of them, and moves *addr
 * behind what was looked at; VMALLOC_END: that was all. How many. vmap_lock is
 * held for some max steps.
 */
unsigned int vm_large_copy(unsigned long *addr, struct vm_struct *copies,
			   unsigned int max);

/* mm/vm_small.c */
void vm_small_init(void);
/* Of nr <= VM_SMALL_PAGES pages. NULL: no addresses there, no memory. */
struct vm_struct *vm_small_take(unsigned long nr, gfp_t gfp);
void vm_small_put(struct vm_struct *vm);
/* For readers: the area at addr, in whatever state; NULL: none. Any context. */
struct vm_struct *vm_find(unsigned long addr);
/* For readers: is addr among small areas? *vm: the one there, or NULL. */
bool vm_small_find(unsigned long addr, struct vm_struct **vm);
/* Gives back all that no small area in use needs. May sleep. */
void vm_small_trim(void);

/* mm/vm_small_look.c */
/* As vm_large_copy(), for one chunk at most; none are behind vm_small_end(). */
unsigned int vm_small_copy(unsigned long *addr, struct vm_struct *copies,
			   unsigned int max);
unsigned long vm_small_end(void);
const char *vm_small_validate(unsigned long *chunks);

/* mm/vm_tables.c */
/* Parts of holes that it takes at a time. */
#define VM_STRETCHES 8U
/* Nodes that the space must have: one always, and one for each part. */
#define VM_OWN_HOLES (VM_STRETCHES + 1)
/* Tables of which no area needs any part go. May sleep. */
void vm_tables_trim(void);

/* mm/vmap.c */
/* For the first of an area: there may be no table yet. 0 or -ENOMEM. */
int vm_show_first(struct vm_struct *vm, unsigned long va, phys_addr_t pa,
		  unsigned long nr, pgprot_t prot);

/* Shows nr pages, neighbours in memory, at va in the area. 0 or -ENOMEM. */
static inline int vm_show(struct vm_struct *vm, unsigned long va,
			  phys_addr_t pa, unsigned long nr, pgprot_t prot)
{
	if (unlikely(!vm->entry))
		return vm_show_first(vm, va, pa, nr, prot);
	vmap_show((char *)vm->entry + vmap_entry_offset(va, vm->addr), va, pa,
		  nr, prot);
	return 0;
}

/* mm/vm_purge.c */
void vm_purge_init(void);
/* Was claimed, and nobody uses it: pages and addresses go back in time. */
void vm_retire(struct vm_struct *vm);
/* The same at once; may wait for other CPUs. */
void vm_retire_now(struct vm_struct *vm);
/* Pages that wait, and how many may. */
unsigned long vm_leaving_pages(void);
extern unsigned long vm_leaving_most;
/* That, on a machine of so many pages. */
unsigned long vm_leaving_share(unsigned long ram, unsigned long addresses);

/* mm/vmalloc.c: the pages of an area go back. Any context. */
void vm_free_blocks(struct vm_struct *vm);

/* mm/vm_history.c */
void vm_history_note(const struct vm_struct *vm, unsigned long freer);

#endif
