/*
 * Guarded objects: some of all objects, chosen by time or by count, lie at the
 * edge of a page of their own between pages that are not there. Whoever reads
 * or writes past that edge, or after the free, faults at that instruction; it
 * is reported, and goes on. Counterpart: linux/kfence.h (6.12).
 *
 * Off unless asked for at boot: kfence.sample_interval=MS, kfence.sample=N,
 * kfence.num_objects=N (docs/debugging.md). All calls below are for any
 * context, if nothing else is said.
 */
#ifndef MM_KFENCE_H
#define MM_KFENCE_H

#include <lib/compiler.h>
#include <lib/types.h>
#include <mm/gfp.h>

struct kmem_cache;
struct pt_regs;

/* The pool: address and bytes, 0 without one. Constant after boot. */
extern unsigned long kfence_pool, kfence_pool_size;

/* Nonzero: the next allocation that comes the slow way should ask. */
extern unsigned int kfence_gate;

/* Does p lie in the pool: guarded object, guard page, or neither? */
static inline bool is_kfence_address(const void *p)
{
	return (unsigned long)p - kfence_pool < kfence_pool_size;
}

/*
 * A guarded object of size bytes (at most s's object size) for s, as
 * kmem_cache_alloc() would give it. NULL: no pool, none free, or not for such
 * a cache, size or gfp; then an ordinary object will do.
 */
void *kfence_alloc(struct kmem_cache *s, size_t size, gfp_t gfp);

/* The same if it is an object's turn. */
void *__kfence_sample(struct kmem_cache *s, size_t size, gfp_t gfp);
static __always_inline void *kfence_sample(struct kmem_cache *s, size_t size,
					   gfp_t gfp)
{
	if (likely(!READ_ONCE(kfence_gate)))
		return NULL;
	return __kfence_sample(s, size, gfp);
}

/*
 * Frees p, any address of the pool, which s should own; s NULL: whoever does.
 * A wrong free is reported and refused; bytes changed around the object are
 * reported, and it is free all the same.
 */
void kfence_free(struct kmem_cache *s, const void *p);

/* Why kfence_free() would refuse p, or NULL. */
const char *kfence_free_fault(struct kmem_cache *s, const void *p);

/* Bytes asked for p, a guarded object in use; 0 if it is none, reported. */
size_t kfence_ksize(const void *p);

/*
 * For kmem_cache_destroy(): guarded objects of s in use; a line for each, in a
 * report; and no slot of theirs is ever used again.
 */
unsigned long kfence_count(const struct kmem_cache *s);
void kfence_print_live(const struct kmem_cache *s);
void kfence_bury(const struct kmem_cache *s);

/*
 * The machine, on a fault at addr where nothing is mapped: true if it was in
 * the pool. Then it has been reported, and the instruction can go on.
 */
bool kfence_handle_page_fault(unsigned long addr, bool is_write,
			      const struct pt_regs *regs);

/*
 * Guards every nth allocation, with all caches' arrays put aside / the first
 * one in each interval of ms that finds a CPU's array empty; 0: none. The last
 * call counts. -ENODEV: no pool. Threads, one at a time; may sleep.
 */
int kfence_set_sample(unsigned int every);
int kfence_set_sample_interval(unsigned int ms);

/*
 * In between nothing is sampled, and arrays are there, for who looks at slabs
 * and counts on objects being in them. Pairs nest; one resume too many is
 * reported and refused. kfence_alloc() goes on.
 * Context as above.
 */
void kfence_pause(void);
void kfence_resume(void);

/* How things are; counted since boot. */
struct kfence_stats {
	unsigned int objects;		/* in the pool */
	unsigned int live;		/* guarded objects in use */
	unsigned int leaving;		/* being freed at the moment */
	unsigned int buried;		/* left by destroyed caches */
	unsigned long allocs, frees;
	unsigned long full;		/* refused: all slots in use */
	unsigned long bugs;		/* reported */
	unsigned int every, interval;	/* what is sampled; 0: not so */
};
void kfence_get_stats(struct kfence_stats *stats);

/* First broken rule as text, or NULL. */
const char *kfence_validate(void);

/* Boot, when there is kmalloc(): makes the pool, if it was asked for. */
void kfence_init(void);

#endif
