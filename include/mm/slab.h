/*
 * Objects: kmem_cache and kmalloc. Counterpart: linux/slab.h (6.12).
 *
 * Allocations and frees are legal in interrupt context if the gfp cannot
 * sleep, and an object may be freed on any CPU; create, destroy and shrink are
 * for threads and may sleep. NULL means no memory. A wrong free (twice, inside
 * an object, other cache, not from here) is reported and left alone.
 */
#ifndef MM_SLAB_H
#define MM_SLAB_H

#include <kernel/rcupdate.h>
#include <lib/bitops.h>
#include <lib/overflow.h>
#include <lib/types.h>
#include <mm/gfp.h>
#include <mm/numa.h>

typedef unsigned int slab_flags_t;

/* Values are Linux's. */
#define SLAB_CONSISTENCY_CHECKS	0x00000100u	/* F: check at each call */
#define SLAB_RED_ZONE		0x00000400u	/* Z: red zones on both sides */
#define SLAB_POISON		0x00000800u	/* P: fill free objects */
#define SLAB_KMALLOC		0x00001000u	/* knows what was asked for */
#define SLAB_HWCACHE_ALIGN	0x00002000u	/* align to cache lines */
#define SLAB_CACHE_DMA		0x00004000u	/* slabs from ZONE_DMA */
#define SLAB_CACHE_DMA32	0x00008000u
#define SLAB_STORE_USER		0x00010000u	/* U: who has it, who had */
#define SLAB_RECLAIM_ACCOUNT	0x00020000u	/* objects can be given back */
#define SLAB_PANIC		0x00040000u	/* panic if create fails */
#define SLAB_TRACE		0x00200000u	/* T: log each alloc and free */
#define SLAB_NO_MERGE		0x01000000u
#define SLAB_FAILSLAB		0x02000000u	/* A: may be made to fail */
#define SLAB_SKIP_KFENCE	0x20000000u	/* no object is ever guarded */
#define SLAB_NO_USER_FLAGS	0x10000000u	/* not for the command line */

/* What slub_debug=FZPUT sets; mm/slub_debug.c. */
#define SLAB_DEBUG_FLAGS (SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE | \
			  SLAB_POISON | SLAB_STORE_USER | SLAB_TRACE)

/* What kmem_cache_create() knows. */
#define SLAB_FLAGS_PERMITTED \
	(SLAB_DEBUG_FLAGS | SLAB_KMALLOC | SLAB_HWCACHE_ALIGN | \
	 SLAB_CACHE_DMA | SLAB_CACHE_DMA32 | SLAB_RECLAIM_ACCOUNT | \
	 SLAB_PANIC | SLAB_NO_MERGE | SLAB_FAILSLAB | SLAB_NO_USER_FLAGS | \
	 SLAB_SKIP_KFENCE)

/* Alignment every kmalloc'ed object has at least. */
#define ARCH_KMALLOC_MINALIGN 8
#define SMP_CACHE_LINE 64

#define KMALLOC_MIN_SIZE 8
#define KMALLOC_MAX_CACHE_SIZE 8192UL
#define KMALLOC_MAX_SIZE (PAGE_SIZE << 10)

/* What kmalloc(0) returns: not NULL, faults when used, kfree() takes it. */
#define ZERO_SIZE_PTR ((void *)16)
#define ZERO_OR_NULL_PTR(p) ((unsigned long)(p) <= (unsigned long)ZERO_SIZE_PTR)

struct kmem_cache;

/*
 * A cache of objects of one size. align 0: as the size asks; otherwise a power
 * of two up to a page. ctor runs once per object when its slab is made, and
 * its work is kept across free; such a cache is not for __GFP_ZERO. name is
 * copied; two live caches cannot share one. NULL on bad arguments (reported)
 * or no memory.
 *
 * The cache may be one that exists already and serves as well (slab_nomerge on
 * the command line, SLAB_NO_MERGE: never). Each owner destroys it.
 */
struct kmem_cache *kmem_cache_create(const char *name, unsigned int size,
				     unsigned int align, slab_flags_t flags,
				     void (*ctor)(void *));

/*
 * The same for objects of which usersize bytes from useroffset on may be
 * copied to and from user space. A window that is not inside the object is
 * reported, and the cache is made without one: nothing may be copied.
 */
struct kmem_cache *
kmem_cache_create_usercopy(const char *name, unsigned int size,
			   unsigned int align, slab_flags_t flags,
			   unsigned int useroffset, unsigned int usersize,
			   void (*ctor)(void *));
/*
 * Why n bytes at p must not be copied to or from user space; NULL if they may:
 * inside one object's window, or not in an object at all. p is in use.
 */
const char *check_heap_object(const void *p, size_t n);

/*
 * Live objects are reported; the cache and its name are gone all the same,
 * slabs that still hold objects are set aside and never used again.
 */
void kmem_cache_destroy(struct kmem_cache *s);

/*
 * The bits of a gfp_t above its flags tell kmalloc's caches how many bytes of
 * the object nobody asked for. They cost nothing: sizes the compiler knows are
 * part of the constant, others are worked out when there is time for it.
 */
#define GFP_SLACK_SHIFT __GFP_BITS_SHIFT
#define GFP_SLACK(bytes) ((gfp_t)(bytes) << GFP_SLACK_SHIFT)

void *kmem_cache_alloc(struct kmem_cache *s, gfp_t gfp);
void *kmem_cache_alloc_node(struct kmem_cache *s, gfp_t gfp, int nid);
/* The same for who does not say __GFP_ZERO, and knows it. */
void *__kmem_cache_alloc_plain(struct kmem_cache *s, gfp_t gfp);
void *kmem_cache_zalloc(struct kmem_cache *s, gfp_t gfp);
void kmem_cache_free(struct kmem_cache *s, void *p);

/*
 * nr objects into p, or none: nr or 0. The quickest way back is to free them
 * in the order of p. free_bulk checks each object as kmem_cache_free() does,
 * and skips NULL; without a cache, and as kfree_bulk(), it takes whatever
 * kfree() takes.
 */
int kmem_cache_alloc_bulk(struct kmem_cache *s, gfp_t gfp, size_t nr,
			  void **p);
void kmem_cache_free_bulk(struct kmem_cache *s, size_t nr, void **p);
void kfree_bulk(size_t nr, void **p);

/*
 * Collects what waits in the CPUs' arrays and gives empty slabs back. 0 if no
 * slab was left over. Other CPUs may use the cache meanwhile. With interrupts
 * off only this CPU's arrays are emptied.
 */
int kmem_cache_shrink(struct kmem_cache *s);
/* The same for every cache: what the census wants. */
void kmem_cache_shrink_all(void);
/*
 * The same when memory is short, for the page allocator's slow path: does
 * nothing if somebody is at it already. May sleep.
 */
void kmem_cache_reap(void);

unsigned int kmem_cache_size(struct kmem_cache *s);
const char *kmem_cache_name(struct kmem_cache *s);

bool slab_is_available(void);

/* First broken rule of a cache (all caches) as text, or NULL. */
const char *kmem_cache_validate(struct kmem_cache *s);
const char *slab_validate(void);

/*
 * Looks for damage in the slabs that have free objects, and with
 * SLAB_STORE_USER in all; each finding is told and repaired. How many slabs.
 * Threads and interrupts on: the CPUs' arrays are emptied first.
 */
long validate_slab_cache(struct kmem_cache *s);
/*
 * For tests that do damage on purpose. Weak: a test's own function takes its
 * place. Called for each finding and each repair; true: print nothing.
 */
bool slab_add_kunit_errors(void);
/*
 * True: objects left in a cache that is destroyed are no reason to warn, and
 * their slabs go back to the page allocator.
 */
bool slab_in_kunit_test(void);

/* Size classes; index 0 to NR_KMALLOC_CLASSES - 1, ascending. */
#define NR_KMALLOC_CLASSES 13
enum kmalloc_type { KMALLOC_NORMAL, KMALLOC_DMA, NR_KMALLOC_TYPES };
extern struct kmem_cache *kmalloc_caches[NR_KMALLOC_TYPES][NR_KMALLOC_CLASSES];

void *__kmalloc(size_t size, gfp_t gfp);
void *__kmalloc_large(size_t size, gfp_t gfp);
/*
 * size bytes, not more than an object has, of a cache with SLAB_KMALLOC: what
 * kmalloc() does when it knows the cache. For tests with a cache of their own.
 */
void *__kmalloc_cache_noprof(struct kmem_cache *s, gfp_t gfp, size_t size);

/*
 * Class of a size from 1 to KMALLOC_MAX_CACHE_SIZE:
 * 8 16 32 64 96 128 192 256 512 1024 2048 4096 8192
 */
static __always_inline unsigned int kmalloc_index(size_t size)
{
	if (size <= 8)
		return 0;
	if (size > 64 && size <= 96)
		return 4;
	if (size > 128 && size <= 192)
		return 6;
	/* 16 32 64 -> 1 2 3, 128 -> 5, 256.. -> 7.. */
	return __fls(size - 1) - (size <= 64 ? 2 : size <= 128 ? 1 : 0);
}

/* Size of a class. */
static __always_inline size_t kmalloc_class_size(unsigned int class)
{
	if (class == 4)
		return 96;
	if (class == 6)
		return 192;
	/* 8 16 32 64, 128, 256.. */
	return (size_t)8 << (class < 4 ? class : class == 5 ? 4 : class - 2);
}

/* From the cache of a class; what the compiler knows of gfp is not asked. */
static __always_inline void *kmalloc_from_class(unsigned int class, gfp_t gfp)
{
	if (__builtin_constant_p(gfp) && !(gfp & (__GFP_ZERO | __GFP_DMA)))
		return __kmem_cache_alloc_plain(
			kmalloc_caches[KMALLOC_NORMAL][class], gfp);
	return kmem_cache_alloc(kmalloc_caches[gfp & __GFP_DMA ?
					       KMALLOC_DMA : KMALLOC_NORMAL]
				[class], gfp);
}

#define KMALLOC_SLACK(size) \
	GFP_SLACK(kmalloc_class_size(kmalloc_index(size)) - (size))

/*
 * size bytes, aligned to 8, powers of two to their size. 0 gives
 * ZERO_SIZE_PTR. A constant size chooses its cache at compile time.
 */
static __always_inline void *kmalloc(size_t size, gfp_t gfp)
{
	if (__builtin_constant_p(size) && size) {
		if (size > KMALLOC_MAX_CACHE_SIZE)
			return __kmalloc_large(size, gfp);
		return kmalloc_from_class(kmalloc_index(size),
					  gfp | KMALLOC_SLACK(size));
	}
	return __kmalloc(size, gfp);
}

static inline void *kzalloc(size_t size, gfp_t gfp)
{
	return kmalloc(size, gfp | __GFP_ZERO);
}

/* n * size; NULL if that overflows. */
static inline void *kmalloc_array(size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (check_mul_overflow(n, size, &bytes))
		return NULL;
	return kmalloc(bytes, gfp);
}

static inline void *kcalloc(size_t n, size_t size, gfp_t gfp)
{
	return kmalloc_array(n, size, gfp | __GFP_ZERO);
}

void *kmalloc_node(size_t size, gfp_t gfp, int nid);
void *kzalloc_node(size_t size, gfp_t gfp, int nid);

static inline void *kmalloc_array_node(size_t n, size_t size, gfp_t gfp,
				       int nid)
{
	size_t bytes;

	if (check_mul_overflow(n, size, &bytes))
		return NULL;
	return kmalloc_node(bytes, gfp, nid);
}

static inline void *kcalloc_node(size_t n, size_t size, gfp_t gfp, int nid)
{
	return kmalloc_array_node(n, size, gfp | __GFP_ZERO, nid);
}

/*
 * New size for p, contents kept up to the smaller one; with __GFP_ZERO, if p
 * was made so too, the rest is clear. What a smaller size leaves over in place
 * is a red zone if the cache has them. krealloc(NULL, n) is
 * kmalloc, krealloc(p, 0) frees and gives ZERO_SIZE_PTR. On failure NULL, and
 * p stays as it was.
 */
void *krealloc(const void *p, size_t new_size, gfp_t gfp);

/* n * size; NULL if that overflows, and p stays as it was. */
static inline void *krealloc_array(void *p, size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (check_mul_overflow(n, size, &bytes))
		return NULL;
	return krealloc(p, bytes, gfp);
}

/*
 * Bytes of p's class, all of which may be used from then on: no red zone is
 * left among them. 0 for NULL and ZERO_SIZE_PTR.
 */
size_t ksize(const void *p);
/* What ksize() will say of kmalloc(size); 0 and what is too large: size. */
size_t kmalloc_size_roundup(size_t size);
void kfree(const void *p);
/* Clears the block first, all of it. */
void kfree_sensitive(const void *p);

/* Copies, to be freed with kfree(). Of NULL: NULL (kmemdup: not allowed). */
void *kmemdup(const void *src, size_t len, gfp_t gfp);
/* len bytes and a 0 behind them. */
char *kmemdup_nul(const char *s, size_t len, gfp_t gfp);
char *kstrdup(const char *s, gfp_t gfp);
/* At most max characters of s. */
char *kstrndup(const char *s, size_t max, gfp_t gfp);

/*
 * From kmalloc() if it can be had, else in pages that are only mapped one
 * behind the other, by kv_fallback; while that is NULL, from kmalloc(). Freed
 * with kvfree(), which may sleep only if kv_fallback's does.
 */
struct kv_fallback {
	void *(*alloc)(size_t size, gfp_t gfp, int nid);
	bool (*owns)(const void *p);
	void (*free)(const void *p);
};
extern const struct kv_fallback *kv_fallback;

void *kvmalloc_node(size_t size, gfp_t gfp, int nid);
void kvfree(const void *p);
void kvfree_sensitive(const void *p, size_t len);

/*
 * kvfree() when no reader can hold the object any more (kernel/rcupdate.h).
 * field: its struct rcu_head, in the first 4096 bytes. Any context but an NMI.
 * Of NULL: nothing. Counterparts: linux/rcupdate.h.
 */
#define kvfree_rcu(p, field) do { \
	__typeof__(*(p)) *p_ = (p); \
	_Static_assert(offsetof(__typeof__(*p_), field) < RCU_OFFSETS, \
		       #field " lies too far behind"); \
	if (p_) \
		kvfree_call_rcu(&p_->field, p_); \
} while (0)
#define kfree_rcu(p, field) kvfree_rcu(p, field)

/*
 * The same for what has no field: waits for the readers, and frees. (Linux
 * keeps arrays of such pointers, and waits only where it has no memory.)
 */
#define kvfree_rcu_mightsleep(p) kvfree_call_rcu(NULL, p)
#define kfree_rcu_mightsleep(p) kvfree_rcu_mightsleep(p)

/* Behind the names above; head: NULL, or lies in the object at p. */
void kvfree_call_rcu(struct rcu_head *head, void *p);
/* Boot. */
void kvfree_rcu_init(void);

static inline void *kvmalloc(size_t size, gfp_t gfp)
{
	return kvmalloc_node(size, gfp, NUMA_NO_NODE);
}

static inline void *kvzalloc(size_t size, gfp_t gfp)
{
	return kvmalloc(size, gfp | __GFP_ZERO);
}

/* n * size; NULL if that overflows. */
static inline void *kvmalloc_array(size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (check_mul_overflow(n, size, &bytes))
		return NULL;
	return kvmalloc(bytes, gfp);
}

static inline void *kvcalloc(size_t n, size_t size, gfp_t gfp)
{
	return kvmalloc_array(n, size, gfp | __GFP_ZERO);
}

#endif
