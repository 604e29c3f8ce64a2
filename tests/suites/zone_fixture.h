/*
 * A private zone for tests, over frames taken from the page allocator: what
 * happens to it happens to nobody else.
 *
 * The frames are whole, consecutive blocks of MAX_PAGE_ORDER (the arena); the
 * zone may span any part of them. Descriptors outside the zone are PAGE_NONE.
 */
#ifndef TESTS_ZONE_FIXTURE_H
#define TESTS_ZONE_FIXTURE_H

#include <kernel/ktest.h>
#include <mm/mmzone.h>

#define ARENA_MAX_BLOCKS 5

struct arena {
	unsigned long pfn;	/* first frame */
	unsigned long pages;	/* whole blocks; 0: none could be had */
	u8 zone_id;		/* of the real zone they came from */
};

/* As many consecutive blocks as there are, at most `blocks`. */
struct arena arena_get(unsigned int blocks);
/* All frames go back, whatever was done to their descriptors. */
void arena_put(struct arena *arena);
/* All descriptors of zeroes again. */
void arena_clear(const struct arena *arena);

/* Pages free in the zone a GFP_HIGHUSER asks first, if that is high memory. */
unsigned long high_pages_at_hand(void);

/* The zone of the fixture, empty, spanning [start, start + pages). */
struct zone *private_zone(const struct arena *arena, unsigned long start,
			  unsigned long pages);
/* Over an arena of one block, all of it. NULL: skips the case. */
struct zone *private_zone_of_one_block(struct ktest *t, struct arena *arena);
/* Gives it frames, as memblock would: naturally aligned blocks. */
void zone_feed(struct zone *zone, unsigned long start, unsigned long pages);
/* Blocks free on one list. */
unsigned long list_length(const struct zone *zone, unsigned int order,
			  enum migratetype mt);
/* A block in and out of the zone, with its descriptor as for users. */
struct page *zone_alloc(struct zone *zone, unsigned int order,
			enum migratetype mt);
void zone_free(struct zone *zone, struct page *page);

#endif
