/*
 * From frame number to descriptor and back, and which frames have one.
 * Counterpart: Linux's SPARSEMEM_VMEMMAP.
 *
 * The descriptors are one array in virtual memory, vmemmap[pfn]; only the
 * parts that describe RAM are backed. Presence is kept per section of 2^16
 * frames (256 MiB: 2 MiB of descriptors).
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

extern unsigned long section_present[BITS_TO_LONGS(NR_SECTIONS)];

static inline struct page *pfn_to_page(unsigned long pfn)
{
	return vmemmap + pfn;
}

static inline unsigned long page_to_pfn(const struct page *page)
{
	return (unsigned long)(page - vmemmap);
}

/* Is there a descriptor for pfn? (Not: is it RAM.) Any pfn may be asked. */
static inline bool pfn_valid(unsigned long pfn)
{
	return pfn < MAX_PFN && test_bit(pfn >> SECTION_PFN_SHIFT,
					 section_present);
}

#define page_to_phys(page) PFN_PHYS(page_to_pfn(page))
#define phys_to_page(pa) pfn_to_page(PFN_DOWN(pa))
#define virt_to_page(va) phys_to_page(__pa(va))
/* Address of a page in the direct map. */
#define page_address(page) __va(page_to_phys(page))

#endif
