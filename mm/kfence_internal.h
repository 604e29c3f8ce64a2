/*
 * What the files of the guarded mode share. Theory: kfence.c (pool and
 * objects), kfence_report.c (faults, reports), kfence_sample.c (who is
 * guarded, and when).
 */
#ifndef MM_KFENCE_INTERNAL_H
#define MM_KFENCE_INTERNAL_H

#include <kernel/sched.h>
#include <kernel/spinlock.h>
#include <lib/list.h>
#include <mm/kfence.h>

#include "slab_internal.h"

#define KFENCE_STACK_DEPTH 12
/* The pool comes as one block of the page allocator. */
#define KFENCE_MAX_OBJECTS (MAX_ORDER_NR_PAGES / 2 - 1)
#define KFENCE_DEFAULT_OBJECTS 255U

enum kfence_state {
	KFENCE_UNUSED,		/* never handed out */
	KFENCE_ALLOCATED,
	KFENCE_FREED,
	KFENCE_BURIED		/* was in use when its cache was destroyed */
};

/* Who did it, and when. */
struct kfence_track {
	u64 jiffies;
	unsigned int cpu;
	int pid;
	char name[TASK_NAME_SIZE];
	unsigned int nr;
	unsigned long stack[KFENCE_STACK_DEPTH];
};

/* One object's slot. All of it under kfence_lock. */
struct kfence_metadata {
	struct list_head list;		/* not in use: kfence_free_slots */
	enum kfence_state state;
	unsigned long addr;		/* of the object that is or was there */
	size_t size;
	const struct kmem_cache *cache;	/* dangles when not in use */
	char cache_name[KMEM_CACHE_NAME_SIZE];
	struct kfence_track alloc_track, free_track;
};

extern spinlock_t kfence_lock;
extern struct kfence_metadata *kfence_metadata;	/* [kfence_nr_objects] */
extern unsigned int kfence_nr_objects;
extern struct kfence_stats kfence_stats;

/* Pages taken away since boot: whose TLB is older than that? */
extern unsigned long kfence_protections;

/* Slot of the object page that holds addr; NULL for all other pages. */
struct kfence_metadata *kfence_metadata_at(unsigned long addr);
/* Maps the pool's page at addr; false if it was. Lock held. */
bool kfence_open_page(unsigned long addr);

static inline unsigned long kfence_end(const struct kfence_metadata *meta)
{
	return meta->addr + meta->size;
}

/* What stands where no object is. */
static inline u8 kfence_canary(unsigned long addr)
{
	return (u8)(0xb5 ^ (addr & 7));
}

/* For tests: slots of destroyed caches' objects are used again. */
void kfence_exhume(void);

/* False: no memory. Boot. */
bool kfence_make_pool(unsigned int objects);

/* Could this allocation be guarded? */
bool kfence_suits(const struct kmem_cache *s, size_t size, gfp_t gfp);

/* kfence_sample.c */
void kfence_sample_stats(struct kfence_stats *stats);

/* kfence_report.c, lock held. meta may be NULL. */
void kfence_report_free(const char *kind, const struct kmem_cache *s,
			const void *p, const struct kfence_metadata *meta);
void kfence_report_corruption(const struct kfence_metadata *meta,
			      unsigned long first, unsigned int nr);

#endif
