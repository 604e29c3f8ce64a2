/*
 * What is told of a bad access?
 *
 *	BUG: KASAN: slab-out-of-bounds in f+0x12/0x40
 *	write of size 4 at ffff888000123454 by thread 7 on CPU 1
 *	the object and who had it, or the page, or the variable
 *	shadow of the addresses around, the bad one marked
 *	call stack
 *
 * The kind follows from the shadow of the first bad byte, and where that is
 * only "so many bytes of it" from the next granule's.
 *
 * A place in the code is told once: a loop would say the same thousands of
 * times. While a test captures reports every access is told.
 *
 * Everything here runs through code that is checked like any other. What goes
 * wrong there, on this CPU, is not told: it would never end.
 */
#include <asm/irqflags.h>
#include <asm/machine.h>
#include <kernel/percpu.h>
#include <kernel/printk.h>
#include <kernel/report.h>
#include <kernel/sched.h>
#include <kernel/smp.h>
#include <lib/kernel.h>
#include <lib/sprintf.h>
#include <mm/memory_model.h>

#include "kasan.h"

#define SHADOW_LINE 16		/* granules */
#define LINES_AROUND 2

/* The last so many places that were told of. */
#define NR_PLACES 64

static DEFINE_PER_CPU(bool, telling);
static unsigned long nr_reports;
static unsigned long places[NR_PLACES];
static unsigned int next_place;

unsigned long kasan_reports(void)
{
	return __atomic_load_n(&nr_reports, __ATOMIC_RELAXED);
}

/* Why the first bad byte is bad. */
static u8 reason(unsigned long bad)
{
	s8 v;

	/* its area has gone since */
	if (!kasan_has_shadow(bad))
		return KASAN_VMALLOC_FREE;
	v = *kasan_shadow(bad);
	if (v > 0 && kasan_has_shadow(bad + KASAN_GRANULE))
		v = *kasan_shadow(bad + KASAN_GRANULE);
	return (u8)v;
}

static const char *wild_kind(unsigned long addr)
{
	if (addr < PAGE_SIZE)
		return "null-ptr-deref";
	return addr < 1UL << 47 ? "user-memory-access" : "wild-memory-access";
}

static const char *kind_of(unsigned long bad)
{
	switch (reason(bad)) {
	case KASAN_PAGE_FREE:
		return "use-after-free of a page";
	case KASAN_VMALLOC_INVALID:
		return "vmalloc-out-of-bounds";
	case KASAN_VMALLOC_FREE:
		return "vmalloc-use-after-free";
	case KASAN_SLAB_FREE:
		return "slab-use-after-free";
	case KASAN_PAGE_REDZONE:
		return "page-out-of-bounds";
	case KASAN_GLOBAL_REDZONE:
		return "global-out-of-bounds";
	case KASAN_USE_AFTER_SCOPE:
		return "stack-use-after-scope";
	case KASAN_STACK_LEFT:
	case KASAN_STACK_MID:
	case KASAN_STACK_RIGHT:
	case KASAN_STACK_PARTIAL:
		return "stack-out-of-bounds";
	default:
		return "slab-out-of-bounds";
	}
}

static void say_global(unsigned long addr)
{
	const struct kasan_global *g = kasan_find_global(addr);

	if (g)
		printk(KERN_ERR "%lu bytes behind the start of variable '%s' of %s, %zu bytes\n",
		       addr - (unsigned long)g->start, g->name, g->file,
		       g->size);
}

static void say_page(unsigned long addr)
{
	const struct page *page = virt_to_page(addr);

	printk(KERN_ERR "pfn %#lx, type %u, order %u\n", page_to_pfn(page),
	       page->type, page->order);
	if (page->private)
		printk(KERN_ERR "allocated by %pB\n", (void *)page->private);
}

static void describe(unsigned long addr)
{
	char words[200];

	describe_address(addr, words, sizeof(words));
	printk(KERN_ERR "in: %s\n", words);
	if (kasan_describe_object(addr))
		return;
	if (addr - PAGE_OFFSET < kasan_direct_bytes &&
	    pfn_valid(PFN_DOWN(__pa(addr))))
		say_page(addr);
	else
		say_global(addr);
}

/* ">" before the line that holds it, and [] around its byte. */
static void print_shadow_line(unsigned long line, unsigned long bad)
{
	unsigned long bytes = SHADOW_LINE * KASAN_GRANULE, a;
	char text[4 * SHADOW_LINE + 1];
	int n = 0;

	for (a = line; a < line + bytes; a += KASAN_GRANULE)
		n += kscnprintf(text + n, sizeof(text) - (size_t)n,
				bad - a < KASAN_GRANULE ? "[%02x]" : " %02x ",
				(u8)*kasan_shadow(a));
	printk(KERN_ERR "%c%px:%s\n", bad - line < bytes ? '>' : ' ',
	       (void *)line, text);
}

static void print_shadow(unsigned long bad)
{
	unsigned long bytes = SHADOW_LINE * KASAN_GRANULE;
	unsigned long line = ALIGN_DOWN(bad, bytes);
	unsigned long last = line + LINES_AROUND * bytes;

	printk(KERN_ERR "shadow, one byte for each %lu:\n", KASAN_GRANULE);
	for (line -= LINES_AROUND * bytes; line <= last; line += bytes)
		if (kasan_has_shadow(line) &&
		    kasan_has_shadow(line + bytes - 1))
			print_shadow_line(line, bad);
}

/* Two CPUs may tell of one at the same time, and nothing worse. */
static bool place_is_told(unsigned long ip)
{
	unsigned int i;

	if (report_capturing())
		return false;
	for (i = 0; i < NR_PLACES; i++)
		if (READ_ONCE(places[i]) == ip)
			return true;
	i = __atomic_fetch_add(&next_place, 1, __ATOMIC_RELAXED);
	WRITE_ONCE(places[i % NR_PLACES], ip);
	return false;
}

static bool begin(unsigned long ip, unsigned long *flags)
{
	local_irq_save(*flags);
	if (*this_cpu_ptr(&telling) || place_is_told(ip)) {
		local_irq_restore(*flags);
		return false;
	}
	*this_cpu_ptr(&telling) = true;
	__atomic_fetch_add(&nr_reports, 1, __ATOMIC_RELAXED);
	return true;
}

static void end(unsigned long flags)
{
	report_end();
	*this_cpu_ptr(&telling) = false;
	local_irq_restore(flags);
}

static void say_access(unsigned long addr, size_t size, bool write)
{
	printk(KERN_ERR "%s of size %zu at %px by thread %d on CPU %u\n",
	       write ? "write" : "read", size, (void *)addr,
	       current ? current->pid : 0, smp_processor_id());
}

void kasan_report(unsigned long addr, size_t size, bool write,
		  unsigned long ip)
{
	bool wild = addr + size < addr || kasan_address_is_wild(addr);
	unsigned long bad = wild ? 0 : kasan_first_bad(addr, size);
	unsigned long flags;

	if (!bad)
		bad = addr;
	if (!begin(ip, &flags))
		return;
	report_begin("KASAN", "%s in %pS",
		     wild ? wild_kind(addr) : kind_of(bad), (void *)ip);
	say_access(addr, size, write);
	if (!wild) {
		describe(bad);
		print_shadow(bad);
	}
	end(flags);
}
