/*
 * Early memory from either allocator: where it lies, and what memblock knows
 * in the end. That code is gone after boot, so the cases run in the hosted
 * build alone, on a private memblock.
 */
#include <kernel/cmdline.h>
#include <lib/sprintf.h>
#include <lib/string.h>
#include <mm/early.h>

#include "../../kernel/cmdline_words.h"
#include "../suites/memblock_fixture.h"

#define FRAMES (1UL << ARENA_ORDER)
#define HALF (FRAMES / 2)
#define FRAME(n) (arena + PFN_PHYS(n))

static char allocator_before[32];

static void say(const char *name)
{
	extern const struct cmdline_param __start_cmdline_params[];
	extern const struct cmdline_param __stop_cmdline_params[];
	char text[40];

	ksnprintf(text, sizeof(text), "early=%s", name);
	cmdline_apply(text, __start_cmdline_params, __stop_cmdline_params);
}

/* Two nodes, half of the arena each, and by which allocator it is given. */
static void begin(const char *allocator)
{
	memblock_add_node(FRAME(0), PFN_PHYS(HALF), 0, MEMBLOCK_NONE);
	memblock_add_node(FRAME(HALF), PFN_PHYS(HALF), 1, MEMBLOCK_NONE);
	say(allocator);
}

/* The hand-over, of a machine that turns out to have no RAM. */
static void finish(void)
{
	memblock.memory.cnt = 0;
	memblock.memory.total_size = 0;
	memory_slots[0] = (struct memblock_region){ 0 };
	early_free_all();
}

static void set_up(struct ktest *t)
{
	strscpy(allocator_before, early_allocator_name(),
		sizeof(allocator_before));
	memblock_swap_in(t);
}

static void tear_down(struct ktest *t)
{
	memblock_swap_out(t);
	say(allocator_before);
}

static phys_addr_t take(unsigned long frames, int nid)
{
	return early_alloc_raw(PFN_PHYS(frames), PAGE_SIZE, nid, EARLY_OTHER);
}

#define EXPECT_TAKEN(t, frames, nid, at) \
	KTEST_EXPECT_EQ(t, take(frames, nid), FRAME(at))

/* bootmem keeps off the lowest 16 MiB, then nodes do not matter. */
static bool arena_is_low(struct ktest *t)
{
	if (arena >= PFN_PHYS(MAX_DMA_PFN))
		return false;
	ktest_skip(t, "the arena is ISA's memory");
	return true;
}

static void bootmem_gives_a_nodes_frames_from_the_lowest(struct ktest *t)
{
	if (arena_is_low(t))
		return;
	begin("bootmem");
	KTEST_EXPECT_EQ(t, early_reserve(FRAME(3) + 100, 8, EARLY_OTHER), 0);
	EXPECT_TAKEN(t, 1, 1, HALF);
	EXPECT_TAKEN(t, 1, 0, 0);
	EXPECT_TAKEN(t, 2, 0, 1);
	EXPECT_TAKEN(t, 2, 0, 4);	/* 3 is reserved */
	EXPECT_TAKEN(t, 1, NUMA_NO_NODE, 6);
	EXPECT_TAKEN(t, 3, NUMA_NO_NODE, HALF + 1);
	EXPECT_TAKEN(t, 2, 0, HALF + 4);	/* of the other node, then */
	KTEST_EXPECT_EQ(t, take(2, 1), 0ULL);
	KTEST_EXPECT_EQ(t, early_reserve(FRAME(7) + 10, 1, EARLY_OTHER), 0);
	KTEST_EXPECT_EQ(t, early_alloc_raw(100, 8, 0, EARLY_OTHER),
			FRAME(HALF + 6));
	KTEST_EXPECT_EQ(t, take(1, NUMA_NO_NODE), 0ULL);
	finish();
}

/*
 * Whole frames: what was reserved in part, and what was given. The bitmap's are
 * free again.
 */
static void memblock_knows_in_the_end_what_bootmem_gave(struct ktest *t)
{
	begin("bootmem");
	early_reserve(FRAME(9) + 100, 8, EARLY_OTHER);
	KTEST_EXPECT_NE(t, take(2, 0), 0ULL);
	early_reserve(FRAME(5) + 10, PAGE_SIZE, EARLY_OTHER);
	KTEST_EXPECT_EQ(t, memblock_reserved_size(), ARENA_SIZE);
	finish();
	EXPECT_LIST(t, reserved, { FRAME(0), FRAME(2), 0, NONE },
		    { FRAME(5), FRAME(7), 0, NONE },
		    { FRAME(9), FRAME(10), 0, NONE });
	KTEST_EXPECT_TRUE(t, memblock.handed_over);
}

/* No bitmap was made: reservations stay as they were asked for. */
static void bootmem_that_gave_nothing_leaves_no_trace(struct ktest *t)
{
	begin("bootmem");
	early_reserve(FRAME(9) + 100, 8, EARLY_OTHER);
	finish();
	EXPECT_LIST(t, reserved, { FRAME(9) + 100, FRAME(9) + 108, 0, NONE });
}

static void bootmem_stays_below_the_limit(struct ktest *t)
{
	if (arena_is_low(t))
		return;
	begin("bootmem");
	early_set_limit(FRAME(HALF + 2));
	/* the bitmap is right below */
	EXPECT_TAKEN(t, 1, 1, HALF);
	KTEST_EXPECT_EQ(t, take(HALF + 1, 1), 0ULL);
	EXPECT_TAKEN(t, HALF, 1, 0);
	KTEST_EXPECT_EQ(t, take(1, 1), 0ULL);
	finish();
}

static void bootmem_without_room_for_its_bitmap_gives_nothing(struct ktest *t)
{
	begin("bootmem");
	memblock_reserve(FRAME(0), ARENA_SIZE - PAGE_SIZE + 1);
	KTEST_EXPECT_LOGGED(t, "bootmem: no place for a bitmap of 4096 bytes",
			    KTEST_EXPECT_EQ(t, take(1, 0), 0ULL));
	finish();
}

static void memblock_gives_a_nodes_memory_from_the_highest(struct ktest *t)
{
	begin("memblock");
	EXPECT_TAKEN(t, 1, 0, HALF - 1);
	EXPECT_TAKEN(t, 1, NUMA_NO_NODE, FRAMES - 1);
	early_set_limit(FRAME(HALF + 2));
	EXPECT_TAKEN(t, 1, 1, HALF + 1);
	KTEST_EXPECT_EQ(t, early_alloc_raw(16, 64, 1, EARLY_OTHER),
			FRAME(HALF + 1) - 64);
	finish();
}

static void early_memory_is_clear_but_raw_memory(struct ktest *t)
{
	static const char *const by[] = { "memblock", "bootmem" };
	unsigned int i;
	u8 *p;

	for (i = 0; i < ARRAY_SIZE(by); i++) {
		memblock.handed_over = false;
		memset(page_address(arena_page), 0xa5, (size_t)ARENA_SIZE);
		begin(by[i]);
		p = __va(early_alloc(100, 128, EARLY_OTHER));
		KTEST_EXPECT_NULL(t, memchr_inv(p, 0, 100));
		KTEST_EXPECT_EQ(t, p[100], 0xa5);
		p = __va(early_alloc_raw(100, 128, 0, EARLY_OTHER));
		KTEST_EXPECT_NULL(t, memchr_inv(p, 0xa5, 100));
		finish();
		memblock_phys_free(0, PHYS_ADDR_MAX);
	}
	KTEST_EXPECT_NE(t, memblock.memory.max, 0);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(bootmem_gives_a_nodes_frames_from_the_lowest),
	KTEST_CASE(memblock_knows_in_the_end_what_bootmem_gave),
	KTEST_CASE(bootmem_that_gave_nothing_leaves_no_trace),
	KTEST_CASE(bootmem_stays_below_the_limit),
	KTEST_CASE(bootmem_without_room_for_its_bitmap_gives_nothing),
	KTEST_CASE(memblock_gives_a_nodes_memory_from_the_highest),
	KTEST_CASE(early_memory_is_clear_but_raw_memory),
	{}
};
KTEST_SUITE_FIXTURE(early_alloc, cases, set_up, tear_down);
