/*
 * A private struct memblock that stands in for the real one, so that suites
 * can run long after boot, and checks of its lists.
 */
#include <lib/string.h>
#include <mm/gfp.h>

#include "memblock_fixture.h"

static struct memblock saved;
static bool saved_movable;
struct memblock_region memory_slots[SLOTS], reserved_slots[SLOTS];
struct page *arena_page;
phys_addr_t arena;

void memblock_swap_in(struct ktest *t)
{
	/* by the real lists: the page allocator may ask them */
	arena_page = alloc_pages(GFP_DMA32, ARENA_ORDER);
	saved = memblock;
	saved_movable = movable_node_enabled;
	memset(memory_slots, 0, sizeof(memory_slots));
	memset(reserved_slots, 0, sizeof(reserved_slots));
	movable_node_enabled = false;
	memblock = (struct memblock){
		.current_limit = MEMBLOCK_ALLOC_ANYWHERE,
		.memory = { 0, SLOTS, 0, memory_slots, "test memory" },
		.reserved = { 0, SLOTS, 0, reserved_slots, "test reserved" },
	};
	KTEST_ASSERT_NOT_NULL(t, arena_page);
	arena = page_to_phys(arena_page);
}

void memblock_swap_out(struct ktest *t)
{
	memblock = saved;
	movable_node_enabled = saved_movable;
	if (arena_page)
		__free_pages(arena_page, ARENA_ORDER);
}

const struct memblock *memblock_of_machine(void)
{
	return &saved;
}

void check_list(struct ktest *t, int line, const struct memblock_type *type,
		const struct want *want, unsigned long n)
{
	const char *wrong = memblock_validate(type);
	unsigned long i;

	if (wrong)
		ktest_fail(t, __FILE__, line, "%s: %s", type->name, wrong);
	if (type->cnt != n)
		ktest_fail(t, __FILE__, line, "%s: %lu entries, not %lu",
			   type->name, type->cnt, n);
	for (i = 0; i < n && i < type->cnt; i++) {
		const struct memblock_region *r = &type->regions[i];

		if (r->base != want[i].base || r->nid != want[i].nid ||
		    r->base + r->size != want[i].end ||
		    r->flags != (enum memblock_flags)want[i].flags)
			ktest_fail(t, __FILE__, line, "%s[%lu]: %llx-%llx "
				   "flags %u node %d", type->name, i,
				   (u64)r->base, (u64)(r->base + r->size),
				   r->flags, r->nid);
	}
}

void expect_empty(struct ktest *t, const struct memblock_type *type)
{
	check_list(t, __LINE__, type, NULL, 0);
	KTEST_EXPECT_EQ(t, type->regions[0].base, 0ULL);
	KTEST_EXPECT_EQ(t, type->regions[0].size, 0ULL);
}
