/*
 * Guarded objects: what a fault in the pool, or a wrong free, means.
 *
 * The problem: the CPU says an address and "nothing there". Who owns the page
 * that is not there?
 *
 *	guard page		the objects in the pages left and right of it,
 *				if in use: the nearer one was overrun
 *				neither in use: no object's access; both as
 *				near: the right one
 *	object page, free	the object that was there: used after free
 *	object page, never used	no object's access
 *
 *	    |  obj|#############|obj    |
 *	         a <-d1-> ^ <-d2-> b		d1 < d2: past the end of a
 *
 * Then the page is opened and the instruction done again, as if nothing had
 * been wrong: what it reads is what stands there, what it writes harms nobody.
 * The page stays open, so that each mistake is told once, until the slot
 * beside it is allocated or freed. If the page is open already, another CPU
 * fell into the same hole a moment before.
 *
 * Cost: only mistakes cost.
 */
#include <asm/kfence.h>
#include <kernel/printk.h>
#include <kernel/report.h>
#include <kernel/time.h>
#include <lib/kernel.h>
#include <lib/sprintf.h>

#include "kfence_internal.h"

static void print_track(const char *what, const struct kfence_track *track)
{
	unsigned long ms = (unsigned long)(track->jiffies * (1000 / HZ));
	unsigned int i;

	printk(KERN_ERR "%s by %s (%d) on CPU %u at %lu.%02lu s:\n", what,
	       track->name, track->pid, track->cpu, ms / 1000, ms % 1000 / 10);
	for (i = 0; i < track->nr; i++)
		printk(KERN_ERR "  %px %pB\n", (void *)track->stack[i],
		       (void *)track->stack[i]);
}

static void print_object(const struct kfence_metadata *meta)
{
	if (!meta || meta->state == KFENCE_UNUSED)
		return;
	printk(KERN_ERR "guarded object %px-%px, size %zu, cache %s\n",
	       (void *)meta->addr, (void *)(kfence_end(meta) - 1), meta->size,
	       meta->cache_name);
	print_track("allocated", &meta->alloc_track);
	if (meta->state == KFENCE_FREED)
		print_track("freed", &meta->free_track);
	if (meta->state == KFENCE_BURIED)
		print_track("cache destroyed", &meta->free_track);
}

/* ----- frees ----- */

void kfence_report_free(const char *kind, const struct kmem_cache *s,
			const void *p, const struct kfence_metadata *meta)
{
	kfence_stats.bugs++;
	report_begin(kind, "cache %s, object %px", s ? s->name :
		     meta && meta->state != KFENCE_UNUSED ? meta->cache_name :
		     "(none)", p);
	print_object(meta);
	report_end();
}

void kfence_report_corruption(const struct kfence_metadata *meta,
			      unsigned long first, unsigned int nr)
{
	bool left = first < meta->addr;

	kfence_stats.bugs++;
	report_begin("memory corruption",
		     "cache %s, object %px: %u bytes changed beside it, first at %px, %lu bytes %s",
		     meta->cache_name, (void *)meta->addr, nr, (void *)first,
		     left ? meta->addr - first : first - kfence_end(meta) + 1,
		     left ? "left" : "right");
	printk(KERN_ERR "found %#x instead of %#x\n", *(const u8 *)first,
	       kfence_canary(first));
	print_object(meta);
	report_end();
}

/* ----- faults ----- */

/* What the access was, seen from the object it has to do with. */
struct fault {
	const struct kfence_metadata *meta;
	const char *kind;
	char where[48];
};

static void accessed_nothing(struct fault *f, unsigned long addr)
{
	*f = (struct fault){ .kind = "invalid", .where = "no object there" };
}

static void accessed_freed(struct fault *f, const struct kfence_metadata *meta,
			   unsigned long addr)
{
	f->meta = meta;
	f->kind = "use-after-free";
	ksnprintf(f->where, sizeof(f->where), "%ld bytes from its start",
		  (long)(addr - meta->addr));
}

static bool in_use(const struct kfence_metadata *meta)
{
	return meta && meta->state == KFENCE_ALLOCATED;
}

/* addr is in a guard page; the page beside it may be another guard. */
static void accessed_guard(struct fault *f, unsigned long addr)
{
	const struct kfence_metadata *left = NULL, *right = NULL;
	unsigned long past = ~0UL, before = ~0UL;

	if (is_kfence_address((void *)(addr - PAGE_SIZE)))
		left = kfence_metadata_at(addr - PAGE_SIZE);
	if (is_kfence_address((void *)(addr + PAGE_SIZE)))
		right = kfence_metadata_at(addr + PAGE_SIZE);
	if (in_use(left))
		past = addr - kfence_end(left) + 1;
	if (in_use(right))
		before = right->addr - addr;
	if (!in_use(left) && !in_use(right)) {
		accessed_nothing(f, addr);
		return;
	}
	f->meta = past < before ? left : right;
	f->kind = "out-of-bounds";
	ksnprintf(f->where, sizeof(f->where), "%lu bytes %s of it",
		  min(past, before), past < before ? "right" : "left");
}

static void classify(struct fault *f, unsigned long addr)
{
	const struct kfence_metadata *meta = kfence_metadata_at(addr);

	if (!meta)
		accessed_guard(f, addr);
	else if (meta->state == KFENCE_UNUSED)
		accessed_nothing(f, addr);
	else
		accessed_freed(f, meta, addr);
}

static void report_fault(unsigned long addr, bool is_write,
			 const struct pt_regs *regs)
{
	struct fault f;
	char kind[32];

	classify(&f, addr);
	kfence_stats.bugs++;
	ksnprintf(kind, sizeof(kind), "%s %s", f.kind,
		  is_write ? "write" : "read");
	if (f.meta)
		report_begin(kind, "cache %s, object %px: address %px, %s",
			     f.meta->cache_name, (void *)f.meta->addr,
			     (void *)addr, f.where);
	else
		report_begin(kind, "address %px, %s", (void *)addr, f.where);
	printk(KERN_ERR "accessed by %pS on CPU %u\n",
	       (void *)kfence_fault_ip(regs), smp_processor_id());
	print_object(f.meta);
	report_end();
}

bool kfence_handle_page_fault(unsigned long addr, bool is_write,
			      const struct pt_regs *regs)
{
	unsigned long flags;

	if (!is_kfence_address((const void *)addr))
		return false;
	spin_lock_irqsave(&kfence_lock, flags);
	if (kfence_open_page(addr))
		report_fault(addr, is_write, regs);
	spin_unlock_irqrestore(&kfence_lock, flags);
	return true;
}
