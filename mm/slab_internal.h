/*
 * What the files of SLUB share: cache, node, array, and the words kept in
 * free objects. Theory: slub.c (how an object changes hands), slub_arrays.c
 * (arrays), slub_node.c (lists), slub_slab.c (one slab), slub_layout.c
 * (sizes), slub_cache.c (life of a cache), slub_stock.c (arrays that wait),
 * slub_check.c (wrong frees, validation), slub_odd.c (without arrays),
 * slub_debug.c (damage), slub_bulk.c (many at once), slab_merge.c (shared
 * caches).
 *
 * Field locks: (b) set at creation, constant later; (i) interrupts off, this
 * CPU only, or restartable sequences; (n) node->lock; (c) slab_mutex.
 */
#ifndef MM_SLAB_INTERNAL_H
#define MM_SLAB_INTERNAL_H

#include <kernel/cpu_stack.h>
#include <kernel/mutex.h>
#include <kernel/percpu.h>
#include <kernel/spinlock.h>
#include <lib/list.h>
#include <mm/highmem.h>
#include <mm/kasan.h>
#include <mm/mmzone.h>
#include <mm/slab.h>

/*
 * A bounded array of free objects, the slots of a CPU's stack:
 *
 *	objects:  |NULL| a | b | c | seal |  ...  |	limit + 2 slots
 *	            0    1       3				avail = 3
 *
 * While it is a CPU's main array, stack.top says where it ends, and avail
 * nothing.
 */
struct slab_sheaf {
	u16 avail;			/* (i), or (n) while with the node */
	u16 extra;			/* (b) not of the stock: slub_stock.c */
	struct slab_sheaf *next;	/* (n) full or empty of a node */
	void *objects[];		/* [limit + 2] */
};

/* An array of limit 0 as plain words: its fields and its two slots. */
#define NO_SHEAF_WORDS (2 + sizeof(struct slab_sheaf) / sizeof(void *))

struct kmem_cache_cpu {
	struct cpu_stack stack;		/* (i) top and end of main */
	struct slab_sheaf *main;	/* (i) no_sheaf(), or one of its own */
	struct slab_sheaf *spare;	/* (i) likewise; empty or full */
	unsigned long spare_names;	/* (i) slots to trust: slub_bulk.c */
#ifdef CONFIG_KASAN
	struct kasan_line line;		/* (i) */
#endif
};

/* Slabs by fullness: none in use, four quarters, no object free. */
#define SLAB_QUARTERS 4
enum {
	SLAB_LIST_EMPTY,
	SLAB_LIST_FULL = 1 + SLAB_QUARTERS,
	NR_SLAB_LISTS
};

struct kmem_cache_node {
	spinlock_t lock;
	unsigned int nr_partial;	/* (n) slabs not on the full list */
	unsigned long nr_slabs;		/* (n) */
	unsigned long nr_objects;	/* (n) places in them */
	struct list_head slabs[NR_SLAB_LISTS];	/* (n) */
	struct slab_sheaf *full_sheaves;	/* (n) */
	struct slab_sheaf *empty_sheaves;	/* (n) */
	unsigned int nr_extra;		/* (n) arrays beyond the stock */
	unsigned long nr_asked;		/* (n) objects that slabs had to give */
};

#define KMEM_CACHE_NAME_SIZE 40

struct kmem_cache {
	struct kmem_cache_cpu *cpu;	/* (b) per-CPU pointer */
	unsigned long secret;		/* (b) hides links, marks the free */
	unsigned int offset;		/* (b) of the free word in a place */
	unsigned int flags;		/* (b) SLAB_... */
	void *no_object;		/* (b) the seal, see below */
	unsigned long odd_bits;		/* (b) see slab_begins_plainly() */
	unsigned int size;		/* (b) a place, padding included */
	unsigned int object_size;	/* (c) what the user may touch; grows */
	u32 inverse;			/* (b) of size's odd part, mod 2^32 */
	u8 shift;			/* (b) size = odd part << shift */
	u8 order, min_order;		/* (b) wanted; when memory is short */
	unsigned int objects;		/* (b) in a slab of order */
	unsigned int min_objects;	/* (b) in a slab of min_order */
	unsigned int plain_objects;	/* (b) as above; 0: no free is plain, */
	unsigned int min_plain_objects;	/* (b) each is looked at (debugging) */
	unsigned int min_partial;	/* (b) slabs a node keeps */
	unsigned int sheaf_limit;	/* (b) of its arrays; 0: has none */
	unsigned int extra_limit;	/* (b) arrays beyond the stock: 0.. */
	unsigned int align;		/* (b) */
	unsigned int red_left_pad;	/* (b) of a place before the object */
	unsigned int inuse;		/* (b) from the object to metadata */
	unsigned long nr_shuffles;	/* atomic; see fresh_walk() */
	gfp_t allocflags;		/* (b) for its slabs */
	void (*ctor)(void *);		/* (b) */
	unsigned long slabs_gone;	/* atomic: 1, and those given back */
	void *no_sheaf[NO_SHEAF_WORDS];	/* always empty, always full */
	char name[KMEM_CACHE_NAME_SIZE];	/* (b) */
	struct list_head list;		/* (c) slab_caches */
	unsigned int owners;		/* (c) who may destroy it */
	unsigned int nr_names;		/* (c) its own, and aliases */
	struct list_head aliases;	/* (c) */
	unsigned int useroffset;	/* (b) window for user copies */
	unsigned int usersize;		/* (b) */
	struct kmem_cache_node node[];	/* [nr_node_ids] */
};

/* Another name of a merged cache: slab_merge.c. */
struct slab_alias {
	struct list_head list;		/* (c) its cache's aliases */
	char name[KMEM_CACHE_NAME_SIZE];
};

extern struct list_head slab_caches;	/* (c) */
extern struct mutex slab_mutex;
extern int slab_node_ids;		/* (b) highest node + 1 */
extern int slab_home_node;		/* (b) of the CPUs */
extern u8 kmalloc_class[KMALLOC_MAX_CACHE_SIZE / 8];

/*
 * The free word. A free object keeps one word at s->offset:
 *
 *	word ^ secret == 0		it is in an array
 *	word ^ secret == link + 1,	in its slab's freelist; link is what
 *	  in the 16 bits at the top	page->freelist would hold: index of
 *					the next + 1, or 0 at the end
 *
 * So the bits below are the secret's while the object is free, and half of
 * them are enough to see that it is not. An object handed out has that word
 * cleared. The user may store whatever he
 * likes there, so a word that looks free is a suspicion, never a proof. A cache
 * that debugs keeps the word outside the object, and while that is handed out
 * word == ~secret: any other word is damage.
 */
#define SLAB_LINK_SHIFT (BITS_PER_LONG - 16)

/* p may be anything that somebody frees, NULL too: a number, no pointer. */
static __always_inline unsigned long *slab_word(const struct kmem_cache *s,
						const void *p)
{
	return (unsigned long *)((unsigned long)p + s->offset);
}

/* An object that is given out: its word is no free one's any more. */
static __always_inline void slab_unmark(const struct kmem_cache *s, void *p)
{
	*slab_word(s, p) = 0;
}

static __always_inline bool slab_word_looks_free(const struct kmem_cache *s,
						 const void *p)
{
	return !((*slab_word(s, p) ^ s->secret) << 16);
}

/* Where in the direct map; of any other address a number all the same. */
static __always_inline unsigned long direct_map_offset(const void *p)
{
	return (unsigned long)p - (unsigned long)__va(0);
}

/*
 * Frame of an address in the direct map; of any other address a number that
 * pfn_valid() refuses or that is no slab's (high memory is never a slab's).
 */
static __always_inline unsigned long direct_map_pfn(const void *p)
{
	return direct_map_offset(p) >> PAGE_SHIFT;
}

/* Bits that no offset in the direct map has. */
#define DIRECT_MAP_NO_BITS (MAX_PHYSMEM_BITS < BITS_PER_LONG ? \
			    ~0UL << MAX_PHYSMEM_BITS % BITS_PER_LONG : 0UL)

/*
 * The descriptor to ask about p, whatever p is; NULL: ask pfn_valid(). It is
 * p's own if p is in the direct map. Other addresses are given that of some
 * page of it, where all descriptors can be read: who asks has to find out.
 */
static __always_inline struct page *page_to_ask(const void *p)
{
	unsigned long pfn = direct_map_pfn(p);

	if (VMEMMAP_READABLE)
		return pfn_to_page(pfn % MAX_PFN);
	return pfn_is_common(pfn) ? pfn_to_page(pfn) : NULL;
}

/*
 * For reports: is there a frame with a descriptor behind p? On 32 bits the
 * arithmetic gives pages of high memory too, whose address p cannot be.
 */
static inline bool in_direct_map(const void *p)
{
	unsigned long pfn = direct_map_pfn(p);

	return pfn_valid(pfn) && !PageHighMem(pfn_to_page(pfn));
}

static inline struct page *slab_head(struct page *page)
{
	return page - (page_to_pfn(page) & ((1UL << page->order) - 1));
}

/* Head of the slab that holds p, which is known to be an object. */
static inline struct page *slab_of(const void *p)
{
	return slab_head(pfn_to_page(direct_map_pfn(p)));
}

static inline unsigned int slab_objects(const struct kmem_cache *s,
					const struct page *page)
{
	return page->order == s->order ? s->objects : s->min_objects;
}

/* The same for a free that asks no further questions: how many can be plain. */
static __always_inline unsigned int
slab_plain_objects(const struct kmem_cache *s, const struct page *page)
{
	return page->order == s->order ? s->plain_objects :
					 s->min_plain_objects;
}

/* odd_bits where it always takes a division. */
#define ALL_BITS_ODD (~0UL)

/*
 * Does a place begin at p, which lies in a slab of s if it is in the direct
 * map? Told by the bits that are in no such address; where size is a power of
 * two those below it are, too. Otherwise all are: it takes a division.
 */
static __always_inline bool slab_begins_plainly(const struct kmem_cache *s,
						const void *p)
{
	return !(direct_map_offset(p) & s->odd_bits);
}

/* Does the cache look for damage? Such a one has no arrays. */
static inline bool kmem_cache_debug(const struct kmem_cache *s)
{
	return s->flags & SLAB_DEBUG_FLAGS;
}

/*
 * Number of the place that begins at p. An address inside a place, or in the
 * rest behind the last, gives a number that is not below slab_objects():
 * n * inverse(odd) is n / odd where odd divides n and huge elsewhere, and
 * the rotation throws bits that size's power of two should have cut to the
 * top.
 */
static __always_inline u32 slab_place_index(const struct kmem_cache *s,
					    const struct page *page,
					    const void *p)
{
	u32 bytes = (u32)((unsigned long)p &
			  ((PAGE_SIZE << page->order) - 1));

	return ror32(bytes * s->inverse, s->shift);
}

/* Number of the object that begins at p; likewise. */
static __always_inline u32 slab_index(const struct kmem_cache *s,
				      const struct page *page, const void *p)
{
	return slab_place_index(s, page, (const void *)((unsigned long)p -
							s->red_left_pad));
}

/* The slab of s that p lies in, whatever p is; NULL: in none. */
static inline struct page *slab_around(const struct kmem_cache *s,
				       const void *p)
{
	struct page *page = page_to_ask(p);

	if (unlikely(!page) && pfn_valid(direct_map_pfn(p)))
		page = pfn_to_page(direct_map_pfn(p));
	if (likely(page) && !(direct_map_offset(p) & DIRECT_MAP_NO_BITS) &&
	    page->type == PAGE_SLAB && page->slab_cache == s)
		return slab_head(page);
	return NULL;
}

/* Does an object of s begin at p, whatever p is? */
static inline bool slab_is_object(const struct kmem_cache *s, const void *p)
{
	unsigned long pfn = direct_map_pfn(p);
	const struct page *page = pfn_to_page(pfn);

	return pfn_valid(pfn) && page->type == PAGE_SLAB &&
	       page->slab_cache == s &&
	       slab_index(s, page, p) < slab_objects(s, page);
}

static inline void *slab_object(const struct kmem_cache *s,
				struct page *head, unsigned int index)
{
	return (char *)lowmem_page_address(head) + (size_t)index * s->size +
	       s->red_left_pad;
}

static inline struct kmem_cache_node *
slab_node(struct kmem_cache *s, const struct page *page)
{
	return &s->node[page_to_nid(page)];
}

/* The node the CPU takes from: it has memory. */
static inline int slab_local_node(void)
{
	return slab_home_node;
}

/* What stands for both arrays while a cache has none. */
static inline struct slab_sheaf *no_sheaf(struct kmem_cache *s)
{
	return (struct slab_sheaf *)s->no_sheaf;
}

/* Of the CPU we are on now; it may be another when the answer is used. */
static inline bool cpu_has_arrays(struct kmem_cache *s)
{
	return this_cpu_ptr(s->cpu)->main != no_sheaf(s);
}

/*
 * The seal, s->no_object, ends the slots that name what was popped last. It
 * is an address whose free word is the cache's own secret: if somebody should
 * really free it, it looks free, and is looked at closely.
 *
 * Other CPUs may look (slub_check.c): top, a spare and its avail are written
 * when the slots are, and read before them, so that what is found in the slots
 * is at least as new.
 */
static inline void stack_set_top(struct kmem_cache_cpu *c, void **top)
{
	__atomic_store_n(&c->stack.top, top, __ATOMIC_RELEASE);
}

static inline void **stack_top(const struct kmem_cache_cpu *c)
{
	return __atomic_load_n(&c->stack.top, __ATOMIC_ACQUIRE);
}

static inline void sheaf_set_avail(struct slab_sheaf *sheaf, unsigned int avail)
{
	__atomic_store_n(&sheaf->avail, (u16)avail, __ATOMIC_RELEASE);
}

static inline unsigned int sheaf_avail(const struct slab_sheaf *sheaf)
{
	return __atomic_load_n(&sheaf->avail, __ATOMIC_ACQUIRE);
}

static inline void cpu_set_spare(struct kmem_cache_cpu *c,
				 struct slab_sheaf *spare)
{
	c->spare_names = 0;
	__atomic_store_n(&c->spare, spare, __ATOMIC_RELEASE);
}

static inline struct slab_sheaf *cpu_spare(const struct kmem_cache_cpu *c)
{
	return __atomic_load_n(&c->spare, __ATOMIC_ACQUIRE);
}

/*
 * Between the two the CPUs' arrays can be looked at, other CPUs' too: no array
 * changes between a CPU and the node, and so none is freed.
 */
static inline void arrays_hold(struct kmem_cache *s, unsigned long *flags)
{
	spin_lock_irqsave(&s->node[slab_local_node()].lock, *flags);
}

static inline void arrays_release(struct kmem_cache *s, unsigned long flags)
{
	spin_unlock_irqrestore(&s->node[slab_local_node()].lock, flags);
}

/* Objects in a CPU's main array; another CPU's, working: nearly. */
static inline unsigned int stack_count(const struct kmem_cache_cpu *c)
{
	void **first = stack_top(c), **top = first;

	while (READ_ONCE(first[-1]))
		first--;
	return (unsigned int)(top - first);
}

/* What a request for size bytes of s tells the slow paths: GFP_SLACK(). */
static __always_inline gfp_t slab_slack(const struct kmem_cache *s,
					size_t size)
{
	return GFP_SLACK(s->object_size - size);
}

/* Bytes that were asked for; gfp as it came. */
static inline unsigned int slab_size_asked(const struct kmem_cache *s,
					   gfp_t gfp)
{
	unsigned int slack = gfp >> GFP_SLACK_SHIFT;
	unsigned int size = READ_ONCE(s->object_size);

	return s->flags & SLAB_KMALLOC && slack < size ? size - slack : size;
}

/* slub.c: what the fast path falls back to. */
void __slowpath *__slab_alloc(struct kmem_cache *s, gfp_t gfp, int nid);
typedef void *(*slab_take_fn)(struct kmem_cache *s, int nid, gfp_t gfp);
void *slab_take_one(struct kmem_cache *s, int nid, gfp_t gfp);
void *slab_alloc_growing(struct kmem_cache *s, gfp_t gfp, int nid,
			 slab_take_fn take_here, slab_take_fn take);
void __slowpath *slab_alloc_finish(struct kmem_cache *s, void *p, gfp_t gfp);
void __slowpath __slab_free(struct kmem_cache *s, const void *p);
void main_set(struct kmem_cache *s, struct kmem_cache_cpu *c,
	      struct slab_sheaf *sheaf);
void swap_main_and_spare(struct kmem_cache *s, struct kmem_cache_cpu *c);
bool main_fill(struct kmem_cache *s, struct kmem_cache_cpu *c);
void __slowpath slab_free_full(struct kmem_cache *s, void *p);
void main_make_room(struct kmem_cache *s, struct kmem_cache_cpu *c);

/* slub_node.c */
void node_init(struct kmem_cache_node *n);
unsigned int node_take(struct kmem_cache *s, int nid, void **objs,
		       unsigned int want);
unsigned int node_take_locked(struct kmem_cache *s, struct kmem_cache_node *n,
			      void **objs, unsigned int want);
bool node_grow(struct kmem_cache *s, gfp_t gfp, int nid);
void node_put(struct kmem_cache *s, void **objs, unsigned int nr);
void node_put_checked(struct kmem_cache *s, void *p,
		      bool (*check)(struct kmem_cache *s, struct page *head,
				    void *p));
unsigned int slab_list_of(const struct kmem_cache *s, const struct page *head);
void node_sort_slab(struct kmem_cache *s, struct kmem_cache_node *n,
		    struct page *head, unsigned int from);
void node_discard_empty(struct kmem_cache *s);
bool node_has_slabs(struct kmem_cache *s);

/* slub_stock.c */
struct slab_sheaf *node_swap_for_full(struct kmem_cache *s, int nid,
				      struct slab_sheaf *empty);
struct slab_sheaf *node_swap_for_empty(struct kmem_cache *s, int nid,
				       struct slab_sheaf *full);
void node_add_sheaf(struct kmem_cache_node *n, struct slab_sheaf *sheaf);
struct slab_sheaf *node_remove_sheaf(struct kmem_cache_node *n);
struct slab_sheaf *node_take_sheaf(struct kmem_cache_node *n);
struct slab_sheaf *node_swap_extra(struct kmem_cache *s, int nid,
				   struct slab_sheaf *extra);
unsigned int slab_extra_limit(const struct kmem_cache *s);
bool node_add_extra(struct kmem_cache *s, int nid);
bool node_free_extra(struct kmem_cache *s);
void node_flush_sheaves(struct kmem_cache *s);

/*
 * slub_shrink.c: puts what is in this CPU's arrays back into the slabs.
 * Interrupts are off, as CPUs are asked, or no handler uses this cache.
 */
void slab_flush_cpu(struct kmem_cache *s);
/* The same on all CPUs, and the node's stock; threads. */
void slab_flush_all(struct kmem_cache *s);
void slab_flush_arrays(struct kmem_cache *s, struct kmem_cache_cpu *c);

/* slub_slab.c */
struct page *slab_create(struct kmem_cache *s, gfp_t gfp, int nid);
void slab_discard(struct kmem_cache *s, struct page *head);
unsigned int slab_take(struct kmem_cache *s, struct page *head, void **objs,
		       unsigned int want);
/* Where p's link leads: SLAB_LINK_BAD if it is none. */
#define SLAB_LINK_BAD (~0UL)
unsigned long slab_link(const struct kmem_cache *s, struct page *head,
			const void *p);
void slab_set_link(const struct kmem_cache *s, void *p, u16 link);
/* Places a slab can have at most: one per 8 bytes of the largest order. */
#define SLAB_MAX_OBJECTS 4096
/* Stands in page->freelist until the first object is taken. */
#define SLAB_FRESH 0xffff

unsigned int slab_put(struct kmem_cache *s, struct page *head, void **objs,
		      unsigned int nr);
void slab_link_all(struct kmem_cache *s, struct page *head);
bool slab_freelist_has(const struct kmem_cache *s, struct page *head,
		       const void *p);
const char *slab_check(const struct kmem_cache *s, struct page *head);
void slab_print_live(struct kmem_cache *s, struct page *head);

/* slab_merge.c */
extern bool slab_no_merging;	/* (b) slab_nomerge on the command line */
struct kmem_cache *slab_merge(const char *name, unsigned int size,
			      unsigned int align, slab_flags_t flags);
bool slab_drop_owner(const struct kmem_cache *s);
bool slab_name_is_taken(const char *name);
void slab_names_init(struct kmem_cache *s);
void slab_names_free(struct kmem_cache *s);

/* slub_layout.c: false if no slab can hold such an object. */
unsigned int slab_align(unsigned int size, unsigned int align,
			slab_flags_t flags);
bool slab_layout(struct kmem_cache *s);
unsigned int slab_sheaf_limit(const struct kmem_cache *s);

/* slub_cache.c */
struct kmem_cache *slab_cache_make(const char *name, unsigned int size,
				   unsigned int align, slab_flags_t flags,
				   void (*ctor)(void *));
/* Owns the slabs that destroyed caches left behind. */
extern struct kmem_cache *const slab_graveyard;

/* slub_arrays.c */
struct slab_sheaf *slab_sheaf_create(struct kmem_cache *s, gfp_t gfp);
unsigned int slab_node_stock(void);
bool slab_cache_add_sheaves(struct kmem_cache *s);
void slab_cache_free_sheaves(struct kmem_cache *s);
void slab_arrays_follow(struct kmem_cache *s);
/*
 * Takes the arrays of all caches away: from then on every allocation and free
 * on every CPU goes through slub_odd.c. Counted, and one "on" too many is
 * reported and refused; threads, may sleep.
 */
void slab_arrays_off(void);
void slab_arrays_on(void);

/* slub_odd.c: an object of a cache without arrays, and its free (marked). */
void *slab_alloc_odd(struct kmem_cache *s, gfp_t gfp, int nid,
		     unsigned long caller);
/* p goes back to its slab, all questions asked. */
void slab_put_odd(struct kmem_cache *s, void *p, unsigned long caller);
void slab_free_odd(struct kmem_cache *s, void *p, unsigned long caller);
bool slab_inits(const struct kmem_cache *s);

/* kmalloc.c */
void kmalloc_init(void);
/* Bytes at p, the beginning of an object or block in use; 0: reported. */
size_t kmalloc_usable_size(const void *p);

/* slub_check.c */
const char *slab_free_fault(struct kmem_cache *s, const void *p);
bool slab_is_free(struct kmem_cache *s, const void *p);
void slab_report(const char *kind, const struct kmem_cache *s, const void *p);

#endif
