/* Windows on high memory: what they show, how long, and every misuse. */
#ifdef CONFIG_HIGHMEM

#include <asm/irqflags.h>
#include <asm/machine.h>
#include <kernel/ktest.h>
#include <kernel/preempt.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <lib/string.h>
#include <mm/census.h>
#include <mm/highmem.h>
#include <mm/slab.h>

#include "../../mm/internal.h"
#include "zone_fixture.h"

/* More pages of high memory than kmap() has windows. */
#define MANY (PKMAP_PAGES + 100)
static struct page *pages[MANY];

static void put_pages(struct ktest *t)
{
	unsigned int i;

	for (i = 0; i < MANY; i++) {
		if (pages[i])
			__free_page(pages[i]);
		pages[i] = NULL;
	}
}

static void get_pages(struct ktest *t)
{
	unsigned int i;

	if (high_pages_at_hand() < 2 * MANY) {
		ktest_skip(t, "too little high memory");
		return;
	}
	for (i = 0; i < MANY; i++) {
		pages[i] = alloc_page(GFP_HIGHUSER);
		KTEST_ASSERT_TRUE(t, pages[i] && PageHighMem(pages[i]));
	}
}

/* Marks each page without the windows that are to be tested. */
static void stamp_pages(void)
{
	unsigned int i;

	for (i = 0; i < MANY; i++)
		memcpy_to_page(pages[i], 8, &i, sizeof(i));
}

static unsigned int stamp_at(const void *p)
{
	unsigned int stamp;

	memcpy(&stamp, (const char *)p + 8, sizeof(stamp));
	return stamp;
}

static void unmapped_high_page_has_no_address(struct ktest *t)
{
	void *p;

	KTEST_EXPECT_NULL(t, page_address(pages[0]));
	p = kmap(pages[0]);
	KTEST_EXPECT_NOT_NULL(t, p);
	KTEST_EXPECT_PTR_EQ(t, page_address(pages[0]), p);
	KTEST_EXPECT_NULL(t, page_address(pages[1]));
	kunmap(pages[0]);
	KTEST_EXPECT_NULL(t, page_address(pages[0]));
	/* a local mapping is nobody else's business */
	p = kmap_local_page(pages[0]);
	KTEST_EXPECT_NULL(t, page_address(pages[0]));
	kunmap_local(p);
}

static void all_windows_on_a_page_show_the_same(struct ktest *t)
{
	u8 *three = kmap(pages[0]);
	u8 *one = kmap_local_page(pages[0]), *two = kmap_local_page(pages[0]);
	u8 *other = kmap_atomic(pages[1]);

	KTEST_ASSERT_TRUE(t, one && two && three && other);
	KTEST_EXPECT_TRUE(t, one != two && two != three && two != other);
	*other = 3;
	one[0] = 1;
	two[PAGE_SIZE - 1] = 2;
	KTEST_EXPECT_EQ(t, three[0], 1);
	KTEST_EXPECT_EQ(t, three[PAGE_SIZE - 1], 2);
	KTEST_EXPECT_EQ(t, *other, 3);
	kunmap_atomic(other);
	kunmap_local(two + 100);	/* any address in the page will do */
	kunmap_local(one + PAGE_SIZE - 1);
	kunmap(pages[0]);
	KTEST_EXPECT_EQ(t, kmap_local_depth(), 0);
}

static void closed_window_faults(struct ktest *t)
{
	char *p = kmap_local_page(pages[0]);

	KTEST_EXPECT_EQ(t, probe_write(p), 0);
	kunmap_local(p);
	KTEST_EXPECT_EQ(t, probe_read(p), -EFAULT);
	p = kmap(pages[0]);
	KTEST_EXPECT_EQ(t, probe_write(p), 0);
	kunmap(pages[0]);
	kmap_flush_unused();
	KTEST_EXPECT_EQ(t, probe_read(p), -EFAULT);
}

static void slot_shows_each_page_in_turn(struct ktest *t)
{
	unsigned int i, wrong = 0;
	const void *first = NULL;

	stamp_pages();
	for (i = 0; i < MANY; i++) {
		const void *p = kmap_local_page(pages[i]);

		if (!first)
			first = p;
		wrong += p != first || stamp_at(p) != i;
		kunmap_local(p);
	}
	KTEST_EXPECT_EQ(t, wrong, 0);
}

static void slots_nest_as_deep_as_promised(struct ktest *t)
{
	void *p[KMAP_LOCAL_DEPTH], *refused;
	unsigned int i;

	stamp_pages();
	for (i = 0; i < KMAP_LOCAL_DEPTH; i++) {
		p[i] = kmap_local_page(pages[i]);
		KTEST_ASSERT_NOT_NULL(t, p[i]);
		KTEST_EXPECT_EQ(t, kmap_local_depth(), i + 1);
	}
	KTEST_EXPECT_REPORTS(t, 1, "too deep",
			     refused = kmap_local_page(pages[i]));
	KTEST_EXPECT_NULL(t, refused);
	KTEST_EXPECT_NULL(t, kmap_to_page((char *)p[i - 1] + PAGE_SIZE));
	while (i-- > 0) {
		KTEST_EXPECT_EQ(t, stamp_at(p[i]), i);
		kunmap_local(p[i]);
		KTEST_EXPECT_EQ(t, kmap_local_depth(), i);
	}
	p[0] = kmap_local_page(pages[5]);
	KTEST_EXPECT_EQ(t, stamp_at(p[0]), 5);
	kunmap_local(p[0]);
}

/* Another thread's mappings would come between. */
static void preemption_is_off_while_a_slot_is_open(struct ktest *t)
{
	unsigned int before = preempt_count();
	void *a = kmap_local_page(pages[0]), *b = kmap_local_page(pages[1]);

	KTEST_EXPECT_EQ(t, preempt_count(), before + 2 * PREEMPT_OFFSET);
	KTEST_EXPECT_REPORTS(t, 1, "out of order", kunmap_local(a));
	KTEST_EXPECT_REPORTS(t, 1, "not mapped", kunmap_local(a));
	KTEST_EXPECT_EQ(t, preempt_count(), before + PREEMPT_OFFSET);
	kunmap_local(b);
	KTEST_EXPECT_EQ(t, preempt_count(), before);
}

static void wrong_order_is_reported_and_the_window_closed(struct ktest *t)
{
	char *a = kmap_local_page(pages[0]);
	char *b = kmap_local_page(pages[1]);
	char *c = kmap_local_page(pages[2]);

	KTEST_EXPECT_REPORTS(t, 1, "out of order", kunmap_local(a));
	KTEST_EXPECT_EQ(t, probe_read(a), -EFAULT);
	KTEST_EXPECT_EQ(t, kmap_local_depth(), 3);
	KTEST_EXPECT_REPORTS(t, 1, "out of order", kunmap_local(b));
	KTEST_EXPECT_EQ(t, probe_read(b), -EFAULT);
	KTEST_EXPECT_EQ(t, probe_write(c), 0);
	kunmap_local(c);
	KTEST_EXPECT_EQ(t, kmap_local_depth(), 0);
	KTEST_EXPECT_PTR_EQ(t, kmap_local_page(pages[3]), a);
	kunmap_local(a);
}

static void slot_in_the_middle_leaves_when_its_turn_comes(struct ktest *t)
{
	char *a = kmap_local_page(pages[0]);
	char *b = kmap_local_page(pages[1]);
	char *c = kmap_local_page(pages[2]);

	KTEST_EXPECT_REPORTS(t, 1, "out of order", kunmap_local(b));
	kunmap_local(c);
	KTEST_EXPECT_EQ(t, kmap_local_depth(), 1);
	KTEST_EXPECT_EQ(t, probe_write(a), 0);
	kunmap_local(a);
	KTEST_EXPECT_EQ(t, kmap_local_depth(), 0);
}

static void unmapping_what_is_not_mapped_is_reported(struct ktest *t)
{
	char *a = kmap_local_page(pages[0]);

	kunmap_local(a);
	KTEST_EXPECT_REPORTS(t, 1, "not mapped", kunmap_local(a));
	a = kmap_local_page(pages[0]);
	KTEST_EXPECT_REPORTS(t, 1, "not mapped",
			     kunmap_local(a + 7 * PAGE_SIZE));
	KTEST_EXPECT_REPORTS(t, 1, "not mapped", kunmap_local(NULL));
	KTEST_EXPECT_EQ(t, kmap_local_depth(), 1);
	kunmap_local(a);
	a = kmap(pages[0]);
	KTEST_EXPECT_REPORTS(t, 1, "not mapped", kunmap_local(a));
	KTEST_EXPECT_EQ(t, probe_write(a), 0);
	kunmap(pages[0]);
}

static void mappings_left_behind_are_found_after_a_test(struct ktest *t)
{
	void *p = kmap_local_page(pages[0]);

	KTEST_EXPECT_STREQ(t, census_observer.after(),
			   "kmap_local_page() without kunmap_local()");
	kunmap_local(p);
	kmap(pages[0]);
	KTEST_EXPECT_STREQ(t, census_observer.after(),
			   "kmap() without kunmap()");
	kunmap(pages[0]);
	KTEST_EXPECT_STREQ(t, kmap_leak(), NULL);
}

static void users_of_a_window_are_counted(struct ktest *t)
{
	void *p = kmap(pages[0]);

	KTEST_EXPECT_PTR_EQ(t, kmap(pages[0]), p);
	KTEST_EXPECT_EQ(t, kmap_users(), 1);
	kunmap(pages[0]);
	KTEST_EXPECT_PTR_EQ(t, page_address(pages[0]), p);
	kmap_flush_unused();
	KTEST_EXPECT_EQ(t, probe_write(p), 0);
	kunmap(pages[0]);
	KTEST_EXPECT_EQ(t, kmap_users(), 0);
	KTEST_EXPECT_REPORTS(t, 1, "kunmap: not mapped", kunmap(pages[0]));
	KTEST_EXPECT_REPORTS(t, 1, "kunmap: not mapped", kunmap(pages[1]));
	KTEST_EXPECT_EQ(t, kmap_users(), 0);
}

static void unused_window_keeps_its_page_for_a_while(struct ktest *t)
{
	void *p = kmap(pages[0]);

	kunmap(pages[0]);
	KTEST_EXPECT_PTR_EQ(t, kmap(pages[0]), p);
	kunmap(pages[0]);
}

static void windows_are_used_again_and_show_what_they_should(struct ktest *t)
{
	unsigned int i, wrong = 0;

	stamp_pages();
	for (i = 0; i < 3 * MANY; i++) {
		struct page *page = pages[i * 7 % MANY];

		wrong += stamp_at(kmap(page)) != i * 7 % MANY;
		kunmap(page);
	}
	KTEST_EXPECT_EQ(t, wrong, 0);
	KTEST_EXPECT_EQ(t, kmap_users(), 0);
}

static void full_table_is_reported_and_usable_afterwards(struct ktest *t)
{
	unsigned int i, wrong = 0;
	void *p = NULL;

	stamp_pages();
	for (i = 0; i < PKMAP_PAGES; i++)
		wrong += stamp_at(kmap(pages[i])) != i;
	KTEST_EXPECT_EQ(t, wrong, 0);
	KTEST_EXPECT_EQ(t, kmap_users(), PKMAP_PAGES);
	KTEST_EXPECT_REPORTS(t, 1, "no window left", p = kmap(pages[i]));
	KTEST_EXPECT_NULL(t, p);
	KTEST_EXPECT_NULL(t, page_address(pages[i]));
	KTEST_EXPECT_NOT_NULL(t, kmap(pages[3]));	/* it has one */
	kunmap(pages[3]);
	kunmap(pages[77]);
	p = kmap(pages[i]);
	KTEST_EXPECT_NOT_NULL(t, p);
	if (p) {
		KTEST_EXPECT_EQ(t, stamp_at(p), i);
		kunmap(pages[i]);
	}
	for (i = 0; i < PKMAP_PAGES; i++)
		if (i != 77)
			kunmap(pages[i]);
	KTEST_EXPECT_EQ(t, kmap_users(), 0);
}

static void mapping_with_interrupts_off_is_reported(struct ktest *t)
{
	unsigned long flags;
	void *p = NULL;

	KTEST_EXPECT_REPORTS(t, 1, "may sleep", {
		local_irq_save(flags);
		p = kmap(pages[0]);
		local_irq_restore(flags);
	});
	KTEST_EXPECT_NOT_NULL(t, p);
	kunmap(pages[0]);
	local_irq_save(flags);
	kunmap_local(kmap_local_page(pages[0]));
	local_irq_restore(flags);
}

static void page_is_found_by_the_address_of_a_window(struct ktest *t)
{
	char *c = kmap(pages[2]);
	char *a = kmap_local_page(pages[0]), *b = kmap_local_page(pages[1]);

	KTEST_EXPECT_PTR_EQ(t, kmap_to_page(a + 17), pages[0]);
	KTEST_EXPECT_PTR_EQ(t, kmap_to_page(b), pages[1]);
	KTEST_EXPECT_PTR_EQ(t, kmap_to_page(c + PAGE_SIZE - 1), pages[2]);
	kunmap(pages[2]);
	kunmap_local(b);
	KTEST_EXPECT_NULL(t, kmap_to_page(b));
	KTEST_EXPECT_NULL(t, kmap_to_page(c));
	kunmap_local(a);
}

/* The arithmetic of the direct map gives some page for any address. */
static void address_of_a_window_frees_nothing(struct ktest *t)
{
	char *p = kmap(pages[0]), *q = kmap_local_page(pages[0]);
	unsigned long free = nr_free_pages();

	KTEST_EXPECT_REPORTS(t, 1, "not in the direct map",
			     free_pages((unsigned long)p, 0));
	KTEST_EXPECT_REPORTS(t, 1, "not in the direct map",
			     free_pages((unsigned long)q, 0));
	KTEST_EXPECT_REPORTS(t, 1, "", kfree(p));
	KTEST_EXPECT_REPORTS(t, 1, "", kfree(q + 64));
	KTEST_EXPECT_EQ(t, nr_free_pages(), free);
	KTEST_EXPECT_FALSE(t, virt_addr_valid(p));
	kunmap_local(q);
	kunmap(pages[0]);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(unmapped_high_page_has_no_address),
	KTEST_CASE(all_windows_on_a_page_show_the_same),
	KTEST_CASE(closed_window_faults),
	KTEST_CASE(slot_shows_each_page_in_turn),
	KTEST_CASE(slots_nest_as_deep_as_promised),
	KTEST_CASE(preemption_is_off_while_a_slot_is_open),
	KTEST_CASE(wrong_order_is_reported_and_the_window_closed),
	KTEST_CASE(slot_in_the_middle_leaves_when_its_turn_comes),
	KTEST_CASE(unmapping_what_is_not_mapped_is_reported),
	KTEST_CASE(mappings_left_behind_are_found_after_a_test),
	KTEST_CASE(users_of_a_window_are_counted),
	KTEST_CASE(unused_window_keeps_its_page_for_a_while),
	KTEST_CASE(windows_are_used_again_and_show_what_they_should),
	KTEST_CASE(full_table_is_reported_and_usable_afterwards),
	KTEST_CASE(mapping_with_interrupts_off_is_reported),
	KTEST_CASE(page_is_found_by_the_address_of_a_window),
	KTEST_CASE(address_of_a_window_frees_nothing),
	{}
};
KTEST_SUITE_FIXTURE(kmap, cases, get_pages, put_pages);

#endif
