/*
 * An interrupt that maps and unmaps, at the worst moments of the code it
 * interrupts: around filling a slot and around emptying it, when the stack's
 * depth and what the slots show need not agree. The simulated machine calls it
 * there.
 */
#ifdef CONFIG_HIGHMEM

#include <kernel/ktest.h>
#include <lib/kernel.h>
#include <lib/string.h>
#include <mm/gfp.h>
#include <mm/highmem.h>

#include "../suites/zone_fixture.h"
#include "simulate.h"

static struct page *mine[3], *handlers[2];
static unsigned int interrupts, wrong;

/* Two mappings deep, and back; then one more. */
static void handler(void)
{
	unsigned int depth = kmap_local_depth();
	u8 *a = kmap_local_page(handlers[0]), *b;

	*a = 0xaa;
	b = kmap_local_page(handlers[1]);
	*b = 0xbb;
	wrong += *a != 0xaa;
	kunmap_local(b);
	kunmap_local(a);
	a = kmap_local_page(handlers[1]);	/* where one was just emptied */
	wrong += *a != 0xbb;
	kunmap_local(a);
	wrong += kmap_local_depth() > depth;
	interrupts++;
}

static void take(struct ktest *t)
{
	unsigned int i;

	interrupts = wrong = 0;
	if (high_pages_at_hand() < 1024) {
		ktest_skip(t, "no high memory");
		return;
	}
	for (i = 0; i < ARRAY_SIZE(mine); i++)
		mine[i] = alloc_page(GFP_HIGHUSER | __GFP_ZERO |
				     __GFP_NOFAIL);
	for (i = 0; i < ARRAY_SIZE(handlers); i++)
		handlers[i] = alloc_page(GFP_HIGHUSER | __GFP_ZERO |
					 __GFP_NOFAIL);
	simulated_interrupt = handler;
}

static void put(struct ktest *t)
{
	unsigned int i;

	simulated_interrupt = NULL;
	for (i = 0; i < ARRAY_SIZE(mine); i++) {
		if (mine[i])
			__free_page(mine[i]);
		mine[i] = NULL;
	}
	for (i = 0; i < ARRAY_SIZE(handlers); i++) {
		if (handlers[i])
			__free_page(handlers[i]);
		handlers[i] = NULL;
	}
}

static void mappings_survive_interrupts_that_map(struct ktest *t)
{
	u8 *p[3];
	unsigned int i;

	for (i = 0; i < 3; i++) {
		p[i] = kmap_local_page(mine[i]);
		*p[i] = (u8)(i + 1);
	}
	while (i-- > 0) {
		KTEST_EXPECT_EQ(t, *p[i], i + 1);
		kunmap_local(p[i]);
		KTEST_EXPECT_EQ(t, kmap_local_depth(), i);
	}
	KTEST_EXPECT_EQ(t, interrupts, 3 * (2 + 2));
	KTEST_EXPECT_EQ(t, wrong, 0);
}

static void closed_slots_survive_them_too(struct ktest *t)
{
	u8 *a = kmap_local_page(mine[0]), *b = kmap_local_page(mine[1]);
	u8 *c = kmap_local_page(mine[2]);

	KTEST_EXPECT_REPORTS(t, 2, "out of order", {
		kunmap_local(b);
		kunmap_local(a);
	});
	*c = 7;
	kunmap_local(c);
	KTEST_EXPECT_EQ(t, kmap_local_depth(), 0);
	KTEST_EXPECT_EQ(t, wrong, 0);
}

static void copies_are_whole_in_spite_of_them(struct ktest *t)
{
	static u8 data[4096], now[4096];

	memset(data, 0x77, sizeof(data));
	memcpy_to_page(mine[0], 0, data, PAGE_SIZE);
	copy_highpage(mine[1], mine[0]);
	memcpy_from_page(now, mine[1], 0, PAGE_SIZE);
	KTEST_EXPECT_EQ(t, memcmp(now, data, PAGE_SIZE), 0);
	KTEST_EXPECT_NE(t, interrupts, 0);
	KTEST_EXPECT_EQ(t, wrong, 0);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(mappings_survive_interrupts_that_map),
	KTEST_CASE(closed_slots_survive_them_too),
	KTEST_CASE(copies_are_whole_in_spite_of_them),
	{}
};
KTEST_SUITE_FIXTURE(kmap_interrupt, cases, take, put);

#endif
