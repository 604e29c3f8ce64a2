/*
 * bootmem: the bitmap, first fit, shared last pages, the hand-over. Every
 * case has its own bitmap; no memory is touched but that.
 */
#include <asm/page.h>
#include <kernel/ktest.h>
#include <lib/bitmap.h>
#include <lib/kernel.h>
#include <lib/random.h>
#include <lib/string.h>
#include <mm/bootmem.h>

#define FIRST 5UL		/* no multiple of anything */
#define FRAMES 200UL
#define LAST (FIRST + FRAMES)
#define NO_LIMIT PHYS_ADDR_MAX

/* One word more than the bits need: nobody may write to it. */
static unsigned long map[BITS_TO_LONGS(FRAMES) + 1];
static struct bootmem_data b;

static void make_bitmap(struct ktest *t)
{
	KTEST_ASSERT_TRUE(t, bootmem_map_size(FIRST, LAST) <
			     sizeof(map));
	memset(map, 0x5a, sizeof(map));
	bootmem_init(&b, map, FIRST, LAST);
}

static void check_guard(struct ktest *t)
{
	static const u8 last = 0x5a;

	KTEST_EXPECT_NULL(t, memchr_inv(&map[ARRAY_SIZE(map) - 1], last,
					sizeof(long)));
}

static void all_usable(void)
{
	bootmem_free(&b, PFN_PHYS(FIRST), PFN_PHYS(FRAMES));
}

static phys_addr_t alloc(phys_addr_t size, phys_addr_t align)
{
	return bootmem_alloc(&b, size, align, 0, NO_LIMIT);
}

static void frames_are_taken_unless_freed(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, bootmem_nr_free(&b), 0);
	KTEST_EXPECT_EQ(t, alloc(1, 1), 0ULL);
	all_usable();
	KTEST_EXPECT_EQ(t, bootmem_nr_free(&b), FRAMES);
}

/* One free frame behind the last block is not enough for two. */
static void room_behind_the_last_block_is_free_to_its_end(struct ktest *t)
{
	phys_addr_t first, second;

	all_usable();
	first = alloc(100, 1);
	bootmem_reserve(&b, first + 2 * PAGE_SIZE, 1);
	second = alloc(2 * PAGE_SIZE, 1);
	KTEST_EXPECT_EQ(t, second, first + 3 * PAGE_SIZE);
}

/* There are bits that are clear: the guard's, which are no frames. */
static void nothing_is_found_behind_the_last_frame(struct ktest *t)
{
	unsigned long start = 1000, stop;

	bootmem_init(&b, map, start, start + FRAMES);
	KTEST_EXPECT_FALSE(t, bootmem_next_free(&b, &start, &stop, ~0UL));
}

static void freeing_rounds_inwards_and_reserving_outwards(struct ktest *t)
{
	phys_addr_t base = PFN_PHYS(FIRST);

	bootmem_free(&b, base + 1, 3 * PAGE_SIZE);
	KTEST_EXPECT_EQ(t, bootmem_nr_free(&b), 2);
	bootmem_free(&b, base + 8 * PAGE_SIZE + 1, PAGE_SIZE);
	KTEST_EXPECT_EQ(t, bootmem_nr_free(&b), 2);
	bootmem_reserve(&b, base + 2 * PAGE_SIZE - 1, 1);
	KTEST_EXPECT_EQ(t, bootmem_nr_free(&b), 1);
	bootmem_reserve(&b, base + 2 * PAGE_SIZE, 0);
	KTEST_EXPECT_EQ(t, bootmem_nr_free(&b), 1);
	bootmem_reserve(&b, base + 2 * PAGE_SIZE - 1, 2);
	KTEST_EXPECT_EQ(t, bootmem_nr_free(&b), 0);
}

static void ranges_outside_the_map_are_passed_over(struct ktest *t)
{
	bootmem_free(&b, 0, NO_LIMIT);
	KTEST_EXPECT_EQ(t, bootmem_nr_free(&b), FRAMES);
	bootmem_reserve(&b, 0, PFN_PHYS(FIRST) + 1);
	bootmem_reserve(&b, PFN_PHYS(LAST) - 1, NO_LIMIT);
	KTEST_EXPECT_EQ(t, bootmem_nr_free(&b), FRAMES - 2);
	bootmem_reserve(&b, PFN_PHYS(LAST), NO_LIMIT);
	bootmem_reserve(&b, 0, PFN_PHYS(FIRST));
	KTEST_EXPECT_EQ(t, bootmem_nr_free(&b), FRAMES - 2);
}

/* 2^44 bytes on, a frame number of 32 bits is the same again. */
static void frame_numbers_do_not_wrap(struct ktest *t)
{
	const phys_addr_t far = 1ULL << 44;

	bootmem_free(&b, far + PFN_PHYS(FIRST), PFN_PHYS(FRAMES));
	KTEST_EXPECT_EQ(t, bootmem_nr_free(&b), 0);
	bootmem_free(&b, PFN_PHYS(FIRST), far);
	KTEST_EXPECT_EQ(t, bootmem_nr_free(&b), FRAMES);
	bootmem_reserve(&b, far + PFN_PHYS(FIRST), PFN_PHYS(FRAMES));
	KTEST_EXPECT_EQ(t, bootmem_nr_free(&b), FRAMES);
	KTEST_EXPECT_EQ(t, alloc(far + PAGE_SIZE, 1), 0ULL);
	KTEST_EXPECT_EQ(t, alloc(PAGE_SIZE, far), 0ULL);
}

static void first_fit_is_lowest_and_steps_over_taken_frames(struct ktest *t)
{
	all_usable();
	bootmem_reserve(&b, PFN_PHYS(FIRST + 2), PAGE_SIZE);
	KTEST_EXPECT_EQ(t, alloc(3 * PAGE_SIZE, PAGE_SIZE),
			PFN_PHYS(FIRST + 3));
	KTEST_EXPECT_EQ(t, alloc(2 * PAGE_SIZE, PAGE_SIZE), PFN_PHYS(FIRST));
	KTEST_EXPECT_EQ(t, alloc(PAGE_SIZE, PAGE_SIZE), PFN_PHYS(FIRST + 6));
}

static void alignment_is_of_the_address_not_of_the_bit(struct ktest *t)
{
	all_usable();
	KTEST_EXPECT_EQ(t, alloc(PAGE_SIZE, 64 * PAGE_SIZE), PFN_PHYS(64));
	KTEST_EXPECT_EQ(t, alloc(PAGE_SIZE, 64 * PAGE_SIZE), PFN_PHYS(128));
	bootmem_reserve(&b, PFN_PHYS(192), PAGE_SIZE);
	KTEST_EXPECT_EQ(t, alloc(PAGE_SIZE, 64 * PAGE_SIZE), 0ULL);
	KTEST_EXPECT_EQ(t, alloc(PAGE_SIZE, 3), 0ULL);
}

static void goal_and_limit_bound_the_block(struct ktest *t)
{
	phys_addr_t goal = PFN_PHYS(100), limit = PFN_PHYS(102);

	all_usable();
	KTEST_EXPECT_EQ(t, bootmem_alloc(&b, 3 * PAGE_SIZE, 1, goal, limit),
			0ULL);
	KTEST_EXPECT_EQ(t, bootmem_alloc(&b, PAGE_SIZE, 1, goal - 1, limit),
			goal);
	KTEST_EXPECT_EQ(t, bootmem_alloc(&b, PAGE_SIZE, 1, goal, limit - 1),
			0ULL);
	KTEST_EXPECT_EQ(t, bootmem_alloc(&b, PAGE_SIZE, 1, goal, limit),
			PFN_PHYS(101));
	KTEST_EXPECT_EQ(t, bootmem_alloc(&b, PAGE_SIZE, 1, goal, limit), 0ULL);
	KTEST_EXPECT_EQ(t, bootmem_alloc(&b, 1, 1, limit, goal), 0ULL);
}

static void small_blocks_share_the_last_page(struct ktest *t)
{
	phys_addr_t base = PFN_PHYS(FIRST);

	all_usable();
	KTEST_EXPECT_EQ(t, alloc(PAGE_SIZE + 100, 1), base);
	KTEST_EXPECT_EQ(t, alloc(10, 64), base + PAGE_SIZE + 128);
	/* over the end of the page, into a free one */
	KTEST_EXPECT_EQ(t, alloc(PAGE_SIZE, 1), base + PAGE_SIZE + 138);
	KTEST_EXPECT_EQ(t, bootmem_nr_free(&b), FRAMES - 3);
	/* the frame behind is taken: a page of its own */
	bootmem_reserve(&b, base + 3 * PAGE_SIZE, PAGE_SIZE);
	KTEST_EXPECT_EQ(t, alloc(PAGE_SIZE, 1), base + 4 * PAGE_SIZE);
}

static void shared_page_respects_goal_and_limit(struct ktest *t)
{
	phys_addr_t base = PFN_PHYS(FIRST), next = base + PAGE_SIZE;

	all_usable();
	alloc(100, 1);
	KTEST_EXPECT_EQ(t, bootmem_alloc(&b, 10, 1, 0, base + 105), 0ULL);
	KTEST_EXPECT_EQ(t, bootmem_alloc(&b, 10, 1, base + 200, NO_LIMIT),
			next);
	KTEST_EXPECT_EQ(t, bootmem_alloc(&b, 10, 1, next, NO_LIMIT),
			next + 10);
}

static void freed_last_page_is_not_shared(struct ktest *t)
{
	all_usable();
	alloc(100, 1);
	all_usable();
	KTEST_EXPECT_EQ(t, alloc(100, 1), PFN_PHYS(FIRST));
}

static void end_of_the_map_is_the_end(struct ktest *t)
{
	all_usable();
	KTEST_EXPECT_EQ(t, alloc(PFN_PHYS(FRAMES) + 1, 1), 0ULL);
	KTEST_EXPECT_EQ(t, alloc(NO_LIMIT, 1), 0ULL);
	KTEST_EXPECT_EQ(t, alloc(0, 1), 0ULL);
	KTEST_EXPECT_EQ(t, alloc(PFN_PHYS(FRAMES) - 1, 1), PFN_PHYS(FIRST));
	KTEST_EXPECT_EQ(t, alloc(2, 1), 0ULL);
	KTEST_EXPECT_EQ(t, alloc(1, 1), PFN_PHYS(LAST) - 1);
}

/* A map of whole words: the word behind it says free, and is not asked. */
static void bits_behind_the_map_are_not_asked(struct ktest *t)
{
	unsigned long frames = 2 * BITS_PER_LONG;

	bootmem_init(&b, map, FIRST, FIRST + frames);
	map[2] = 0;
	all_usable();
	KTEST_EXPECT_EQ(t, alloc(PFN_PHYS(frames) - 1, 1), PFN_PHYS(FIRST));
	KTEST_EXPECT_EQ(t, alloc(2, 1), 0ULL);
	KTEST_EXPECT_EQ(t, map[2], 0);
}

static void range_over_all_addresses_does_not_wrap(struct ktest *t)
{
	bootmem_free(&b, PFN_PHYS(FIRST + 10), NO_LIMIT);
	KTEST_EXPECT_EQ(t, bootmem_nr_free(&b), FRAMES - 10);
	bootmem_reserve(&b, PFN_PHYS(FIRST + 50), NO_LIMIT);
	KTEST_EXPECT_EQ(t, bootmem_nr_free(&b), 40);
}

static void empty_reservation_takes_no_frame(struct ktest *t)
{
	all_usable();
	bootmem_reserve(&b, PFN_PHYS(FIRST) + 100, 0);
	KTEST_EXPECT_EQ(t, bootmem_nr_free(&b), FRAMES);
}

static void frame_zero_is_never_given_out(struct ktest *t)
{
	bootmem_init(&b, map, 0, FRAMES);
	bootmem_free(&b, 0, 2 * PAGE_SIZE);
	KTEST_EXPECT_EQ(t, alloc(PAGE_SIZE, 1), (u64)PAGE_SIZE);
	KTEST_EXPECT_EQ(t, alloc(PAGE_SIZE, 1), 0ULL);
	KTEST_EXPECT_EQ(t, bootmem_nr_free(&b), 1);
}

static struct { unsigned long start, end; } given[8];
static unsigned int nr_given;

static unsigned long give(unsigned long start, unsigned long end)
{
	if (nr_given < ARRAY_SIZE(given)) {
		given[nr_given].start = start;
		given[nr_given].end = end;
	}
	nr_given++;
	return end - start;
}

static void hand_over_gives_every_free_run_once(struct ktest *t)
{
	all_usable();
	bootmem_reserve(&b, PFN_PHYS(64), PAGE_SIZE);
	bootmem_reserve(&b, PFN_PHYS(100), 50 * PAGE_SIZE);
	nr_given = 0;
	KTEST_EXPECT_EQ(t, bootmem_free_all(&b, 0, ~0UL, give), FRAMES - 51);
	KTEST_ASSERT_EQ(t, nr_given, 3);
	KTEST_EXPECT_EQ(t, given[0].start, FIRST);
	KTEST_EXPECT_EQ(t, given[0].end, 64);
	KTEST_EXPECT_EQ(t, given[1].start, 65);
	KTEST_EXPECT_EQ(t, given[1].end, 100);
	KTEST_EXPECT_EQ(t, given[2].start, 150);
	KTEST_EXPECT_EQ(t, given[2].end, LAST);
	KTEST_EXPECT_EQ(t, bootmem_free_all(&b, 0, ~0UL, give), 0);
}

static void hand_over_stays_in_its_range(struct ktest *t)
{
	all_usable();
	nr_given = 0;
	KTEST_EXPECT_EQ(t, bootmem_free_all(&b, 10, 20, give), 10);
	KTEST_EXPECT_EQ(t, bootmem_nr_free(&b), FRAMES - 10);
}

/* Owner of each frame: 0 free, else the number of whoever has it. */
static u8 owner[LAST];

static bool frames_are(unsigned long start, unsigned long n, u8 who)
{
	for (; n--; start++)
		if (start < FIRST || start >= LAST || owner[start] != who)
			return false;
	return true;
}

static void random_blocks_never_share_a_frame(struct ktest *t)
{
	struct rng rng = rng_seed(0xb007);
	unsigned long taken = 0, n, op;

	all_usable();
	memset(owner, 0, sizeof(owner));
	for (op = 0; op < 3000; op++) {
		phys_addr_t size = (1 + rng_below(&rng, 9)) * PAGE_SIZE;
		phys_addr_t align = PAGE_SIZE << rng_below(&rng, 5);
		phys_addr_t addr = alloc(size, align);
		unsigned long first = PFN_DOWN(addr);

		n = PFN_DOWN(size);
		if (!addr) {
			/* give back everything one frame at a time */
			for (first = FIRST; first < LAST; first++)
				if (owner[first] && rng_below(&rng, 2)) {
					bootmem_free(&b, PFN_PHYS(first),
						     PAGE_SIZE);
					owner[first] = 0;
					taken--;
				}
			continue;
		}
		KTEST_ASSERT_EQ(t, addr & (align - 1), 0ULL);
		KTEST_ASSERT_TRUE(t, frames_are(first, n, 0));
		memset(owner + first, 1, n);
		taken += n;
		KTEST_ASSERT_EQ(t, bootmem_nr_free(&b), FRAMES - taken);
	}
}

static const struct ktest_case cases[] = {
	KTEST_CASE(frames_are_taken_unless_freed),
	KTEST_CASE(nothing_is_found_behind_the_last_frame),
	KTEST_CASE(room_behind_the_last_block_is_free_to_its_end),
	KTEST_CASE(freeing_rounds_inwards_and_reserving_outwards),
	KTEST_CASE(ranges_outside_the_map_are_passed_over),
	KTEST_CASE(frame_numbers_do_not_wrap),
	KTEST_CASE(first_fit_is_lowest_and_steps_over_taken_frames),
	KTEST_CASE(alignment_is_of_the_address_not_of_the_bit),
	KTEST_CASE(goal_and_limit_bound_the_block),
	KTEST_CASE(small_blocks_share_the_last_page),
	KTEST_CASE(shared_page_respects_goal_and_limit),
	KTEST_CASE(freed_last_page_is_not_shared),
	KTEST_CASE(end_of_the_map_is_the_end),
	KTEST_CASE(bits_behind_the_map_are_not_asked),
	KTEST_CASE(range_over_all_addresses_does_not_wrap),
	KTEST_CASE(empty_reservation_takes_no_frame),
	KTEST_CASE(frame_zero_is_never_given_out),
	KTEST_CASE(hand_over_gives_every_free_run_once),
	KTEST_CASE(hand_over_stays_in_its_range),
	KTEST_CASE(random_blocks_never_share_a_frame),
	{}
};
KTEST_SUITE_FIXTURE(bootmem, cases, make_bitmap, check_guard);
