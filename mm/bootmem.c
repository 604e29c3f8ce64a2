/*
 * bootmem: early memory with one bit per page frame.
 *
 * The same problem as memblock's, solved the way Linux did until 4.19. The
 * span from the first to the last frame of RAM gets a bitmap, 1 = taken:
 *
 *	frames   start_pfn                                       end_pfn
 *	         |  RAM  |  kernel  | RAM |     hole      |  RAM    |
 *	map      0 0 0 0 1 1 1 1 1 1 0 0 0 1 1 1 1 1 1 1 1 0 0 0 0 0
 *
 * 1. All bits start as 1: what nobody called usable is never handed out.
 * 2. Usable ranges are cleared, whole frames only; then reservations are set,
 *    every frame they touch.
 * 3. Allocation is first fit from a goal: find a clear bit, round up to the
 *    alignment, look for a set bit within the length; if there is one, go on
 *    behind it. Each bit is looked at about twice.
 * 4. A page table takes a page, but most other requests are small. A block
 *    that fits into the rest of the page where the last block ended is put
 *    there; only the frames behind that page must be free:
 *
 *	pages    [........][........][........]
 *	last     <--------------->             last_end in the second page
 *	next                      ~~~~~~       begins right behind it
 *
 * 5. The hand-over gives runs of clear bits to the page allocator. Runs are
 *    found a word, 64 frames, at a time.
 *
 * Locks: none; one CPU, boot context. Invariants:
 *	a frame outside the map is never touched, nor handed out
 *	last_end != 0  =>  the frame of byte last_end - 1 is taken
 *
 * Why it was left behind. Its cost follows the span of addresses, memblock's
 * the number of ranges:
 *
 *	span		bitmap		memblock, 100 entries of 24 to 32 bytes
 *	128 MiB		    4 KiB	3 KiB
 *	16 GiB		  512 KiB	3 KiB
 *	1 TiB		   32 MiB	3 KiB
 *
 * The bitmap itself must lie somewhere in one piece, known to be free, before
 * there is an allocator: on a machine whose low memory is in small pieces
 * there may be no such place. Holes cost bits too. A search walks words, 2^22
 * of them on a full TiB; memblock walks the gaps between ranges. And a bit
 * has no room for node, flags or exact bytes: a page shared by two blocks can
 * not be given back, because nobody knows when its last user is gone.
 *
 * Left out: freeing part of a page, and a bitmap per node.
 */
#include <asm/page.h>
#include <lib/bitmap.h>
#include <lib/kernel.h>
#include <lib/string.h>
#include <mm/bootmem.h>

size_t bootmem_map_size(unsigned long start_pfn, unsigned long end_pfn)
{
	return BITS_TO_LONGS(end_pfn - start_pfn) * sizeof(long);
}

void bootmem_init(struct bootmem_data *b, unsigned long *map,
		  unsigned long start_pfn, unsigned long end_pfn)
{
	*b = (struct bootmem_data){ start_pfn, end_pfn, map, 0 };
	memset(map, 0xff, bootmem_map_size(start_pfn, end_pfn));
}

/* End of a range, cut at the end of the address space. */
static phys_addr_t range_end(phys_addr_t base, phys_addr_t size)
{
	return base + min(size, PHYS_ADDR_MAX - base);
}

/*
 * Frame of an address, rounding down or up; no sum that could wrap. What is
 * beyond the frames that a long can count (2^44 bytes on 32 bits) is the last.
 */
#define LAST_FRAME (~0UL)

static unsigned long pfn_down(phys_addr_t addr)
{
	return PFN_DOWN(min(addr, PFN_PHYS(LAST_FRAME)));
}

static unsigned long pfn_up(phys_addr_t addr)
{
	return pfn_down(range_end(addr, PAGE_SIZE - 1));
}

/* The part of frames [*start, *end) that has bits; false if none has. */
static bool clip(const struct bootmem_data *b, unsigned long *start,
		 unsigned long *end)
{
	*start = max(*start, b->start_pfn);
	*end = min(*end, b->end_pfn);
	return *start < *end;
}

void bootmem_free(struct bootmem_data *b, phys_addr_t base, phys_addr_t size)
{
	unsigned long start = pfn_up(base);
	unsigned long end = pfn_down(range_end(base, size));

	if (!clip(b, &start, &end))
		return;
	bitmap_clear(b->map, start - b->start_pfn, end - start);
	if (pfn_down(b->last_end - 1) >= start &&
	    pfn_down(b->last_end - 1) < end)
		b->last_end = 0;
}

void bootmem_reserve(struct bootmem_data *b, phys_addr_t base,
		     phys_addr_t size)
{
	unsigned long start = pfn_down(base);
	unsigned long end = pfn_up(range_end(base, size));

	if (size && clip(b, &start, &end))
		bitmap_set(b->map, start - b->start_pfn, end - start);
}

bool bootmem_next_free(const struct bootmem_data *b, unsigned long *start,
		       unsigned long *stop, unsigned long end)
{
	if (!clip(b, start, &end))
		return false;
	end -= b->start_pfn;
	*start = find_next_zero_bit(b->map, end, *start - b->start_pfn);
	*stop = find_next_bit(b->map, end, *start) + b->start_pfn;
	*start += b->start_pfn;
	return *start < *stop;
}

/* Are the frames from start, which is there, to end all there and free? */
static bool all_free(const struct bootmem_data *b, unsigned long start,
		     unsigned long end)
{
	if (end > b->end_pfn)
		return false;
	return find_next_bit(b->map, end - b->start_pfn,
			     start - b->start_pfn) == end - b->start_pfn;
}

/*
 * Step 4: room behind the last block, in its page; 0 if not. Without a block,
 * last_end is 0 and lies behind no byte of any page.
 */
static phys_addr_t place_behind_last(const struct bootmem_data *b,
				     phys_addr_t size, phys_addr_t align,
				     phys_addr_t goal, phys_addr_t limit)
{
	phys_addr_t addr = ALIGN(b->last_end, align);
	unsigned long page = pfn_down(b->last_end - 1);

	if (pfn_down(addr) != page || addr < goal || addr > limit ||
	    size > limit - addr)
		return 0;
	return all_free(b, page + 1, pfn_up(addr + size)) ? addr : 0;
}

/* Step 3: the first run of free frames that takes size bytes; 0 if none. */
static phys_addr_t place_in_run(const struct bootmem_data *b,
				phys_addr_t size, phys_addr_t align,
				unsigned long pfn, unsigned long end)
{
	unsigned long step = max(pfn_down(align), 1UL), pages = pfn_up(size);
	unsigned long stop;

	while (bootmem_next_free(b, &pfn, &stop, end)) {
		pfn = ALIGN(pfn, step);
		/* aligned past the run, or even past the last frame */
		if (pfn < stop && stop - pfn >= pages)
			return PFN_PHYS(pfn);
		pfn = stop;
	}
	return 0;
}

phys_addr_t bootmem_alloc(struct bootmem_data *b, phys_addr_t size,
			  phys_addr_t align, phys_addr_t goal,
			  phys_addr_t limit)
{
	phys_addr_t addr;

	if (!size || !is_power_of_2(align) || align > PFN_PHYS(b->end_pfn))
		return 0;
	goal = max(goal, (phys_addr_t)PAGE_SIZE);
	addr = place_behind_last(b, size, align, goal, limit);
	if (!addr)
		addr = place_in_run(b, size, align, pfn_up(goal),
				    pfn_down(limit));
	if (!addr)
		return 0;
	bootmem_reserve(b, addr, size);
	b->last_end = addr + size;
	return addr;
}

unsigned long bootmem_free_all(struct bootmem_data *b, unsigned long start_pfn,
			       unsigned long end_pfn,
			       unsigned long (*give)(unsigned long start,
						     unsigned long end))
{
	unsigned long start = start_pfn, stop, pages = 0;

	for (; bootmem_next_free(b, &start, &stop, end_pfn); start = stop) {
		bitmap_set(b->map, start - b->start_pfn, stop - start);
		pages += give(start, stop);
	}
	return pages;
}

unsigned long bootmem_nr_free(const struct bootmem_data *b)
{
	unsigned long pages = b->end_pfn - b->start_pfn;

	return pages - bitmap_weight(b->map, pages);
}
