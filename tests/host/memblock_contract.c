/*
 * memblock the way a stranger uses it: the C library's headers first, then
 * its public header and nothing else; the fields of `memblock` written by
 * hand; memory from malloc, a physical address is a pointer.
 */
#include "memblock_standins.h"

/* Names the header leaves to its users. */
struct region { phys_addr_t base, size; };
#define MEM_SIZE (64 * PAGE)
#define PHYS_MEM_SIZE MEM_SIZE
#define MEMORY_BASE_OFFSET 0
#define ASSERT_EQ(a, b) check((a) == (b), #a " == " #b, __LINE__)
#define ASSERT_TRUE(a) check(a, #a, __LINE__)

static int verbose, prefixes, func, test_memory, test_flags;
static unsigned int failures, line_failed;
static struct memblock_region *first_memory, *first_reserved;
static char *ram;

static phys_addr_t region_end(const struct memblock_region *r)
{
	return r->base + r->size;
}

static void check(bool good, const char *what, int line)
{
	if (good)
		return;
	printf("# line %d: not %s\n", line, what);
	line_failed++;
}

/* Runs first: nobody has called anything yet. */
static void is_usable_from_its_initialiser(void)
{
	first_memory = memblock.memory.regions;
	first_reserved = memblock.reserved.regions;
	ASSERT_TRUE(first_memory && first_reserved);
	ASSERT_EQ(memblock.memory.cnt, 0);
	ASSERT_EQ(memblock.memory.max, 128);
	ASSERT_EQ(memblock.memory.total_size, 0);
	ASSERT_EQ(strcmp(memblock.memory.name, "memory"), 0);
	ASSERT_EQ(memblock.reserved.cnt, 0);
	ASSERT_EQ(memblock.reserved.max, INIT_MEMBLOCK_REGIONS);
	ASSERT_EQ(strcmp(memblock.reserved.name, "reserved"), 0);
	ASSERT_EQ(memblock.bottom_up, false);
	ASSERT_EQ(memblock.current_limit, MEMBLOCK_ALLOC_ANYWHERE);
	ASSERT_EQ(memblock_start_of_DRAM(), 0);
	ASSERT_EQ(memblock_end_of_DRAM(), 0);
	ASSERT_TRUE(!memblock_alloc(1, 1));
	ASSERT_EQ(memblock.reserved.cnt, 0);
}

static void constants_have_linux_values(void)
{
	ASSERT_EQ(MEMBLOCK_NONE, 0);
	ASSERT_EQ(MEMBLOCK_HOTPLUG, 1);
	ASSERT_EQ(MEMBLOCK_MIRROR, 2);
	ASSERT_EQ(MEMBLOCK_NOMAP, 4);
	ASSERT_EQ(MEMBLOCK_DRIVER_MANAGED, 8);
	ASSERT_EQ(MEMBLOCK_RSRV_NOINIT, 16);
	ASSERT_EQ(MEMBLOCK_ALLOC_ANYWHERE, ~(phys_addr_t)0);
	ASSERT_EQ(MEMBLOCK_ALLOC_ACCESSIBLE, 0);
	ASSERT_EQ(MEMBLOCK_ALLOC_NOLEAKTRACE, 1);
	ASSERT_EQ(MEMBLOCK_LOW_LIMIT, 0);
	ASSERT_EQ(PHYS_ADDR_MAX, ~0ULL);
	ASSERT_EQ(NUMA_NO_NODE, -1);
	ASSERT_EQ(sizeof(phys_addr_t), 8);
	ASSERT_TRUE(sizeof(struct memblock_region) <= 128);
#ifdef CONFIG_NUMA
	ASSERT_EQ(MAX_NUMNODES, 16);
#else
	ASSERT_EQ(MAX_NUMNODES, 1);
#endif
}

static void panics_when_full_before_resizing_is_allowed(void)
{
	volatile bool panicked = true;
	int i;

	for (i = 0; i < 128; i++)
		memblock_add((phys_addr_t)i * 2 * PAGE, PAGE);
	if (!setjmp(on_panic)) {
		memblock_add(1000 * PAGE, PAGE);
		panicked = false;
	}
	ASSERT_TRUE(panicked);
	ASSERT_EQ(memblock.memory.cnt, 128);
}

static void memory_outgrows_its_static_array(void)
{
	struct memblock_region *r;
	int i;

	memblock_allow_resize();
	memblock_add((uintptr_t)ram, MEM_SIZE);
	for (i = 1; i < 128; i++)
		memblock_add((phys_addr_t)i * 2 * PAGE, PAGE);
	ASSERT_EQ(memblock.memory.regions, first_memory);
	ASSERT_EQ(memblock_add(1000 * PAGE, PAGE), 0);
	ASSERT_EQ(memblock.memory.max, 256);
	ASSERT_EQ(memblock.memory.cnt, 129);
	ASSERT_EQ(memblock.reserved.cnt, 1);
	r = memblock.reserved.regions;
	ASSERT_EQ(r->base, (uintptr_t)memblock.memory.regions);
	ASSERT_EQ(region_end(r), (uintptr_t)ram + MEM_SIZE);
	ASSERT_EQ(r->size, (256 * sizeof(*r) + PAGE - 1) & ~(PAGE - 1));
}

static void reserved_doubles_twice_and_frees_the_first_array(void)
{
	phys_addr_t size = sizeof(struct memblock_region);
	int i;

	memblock_add((uintptr_t)ram, MEM_SIZE);
	for (i = 0; i < 300; i++)
		ASSERT_EQ(memblock_reserve((phys_addr_t)i * 2 * PAGE, PAGE), 0);
	ASSERT_EQ(memblock.reserved.max, 512);
	/* 300 ranges, and the one array that is in use */
	ASSERT_EQ(memblock.reserved.cnt, 301);
	ASSERT_EQ(memblock.reserved.total_size, 300 * PAGE +
		  ((512 * size + PAGE - 1) & ~(PAGE - 1)));
}

/* All of RAM but one hole is being reserved: the array goes to the hole. */
static void growing_keeps_out_of_the_range_in_the_middle(void)
{
	phys_addr_t base = (uintptr_t)ram;
	int i;

	memblock_add(base, MEM_SIZE);
	for (i = 0; i < 128; i++)
		memblock_reserve((phys_addr_t)i * 2 * PAGE, PAGE);
	ASSERT_EQ(memblock_reserve(base + 16 * PAGE, 48 * PAGE), 0);
	ASSERT_TRUE((uintptr_t)memblock.reserved.regions < base + 16 * PAGE);
	ASSERT_EQ(memblock_reserve(base + 2 * PAGE, PAGE), 0);
}

static void blocks_are_cleared_but_raw_ones(void)
{
	char *p;

	memset(ram, 0x55, MEM_SIZE);
	memblock_add((uintptr_t)ram, MEM_SIZE);
	p = memblock_alloc(100, SMP_CACHE_BYTES);
	ASSERT_TRUE(p && !p[0] && !p[99] && p[100] == 0x55);
	p = memblock_alloc_raw(100, SMP_CACHE_BYTES);
	ASSERT_TRUE(p && p[0] == 0x55 && p[99] == 0x55);
	p = memblock_alloc_low(100, 1);
	ASSERT_TRUE(!p || (uintptr_t)p < 1ULL << 32);
	memblock_free(p, 100);
}

static void alignment_zero_dumps_the_stack(void)
{
	char *p;

	memblock_add((uintptr_t)ram, MEM_SIZE);
	stack_dumps = 0;
	p = memblock_alloc(10, 0);
	ASSERT_TRUE(p && !((uintptr_t)p % SMP_CACHE_BYTES));
	ASSERT_EQ(stack_dumps, 1);
}

static void hand_over_gives_all_in_the_fewest_aligned_blocks(void)
{
	memset(&handed, 0, sizeof(handed));
	memblock_add(0, 4096 * PAGE);
	memblock_add(5000 * PAGE + 1, 3 * PAGE);
	memblock_reserve(1024 * PAGE, 10);
	memblock_reserve(4094 * PAGE, 2 * PAGE);
	memblock_free_all();
	/* 0..1023, 1025..4093, 5001..5002 */
	ASSERT_EQ(handed.total, 4096 - 3 + 2);
	ASSERT_EQ(handed.misaligned, 0);
	ASSERT_EQ(handed.reserved, 2 * PAGE + 10);
	ASSERT_EQ(handed.blocks[10], 2);
	ASSERT_EQ(handed.blocks[9], 2);
	ASSERT_EQ(handed.blocks[1], 2);
	ASSERT_EQ(handed.blocks[0], 1 + 2);
}

static void hand_over_keeps_unmapped_memory_back(void)
{
	memset(&handed, 0, sizeof(handed));
	memblock_add(0, 16 * PAGE);
	memblock_mark_nomap(8 * PAGE, 4 * PAGE);
	memblock_reserve(0, PAGE);
	memblock_reserve(2 * PAGE, PAGE);
	memblock_reserved_mark_noinit(2 * PAGE, PAGE);
	memblock_free_all();
	ASSERT_EQ(handed.total, 16 - 4 - 2);
	ASSERT_EQ(handed.reserved, 4 * PAGE + PAGE);
}

/* The reserved range's own node; if it has none, that of its first frame. */
static void hand_over_tells_the_nodes_of_what_is_kept(void)
{
	memset(&handed, 0, sizeof(handed));
	memblock_add_node(0, 16 * PAGE, MAX_NUMNODES - 1, MEMBLOCK_NONE);
	memblock_set_node(8 * PAGE, 8 * PAGE, &memblock.memory, 0);
	memblock_mark_nomap(4 * PAGE, PAGE);
	memblock_reserve(7 * PAGE + 10, PAGE);
	memblock_reserve(10 * PAGE, PAGE);
	memblock_set_node(10 * PAGE, PAGE, &memblock.reserved, 0);
	memblock_free_all();
#ifdef CONFIG_NUMA
	ASSERT_EQ(handed.nids, (MAX_NUMNODES - 1) * 100 + 7 * 10 + 0);
#else
	ASSERT_EQ(handed.nids, 0);
#endif
}

/* The first arrays are part of the program, and stay that. */
static void array_that_was_not_allocated_is_not_freed(void)
{
	phys_addr_t size = 128 * sizeof(struct memblock_region);
	phys_addr_t base = (uintptr_t)first_reserved;
	int i;

	memblock_add((uintptr_t)ram, MEM_SIZE);
	memblock_reserve(base, size);
	memblock_reserve((uintptr_t)first_memory, size);
	for (i = 1; i < 140; i++) {
		memblock_add((phys_addr_t)i * 2 * PAGE, PAGE);
		memblock_reserve((phys_addr_t)i * 2 * PAGE, PAGE);
	}
	ASSERT_TRUE(memblock.memory.regions != first_memory);
	ASSERT_TRUE(memblock.reserved.regions != first_reserved);
	ASSERT_TRUE(memblock_is_reserved(base));
	ASSERT_TRUE(memblock_is_reserved(base + size - 1));
	ASSERT_TRUE(memblock_is_reserved((uintptr_t)first_memory));
	ASSERT_TRUE(memblock_is_reserved((uintptr_t)first_memory + size - 1));
}

/* movable_node is about who allocates early, not about what there is. */
static void hand_over_gives_memory_that_may_be_unplugged(void)
{
	memset(&handed, 0, sizeof(handed));
	memblock_add(0, 16 * PAGE);
	memblock_mark_hotplug(8 * PAGE, 4 * PAGE);
	movable_node_enabled = true;
	memblock_free_all();
	ASSERT_EQ(handed.total, 16);
}

static void growing_below_a_range_keeps_to_the_limit(void)
{
	phys_addr_t base = (uintptr_t)ram;
	int i;

	memblock_add(base, MEM_SIZE);
	for (i = 0; i < 128; i++)
		memblock_reserve((phys_addr_t)i * 2 * PAGE, PAGE);
	memblock_set_current_limit(base + 8 * PAGE);
	ASSERT_EQ(memblock_reserve(base + 32 * PAGE, 32 * PAGE), 0);
	ASSERT_TRUE((uintptr_t)(memblock.reserved.regions + 256) <=
		    base + 8 * PAGE);
}

static void everything_is_refused_after_the_hand_over(void)
{
	memblock_add((uintptr_t)ram, MEM_SIZE);
	memblock.handed_over = true;
	stack_dumps = 0;
	ASSERT_TRUE(!memblock_alloc(10, 1));
	ASSERT_EQ(memblock_reserve(0, 1), -EBUSY);
	ASSERT_EQ(memblock_remove((uintptr_t)ram, 1), -EBUSY);
	ASSERT_EQ(stack_dumps, 3);
	ASSERT_EQ(memblock.memory.total_size, MEM_SIZE);
}

static unsigned int nr_cases;

static void run(void (*test)(void), const char *name)
{
	struct memblock_region *memory = memblock.memory.regions;

	if (nr_cases++)
		fresh_memblock(first_memory, first_reserved, 128);
	else
		ASSERT_TRUE(memory != NULL);
	line_failed = 0;
	test();
	failures += line_failed != 0;
	printf("%s %u - %s\n", line_failed ? "not ok" : "ok", nr_cases, name);
}

#define RUN(test) run(test, #test)

int main(void)
{
	ram = aligned_alloc(PAGE, MEM_SIZE);
	if (!ram || verbose | prefixes | func | test_memory | test_flags)
		return 2;
	puts("KTAP version 1\n1..15");
	RUN(is_usable_from_its_initialiser);
	RUN(constants_have_linux_values);
	RUN(panics_when_full_before_resizing_is_allowed);
	RUN(memory_outgrows_its_static_array);
	RUN(reserved_doubles_twice_and_frees_the_first_array);
	RUN(growing_keeps_out_of_the_range_in_the_middle);
	RUN(blocks_are_cleared_but_raw_ones);
	RUN(alignment_zero_dumps_the_stack);
	RUN(hand_over_gives_all_in_the_fewest_aligned_blocks);
	RUN(hand_over_keeps_unmapped_memory_back);
	RUN(hand_over_tells_the_nodes_of_what_is_kept);
	RUN(hand_over_gives_memory_that_may_be_unplugged);
	RUN(array_that_was_not_allocated_is_not_freed);
	RUN(growing_below_a_range_keeps_to_the_limit);
	RUN(everything_is_refused_after_the_hand_over);
	free(ram);
	return failures != 0;
}
