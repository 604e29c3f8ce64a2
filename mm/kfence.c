/*
 * Guarded objects: the pool.
 *
 * The problem: a read past the end of an object, or after its free, damages
 * nothing, so no check of memory ever finds it; a write is found when the
 * object is freed, long after. Only the CPU sees each access, and it looks at
 * pages alone. So give an object a page of its own, put it at the page's edge,
 * and let there be no page beside it.
 *
 *	page  0     1     2      3     4      5     6      7
 *	    |#####|#####|obj...|#####|...obj|#####|      |#####| ...
 *	     guard guard slot 0 guard slot 1 guard slot 2 guard
 *	                 left         right        free:
 *	                 edge         edge         taken away too
 *
 * That costs two pages for an object: too much for all, little for some. Which
 * ones, kfence_sample.c says; over days and machines it will have been every
 * one.
 *
 * Allocation:
 *  1. take the slot that has been free for longest, so that a late access to
 *     an object still finds it gone;
 *  2. map its page; put the object at the left or right edge, by chance. At
 *     the right its alignment may leave a gap;
 *  3. fill all of the page that is not object with canaries;
 *  4. note who asked.
 * Free:
 *  1. prove that p is where an object in use of this cache begins; from here
 *     on it is free, and a second free is one;
 *  2. look at the canaries: a write into the gap faults nobody;
 *  3. take the page away; the slot goes to the end of the queue.
 *
 * A page that a fault opened (kfence_report.c) is closed again when the slot
 * beside it is next allocated or freed.
 *
 * Objects are found by their pages, PAGE_GUARDED, as others by PAGE_SLAB; so
 * kfree() and kmem_cache_free() need no test for them: their fast paths give
 * up, as for any page that is no slab's. A page names the cache while its
 * object is in use: the census counts these apart.
 *
 * The pool lies in the direct map: virt_to_page() and __pa() are right for
 * guarded objects as well.
 *
 * Locks: kfence_lock, for all slots and the pool's page table entries. It is
 * one of the last in rank, for a fault happens with anything held; reports are
 * made under it. Canaries, zeroes and constructors are written without it, to
 * a page that is one caller's own.
 *
 * Invariants: live + leaving + buried + free slots == objects; a page is open
 * if its object is in use, or since a fault there.
 *
 * Cost: two page table entries, one TLB flush and a page of canaries per
 * object. Nothing for the others.
 *
 * Left out: Linux's leaving out of stacks that are guarded already, as long as
 * the pool is nearly full.
 */
#include <asm/kfence.h>
#include <asm/machine.h>
#include <kernel/init.h>
#include <kernel/printk.h>
#include <kernel/random.h>
#include <kernel/time.h>
#include <lib/bitmap.h>
#include <lib/kernel.h>
#include <lib/random.h>
#include <lib/string.h>
#include <mm/init_on.h>

#include "kfence_internal.h"
#include "slub_debug.h"

DEFINE_SPINLOCK(kfence_lock, RANK_KFENCE);
unsigned long kfence_pool, kfence_pool_size;
struct kfence_metadata *kfence_metadata;
unsigned int kfence_nr_objects;
struct kfence_stats kfence_stats;
unsigned long kfence_protections;

static LIST_HEAD(free_slots);
static struct rng rng;
static unsigned long open_pages[BITS_TO_LONGS(2 * KFENCE_MAX_OBJECTS + 2)];

static unsigned long page_index(unsigned long addr)
{
	return (addr - kfence_pool) >> PAGE_SHIFT;
}

static unsigned long slot_page(const struct kfence_metadata *meta)
{
	unsigned long nr = (unsigned long)(meta - kfence_metadata);

	return kfence_pool + ((2 * nr + 2) << PAGE_SHIFT);
}

struct kfence_metadata *kfence_metadata_at(unsigned long addr)
{
	unsigned long index = page_index(addr);

	return index % 2 || !index ? NULL : &kfence_metadata[index / 2 - 1];
}

bool kfence_open_page(unsigned long addr)
{
	unsigned long index = page_index(addr);

	if (test_bit(index, open_pages))
		return false;
	__set_bit(index, open_pages);
	kfence_protect_page(ALIGN_DOWN(addr, PAGE_SIZE), false);
	return true;
}

static void close_page(unsigned long addr)
{
	unsigned long index = page_index(addr);

	if (!test_bit(index, open_pages))
		return;
	__clear_bit(index, open_pages);
	kfence_protect_page(addr, true);
	__atomic_fetch_add(&kfence_protections, 1, __ATOMIC_RELEASE);
}

/* The guards beside a slot; the very first page is a guard as well. */
static void close_guards(const struct kfence_metadata *meta)
{
	unsigned long page = slot_page(meta);

	close_page(page - PAGE_SIZE);
	close_page(page + PAGE_SIZE);
	if (meta == kfence_metadata)
		close_page(kfence_pool);
}

static noinline void save_track(struct kfence_track *track)
{
	const struct task_struct *task = current;

	track->jiffies = get_jiffies();
	track->cpu = smp_processor_id();
	track->pid = task ? task->pid : 0;
	strscpy(track->name, task ? task->name : "boot", sizeof(track->name));
	track->nr = stack_trace_save(track->stack, KFENCE_STACK_DEPTH, 2);
}

/* ----- canaries ----- */

/* Eight of them, as they lie in memory. */
#define CANARY_WORD 0xb2b3b0b1b6b7b4b5ULL

static bool whole_word(unsigned long addr, unsigned long end)
{
	return addr % 8 == 0 && end - addr >= 8;
}

static void fill_canaries(unsigned long addr, unsigned long end)
{
	while (addr < end) {
		if (whole_word(addr, end)) {
			*(u64 *)addr = CANARY_WORD;
			addr += 8;
		} else {
			*(u8 *)addr = kfence_canary(addr);
			addr++;
		}
	}
}

/* Changed bytes in [addr, end); the first one to *first, if it has none. */
static unsigned int count_changed(unsigned long addr, unsigned long end,
				  unsigned long *first)
{
	unsigned int nr = 0;

	while (addr < end) {
		if (whole_word(addr, end) &&
		    *(const u64 *)addr == CANARY_WORD) {
			addr += 8;
			continue;
		}
		if (*(const u8 *)addr != kfence_canary(addr)) {
			*first = *first ? *first : addr;
			nr++;
		}
		addr++;
	}
	return nr;
}

/* What was written over around an object. */
struct damage {
	unsigned long first;
	unsigned int bytes;
};

static struct damage find_damage(const struct kfence_metadata *meta)
{
	unsigned long page = slot_page(meta);
	struct damage d = { 0 };

	d.bytes = count_changed(page, meta->addr, &d.first);
	d.bytes += count_changed(kfence_end(meta), page + PAGE_SIZE, &d.first);
	return d;
}

/* ----- allocation ----- */

bool kfence_suits(const struct kmem_cache *s, size_t size, gfp_t gfp)
{
	const slab_flags_t never = SLAB_CACHE_DMA | SLAB_CACHE_DMA32 |
				   SLAB_SKIP_KFENCE;

	return size <= PAGE_SIZE && !(s->flags & never) &&
	       !(gfp & (__GFP_DMA | __GFP_DMA32 | __GFP_HIGHMEM)) &&
	       !(s->ctor && (gfp & __GFP_ZERO));
}

/*
 * A cache's objects have its alignment. kmalloc() of less than the class has
 * promised only what divides the size.
 */
static size_t alignment(const struct kmem_cache *s, size_t size)
{
	size_t align = s->align;

	if (size < READ_ONCE(s->object_size))
		align = min(align, max((size_t)ARCH_KMALLOC_MINALIGN,
				       size & -size));
	return align;
}

static struct kfence_metadata *take_slot(void)
{
	struct kfence_metadata *meta;

	if (list_empty(&free_slots)) {
		kfence_stats.full += kfence_nr_objects != 0;
		return NULL;
	}
	meta = list_first_entry(&free_slots, struct kfence_metadata, list);
	list_del(&meta->list);
	return meta;
}

static void occupy(struct kfence_metadata *meta, struct kmem_cache *s,
		   size_t size)
{
	unsigned long page = slot_page(meta);

	close_guards(meta);
	kfence_open_page(page);
	meta->addr = page;
	if (rng_next(&rng) >> 63)
		meta->addr += ALIGN_DOWN(PAGE_SIZE - size, alignment(s, size));
	meta->size = size;
	WRITE_ONCE(meta->cache, s);
	strscpy(meta->cache_name, s->name, sizeof(meta->cache_name));
	WRITE_ONCE(meta->state, KFENCE_ALLOCATED);
	virt_to_page(page)->slab_cache = s;
	kfence_stats.live++;
	kfence_stats.allocs++;
}

/* Without the lock: the page is ours. */
static void *prepare(const struct kfence_metadata *meta, struct kmem_cache *s,
		     gfp_t gfp)
{
	unsigned long page = slot_page(meta);
	void *p = (void *)meta->addr;

	fill_canaries(page, meta->addr);
	fill_canaries(kfence_end(meta), page + PAGE_SIZE);
	if ((gfp & __GFP_ZERO) || (slab_inits(s) && init_on_alloc))
		memset(p, 0, meta->size);
	if (s->ctor)
		s->ctor(p);
	return p;
}

void *kfence_alloc(struct kmem_cache *s, size_t size, gfp_t gfp)
{
	struct kfence_metadata *meta;
	struct kfence_track track;
	unsigned long flags;

	if (!kfence_suits(s, size, gfp))
		return NULL;
	save_track(&track);
	spin_lock_irqsave(&kfence_lock, flags);
	meta = take_slot();
	if (meta) {
		occupy(meta, s, size);
		meta->alloc_track = track;
	}
	spin_unlock_irqrestore(&kfence_lock, flags);
	return meta ? prepare(meta, s, gfp) : NULL;
}

/* ----- free ----- */

/* Why p must not be freed to s, or NULL: the words of slab_free_fault(). */
static const char *free_fault(const struct kfence_metadata *meta,
			      const struct kmem_cache *s, unsigned long p)
{
	if (!meta || meta->state == KFENCE_UNUSED)
		return "not an object";
	if (meta->state == KFENCE_BURIED)
		return "destroyed cache";
	if (p != meta->addr)
		return p - meta->addr < meta->size ? "inside an object" :
						     "not an object";
	if (meta->state == KFENCE_FREED)
		return "double free";
	return s && s != meta->cache ? "wrong cache" : NULL;
}

/* The object is no longer in use; its slot waits for what comes next. */
static void vacate(struct kfence_metadata *meta, enum kfence_state state)
{
	WRITE_ONCE(meta->state, state);
	close_guards(meta);
	kfence_stats.live--;
}

static void queue_slot(struct kfence_metadata *meta)
{
	close_page(slot_page(meta));
	virt_to_page(slot_page(meta))->slab_cache = NULL;
	list_add_tail(&meta->list, &free_slots);
	kfence_stats.frees++;
}

/* True: the slot is ours to look at and to queue. */
static bool begin_free(struct kfence_metadata *meta, struct kmem_cache *s,
		       const void *p, const struct kfence_track *track)
{
	const char *fault;
	unsigned long flags;

	spin_lock_irqsave(&kfence_lock, flags);
	fault = free_fault(meta, s, (unsigned long)p);
	if (unlikely(fault)) {
		kfence_report_free(fault, s, p, meta);
	} else {
		meta->free_track = *track;
		vacate(meta, KFENCE_FREED);
		kfence_stats.leaving++;
	}
	spin_unlock_irqrestore(&kfence_lock, flags);
	return !fault;
}

void kfence_free(struct kmem_cache *s, const void *p)
{
	struct kfence_metadata *meta = kfence_metadata_at((unsigned long)p);
	struct kfence_track track;
	struct damage damage;
	unsigned long flags;

	save_track(&track);
	if (!begin_free(meta, s, p, &track))
		return;
	damage = find_damage(meta);
	if (slab_inits(meta->cache) && init_on_free)
		memset((void *)meta->addr, 0, meta->size);
	spin_lock_irqsave(&kfence_lock, flags);
	if (unlikely(damage.bytes))
		kfence_report_corruption(meta, damage.first, damage.bytes);
	queue_slot(meta);
	kfence_stats.leaving--;
	spin_unlock_irqrestore(&kfence_lock, flags);
}

const char *kfence_free_fault(struct kmem_cache *s, const void *p)
{
	struct kfence_metadata *meta = kfence_metadata_at((unsigned long)p);
	const char *fault;
	unsigned long flags;

	spin_lock_irqsave(&kfence_lock, flags);
	fault = free_fault(meta, s, (unsigned long)p);
	spin_unlock_irqrestore(&kfence_lock, flags);
	return fault;
}

size_t kfence_ksize(const void *p)
{
	struct kfence_metadata *meta = kfence_metadata_at((unsigned long)p);
	const char *fault;
	unsigned long flags;
	size_t size = 0;

	spin_lock_irqsave(&kfence_lock, flags);
	fault = free_fault(meta, NULL, (unsigned long)p);
	if (fault)
		kfence_report_free(fault, NULL, p, meta);
	else
		size = meta->size;
	spin_unlock_irqrestore(&kfence_lock, flags);
	return size;
}

/* ----- a cache ends ----- */

/* Without the lock: true for what s had all the while. */
static bool is_live(const struct kfence_metadata *meta,
		    const struct kmem_cache *s)
{
	return READ_ONCE(meta->state) == KFENCE_ALLOCATED &&
	       READ_ONCE(meta->cache) == s;
}

unsigned long kfence_count(const struct kmem_cache *s)
{
	unsigned long nr = 0;
	unsigned int i;

	for (i = 0; i < kfence_nr_objects; i++)
		nr += is_live(&kfence_metadata[i], s);
	return nr;
}

/* In a report, so kfence_lock would come too late. */
void kfence_print_live(const struct kmem_cache *s)
{
	unsigned int i;

	for (i = 0; i < kfence_nr_objects; i++)
		if (is_live(&kfence_metadata[i], s) && !slab_event())
			printk(KERN_ERR "  object %px, guarded\n",
			       (void *)kfence_metadata[i].addr);
}

/* Somebody has pointers there: later accesses and frees are to be seen. */
void kfence_bury(const struct kmem_cache *s)
{
	struct kfence_metadata *meta;
	struct kfence_track track;
	unsigned long flags;
	unsigned int i;

	save_track(&track);
	spin_lock_irqsave(&kfence_lock, flags);
	for (i = 0; i < kfence_nr_objects; i++) {
		meta = &kfence_metadata[i];
		if (!is_live(meta, s))
			continue;
		vacate(meta, KFENCE_BURIED);
		close_page(slot_page(meta));
		meta->free_track = track;
		virt_to_page(slot_page(meta))->slab_cache = slab_graveyard;
		kfence_stats.buried++;
	}
	spin_unlock_irqrestore(&kfence_lock, flags);
}

void kfence_exhume(void)
{
	struct kfence_metadata *meta;
	unsigned long flags;
	unsigned int i;

	spin_lock_irqsave(&kfence_lock, flags);
	for (i = 0; i < kfence_nr_objects; i++) {
		meta = &kfence_metadata[i];
		if (meta->state != KFENCE_BURIED)
			continue;
		WRITE_ONCE(meta->state, KFENCE_FREED);
		virt_to_page(slot_page(meta))->slab_cache = NULL;
		list_add_tail(&meta->list, &free_slots);
		kfence_stats.buried--;
	}
	spin_unlock_irqrestore(&kfence_lock, flags);
}

void kfence_get_stats(struct kfence_stats *stats)
{
	unsigned long flags;

	spin_lock_irqsave(&kfence_lock, flags);
	*stats = kfence_stats;
	stats->objects = kfence_nr_objects;
	spin_unlock_irqrestore(&kfence_lock, flags);
	kfence_sample_stats(stats);
}

/* ----- proof ----- */

static const char *check_slot(const struct kfence_metadata *meta)
{
	unsigned long page = slot_page(meta);
	bool is_open = test_bit(page_index(page), open_pages);

	if (virt_to_page(page)->type != PAGE_GUARDED)
		return "guarded: a page is not of the pool";
	if (meta->state != KFENCE_ALLOCATED)
		return NULL;
	if (!is_open)
		return "guarded: the page of an object in use is not there";
	if (meta->addr < page || kfence_end(meta) > page + PAGE_SIZE)
		return "guarded: an object is not in its page";
	return NULL;
}

const char *kfence_validate(void)
{
	const char *broken = NULL;
	unsigned int i, not_free;
	struct list_head *pos;
	unsigned long flags;

	spin_lock_irqsave(&kfence_lock, flags);
	not_free = kfence_stats.live + kfence_stats.buried +
		   kfence_stats.leaving;
	list_for_each(pos, &free_slots)
		not_free++;
	if (not_free != kfence_nr_objects)
		broken = "guarded: slots are lost, or in two places";
	for (i = 0; i < kfence_nr_objects && !broken; i++)
		broken = check_slot(&kfence_metadata[i]);
	spin_unlock_irqrestore(&kfence_lock, flags);
	return broken;
}

/* ----- the beginning ----- */

static void __init take_pages_away(void)
{
	unsigned long page;

	for (page = 0; page < kfence_pool_size; page += PAGE_SIZE) {
		virt_to_page(kfence_pool + page)->slab_cache = NULL;
		virt_to_page(kfence_pool + page)->type = PAGE_GUARDED;
		__set_bit(page >> PAGE_SHIFT, open_pages);
		close_page(kfence_pool + page);
	}
}

/* Slots in a random order: which lies beside which is chance as well. */
static void __init queue_slots(void)
{
	struct kfence_metadata *meta;
	unsigned int i;

	for (i = 0; i < kfence_nr_objects; i++) {
		meta = &kfence_metadata[i];
		if (rng_next(&rng) >> 63)
			list_add(&meta->list, &free_slots);
		else
			list_add_tail(&meta->list, &free_slots);
	}
}

bool __init kfence_make_pool(unsigned int objects)
{
	size_t size = (2UL * objects + 2) * PAGE_SIZE;
	void *pool = alloc_pages_exact(size, GFP_KERNEL | __GFP_NOWARN);

	kfence_metadata = kcalloc(objects, sizeof(*kfence_metadata),
				  GFP_KERNEL | __GFP_NOWARN);
	if (!pool || !kfence_metadata ||
	    !kfence_prepare_range((unsigned long)pool, size)) {
		if (pool)
			free_pages_exact(pool, size);
		kfree(kfence_metadata);
		pr_warn("kfence: no memory for %u objects\n", objects);
		return false;
	}
	rng = rng_seed(get_random_u64());
	kfence_pool = (unsigned long)pool;
	kfence_pool_size = size;
	kfence_nr_objects = objects;
	take_pages_away();
	queue_slots();
	pr_info("kfence: %u objects in %zu KiB at %px\n", objects, size >> 10,
		pool);
	return true;
}
