/*
 * Owners of early memory: who is asked, and how the table splits, merges and
 * fills up. What records an owner is gone after boot, so those cases run in
 * the hosted build alone; they use addresses where no machine has RAM.
 */
#include <kernel/cmdline.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <lib/sprintf.h>
#include <lib/string.h>
#include <mm/early.h>

#include "../../kernel/cmdline_words.h"
#include "memblock_fixture.h"

static void every_owner_has_a_name_of_its_own(struct ktest *t)
{
	unsigned int i, j;

	for (i = 0; i < NR_EARLY_OWNERS; i++) {
		const char *name = early_owner_name((enum early_owner)i);

		KTEST_ASSERT_NOT_NULL(t, name);
		for (j = 0; j < i; j++)
			KTEST_EXPECT_FALSE(t, ktest_streq(name,
				early_owner_name((enum early_owner)j)));
	}
	KTEST_EXPECT_STREQ(t, early_owner_name(NR_EARLY_OWNERS), "?");
}

/* The stretches of one owner cover all frames without end. */
static void stretches_of_owners_lead_to_the_last_frame(struct ktest *t)
{
	unsigned long pfn = 0, end;
	unsigned int i;

	for (i = 0; pfn < MAX_PFN && i < 2000; i++, pfn = end) {
		end = early_owner_end(pfn);
		KTEST_ASSERT_TRUE(t, end > pfn);
		KTEST_ASSERT_EQ(t, early_owner_of(PFN_PHYS(end - 1)),
				early_owner_of(PFN_PHYS(pfn)));
	}
	KTEST_EXPECT_EQ(t, pfn, MAX_PFN);
}

#ifdef STRATA_HOSTED
/* Far above RAM, each case in a GiB of its own. */
#define FAR(gib) \
	(((phys_addr_t)1 << (MAX_PHYSMEM_BITS - 1)) + \
	 ((phys_addr_t)(gib) << 30))

/* Owned, but no entry of the private memblock: that has few. */
static void own(struct ktest *t, phys_addr_t base, unsigned long first,
		unsigned long end, enum early_owner owner)
{
	base += PFN_PHYS(first);
	KTEST_EXPECT_EQ(t, early_reserve(base, PFN_PHYS(end - first), owner),
			0);
	memblock_phys_free(base, PFN_PHYS(end - first));
}

static void say(const char *word)
{
	extern const struct cmdline_param __start_cmdline_params[];
	extern const struct cmdline_param __stop_cmdline_params[];
	char text[32];

	strscpy(text, word, sizeof(text));
	cmdline_apply(text, __start_cmdline_params, __stop_cmdline_params);
}

/* One stretch of owner from frame first to frame end, counted from base. */
#define EXPECT_STRETCH(t, base, first, end, owner) do {			\
	unsigned long pfn_ = PFN_DOWN(base);				\
	KTEST_EXPECT_EQ(t, early_owner_of(PFN_PHYS(pfn_ + (first))),	\
			owner);						\
	KTEST_EXPECT_EQ(t, early_owner_end(pfn_ + (first)) - pfn_, end); \
} while (0)

static void neighbours_of_one_owner_become_one(struct ktest *t)
{
	phys_addr_t base = FAR(1);

	own(t, base, 10, 20, EARLY_BOOT);
	own(t, base, 5, 10, EARLY_BOOT);	/* with the right one */
	EXPECT_STRETCH(t, base, 5, 20, EARLY_BOOT);
	own(t, base, 20, 30, EARLY_BOOT);	/* with the left one */
	EXPECT_STRETCH(t, base, 5, 30, EARLY_BOOT);
	own(t, base, 40, 50, EARLY_BOOT);
	own(t, base, 30, 40, EARLY_BOOT);	/* with both */
	EXPECT_STRETCH(t, base, 5, 50, EARLY_BOOT);
	EXPECT_STRETCH(t, base, 0, 5, EARLY_OTHER);
}

static void neighbours_of_other_owners_stay_apart(struct ktest *t)
{
	phys_addr_t base = FAR(2);

	own(t, base, 10, 20, EARLY_BOOT);
	own(t, base, 20, 30, EARLY_MEMMAP);
	own(t, base, 5, 10, EARLY_PAGETABLE);
	EXPECT_STRETCH(t, base, 5, 10, EARLY_PAGETABLE);
	EXPECT_STRETCH(t, base, 10, 20, EARLY_BOOT);
	EXPECT_STRETCH(t, base, 20, 30, EARLY_MEMMAP);
}

static void first_owner_keeps_what_a_later_one_overlaps(struct ktest *t)
{
	phys_addr_t base = FAR(3);

	own(t, base, 10, 20, EARLY_KERNEL);
	own(t, base, 30, 40, EARLY_INIT);
	own(t, base, 5, 50, EARLY_BOOT);
	EXPECT_STRETCH(t, base, 5, 10, EARLY_BOOT);
	EXPECT_STRETCH(t, base, 10, 20, EARLY_KERNEL);
	EXPECT_STRETCH(t, base, 20, 30, EARLY_BOOT);
	EXPECT_STRETCH(t, base, 30, 40, EARLY_INIT);
	EXPECT_STRETCH(t, base, 40, 50, EARLY_BOOT);
}

static void part_of_a_frame_makes_the_frame_owned(struct ktest *t)
{
	phys_addr_t base = FAR(4) + 100;

	KTEST_EXPECT_EQ(t, early_reserve(base, 8, EARLY_BOOT), 0);
	memblock_phys_free(base, 8);
	EXPECT_STRETCH(t, base, 0, 1, EARLY_BOOT);
	KTEST_EXPECT_EQ(t, early_owner_of(base + PAGE_SIZE), EARLY_OTHER);
	base = FAR(4) + 4 * PAGE_SIZE - 1;
	KTEST_EXPECT_EQ(t, early_reserve(base, 1, EARLY_BOOT), 0);
	memblock_phys_free(base, 1);
	EXPECT_STRETCH(t, FAR(4), 3, 4, EARLY_BOOT);
}

/* Firmware's data in the first MiB has a name beside nameless bytes. */
static void frame_is_named_after_the_owner_that_has_a_name(struct ktest *t)
{
	phys_addr_t base = FAR(6), in = base + PFN_PHYS(3) + 100;

	KTEST_EXPECT_EQ(t, early_reserve(in, 8, EARLY_BOOT), 0);
	memblock_phys_free(in, 8);
	own(t, base, 0, 10, EARLY_OTHER);
	EXPECT_STRETCH(t, base, 0, 3, EARLY_OTHER);
	EXPECT_STRETCH(t, base, 3, 4, EARLY_BOOT);
	EXPECT_STRETCH(t, base, 4, 10, EARLY_OTHER);
}

/* Recorded for just what was asked for; a failure is nobody's. */
static void owner_of_early_memory_is_who_asked(struct ktest *t)
{
	unsigned long first = PFN_DOWN(FAR(7));

	memblock_add(FAR(7), PFN_PHYS(5));
	say("early=memblock");
	KTEST_EXPECT_EQ(t, early_alloc_raw(PFN_PHYS(3), PAGE_SIZE, 0,
					   EARLY_MEMMAP), FAR(7) + PFN_PHYS(2));
	KTEST_EXPECT_EQ(t, early_owner_end(first), first + 2);
	KTEST_EXPECT_EQ(t, early_owner_of(FAR(7) + PFN_PHYS(1)), EARLY_OTHER);
	KTEST_EXPECT_EQ(t, early_owner_of(FAR(7) + PFN_PHYS(2)), EARLY_MEMMAP);
	KTEST_EXPECT_EQ(t, early_owner_end(first + 2), first + 5);
	KTEST_EXPECT_EQ(t, early_owner_of(FAR(7) + PFN_PHYS(5)), EARLY_OTHER);
	KTEST_EXPECT_EQ(t, early_alloc_raw(PFN_PHYS(3), 1, 0, EARLY_BOOT),
			0ULL);
	KTEST_EXPECT_EQ(t, early_alloc_raw(FAR(7) + PFN_PHYS(6), PAGE_SIZE, 0,
					   EARLY_BOOT), 0ULL);
	KTEST_EXPECT_EQ(t, early_owner_of(FAR(7) + PFN_PHYS(5)), EARLY_OTHER);
}

static void range_longer_than_its_address_is_owned_to_its_end(struct ktest *t)
{
	const unsigned long base = PFN_DOWN(FAR(0)) / 4, end = 4 * base;

	own(t, 0, base, end, EARLY_BOOT);
	EXPECT_STRETCH(t, 0, base, end, EARLY_BOOT);
}

static void what_could_not_be_reserved_has_no_owner(struct ktest *t)
{
	static const char *const by[] = { "early=memblock", "early=bootmem" };
	phys_addr_t base = FAR(8) + PFN_PHYS(8);
	unsigned int i;

	memblock_allow_resize();
	for (i = 0; i < SLOTS; i++)
		memblock_reserve(FAR(8) + PFN_PHYS(2 * i + 10), PAGE_SIZE);
	for (i = 0; i < ARRAY_SIZE(by); i++) {
		say(by[i]);
		KTEST_EXPECT_LOGGED(t, "no memory to grow",
			KTEST_EXPECT_EQ(t, early_reserve(base, 1, EARLY_BOOT),
					-ENOMEM));
		KTEST_EXPECT_EQ(t, early_owner_of(base), EARLY_OTHER);
	}
}

/* To the end of their pages; arrays of the image are the kernel's. */
static void arrays_that_moved_are_the_early_allocators(struct ktest *t)
{
	const struct memblock *m = memblock_of_machine();
	const struct memblock_type *const lists[] = { &m->memory,
						      &m->reserved };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lists); i++) {
		phys_addr_t pa = __pa(lists[i]->regions);
		size_t size = lists[i]->max * sizeof(struct memblock_region);
		bool moved = lists[i]->max > INIT_MEMBLOCK_REGIONS;

		KTEST_EXPECT_EQ(t, early_owner_of(pa) == EARLY_ALLOCATOR,
				moved);
		KTEST_EXPECT_EQ(t, early_owner_of(pa + size - 1) ==
				   EARLY_ALLOCATOR, moved);
		KTEST_EXPECT_NE(t, early_owner_of(pa + PAGE_ALIGN(size)),
				EARLY_ALLOCATOR);
	}
}

/* Last: nothing can be recorded after it but what touches an entry. */
static void full_table_is_told_once_and_the_rest_is_other(struct ktest *t)
{
	phys_addr_t base = FAR(5);
	unsigned long i, lost = 0;

	KTEST_EXPECT_LOGGED(t, "ranges have an owner", {
		for (i = 0; i < 300; i++)
			own(t, base, 2 * i, 2 * i + 1, EARLY_MEMMAP);
	});
	KTEST_EXPECT_EQ(t, early_owner_of(base), EARLY_MEMMAP);
	for (i = 0; i < 300; i++)
		lost += early_owner_of(base + PFN_PHYS(2 * i)) == EARLY_OTHER;
	KTEST_EXPECT_GT(t, lost, 300 - 256);
	KTEST_EXPECT_EQ(t, early_owner_of(base + PFN_PHYS(2 * 299)),
			EARLY_OTHER);
	own(t, base, 1, 2, EARLY_MEMMAP);	/* fills a gap: two less one */
	EXPECT_STRETCH(t, base, 0, 3, EARLY_MEMMAP);
	report_capture_log_start();
	own(t, base, 700, 701, EARLY_BOOT);	/* the entry that is free now */
	own(t, base, 800, 801, EARLY_BOOT);
	KTEST_EXPECT_EQ(t, report_capture_stop(), 0);
	KTEST_EXPECT_STREQ(t, report_capture_text(), "");
	EXPECT_STRETCH(t, base, 700, 701, EARLY_BOOT);
	KTEST_EXPECT_EQ(t, early_owner_of(base + PFN_PHYS(800)), EARLY_OTHER);
}

/* After the boot it is but a name. */
static void allocator_is_the_one_that_was_named(struct ktest *t)
{
	const char *name = early_allocator_name();
	char word[32];

	say("early=bootmem");
	KTEST_EXPECT_STREQ(t, early_allocator_name(), "bootmem");
	say("early=memblock");
	KTEST_EXPECT_STREQ(t, early_allocator_name(), "memblock");
	say("early=bootmen");
	KTEST_EXPECT_STREQ(t, early_allocator_name(), "memblock");
	ksnprintf(word, sizeof(word), "early=%s", name);
	say(word);
	KTEST_EXPECT_STREQ(t, early_allocator_name(), name);
}
#endif

static const struct ktest_case cases[] = {
	KTEST_CASE(every_owner_has_a_name_of_its_own),
	KTEST_CASE(stretches_of_owners_lead_to_the_last_frame),
#ifdef STRATA_HOSTED
	KTEST_CASE(allocator_is_the_one_that_was_named),
	KTEST_CASE(neighbours_of_one_owner_become_one),
	KTEST_CASE(neighbours_of_other_owners_stay_apart),
	KTEST_CASE(first_owner_keeps_what_a_later_one_overlaps),
	KTEST_CASE(part_of_a_frame_makes_the_frame_owned),
	KTEST_CASE(frame_is_named_after_the_owner_that_has_a_name),
	KTEST_CASE(arrays_that_moved_are_the_early_allocators),
	KTEST_CASE(owner_of_early_memory_is_who_asked),
	KTEST_CASE(range_longer_than_its_address_is_owned_to_its_end),
	KTEST_CASE(what_could_not_be_reserved_has_no_owner),
	KTEST_CASE(full_table_is_told_once_and_the_rest_is_other),
#endif
	{}
};
KTEST_SUITE_FIXTURE(early, cases, memblock_swap_in, memblock_swap_out);
