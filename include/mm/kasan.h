/*
 * KASAN: every access to memory is checked against a shadow that says what
 * may be accessed. Built with SANITIZE=kasan; otherwise all of this is
 * nothing. Counterpart: linux/kasan.h, the generic mode.
 *
 * One byte of shadow speaks for eight of memory, a granule:
 *
 *	0	all eight may be accessed
 *	1..7	the first so many
 *	< 0	none, and why (mm/kasan/kasan.h)
 *
 * Any context, unless said otherwise. How it works: mm/kasan/check.c; where
 * the shadow comes from: arch/x86/kasan_init_64.c.
 */
#ifndef MM_KASAN_H
#define MM_KASAN_H

#include <lib/types.h>
#include <mm/gfp.h>

struct page;
struct kmem_cache;
struct kmem_cache_cpu;

#ifdef CONFIG_KASAN

/* A CPU's freed objects of one cache, in quarantine; mm/kasan/quarantine.c. */
struct kasan_line {
	void *first, *last;
	size_t bytes;
};

/* What kmem_cache's flags say of objects that are watched. Value is Linux's. */
#define SLAB_KASAN 0x08000000u

/* Boot, in this order: see arch/x86/kasan_init_64.c. */
void kasan_early_init(void);
void kasan_map_shadow(void);
void kasan_map_rest_of_shadow(void);
void kasan_init_globals(void);

/* Marks size bytes as accessible. addr begins a granule. */
void kasan_unpoison(const void *addr, size_t size);

/* Pages are handed out / no longer anybody's. */
void kasan_unpoison_pages(struct page *page, unsigned int order);
void kasan_poison_pages(struct page *page, unsigned int order);
void kasan_poison_frames(struct page *page, unsigned long nr);

/* The head of a large kmalloc: size bytes are the user's, no more. */
void kasan_kmalloc_large(const void *p, size_t size);

/*
 * For mm/slub*.c: a fresh slab; an object in it, whose constructor is called;
 * one that is handed out, size bytes of it; one that is freed, which may keep
 * it: true. Interrupts are off for that.
 */
void kasan_poison_slab(struct kmem_cache *s, struct page *head);
void kasan_construct(struct kmem_cache *s, void *p);
void kasan_slab_alloc(struct kmem_cache *s, void *p, size_t size);
bool kasan_slab_free(struct kmem_cache *s, void *p);
/* Freed, in quarantine or not. p is an object of s. */
bool kasan_slab_is_free(const struct kmem_cache *s, const void *p);
/* An object, or a large block, is to have size bytes from now on. */
void kasan_krealloc(const void *p, size_t size);
/* Quarantine, of one CPU, which is this one or has stopped; interrupts off. */
void kasan_quarantine_put(struct kmem_cache *s, void *p);
void kasan_quarantine_flush(struct kmem_cache *s, struct kmem_cache_cpu *c);
bool kasan_quarantine_empty(const struct kmem_cache_cpu *c);

/*
 * For mm/vm*.c. populate: shadow for addresses that are the caller's, closed.
 * 0 or -ENOMEM: none; may sleep if gfp says so. unpoison: size bytes of whole
 * are handed out; poison: taken back. take: the shadow goes out of the page
 * tables; free: all CPUs are flushed, as by vmap_flush(), and it is free.
 */
int kasan_populate_vmalloc(unsigned long addr, unsigned long size, gfp_t gfp);
void kasan_unpoison_vmalloc(const void *addr, size_t size, size_t whole);
void kasan_poison_vmalloc(const void *addr, size_t size);
void kasan_take_vmalloc_shadow(unsigned long addr, unsigned long size,
			       struct list_head *pages);
void kasan_free_vmalloc_shadow(struct list_head *pages);
/* As vmap_find_tables() and vmap_take_all_tables(), of the shadow. */
bool kasan_find_vmalloc_tables(unsigned long *va, unsigned long *size);
void kasan_take_vmalloc_tables(unsigned long va, unsigned long size,
			       struct list_head *tables);

/* Reports made here since boot. */
unsigned long kasan_reports(void);

#else

#define SLAB_KASAN 0u

static inline void kasan_early_init(void)
{
}
static inline void kasan_map_shadow(void)
{
}
static inline void kasan_map_rest_of_shadow(void)
{
}
static inline void kasan_unpoison(const void *addr, size_t size)
{
}
static inline void kasan_unpoison_pages(struct page *page, unsigned int order)
{
}
static inline void kasan_poison_pages(struct page *page, unsigned int order)
{
}
static inline void kasan_poison_frames(struct page *page, unsigned long nr)
{
}
static inline void kasan_kmalloc_large(const void *p, size_t size)
{
}

static inline void kasan_poison_slab(struct kmem_cache *s, struct page *head)
{
}
static inline void kasan_slab_alloc(struct kmem_cache *s, void *p, size_t size)
{
}
static inline bool kasan_slab_free(struct kmem_cache *s, void *p)
{
	return false;
}
static inline bool kasan_slab_is_free(const struct kmem_cache *s,
				      const void *p)
{
	return false;
}
static inline void kasan_krealloc(const void *p, size_t size)
{
}
static inline void kasan_quarantine_flush(struct kmem_cache *s,
					  struct kmem_cache_cpu *c)
{
}
static inline bool kasan_quarantine_empty(const struct kmem_cache_cpu *c)
{
	return true;
}
static inline void kasan_construct(struct kmem_cache *s, void *p)
{
}
static inline int kasan_populate_vmalloc(unsigned long addr,
					 unsigned long size, gfp_t gfp)
{
	return 0;
}
static inline void kasan_unpoison_vmalloc(const void *addr, size_t size,
					  size_t whole)
{
}
static inline void kasan_poison_vmalloc(const void *addr, size_t size)
{
}
static inline void kasan_take_vmalloc_shadow(unsigned long addr,
					     unsigned long size,
					     struct list_head *pages)
{
}
static inline void kasan_free_vmalloc_shadow(struct list_head *pages)
{
}
static inline bool kasan_find_vmalloc_tables(unsigned long *va,
					     unsigned long *size)
{
	return false;
}
static inline void kasan_take_vmalloc_tables(unsigned long va,
					     unsigned long size,
					     struct list_head *tables)
{
}

#endif

#endif
