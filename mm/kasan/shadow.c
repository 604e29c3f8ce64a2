/* How is the shadow written, and read? */
#include <lib/kernel.h>
#include <lib/string.h>
#include <mm/memory_model.h>

#include "kasan.h"

void kasan_poison(const void *addr, size_t size, enum kasan_poison why)
{
	unsigned long start = (unsigned long)addr;

	if (size && kasan_ready && kasan_has_shadow(start))
		memset(kasan_shadow(start), (int)why,
		       DIV_ROUND_UP(size, KASAN_GRANULE));
}

void kasan_unpoison(const void *addr, size_t size)
{
	unsigned long start = (unsigned long)addr;
	s8 *shadow = kasan_shadow(start);

	if (!size || !kasan_ready || !kasan_has_shadow(start))
		return;
	memset(shadow, 0, size / KASAN_GRANULE);
	if (size % KASAN_GRANULE)
		shadow[size / KASAN_GRANULE] = (s8)(size % KASAN_GRANULE);
}

void kasan_unpoison_pages(struct page *page, unsigned int order)
{
	kasan_unpoison(lowmem_page_address(page), PAGE_SIZE << order);
}

void kasan_poison_frames(struct page *page, unsigned long nr)
{
	kasan_poison(lowmem_page_address(page), PAGE_SIZE * nr,
		     KASAN_PAGE_FREE);
}

void kasan_poison_pages(struct page *page, unsigned int order)
{
	kasan_poison_frames(page, 1UL << order);
}

void kasan_kmalloc_large(const void *p, size_t size)
{
	const struct page *page = virt_to_page((unsigned long)p);
	size_t whole = PAGE_SIZE << page->order;
	size_t used = ALIGN(size, KASAN_GRANULE);

	kasan_poison((const char *)p + used, whole - used, KASAN_PAGE_REDZONE);
	kasan_unpoison(p, size);
}

/* First shadow byte that is not 0; most are, and are seen eight at a time. */
static const s8 *skip_zeroes(const s8 *p, const s8 *end)
{
	for (; p < end && (unsigned long)p % sizeof(u64); p++)
		if (*p)
			return p;
	for (; end - p >= (long)sizeof(u64); p += sizeof(u64))
		if (*(const u64 *)p)
			break;
	while (p < end && !*p)
		p++;
	return p;
}

unsigned long kasan_first_bad_shadow(unsigned long addr, size_t size)
{
	unsigned long end = addr + size, granule, first, usable;
	const s8 *last = kasan_shadow(end - 1) + 1;
	const s8 *p = kasan_shadow(addr);

	for (p = skip_zeroes(p, last); p < last; p = skip_zeroes(p + 1, last)) {
		granule = ((unsigned long)p - KASAN_SHADOW_OFFSET) <<
			  KASAN_SHADOW_SHIFT;
		usable = *p > 0 ? (unsigned long)*p : 0;
		first = max(addr, granule + usable);
		if (first < min(end, granule + KASAN_GRANULE))
			return first;
	}
	return 0;
}

unsigned long kasan_first_bad(unsigned long addr, size_t size)
{
	if (kasan_in_vmalloc(addr))
		return kasan_vmalloc_first_bad(addr, size);
	if (!kasan_has_fixed_shadow(addr) ||
	    !kasan_has_fixed_shadow(addr + size - 1))
		return 0;
	return kasan_first_bad_shadow(addr, size);
}
