/*
 * What speaks for the vmalloc area?
 *
 * The problem: it has 32 TiB of addresses, and hardly any of them is in use.
 * Shadow for all would be 4 TiB. So shadow comes and goes with what it speaks
 * for, an area or a chunk of small ones:
 *
 *	addresses	| p p p p p g |   hole   | chunk: s s s s ... |
 *	shadow pages	|=|				 |== 16 pages ==|
 *
 *	last page	|00 00 .. 00|05|f7 ..         f7|	vmalloc(n)
 *			 the caller's    slack, guard
 *
 *  1. Who has addresses has the shadow pages made for them, all or none
 *     (populate): none of it may be accessed. Areas and chunks begin at
 *     multiples of 2 MiB, so none shares a page of shadow with another.
 *  2. An area that is handed out is opened, to the byte; the rest of its last
 *     page and the guard stay closed. When it is freed all is closed again.
 *  3. Before the addresses go back the shadow pages are taken out of the page
 *     tables, all CPUs are flushed, and the pages are free. The tables go as
 *     those of the area itself do (mm/vm_tables.c).
 *
 * An address without shadow is nobody's: the access faults by itself, and the
 * fault tells what was there. To find that out the page tables are asked, with
 * interrupts off until the shadow has been read: the flush in 3 waits for that.
 *
 * Locks: none. Cost: a walk per access, a page for each 32 KiB of an area.
 */
#include <asm/irqflags.h>
#include <asm/vmap.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <lib/string.h>
#include <mm/memory_model.h>
#include <mm/mm.h>

#include "kasan.h"

/* What one page of shadow speaks for. */
#define PIECE (PAGE_SIZE << KASAN_SHADOW_SHIFT)

static unsigned long shadow_of(unsigned long addr)
{
	return (unsigned long)kasan_shadow(addr);
}

static unsigned long address_of(unsigned long shadow)
{
	return (shadow - KASAN_SHADOW_OFFSET) << KASAN_SHADOW_SHIFT;
}

/* Bytes of shadow, in whole pages. */
static unsigned long shadow_bytes(unsigned long size)
{
	return PAGE_ALIGN(size >> KASAN_SHADOW_SHIFT);
}

/* ----- coming ------------------------------------------------------------- */

static int make_tables(unsigned long va, unsigned long size, gfp_t gfp)
{
	unsigned long end = va + size;

	for (; va < end; va = ALIGN_DOWN(va, pt_size(PT_2M)) + pt_size(PT_2M))
		if (pgtable_make_tables(&kernel_pgtable, va, PT_4K, gfp))
			return -ENOMEM;
	return 0;
}

static void free_pages_of(struct list_head *pages)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, pages, lru)
		__free_page(page);
}

static int get_pages(unsigned long nr, gfp_t gfp, struct list_head *pages)
{
	while (nr--) {
		struct page *page = alloc_page(gfp);

		if (!page) {
			free_pages_of(pages);
			return -ENOMEM;
		}
		memset(lowmem_page_address(page), KASAN_VMALLOC_INVALID,
		       PAGE_SIZE);
		list_add(&page->lru, pages);
	}
	return 0;
}

int kasan_populate_vmalloc(unsigned long addr, unsigned long size, gfp_t gfp)
{
	unsigned long va = shadow_of(addr), bytes = shadow_bytes(size);
	struct page *page;
	LIST_HEAD(pages);

	/* first all that may fail: what was shown could not be hidden again */
	if (make_tables(va, bytes, gfp) ||
	    get_pages(bytes / PAGE_SIZE, gfp, &pages))
		return -ENOMEM;
	list_for_each_entry(page, &pages, lru) {
		vmap_map(va, page_to_phys(page), PAGE_SIZE, PAGE_KERNEL, false,
			 gfp);
		va += PAGE_SIZE;
	}
	return 0;
}

void kasan_unpoison_vmalloc(const void *addr, size_t size, size_t whole)
{
	size_t used = ALIGN(size, KASAN_GRANULE);

	kasan_poison((const char *)addr + used, whole - used,
		     KASAN_VMALLOC_INVALID);
	kasan_unpoison(addr, size);
}

void kasan_poison_vmalloc(const void *addr, size_t size)
{
	kasan_poison(addr, size, KASAN_VMALLOC_FREE);
}

/* ----- going -------------------------------------------------------------- */

void kasan_take_vmalloc_shadow(unsigned long addr, unsigned long size,
			       struct list_head *pages)
{
	unsigned long start = shadow_of(addr), end, va;
	phys_addr_t pa;

	end = start + shadow_bytes(size);
	for (va = start; va < end; va += PAGE_SIZE)
		if (vmap_translate(va, &pa))
			list_add(&phys_to_page(pa)->lru, pages);
	vmap_unmap(start, end - start);
}

void kasan_free_vmalloc_shadow(struct list_head *pages)
{
	if (list_empty(pages))
		return;
	vmap_flush(shadow_of(VMALLOC_START),
		   (VMALLOC_END - VMALLOC_START) >> KASAN_SHADOW_SHIFT);
	free_pages_of(pages);
}

bool kasan_find_vmalloc_tables(unsigned long *va, unsigned long *size)
{
	unsigned long shadow = shadow_of(*va);
	unsigned long bytes = *size >> KASAN_SHADOW_SHIFT;

	if (!pgtable_find_tables(&kernel_pgtable, PT_2M, &shadow, &bytes))
		return false;
	*va = address_of(shadow);
	*size = bytes << KASAN_SHADOW_SHIFT;
	return true;
}

void kasan_take_vmalloc_tables(unsigned long va, unsigned long size,
			       struct list_head *tables)
{
	pgtable_take_all_tables(&kernel_pgtable, shadow_of(va),
				size >> KASAN_SHADOW_SHIFT, tables);
}

/* ----- asking ------------------------------------------------------------- */

bool kasan_vmalloc_has_shadow(unsigned long addr)
{
	enum pt_level level;

	return pgtable_lookup(&kernel_pgtable, shadow_of(addr), &level);
}

/* What has no shadow faults, and what lies behind it is not reached. */
unsigned long kasan_vmalloc_first_bad(unsigned long addr, size_t size)
{
	unsigned long end = addr + size, next, flags, bad = 0;
	bool has_shadow = true;

	for (; addr < end && has_shadow && !bad; addr = next) {
		next = min(end, ALIGN_DOWN(addr, PIECE) + PIECE);
		local_irq_save(flags);
		has_shadow = kasan_vmalloc_has_shadow(addr);
		if (has_shadow)
			bad = kasan_first_bad_shadow(addr, next - addr);
		local_irq_restore(flags);
	}
	return bad;
}
