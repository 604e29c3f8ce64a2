/*
 * Who has this page, and who had it before? page_owner=on (or 1) on the
 * command line. Counterpart: linux/page_owner.h, mm/page_owner.c (6.12).
 */
#ifndef MM_PAGE_OWNER_H
#define MM_PAGE_OWNER_H

#include <mm/gfp.h>
#include <mm/stack_depot.h>

/* One half of a page's history: its last allocation, or its last free. */
struct page_track {
	u64 time_us;			/* since boot */
	depot_stack_handle_t stack;
	int pid;			/* thread; 0: idle or boot thread */
	u16 cpu;
	bool known;			/* has it happened since boot? */
};

/* One per frame of RAM. */
struct page_owner {
	struct page_track alloc, free;
	gfp_t gfp;			/* of the last allocation */
	u8 order;			/* of the block, until it is split */
	bool held;			/* allocated now */
};

/* Makes the table; false: no memory for it. Boot, before the hand-over. */
bool page_owner_init(void);
bool page_owner_enabled(void);

/* A block was handed out to caller / is about to be free. Its owner calls. */
void page_owner_alloc(struct page *page, unsigned int order, gfp_t gfp,
		      unsigned long caller);
void page_owner_free(struct page *page, unsigned int order);
/* The block is so many blocks of order 0 from now on. Nothing if off. */
void page_owner_split(struct page *page, unsigned int order);

/* Of any frame of RAM; NULL where the mode is off or there is no RAM. */
const struct page_owner *page_owner_of(const struct page *page);
/* Both tracks, for reports; nothing if nothing is known. Any context. */
void page_owner_print(const struct page *page);
/* Pages held now by who allocated them on this stack. */
unsigned long page_owner_pages(depot_stack_handle_t stack);
/* The stacks that hold most, with their pages. Threads. */
void page_owner_summary(void);

#endif
