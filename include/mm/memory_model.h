/*
 * From frame number to descriptor and back, and which frames have one.
 * Counterpart: Linux's SPARSEMEM_VMEMMAP.
 *
 * The descriptors are one array in virtual memory, vmemmap[pfn]; only the
 * parts that describe RAM are backed, in blocks of MAX_PAGE_ORDER; where
 * MEMMAP_BLOCK_FRAMES is not 0 from the block's first use on, and until then
 * they read as zeroes. A bit per section of 2^16 frames (256 MiB: 2 MiB of
 * descriptors) says that the whole of it describes RAM.
 */
#ifndef MM_MEMORY_MODEL_H
#define MM_MEMORY_MODEL_H

#include <asm/page.h>
#include <lib/bitmap.h>
#include <mm/page.h>

#define SECTION_PFN_SHIFT 16
#define PAGES_PER_SECTION (1UL << SECTION_PFN_SHIFT)
#define MAX_PFN (1UL << (MAX_PHYSMEM_BITS - PAGE_SHIFT))
#define NR_SECTIONS (MAX_PFN >> SECTION_PFN_SHIFT)

#ifndef vmemmap
#define vmemmap ((struct page *)VMEMMAP_START)
#endif

/* Frames [start, end). */
struct pfn_range {
	unsigned long start, end;
};

/*
 * Largest run of frames with backed descriptors that begins below high memory;
 * sections wholly backed.
 */
extern struct pfn_range backed_main;
extern unsigned long section_backed[BITS_TO_LONGS(NR_SECTIONS)];

/* Any number may be asked about; in numbers the sum may wrap, in C not. */
static inline struct page *pfn_to_page(unsigned long pfn)
{
	return (struct page *)((unsigned long)vmemmap +
			       pfn * sizeof(struct page));
}

static inline unsigned long page_to_pfn(const struct page *page)
{
	return (unsigned long)(page - vmemmap);
}

/*
 * In the largest run, or in a section that is backed throughout: nearly every
 * frame that has a descriptor.
 */
static __always_inline bool pfn_in_main(unsigned long pfn)
{
	if (likely(pfn - backed_main.start <
		   backed_main.end - backed_main.start))
		return true;
	return pfn < MAX_PFN && test_bit(pfn >> SECTION_PFN_SHIFT,
					 section_backed);
}

/*
 * May the frame's descriptor be read? Told in line, for any pfn. Where the
 * whole array can be read that is true of holes, too: their descriptors are
 * zeroes, PAGE_NONE. Elsewhere it is true of nearly every frame that has a
 * descriptor, and pfn_valid() knows of the others.
 */
static __always_inline bool pfn_is_common(unsigned long pfn)
{
	return VMEMMAP_READABLE ? pfn < MAX_PFN : pfn_in_main(pfn);
}

bool __pfn_valid(unsigned long pfn);

/*
 * Has pfn a descriptor, now or when its block is first used? (Not: is it RAM.)
 * Any pfn may be asked. memmap_is_backed() knows whether it can be written.
 */
static inline bool pfn_valid(unsigned long pfn)
{
	return pfn_in_main(pfn) || __pfn_valid(pfn);
}

/*
 * Frames for the descriptors of others, and for the tables that map these:
 * taken from the first run, then from the second. What is in them is backed,
 * mapped, and reserved for EARLY_MEMMAP.
 */
struct memmap_supply {
	struct pfn_range now, then;
};

static inline unsigned long memmap_supply_left(const struct memmap_supply *s)
{
	return s->now.end - s->now.start + s->then.end - s->then.start;
}

static inline bool memmap_supply_has(const struct memmap_supply *s,
				     unsigned long frames)
{
	return memmap_supply_left(s) >= frames;
}

/* One frame; there is one. */
static inline unsigned long memmap_supply_take(struct memmap_supply *s)
{
	if (s->now.start == s->now.end) {
		s->now = s->then;
		s->then = (struct pfn_range){ 0, 0 };
	}
	return s->now.start++;
}

#define page_to_phys(page) PFN_PHYS(page_to_pfn(page))
#define phys_to_page(pa) pfn_to_page(PFN_DOWN(pa))
#define virt_to_page(va) phys_to_page(__pa(va))
/* Address of a page of low memory, which is always mapped. */
#define lowmem_page_address(page) __va(page_to_phys(page))

/*
 * Where a page can be read and written. A page of high memory has an address
 * while kmap() holds it (see <mm/highmem.h>), and none otherwise: NULL.
 */
#ifdef CONFIG_HIGHMEM
void *page_address(const struct page *page);
#else
#define page_address(page) lowmem_page_address(page)
#endif

#endif
