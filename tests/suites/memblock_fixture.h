/* What the suites of memblock share: a private struct memblock, and checks. */
#ifndef TESTS_MEMBLOCK_FIXTURE_H
#define TESTS_MEMBLOCK_FIXTURE_H

#include <asm/page.h>
#include <kernel/ktest.h>
#include <lib/kernel.h>
#include <mm/memblock.h>
#include <mm/memory_model.h>

#define SLOTS 8			/* entries per list before it grows */
#define ARENA_ORDER 4
#define ARENA_SIZE ((phys_addr_t)PAGE_SIZE << ARENA_ORDER)
#define NONE MAX_NUMNODES

extern struct memblock_region memory_slots[SLOTS], reserved_slots[SLOTS];
/* Real pages that may stand for RAM, below 4 GiB. */
extern struct page *arena_page;
extern phys_addr_t arena;

/* Before and after each case: the real memblock steps aside. */
void memblock_swap_in(struct ktest *t);
void memblock_swap_out(struct ktest *t);
/* The one that has stepped aside. */
const struct memblock *memblock_of_machine(void);

/* Ranges are written as [base, end); a list must hold exactly these. */
struct want {
	phys_addr_t base, end;
	unsigned int flags;
	int nid;
};

void check_list(struct ktest *t, int line, const struct memblock_type *type,
		const struct want *want, unsigned long n);
void expect_empty(struct ktest *t, const struct memblock_type *type);

#define EXPECT_LIST(t, type, ...) do {					\
	const struct want want_[] = { __VA_ARGS__ };			\
	check_list(t, __LINE__, &memblock.type, want_,			\
		   ARRAY_SIZE(want_));					\
} while (0)

#endif
