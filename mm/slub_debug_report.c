/*
 * What is told of damage: the kind, where, what was found, who had it.
 *
 *	BUG: Right Redzone overwritten: cache task, object ffff..., 1 bytes ...
 *	slab ffff... of cache task, order 0, in use 3 of 12
 *	allocated by thread 4 on CPU 1, 12 us ago:
 *	  task_create+0x31/0x80
 *	freed by ...
 *	before it, object, behind it:
 *	  ffff...: cc cc cc cc 6b 6b 6b ...
 *	call stack: ...				who looked
 *	FIX task: ...
 *
 * A finding and its repair are two events. A test that makes damage on purpose
 * counts events instead of reading the log: it has a slab_add_kunit_errors()
 * of its own, which replaces the weak one at link time.
 *
 * Locks: none; called with node->lock held.
 */
#include <kernel/printk.h>
#include <kernel/report.h>
#include <kernel/time.h>
#include <lib/sprintf.h>
#include "slub_debug.h"

/* Longest piece of memory that is shown. */
#define SHOWN_BYTES 128
#define LINE_BYTES 16

bool __weak slab_add_kunit_errors(void)
{
	return false;
}

bool __weak slab_in_kunit_test(void)
{
	return false;
}

static unsigned long nr_events;

bool slab_event(void)
{
	__atomic_fetch_add(&nr_events, 1, __ATOMIC_RELAXED);
	return slab_add_kunit_errors();
}

unsigned long slab_nr_events(void)
{
	return __atomic_load_n(&nr_events, __ATOMIC_RELAXED);
}

static void print_line(const u8 *from, unsigned int n)
{
	char text[3 * LINE_BYTES + 1];
	unsigned int i;

	for (i = 0; i < n; i++)
		ksnprintf(text + 3 * i, sizeof(text) - 3 * i, " %02x", from[i]);
	printk(KERN_ERR "  %px:%s\n", from, text);
}

static void print_bytes(const char *what, const void *from, unsigned int n)
{
	unsigned int i;

	if (!n)
		return;
	printk(KERN_ERR "%s, %u bytes:\n", what, n);
	n = min(n, (unsigned int)SHOWN_BYTES);
	for (i = 0; i < n; i += LINE_BYTES)
		print_line((const u8 *)from + i,
			   min(n - i, (unsigned int)LINE_BYTES));
}

static void print_track(const char *what, const struct track *t, u64 now)
{
	unsigned int i;

	if (!t->addrs[0])
		return;
	printk(KERN_ERR "%s by thread %d on CPU %u, %llu us ago:\n", what,
	       t->pid, t->cpu, (unsigned long long)(now - min(now, t->when)));
	for (i = 0; i < TRACK_ADDRS_COUNT && t->addrs[i]; i++)
		printk(KERN_ERR "  %pB\n", (void *)t->addrs[i]);
}

void slab_print_tracks(const struct kmem_cache *s, const void *p)
{
	u64 now = ktime_get_us();	/* printing takes its time */

	if (!slab_keeps_tracks(s))
		return;
	print_track("allocated", slab_track(s, p, TRACK_ALLOC), now);
	print_track("freed", slab_track(s, p, TRACK_FREE), now);
}

static void print_object(const struct kmem_cache *s, const void *p)
{
	unsigned int before = min(s->red_left_pad, (unsigned int)LINE_BYTES);

	slab_print_tracks(s, p);
	print_bytes("before it", (const char *)p - before, before);
	print_bytes("object", p, s->object_size);
	print_bytes("behind it", (const char *)p + s->object_size,
		    s->inuse - s->object_size + (unsigned int)sizeof(long));
}

void slab_bug(struct kmem_cache *s, struct page *head, void *p,
	      const char *kind, const char *fmt, ...)
{
	char text[128];
	va_list args;

	if (slab_event())
		return;
	va_start(args, fmt);
	kvsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	report_begin(kind, "cache %s, object %px, %s", s->name, p, text);
	printk(KERN_ERR "slab %px of cache %s, order %u, in use %u of %u\n",
	       lowmem_page_address(head), s->name, head->order, head->inuse,
	       slab_objects(s, head));
	if (slab_is_object(s, p))
		print_object(s, p);
	report_end();
}

void slab_fix(const struct kmem_cache *s, const char *fmt, ...)
{
	char text[128];
	va_list args;

	if (slab_event())
		return;
	va_start(args, fmt);
	kvsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	report_append("FIX %s: %s\n", s->name, text);
}
