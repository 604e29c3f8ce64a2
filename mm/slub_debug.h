/*
 * What a cache with debug flags keeps beside its objects, and who looks at it.
 * Theory: slub_debug.c. Layout: slub_layout.c.
 */
#ifndef MM_SLUB_DEBUG_H
#define MM_SLUB_DEBUG_H

#include "slab_internal.h"

/* What red zones hold, and bytes that belong to nobody. Values are Linux's. */
#define SLUB_RED_INACTIVE 0xbb	/* the object is free */
#define SLUB_RED_ACTIVE	0xcc	/* the object is handed out */
#define POISON_INUSE	0x5a	/* never handed out, and padding */
#define POISON_FREE	0x6b	/* free */
#define POISON_END	0xa5	/* its last byte */

/*
 * Who had an object, and when: SLAB_STORE_USER keeps two per object. One that
 * begins with no caller is of nobody.
 */
#define TRACK_ADDRS_COUNT 8

struct track {
	unsigned long addrs[TRACK_ADDRS_COUNT];	/* call stack; 0 ends it */
	unsigned int cpu;
	int pid;
	u64 when;				/* microseconds of uptime */
};

enum track_item { TRACK_ALLOC, TRACK_FREE, NR_TRACKS };

/* Are free objects filled? A constructor's work must stay. */
static inline bool slab_poisons(const struct kmem_cache *s)
{
	return s->flags & SLAB_POISON && !s->ctor;
}

/* Does it know who allocated and who freed? */
static inline bool slab_keeps_tracks(const struct kmem_cache *s)
{
	return s->flags & (SLAB_STORE_USER | SLAB_KASAN);
}

/* Are there zones around its objects, and nothing of ours in them? */
static inline bool slab_has_zones(const struct kmem_cache *s)
{
	return s->flags & (SLAB_RED_ZONE | SLAB_KASAN);
}

/*
 * Does the cache remember how many bytes of an object were asked for? That
 * number stands there twice, once with all bits turned: so damage to it shows.
 */
static inline bool slab_keeps_size(const struct kmem_cache *s)
{
	return (s->flags & SLAB_KMALLOC) && (s->flags & SLAB_RED_ZONE) &&
	       s->object_size <= 0xffff;
}

static inline unsigned int slab_asked_word(unsigned int size)
{
	return size | ~size << 16;
}

/* What the free word holds while the object is handed out. */
static inline unsigned long slab_active_word(const struct kmem_cache *s)
{
	return ~s->secret;	/* no byte of a link: damage makes none */
}

/* slub_layout.c: where these are. */
struct track *slab_track(const struct kmem_cache *s, const void *p,
			 enum track_item item);
void **slab_kasan_link(const struct kmem_cache *s, const void *p);
/* slab_asked_word(); NULL if the cache has none. */
unsigned int *slab_asked(const struct kmem_cache *s, const void *p);
/* Bytes from an object to what lies behind all kept for it: padding. */
unsigned int slab_metadata_end(const struct kmem_cache *s);

/* slub_debug.c */
void *slab_debug_take(struct kmem_cache *s, int nid, gfp_t gfp);
void slab_debug_put(struct kmem_cache *s, void *p, unsigned long caller);
void slab_debug_track(struct kmem_cache *s, void *p, enum track_item item,
		      unsigned long caller);
/* An object of a slab just made, its tracks empty. */
void slab_debug_new_object(struct kmem_cache *s, void *p);
/* Fills a slab just made. */
void slab_debug_new_slab(struct kmem_cache *s, struct page *head);
/* Bytes of an object in use that were asked for; all, if nobody knows. */
size_t slab_debug_asked(const struct kmem_cache *s, const void *p);
/* It is to have that many from now on. */
void slab_debug_resize(struct kmem_cache *s, void *p, size_t size, bool zero);

/*
 * Looks for damage, tells each (slub_debug_report.c) and repairs it; true if
 * there was none. val: what the red zones should hold. Node locked.
 */
bool slab_check_object(struct kmem_cache *s, struct page *head, void *p,
		       u8 val);
bool slab_check_padding(struct kmem_cache *s, struct page *head);
/* All objects of a slab that leaves the cache. */
void slab_check_last(struct kmem_cache *s, struct page *head);

/*
 * slub_debug_report.c. Each finding is one event and each repair is one. Both
 * ask slab_add_kunit_errors(), which is weak: a test's own counts, and returns
 * true to have nothing printed.
 */
void slab_bug(struct kmem_cache *s, struct page *head, void *p,
	      const char *kind, const char *fmt, ...) __printf(5, 6);
void slab_fix(const struct kmem_cache *s, const char *fmt, ...)
	__printf(2, 3);
/* Counts an event; true: a test takes it, print nothing. */
bool slab_event(void);
unsigned long slab_nr_events(void);
void slab_print_tracks(const struct kmem_cache *s, const void *p);

/* slub_debug_param.c: flags, and what slub_debug= adds for that name. */
slab_flags_t slab_debug_flags(const char *name, slab_flags_t flags);
/* What such words would say of a cache of that name. text may be NULL. */
slab_flags_t slab_debug_flags_in(const char *text, const char *name);
/* First letter of them that nobody knows, or 0; is there no O in them? */
char slab_debug_unknown(const char *text, bool *no_o);
/* May slabs become larger for it? */
bool slab_debug_may_grow(void);

#endif
