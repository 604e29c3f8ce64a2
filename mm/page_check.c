/*
 * Is this page what the caller says it is?
 *
 * Every free asks. The sound case costs a few comparisons: the descriptor
 * exists, is the head of an allocated block of that order, and has a user.
 * Everything else is a caller's mistake: it is named as closely as the
 * descriptors allow, reported with frame and caller, and refused; nothing is
 * changed, the kernel goes on.
 *
 *	pointer into vmemmap?  no -> "not a page descriptor"
 *	descriptor backed?     no -> "outside RAM"
 *	type		NONE  -> hole | inside of ... | never handed out
 *			BUDDY, PCP, DEFERRED -> already free
 *			RESERVED, TAIL, SLAB, TABLE ...
 *			ALLOC -> wrong order | no reference left
 *
 * A descriptor inside a block says nothing itself (<mm/page.h>); the block is
 * found by looking at the heads a block over this frame could have, one per
 * order: ten looks, in the report alone.
 *
 * The same from the other side: a free block is checked before it is handed
 * out. One whose descriptor was written over is reported and taken out of the
 * books; if its links cannot be followed, the rest of its list goes with it,
 * and what is lost is counted. A damaged block met beside another one, by a
 * merge or a change of type, is left alone until its list comes to it.
 *
 * Locks: the caller of a free owns the block; the second part runs under
 * zone->lock.
 */
#include <kernel/printk.h>
#include <kernel/report.h>
#include <lib/kernel.h>
#include <lib/sprintf.h>
#include <mm/early.h>
#include <mm/highmem.h>
#include <mm/page_owner.h>

#include "internal.h"

/* What describe_page() says, at most. */
#define WORDS_SIZE 96

static const char *const type_words[NR_PAGE_TYPES] = {
	[PAGE_NONE] = "nobody's page",
	[PAGE_RESERVED] = "reserved",
	[PAGE_BUDDY] = "already free",
	[PAGE_ALLOC] = "allocated",
	[PAGE_TAIL] = "tail of a compound block",
	[PAGE_SLAB] = "slab",
	[PAGE_LARGE_KMALLOC] = "large kmalloc",
	[PAGE_TABLE] = "page table",
	[PAGE_DEFERRED] = "already free, never handed out",
	[PAGE_PCP] = "already free, at hand for a CPU",
	[PAGE_GUARDED] = "guarded object",
	[PAGE_VMALLOC] = "page of vmalloc()",
};

struct page *block_head(struct page *page)
{
	unsigned long pfn = page_to_pfn(page);
	unsigned int order;

	for (order = 0; order < NR_PAGE_ORDERS; order++) {
		struct page *head = pfn_to_page(ALIGN_DOWN(pfn, 1UL << order));

		if (head->type == PAGE_NONE)
			continue;
		if (head->type == PAGE_TAIL)
			return head->compound_head;
		return head->order >= order ? head : NULL;
	}
	return NULL;
}

static bool frame_is_ram(unsigned long pfn)
{
	struct pfn_range ram;

	return next_ram_range(pfn, &ram, NULL) && ram.start == pfn;
}

static void describe_none(struct page *page, char *buf, size_t size)
{
	unsigned long pfn = page_to_pfn(page), end;
	struct page *head = block_head(page);

	if (head)
		kscnprintf(buf, size, "inside the block at pfn %#lx order %u (%s)",
			   page_to_pfn(head), head->order,
			   type_words[head->type % NR_PAGE_TYPES]);
	else if (!frame_is_ram(pfn))
		kscnprintf(buf, size, "hole, not RAM");
	else if (deferred_skip(pfn_to_zone(pfn, &end), pfn) != pfn)
		kscnprintf(buf, size, "already free, never handed out");
	else
		kscnprintf(buf, size, "never given to the allocator");
}

static void describe_alloc(const struct page *page, unsigned int order,
			   char *buf, size_t size)
{
	if (page->order != order)
		kscnprintf(buf, size, "wrong order, allocated with order %u",
			   page->order);
	else
		kscnprintf(buf, size, "no reference left");
}

/* What stands in the way of freeing page with this order, in words. */
static void describe_page(struct page *page, unsigned int order, char *buf,
			  size_t size)
{
	switch (page->type) {
	case PAGE_NONE:
		describe_none(page, buf, size);
		break;
	case PAGE_ALLOC:
		describe_alloc(page, order, buf, size);
		break;
	case PAGE_RESERVED:
		kscnprintf(buf, size, "reserved (%s)",
			   early_owner_name((enum early_owner)page->owner));
		break;
	default:
		kscnprintf(buf, size, "%s", page->type < NR_PAGE_TYPES ?
			   type_words[page->type] : "damaged descriptor");
	}
}

/* What is no descriptor is not looked at. */
static noinline void report_no_page(const struct page *page, const char *what,
				    unsigned long caller)
{
	unsigned long offset = (unsigned long)page - (unsigned long)vmemmap;

	report_begin(what, "page %px pfn %#lx: %s, caller %pS", page,
		     offset / sizeof(*page),
		     offset % sizeof(*page) ||
		     offset / sizeof(*page) >= MAX_PFN ?
		     "not a page descriptor" : "outside RAM",
		     (void *)caller);
	report_end();
}

static noinline void report_bad_page(struct page *page, unsigned int order,
				     const char *what, unsigned long caller)
{
	char words[WORDS_SIZE];

	describe_page(page, order, words, sizeof(words));
	report_begin(what, "pfn %#lx order %u: %s, caller %pS",
		     page_to_pfn(page), order, words, (void *)caller);
	if (page->type == PAGE_ALLOC)
		printk("  allocated by %pS, %u references\n",
		       (void *)page->private, page->_refcount);
	page_owner_print(page);
	report_end();
}

bool page_free_ok(struct page *page, unsigned int order, unsigned long caller)
{
	if (likely(page_is_backed(page) && page->type == PAGE_ALLOC &&
		   page->order == order && page->_refcount))
		return true;
	if (page_is_backed(page))
		report_bad_page(page, order, "bad page free", caller);
	else
		report_no_page(page, "bad page free", caller);
	return false;
}

/* For calls that know no order: the head of any block in use. */
bool page_ref_ok(struct page *page, const char *what, unsigned long caller)
{
	if (likely(page_is_backed(page) && page->type == PAGE_ALLOC &&
		   page->_refcount))
		return true;
	if (page_is_backed(page))
		report_bad_page(page, page->order, what, caller);
	else
		report_no_page(page, what, caller);
	return false;
}

bool address_free_ok(unsigned long addr, unsigned int order,
		     unsigned long caller)
{
	const char *why = "the start of a page";

	if (likely(IS_ALIGNED(addr, PAGE_SIZE))) {
		/* arithmetic makes a page of any address, high ones too */
		if (likely(!PageHighMem(virt_to_page(addr))))
			return page_free_ok(virt_to_page(addr), order, caller);
		why = "in the direct map";
	}
	report_begin("bad page free", "address %#lx order %u: not %s, caller %pS",
		     addr, order, why, (void *)caller);
	report_end();
	return false;
}

/* May a list link point here: at the list's head, or at a page of the zone? */
static __always_inline bool link_sound(const struct zone *zone,
				       const struct list_head *list,
				       const struct list_head *link)
{
	const struct page *page = list_entry(link, struct page, buddy_list);
	unsigned long offset = (unsigned long)page -
			       (unsigned long)pfn_to_page(zone->zone_start_pfn);

	if (link == list)
		return true;
	return offset < zone->spanned_pages * sizeof(*page) &&
	       offset % sizeof(*page) == 0 &&
	       (VMEMMAP_READABLE || page_is_backed(page));
}

static bool links_sound(const struct zone *zone, const struct page *page,
			const struct list_head *list)
{
	const struct list_head *l = &page->buddy_list;

	return link_sound(zone, list, l->next) &&
	       link_sound(zone, list, l->prev) &&
	       l->next->prev == l && l->prev->next == l;
}

bool free_block_intact(const struct zone *zone, const struct page *page,
		       unsigned int order, enum migratetype mt)
{
	return page->type == PAGE_BUDDY && page->order == order &&
	       page->migratetype == mt && page->zone_id == zone->zone_id &&
	       links_sound(zone, page, &zone->free_area[order].free_list[mt]);
}

bool free_links_intact(const struct zone *zone, const struct page *page)
{
	return page->migratetype < MIGRATE_TYPES &&
	       links_sound(zone, page, &zone->free_area[page->order]
				       .free_list[page->migratetype]);
}

bool free_neighbour_intact(const struct zone *zone, const struct page *page)
{
	return page->order < NR_PAGE_ORDERS &&
	       page->migratetype < MIGRATE_TYPES &&
	       free_block_intact(zone, page, page->order,
				 (enum migratetype)page->migratetype);
}

/* Blocks on an order's lists, counted. */
static unsigned long count_blocks(const struct free_area *area)
{
	unsigned long n = 0;
	unsigned int mt;

	for (mt = 0; mt < MIGRATE_TYPES; mt++)
		n += list_count_nodes(&area->free_list[mt]);
	return n;
}

/* The list cannot be followed: all of it goes; the others are intact. */
static unsigned long abandon_list(struct free_area *area,
				  enum migratetype mt)
{
	unsigned long before = area->nr_free;

	INIT_LIST_HEAD(&area->free_list[mt]);
	area->nr_free = count_blocks(area);
	return before - area->nr_free;
}

/* page is the first of its list. Its memory is never used again. */
void drop_damaged_block(struct zone *zone, struct page *page,
			unsigned int order, enum migratetype mt)
{
	struct free_area *area = &zone->free_area[order];
	unsigned long lost = 1;

	if (links_sound(zone, page, &area->free_list[mt])) {
		list_del(&page->buddy_list);
		area->nr_free--;
	} else {
		lost = abandon_list(area, mt);
	}
	add_free_pages(zone, -(long)(lost << order));
	report_begin("bad page state", "pfn %#lx on the free list of order %u: type %u order %u list type %u",
		     page_to_pfn(page), order, page->type, page->order,
		     page->migratetype);
	printk("  zone %s: %lu block(s) of order %u taken out of use\n",
	       zone->name, lost, order);
	report_end();
}
