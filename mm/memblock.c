/*
 * memblock: which addresses are RAM, and which of them are taken.
 *
 * The problem: before there is a page allocator somebody must give out memory
 * for page tables and descriptors, and the only thing known is a firmware map
 * of a few dozen ranges with any alignment. So memory is described by ranges,
 * not by pages: two sorted lists, `memory` and `reserved`. Free is what is in
 * the first and not in the second:
 *
 *	memory    [=========A=========)      [=======B=======)
 *	reserved       [==)      [==)   [=========)
 *	free      [---)    [----)  [-)             [---------)
 *	          0 -> addresses
 *
 * 1. Look-up is a binary search. Entries are disjoint, so they are sorted by
 *    their bases and by their ends alike: below() counts entries that begin
 *    below an address, ended_by() those that end at it or below. All else is
 *    said in terms of these two numbers.
 * 2. Adding fills the gaps of the list inside the new range, so that what is
 *    there keeps its flags and node, then merges neighbours that touch and
 *    are alike:
 *
 *	list      [==a==)     [==b==)               [==c==)
 *	new           [~~~~~~~~~~~~~~~~~~~~~~)
 *	gaps             [~~~~)      [~~~~~~~)
 *	merged    [==========================)      [==c==)
 *
 * 3. Taking away and marking split the entries at both ends of the range
 *    first. Then what is inside is whole entries, and is dropped or changed:
 *
 *	list      [======a======)[===b===)
 *	range           [-------------)
 *	split     [==a==)[==a===)[==b=)[=)
 *
 * 4. Allocating walks the free stretches, from the top or from the bottom,
 *    and reserves the first place that fits.
 * 5. An array that is full moves to one of twice the size, itself allocated
 *    from memblock (rules: grow()).
 *
 * Locks: none; one CPU, boot context. memblock_free_all() ends it: from then
 * on the lists only tell what was, and a call to change them is refused.
 *
 * Invariants of each list, checked by memblock_validate():
 *	regions[i].base + regions[i].size <= regions[i + 1].base
 *	(equality only if flags or node differ)
 *	total_size == sum of sizes,  cnt <= max
 *
 * Cost: look-up log n; adding and taking away log n plus the entries moved
 * (none at the end of the list); a search log n per stretch looked at.
 *
 * Left out: preferring mirrored memory, Linux's warning when an added range
 * meets entries of other node or flags, and its third list (physmem).
 */
#include <asm/page.h>
#include <kernel/panic.h>
#include <lib/bitops.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <lib/string.h>
#include <mm/memblock.h>
#include <mm/mm.h>

static struct memblock_region memory_regions[INIT_MEMBLOCK_REGIONS];
static struct memblock_region reserved_regions[INIT_MEMBLOCK_REGIONS];

struct memblock memblock = {
	.current_limit = MEMBLOCK_ALLOC_ANYWHERE,
	.memory = {
		.max = INIT_MEMBLOCK_REGIONS,
		.regions = memory_regions,
		.name = "memory",
	},
	.reserved = {
		.max = INIT_MEMBLOCK_REGIONS,
		.regions = reserved_regions,
		.name = "reserved",
	},
};

/* Looking up */

static phys_addr_t end_of(const struct memblock_region *r)
{
	return r->base + r->size;
}

/* End of a range, cut at the end of the address space. */
static phys_addr_t range_end(phys_addr_t base, phys_addr_t size)
{
	return base + min(size, PHYS_ADDR_MAX - base);
}

/* Entries that begin below addr: regions[0 .. n). */
static unsigned long below(const struct memblock_type *type, phys_addr_t addr)
{
	unsigned long lo = 0, hi = type->cnt;

	while (lo < hi) {
		unsigned long mid = lo + (hi - lo) / 2;

		if (type->regions[mid].base < addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Entries that end at addr or below: regions[0 .. n). */
static unsigned long ended_by(const struct memblock_type *type,
			      phys_addr_t addr)
{
	unsigned long n = below(type, addr);

	return n && end_of(&type->regions[n - 1]) > addr ? n - 1 : n;
}

/* The entry that holds the byte at addr, or NULL. */
static struct memblock_region *find_entry(const struct memblock_type *type,
					  phys_addr_t addr)
{
	unsigned long i = ended_by(type, addr);

	if (i == type->cnt || type->regions[i].base > addr)
		return NULL;
	return &type->regions[i];
}

/* Changing a list */

/* After the hand-over nothing changes any more: tells who tried. */
static bool closed(const char *what)
{
	if (likely(!memblock.handed_over))
		return false;
	pr_err("memblock: %s refused, the page allocator has taken over\n",
	       what);
	dump_stack();
	return true;
}

/* Makes room for one entry at index i; the caller fills it. */
static struct memblock_region *open_slot(struct memblock_type *type,
					 unsigned long i)
{
	struct memblock_region *r = &type->regions[i];

	memmove(r + 1, r, (type->cnt - i) * sizeof(*r));
	type->cnt++;
	return r;
}

/* Drops the entries [first, last). The last one to go leaves slot 0 clear. */
static void drop_entries(struct memblock_type *type, unsigned long first,
			 unsigned long last)
{
	struct memblock_region *r = type->regions;
	unsigned long i;

	for (i = first; i < last; i++)
		type->total_size -= r[i].size;
	memmove(r + first, r + last, (type->cnt - last) * sizeof(*r));
	type->cnt -= last - first;
	if (!type->cnt)
		r[0] = (struct memblock_region){ .nid = MAX_NUMNODES };
}

static bool alike(const struct memblock_region *a,
		  const struct memblock_region *b)
{
	return a->flags == b->flags && memblock_get_region_node(a) ==
				       memblock_get_region_node(b);
}

/*
 * Merges touching neighbours that are alike among the entries [first, last)
 * and the two beside them. One pass: w is the last entry kept.
 */
static void merge_entries(struct memblock_type *type, unsigned long first,
			  unsigned long last)
{
	struct memblock_region *reg = type->regions;
	unsigned long w = first ? first - 1 : 0;
	unsigned long end = min(last + 1, type->cnt);
	unsigned long i;

	for (i = w + 1; i < end; i++) {
		if (end_of(&reg[w]) == reg[i].base && alike(&reg[w], &reg[i]))
			reg[w].size += reg[i].size;
		else
			reg[++w] = reg[i];
	}
	if (w + 1 < i) {
		memmove(&reg[w + 1], &reg[i], (type->cnt - i) * sizeof(*reg));
		type->cnt -= i - (w + 1);
	}
}

static int grow(struct memblock_type *type, phys_addr_t base,
		phys_addr_t end);

/*
 * The first gap of the list in [*lo, end), as [*lo, *hi); it belongs in front
 * of entry *i. At the start *i is the first entry that ends above *lo.
 */
static bool next_gap(const struct memblock_type *type, unsigned long *i,
		     phys_addr_t *lo, phys_addr_t *hi, phys_addr_t end)
{
	const struct memblock_region *r = &type->regions[*i];

	for (; *i < type->cnt && r->base <= *lo; r++, (*i)++)
		*lo = end_of(r);
	*hi = *i < type->cnt ? min(r->base, end) : end;
	return *lo < end;
}

static unsigned long count_gaps(const struct memblock_type *type,
				phys_addr_t base, phys_addr_t end)
{
	unsigned long i = ended_by(type, base), n = 0;
	phys_addr_t lo = base, hi;

	for (; next_gap(type, &i, &lo, &hi, end); lo = hi)
		n++;
	return n;
}

static int add_range(struct memblock_type *type, phys_addr_t base,
		     phys_addr_t size, int nid, enum memblock_flags flags)
{
	phys_addr_t end = range_end(base, size), lo = base, hi;
	unsigned long first, i;

	if (closed("adding a range"))
		return -EBUSY;
	/* growing may change the list: count again */
	while (count_gaps(type, base, end) > type->max - type->cnt)
		if (grow(type, base, end))
			return -ENOMEM;
	first = i = ended_by(type, base);
	for (; next_gap(type, &i, &lo, &hi, end); lo = hi) {
		*open_slot(type, i++) = (struct memblock_region){
			lo, hi - lo, flags, nid
		};
		type->total_size += hi - lo;
	}
	merge_entries(type, first, i);
	return 0;
}

/* Cuts the entry that holds the bytes on both sides of addr in two. */
static void split_at(struct memblock_type *type, phys_addr_t addr)
{
	struct memblock_region *r = find_entry(type, addr);

	if (!r || r->base == addr)
		return;
	r = open_slot(type, (unsigned long)(r - type->regions));
	r[0].size = addr - r[0].base;
	r[1].size -= r[0].size;
	r[1].base = addr;
}

/* Splits at both ends, so that entries [*first, *last) are the range. */
static int isolate(struct memblock_type *type, phys_addr_t base,
		   phys_addr_t end, unsigned long *first, unsigned long *last)
{
	*first = *last = 0;
	if (closed("changing a range"))
		return -EBUSY;
	if (base == end)
		return 0;
	while (type->max - type->cnt < 2)
		if (grow(type, base, end))
			return -ENOMEM;
	split_at(type, base);
	split_at(type, end);
	*first = ended_by(type, base);
	*last = below(type, end);
	return 0;
}

static int remove_range(struct memblock_type *type, phys_addr_t base,
			phys_addr_t size)
{
	unsigned long first, last;
	int err = isolate(type, base, range_end(base, size), &first, &last);

	if (!err)
		drop_entries(type, first, last);
	return err;
}

int memblock_add(phys_addr_t base, phys_addr_t size)
{
	return memblock_add_node(base, size, MAX_NUMNODES, MEMBLOCK_NONE);
}

int memblock_add_node(phys_addr_t base, phys_addr_t size, int nid,
		      enum memblock_flags flags)
{
	return add_range(&memblock.memory, base, size, nid, flags);
}

int memblock_reserve(phys_addr_t base, phys_addr_t size)
{
	return add_range(&memblock.reserved, base, size, MAX_NUMNODES,
			 MEMBLOCK_NONE);
}

int memblock_remove(phys_addr_t base, phys_addr_t size)
{
	return remove_range(&memblock.memory, base, size);
}

int memblock_phys_free(phys_addr_t base, phys_addr_t size)
{
	return remove_range(&memblock.reserved, base, size);
}

void memblock_free(void *ptr, size_t size)
{
	if (ptr)
		memblock_phys_free(virt_to_phys(ptr), size);
}

/* Flags and nodes */

static int change_flag(struct memblock_type *type, phys_addr_t base,
		       phys_addr_t size, enum memblock_flags flag, bool set)
{
	unsigned long first, last, i;
	int err = isolate(type, base, range_end(base, size), &first, &last);

	if (err)
		return err;
	for (i = first; i < last; i++) {
		struct memblock_region *r = &type->regions[i];

		r->flags = (enum memblock_flags)(set ? r->flags | flag :
						 r->flags & ~flag);
	}
	merge_entries(type, first, last);
	return 0;
}

int memblock_mark_hotplug(phys_addr_t base, phys_addr_t size)
{
	return change_flag(&memblock.memory, base, size, MEMBLOCK_HOTPLUG,
			   true);
}

int memblock_clear_hotplug(phys_addr_t base, phys_addr_t size)
{
	return change_flag(&memblock.memory, base, size, MEMBLOCK_HOTPLUG,
			   false);
}

int memblock_mark_mirror(phys_addr_t base, phys_addr_t size)
{
	return change_flag(&memblock.memory, base, size, MEMBLOCK_MIRROR,
			   true);
}

int memblock_mark_nomap(phys_addr_t base, phys_addr_t size)
{
	return change_flag(&memblock.memory, base, size, MEMBLOCK_NOMAP, true);
}

int memblock_clear_nomap(phys_addr_t base, phys_addr_t size)
{
	return change_flag(&memblock.memory, base, size, MEMBLOCK_NOMAP,
			   false);
}

int memblock_reserved_mark_noinit(phys_addr_t base, phys_addr_t size)
{
	return change_flag(&memblock.reserved, base, size,
			   MEMBLOCK_RSRV_NOINIT, true);
}

int memblock_set_node(phys_addr_t base, phys_addr_t size,
		      struct memblock_type *type, int nid)
{
	unsigned long first, last, i;
	int err = isolate(type, base, range_end(base, size), &first, &last);

	if (err)
		return err;
	for (i = first; i < last; i++)
		type->regions[i].nid = nid;
	merge_entries(type, first, last);
	return 0;
}

/* Cutting memory down */

void memblock_trim_memory(phys_addr_t align)
{
	struct memblock_type *type = &memblock.memory;
	unsigned long i = 0;

	if (closed("trimming memory"))
		return;
	while (i < type->cnt) {
		struct memblock_region *r = &type->regions[i];
		phys_addr_t start = ALIGN(r->base, align);
		phys_addr_t end = ALIGN_DOWN(end_of(r), align);

		/* start < base: rounding up went past the last address */
		if (start < r->base || start >= end) {
			drop_entries(type, i, i + 1);
			continue;
		}
		type->total_size -= r->size - (end - start);
		r->base = start;
		r->size = end - start;
		i++;
	}
}

void memblock_enforce_memory_limit(phys_addr_t limit)
{
	struct memblock_region *r;

	if (!limit)
		return;
	for_each_mem_region(r) {
		if (limit <= r->size) {
			limit += r->base;
			memblock_remove(limit, PHYS_ADDR_MAX);
			memblock_phys_free(limit, PHYS_ADDR_MAX);
			return;
		}
		limit -= r->size;
	}
}

/* Drops the entries [first, last) but those the kernel does not map. */
static void drop_mapped(struct memblock_type *type, unsigned long first,
			unsigned long last)
{
	while (last-- > first)
		if (!(type->regions[last].flags & MEMBLOCK_NOMAP))
			drop_entries(type, last, last + 1);
}

void memblock_cap_memory_range(phys_addr_t base, phys_addr_t size)
{
	struct memblock_type *type = &memblock.memory;
	phys_addr_t end = range_end(base, size);
	unsigned long first, last;

	if (base == end || !type->cnt ||
	    isolate(type, base, end, &first, &last))
		return;
	drop_mapped(type, last, type->cnt);
	drop_mapped(type, 0, first);
	merge_entries(type, 0, type->cnt);
	memblock_phys_free(0, base);
	memblock_phys_free(end, PHYS_ADDR_MAX);
}

/* Queries */

bool memblock_overlaps_region(struct memblock_type *type, phys_addr_t base,
			      phys_addr_t size)
{
	return ended_by(type, base) < below(type, range_end(base, size));
}

bool memblock_is_memory(phys_addr_t addr)
{
	return find_entry(&memblock.memory, addr) != NULL;
}

bool memblock_is_map_memory(phys_addr_t addr)
{
	struct memblock_region *r = find_entry(&memblock.memory, addr);

	return r && !(r->flags & MEMBLOCK_NOMAP);
}

bool memblock_is_reserved(phys_addr_t addr)
{
	return find_entry(&memblock.reserved, addr) != NULL;
}

bool memblock_is_region_memory(phys_addr_t base, phys_addr_t size)
{
	struct memblock_region *r = find_entry(&memblock.memory, base);

	return r && range_end(base, size) <= end_of(r);
}

bool memblock_is_region_reserved(phys_addr_t base, phys_addr_t size)
{
	return memblock_overlaps_region(&memblock.reserved, base, size);
}

phys_addr_t memblock_start_of_DRAM(void)
{
	return memblock.memory.cnt ? memblock.memory.regions[0].base : 0;
}

phys_addr_t memblock_end_of_DRAM(void)
{
	const struct memblock_type *type = &memblock.memory;

	return type->cnt ? end_of(&type->regions[type->cnt - 1]) : 0;
}

phys_addr_t memblock_phys_mem_size(void)
{
	return memblock.memory.total_size;
}

phys_addr_t memblock_reserved_size(void)
{
	return memblock.reserved.total_size;
}

/* Walking */

static bool is_node(int nid)
{
	return nid >= 0 && nid < MAX_NUMNODES;
}

/* Does a walk pass over an entry? Only memory is choosy. */
static bool skipped(const struct memblock_type *type,
		    const struct memblock_region *r, int nid,
		    enum memblock_flags flags)
{
	unsigned int unwanted = r->flags & ~flags;

	if (type != &memblock.memory)
		return false;
	if (is_node(nid) && memblock_get_region_node(r) != nid)
		return true;
	if ((unwanted & MEMBLOCK_HOTPLUG) && movable_node_enabled)
		return true;
	if ((flags & MEMBLOCK_MIRROR) && !(r->flags & MEMBLOCK_MIRROR))
		return true;
	return unwanted & (MEMBLOCK_NOMAP | MEMBLOCK_DRIVER_MANAGED);
}

static void yield_range(phys_addr_t start, phys_addr_t end,
			const struct memblock_region *r, phys_addr_t *p_start,
			phys_addr_t *p_end, int *p_nid)
{
	if (p_start)
		*p_start = start;
	if (p_end)
		*p_end = end;
	if (p_nid)
		*p_nid = memblock_get_region_node(r);
}

void __next_mem_range(u64 *pos, int nid, enum memblock_flags flags,
		      struct memblock_type *a, struct memblock_type *b,
		      phys_addr_t *p_start, phys_addr_t *p_end, int *p_nid)
{
	unsigned long i, j;

	for (i = ended_by(a, *pos); i < a->cnt; i++) {
		struct memblock_region *r = &a->regions[i];
		phys_addr_t lo = max(r->base, *pos), hi = end_of(r);

		if (skipped(a, r, nid, flags))
			continue;
		if (b) {
			j = ended_by(b, lo);
			if (!next_gap(b, &j, &lo, &hi, hi))
				continue;
		}
		yield_range(lo, hi, r, p_start, p_end, p_nid);
		*pos = hi;
		return;
	}
	*pos = 0;
}

/* The last gap of the list in [lo, *hi), as [*lo, *hi). */
static bool prev_gap(const struct memblock_type *type, phys_addr_t *lo,
		     phys_addr_t *hi)
{
	unsigned long j = below(type, *hi);
	const struct memblock_region *r = type->regions;

	for (; j && end_of(&r[j - 1]) >= *hi; j--)
		*hi = r[j - 1].base;
	if (j && end_of(&r[j - 1]) > *lo)
		*lo = end_of(&r[j - 1]);
	return *lo < *hi;
}

void __next_mem_range_rev(u64 *pos, int nid, enum memblock_flags flags,
			  struct memblock_type *a, struct memblock_type *b,
			  phys_addr_t *p_start, phys_addr_t *p_end, int *p_nid)
{
	unsigned long i = below(a, *pos);

	while (i-- > 0) {
		struct memblock_region *r = &a->regions[i];
		phys_addr_t lo = r->base, hi = min(end_of(r), *pos);

		if (skipped(a, r, nid, flags))
			continue;
		if (b && !prev_gap(b, &lo, &hi))
			continue;
		yield_range(lo, hi, r, p_start, p_end, p_nid);
		*pos = lo;
		return;
	}
	*pos = ~(u64)0;
}

/* Whole pages of a range that a long can count; neither end can wrap. */
static bool whole_pages(phys_addr_t start, phys_addr_t end,
			unsigned long *start_pfn, unsigned long *end_pfn)
{
	u64 first = (start >> PAGE_SHIFT) + (start % PAGE_SIZE != 0);

	*start_pfn = (unsigned long)first;
	*end_pfn = (unsigned long)min(end >> PAGE_SHIFT, (u64)~0UL);
	return first < *end_pfn;
}

void __next_mem_pfn_range(int *i, int nid, unsigned long *p_start,
			  unsigned long *p_end, int *p_nid)
{
	unsigned long start, end;

	while ((unsigned long)++*i < memblock.memory.cnt) {
		struct memblock_region *r = &memblock.memory.regions[*i];

		if (is_node(nid) && memblock_get_region_node(r) != nid)
			continue;
		if (!whole_pages(r->base, end_of(r), &start, &end))
			continue;
		if (p_start)
			*p_start = start;
		if (p_end)
			*p_end = end;
		if (p_nid)
			*p_nid = memblock_get_region_node(r);
		return;
	}
	*i = -1;
}

/* Allocating */

/*
 * Where a block fits into the stretch [lo, hi), at its top or bottom end.
 * Comparing sizes first keeps hi - size from wrapping at low addresses.
 */
static bool place(phys_addr_t lo, phys_addr_t hi, phys_addr_t size,
		  phys_addr_t align, phys_addr_t *addr)
{
	if (lo >= hi || hi - lo < size)
		return false;
	if (memblock.bottom_up) {
		*addr = ALIGN(lo, align);
		return *addr >= lo && *addr < hi && hi - *addr >= size;
	}
	*addr = ALIGN_DOWN(hi - size, align);
	return *addr >= lo;
}

/*
 * The best free place in [start, end), both ends literal; 0 if none. Page 0
 * is never handed out, so 0 is no address.
 */
static phys_addr_t find_place(phys_addr_t size, phys_addr_t align,
			      phys_addr_t start, phys_addr_t end, int nid)
{
	phys_addr_t lo, hi, addr;
	u64 i;

	start = max(start, (phys_addr_t)PAGE_SIZE);
	if (memblock.bottom_up) {
		for_each_free_mem_range(i, nid, MEMBLOCK_NONE, &lo, &hi, NULL)
			if (place(max(lo, start), min(hi, end), size, align,
				  &addr))
				return addr;
		return 0;
	}
	for_each_free_mem_range_reverse(i, nid, MEMBLOCK_NONE, &lo, &hi, NULL)
		if (place(max(lo, start), min(hi, end), size, align, &addr))
			return addr;
	return 0;
}

/*
 * Moves a full list into an array of twice the size.
 *
 * [base, end) is the range the caller is about to change. When `reserved`
 * grows, the new array must not lie there: above it if possible, else below.
 * The new array is reserved before the old one is given up, so neither can
 * be taken for free memory. `reserved` has no room for that until it moved.
 */
static int grow(struct memblock_type *type, phys_addr_t base, phys_addr_t end)
{
	phys_addr_t old_size = type->max * sizeof(*type->regions);
	phys_addr_t size = PAGE_ALIGN(2 * old_size), limit, addr;
	struct memblock_region *old = type->regions, *new;

	if (!memblock.can_resize)
		panic("memblock: cannot resize %s array", type->name);
	limit = memblock.current_limit;
	if (type != &memblock.reserved)
		base = end = 0;
	addr = find_place(size, PAGE_SIZE, end, limit, NUMA_NO_NODE);
	if (!addr)
		addr = find_place(size, PAGE_SIZE, 0, min(base, limit),
				  NUMA_NO_NODE);
	if (!addr || (type != &memblock.reserved &&
		      memblock_reserve(addr, size))) {
		pr_err("memblock: no memory to grow the %s list beyond %lu\n",
		       type->name, type->max);
		return -ENOMEM;
	}
	new = phys_to_virt(addr);
	memcpy(new, old, old_size);
	type->regions = new;
	type->max *= 2;
	if (type == &memblock.reserved)
		memblock_reserve(addr, size);
	if (old != memory_regions && old != reserved_regions)
		memblock_free(old, PAGE_ALIGN(old_size));
	return 0;
}

void memblock_allow_resize(void)
{
	memblock.can_resize = true;
}

phys_addr_t memblock_alloc_range_nid(phys_addr_t size, phys_addr_t align,
				     phys_addr_t start, phys_addr_t end,
				     int nid, bool exact_nid)
{
	phys_addr_t addr;

	if (closed("allocation") || WARN_ON(align & (align - 1)))
		return 0;
	if (!align) {
		dump_stack();
		align = SMP_CACHE_BYTES;
	}
	if (end == MEMBLOCK_ALLOC_ACCESSIBLE ||
	    end == MEMBLOCK_ALLOC_NOLEAKTRACE)
		end = memblock.current_limit;
	addr = find_place(size, align, start, end, nid);
	if (!addr && is_node(nid) && !exact_nid)
		addr = find_place(size, align, start, end, NUMA_NO_NODE);
	if (!addr || memblock_reserve(addr, size))
		return 0;
	return addr;
}

phys_addr_t memblock_phys_alloc_range(phys_addr_t size, phys_addr_t align,
				      phys_addr_t start, phys_addr_t end)
{
	return memblock_alloc_range_nid(size, align, start, end, NUMA_NO_NODE,
					false);
}

phys_addr_t memblock_phys_alloc_try_nid(phys_addr_t size, phys_addr_t align,
					int nid)
{
	return memblock_alloc_range_nid(size, align, MEMBLOCK_LOW_LIMIT,
					MEMBLOCK_ALLOC_ACCESSIBLE, nid, false);
}

/* What all calls have in common that return a virtual address. */
static void *alloc_virt(phys_addr_t size, phys_addr_t align,
			phys_addr_t min_addr, phys_addr_t max_addr, int nid,
			bool exact_nid)
{
	phys_addr_t addr;

	max_addr = min(max_addr, memblock.current_limit);
	addr = memblock_alloc_range_nid(size, align, min_addr, max_addr, nid,
					exact_nid);
	if (!addr && min_addr && !memblock.handed_over)
		addr = memblock_alloc_range_nid(size, align, 0, max_addr, nid,
						exact_nid);
	return addr ? phys_to_virt(addr) : NULL;
}

void *memblock_alloc_try_nid(phys_addr_t size, phys_addr_t align,
			     phys_addr_t min_addr, phys_addr_t max_addr,
			     int nid)
{
	void *p = alloc_virt(size, align, min_addr, max_addr, nid, false);

	return p ? memset(p, 0, (size_t)size) : NULL;
}

void *memblock_alloc_try_nid_raw(phys_addr_t size, phys_addr_t align,
				 phys_addr_t min_addr, phys_addr_t max_addr,
				 int nid)
{
	return alloc_virt(size, align, min_addr, max_addr, nid, false);
}

void *memblock_alloc_exact_nid_raw(phys_addr_t size, phys_addr_t align,
				   phys_addr_t min_addr, phys_addr_t max_addr,
				   int nid)
{
	return alloc_virt(size, align, min_addr, max_addr, nid, true);
}

/* Handing over */

/* Gives frames [start, end) away as the fewest blocks aligned to their size. */
static void free_pfn_range(unsigned long pfn, unsigned long end)
{
	for (unsigned int order; pfn < end; pfn += 1UL << order) {
		order = min_t(unsigned int, ilog2(end - pfn), MAX_PAGE_ORDER);
		order = pfn ? min(order, __ffs(pfn)) : order;
		memblock_free_pages(pfn_to_page(pfn), pfn, order);
	}
}

/* Tells the page allocator what stays out of it: reserved, and NOMAP. */
static void init_reserved_pages(void)
{
	struct memblock_region *r;

	for_each_mem_region(r)
		if (r->flags & MEMBLOCK_NOMAP)
			reserve_bootmem_region(r->base, end_of(r),
					       memblock_get_region_node(r));
	for_each_reserved_mem_region(r) {
		int nid = memblock_get_region_node(r);

		if (r->flags & MEMBLOCK_RSRV_NOINIT)
			continue;
		if (!is_node(nid))
			nid = early_pfn_to_nid(PFN_DOWN(r->base));
		reserve_bootmem_region(r->base, end_of(r), nid);
	}
}

void memblock_hand_over(void (*give)(unsigned long start, unsigned long end))
{
	unsigned long start, end;
	phys_addr_t lo, hi;
	u64 i;

	if (closed("a second hand-over"))
		return;
	init_reserved_pages();
	/* what may be unplugged too: only early boot keeps off it */
	for_each_free_mem_range(i, NUMA_NO_NODE, MEMBLOCK_HOTPLUG, &lo, &hi,
				NULL)
		if (whole_pages(lo, hi, &start, &end)) {
			give(start, end);
			totalram_pages_add((long)(end - start));
		}
	memblock.handed_over = true;
}

void memblock_free_all(void)
{
	memblock_hand_over(free_pfn_range);
}

/* Showing */

static void dump_list(const struct memblock_type *type)
{
	unsigned long i;

	printk(KERN_INFO " %s: %lu of %lu entries, %llu bytes\n", type->name,
	       type->cnt, type->max, (u64)type->total_size);
	for (i = 0; i < type->cnt; i++) {
		const struct memblock_region *r = &type->regions[i];

		printk(KERN_INFO "  [%#018llx-%#018llx] %llu bytes "
		       "node %d flags %#x\n", (u64)r->base, (u64)end_of(r) - 1,
		       (u64)r->size, memblock_get_region_node(r), r->flags);
	}
}

void memblock_dump_all(void)
{
	printk(KERN_INFO "memblock:\n");
	dump_list(&memblock.memory);
	dump_list(&memblock.reserved);
}
