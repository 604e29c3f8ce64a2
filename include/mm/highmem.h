/*
 * Memory that is not mapped for good. Counterpart: linux/highmem.h (6.12).
 *
 * Where the kernel's address space is smaller than RAM may be (CONFIG_HIGHMEM)
 * the direct map ends at max_low_pfn. Beyond is high memory: its pages have
 * descriptors and can be allocated (__GFP_HIGHMEM), but no address until one
 * of these calls gives them one:
 *
 *	kmap_local_page()	for a moment, this CPU and context alone: a
 *				stack of KMAP_LOCAL_DEPTH windows
 *	kmap()			for longer, everybody: PKMAP_PAGES windows
 *
 * Pages of low memory may be handed to all of them and cost nothing; where
 * all memory is low, the calls are page_address() and nothing else.
 */
#ifndef MM_HIGHMEM_H
#define MM_HIGHMEM_H

#include <kernel/panic.h>
#include <lib/kernel.h>
#include <lib/string.h>
#include <mm/memory_model.h>

#ifdef CONFIG_HIGHMEM

#include <asm/highmem.h>

/* Mappings of kmap_local_page() that one CPU can have at a time. */
#define KMAP_LOCAL_DEPTH 8U

static inline bool highmem_is_supported(void)
{
	return true;
}

/* Is the page beyond the direct map? */
static inline bool PageHighMem(const struct page *page)
{
	return page_to_pfn(page) >= max_low_pfn;
}

/*
 * Address of the page until kunmap_local() of any address in it. Mappings of
 * one context end in the reverse order in which they began; they may not be
 * passed to another. Any context, interrupts too; until the end preemption is
 * off and nobody may sleep (in Linux he may). NULL, reported, if
 * KMAP_LOCAL_DEPTH are in use. Wrong order, and what is not mapped, is
 * reported; the former is unmapped all the same.
 */
void *kmap_local_page(struct page *page);
void kunmap_local(const void *addr);

/*
 * Address of the page until the last kunmap() of it. Threads; may sleep until
 * another unmaps, if PKMAP_PAGES pages are mapped. NULL, reported: there is no
 * other thread, or the caller must not sleep. kunmap(): any context.
 */
void *kmap(struct page *page);
void kunmap(struct page *page);

/* Forgets windows that nobody uses any more. May sleep. */
void kmap_flush_unused(void);

/* The page behind an address of any of the mappings; NULL if there is none. */
struct page *kmap_to_page(const void *addr);

/* Mappings open: of this CPU's kmap_local_page(); pages that kmap() holds. */
unsigned int kmap_local_depth(void);
unsigned long kmap_users(void);

/* What is mapped that should not be when nobody is at work; NULL: nothing. */
const char *kmap_leak(void);

#else

static inline bool highmem_is_supported(void)
{
	return false;
}

static inline bool PageHighMem(const struct page *page)
{
	return false;
}

static inline void *kmap_local_page(struct page *page)
{
	return page_address(page);
}

static inline void kunmap_local(const void *addr)
{
}

static inline void *kmap(struct page *page)
{
	return page_address(page);
}

static inline void kunmap(struct page *page)
{
}

static inline void kmap_flush_unused(void)
{
}

static inline struct page *kmap_to_page(const void *addr)
{
	return virt_to_page(addr);
}

static inline unsigned int kmap_local_depth(void)
{
	return 0;
}

static inline unsigned long kmap_users(void)
{
	return 0;
}

static inline const char *kmap_leak(void)
{
	return NULL;
}

#endif

/*
 * The older name. In Linux this one forbids preemption and page faults between
 * the two calls; here both forbid preemption, and no page fault is served.
 */
#define kmap_atomic(page) kmap_local_page(page)
#define kunmap_atomic(addr) kunmap_local(addr)

/*
 * Work on whole pages and parts of them, wherever they are. Any context; one
 * free slot of this CPU, copying from page to page two: without, the kernel
 * stops, for the caller would go on with a page that is not what he asked for.
 */
static inline void *kmap_local_must(struct page *page)
{
	void *p = kmap_local_page(page);

	BUG_ON(highmem_is_supported() && !p);
	return p;
}

static inline void clear_highpage(struct page *page)
{
	void *p = kmap_local_must(page);

	memset(p, 0, PAGE_SIZE);
	kunmap_local(p);
}

static inline void copy_highpage(struct page *to, struct page *from)
{
	void *src = kmap_local_must(from), *dst = kmap_local_must(to);

	memcpy(dst, src, PAGE_SIZE);
	kunmap_local(dst);
	kunmap_local(src);
}

/* Bytes [offset, offset + len) of a page; beyond its end: stops. */
static inline void check_page_part(size_t offset, size_t len)
{
	BUG_ON(offset > PAGE_SIZE || len > PAGE_SIZE - offset);
}

static inline void memset_page(struct page *page, size_t offset, int value,
			       size_t len)
{
	char *p = kmap_local_must(page);

	check_page_part(offset, len);
	memset(p + offset, value, len);
	kunmap_local(p);
}

static inline void zero_user(struct page *page, size_t start, size_t size)
{
	memset_page(page, start, 0, size);
}

static inline void memcpy_to_page(struct page *page, size_t offset,
				  const void *from, size_t len)
{
	char *to = kmap_local_must(page);

	check_page_part(offset, len);
	memcpy(to + offset, from, len);
	kunmap_local(to);
}

static inline void memcpy_from_page(void *to, struct page *page,
				    size_t offset, size_t len)
{
	const char *from = kmap_local_must(page);

	check_page_part(offset, len);
	memcpy(to, from + offset, len);
	kunmap_local(from);
}

static inline void memcpy_page(struct page *to, size_t to_offset,
			       struct page *from, size_t from_offset,
			       size_t len)
{
	const char *src = kmap_local_must(from);
	char *dst = kmap_local_must(to);

	check_page_part(from_offset, len);
	check_page_part(to_offset, len);
	memcpy(dst + to_offset, src + from_offset, len);
	kunmap_local(dst);
	kunmap_local(src);
}

/* A block of pages; low ones lie side by side in the direct map. */
static inline void clear_pages(struct page *page, unsigned int order)
{
	unsigned long i;

	if (!PageHighMem(page)) {
		memset(lowmem_page_address(page), 0, PAGE_SIZE << order);
		return;
	}
	for (i = 0; i < 1UL << order; i++)
		clear_highpage(page + i);
}

#endif
