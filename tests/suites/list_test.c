/* Lists: order after each operation, both ways round, and poisoned links. */
#include <kernel/ktest.h>
#include <lib/list.h>

struct item {
	char name;
	struct list_head link;
};

static struct item items[4] = {
	{ .name = 'a' }, { .name = 'b' }, { .name = 'c' }, { .name = 'd' },
};

/* Names forwards; "broken" if the way back is a different one. */
static const char *names(const struct list_head *head)
{
	static char text[8];
	const struct list_head *p;
	size_t n = 0;

	list_for_each(p, head) {
		if (n == 7 || p->next->prev != p || p->prev->next != p)
			return "broken";
		text[n++] = list_entry(p, struct item, link)->name;
	}
	text[n] = 0;
	return text;
}

static void fill(struct list_head *head, int from, int to)
{
	INIT_LIST_HEAD(head);
	for (; from < to; from++)
		list_add_tail(&items[from].link, head);
}

static void new_head_is_empty(struct ktest *t)
{
	LIST_HEAD(head);

	KTEST_EXPECT_TRUE(t, list_empty(&head));
	KTEST_EXPECT_NULL(t, list_first_entry_or_null(&head, struct item,
						      link));
	list_add(&items[0].link, &head);
	KTEST_EXPECT_FALSE(t, list_empty(&head));
	KTEST_EXPECT_PTR_EQ(t, list_first_entry_or_null(&head, struct item,
							link), &items[0]);
}

static void add_puts_first_and_add_tail_last(struct ktest *t)
{
	LIST_HEAD(head);

	list_add(&items[1].link, &head);
	list_add(&items[0].link, &head);
	list_add_tail(&items[2].link, &head);
	KTEST_EXPECT_STREQ(t, names(&head), "abc");
	KTEST_EXPECT_PTR_EQ(t, list_first_entry(&head, struct item, link),
			    &items[0]);
	KTEST_EXPECT_PTR_EQ(t, list_last_entry(&head, struct item, link),
			    &items[2]);
}

static void del_takes_out_and_poisons(struct ktest *t)
{
	struct list_head head;

	fill(&head, 0, 4);
	list_del(&items[1].link);
	KTEST_EXPECT_STREQ(t, names(&head), "acd");
	KTEST_EXPECT_PTR_EQ(t, items[1].link.next, LIST_POISON1);
	KTEST_EXPECT_PTR_EQ(t, items[1].link.prev, LIST_POISON2);
	list_del(&items[3].link);
	list_del(&items[0].link);
	KTEST_EXPECT_STREQ(t, names(&head), "c");
	list_del(&items[2].link);
	KTEST_EXPECT_TRUE(t, list_empty(&head));
}

static void move_works_within_and_between_lists(struct ktest *t)
{
	struct list_head one, two;

	fill(&one, 0, 3);
	fill(&two, 3, 4);
	list_move(&items[2].link, &one);
	KTEST_EXPECT_STREQ(t, names(&one), "cab");
	list_move_tail(&items[2].link, &one);
	KTEST_EXPECT_STREQ(t, names(&one), "abc");
	list_move(&items[1].link, &two);
	KTEST_EXPECT_STREQ(t, names(&one), "ac");
	KTEST_EXPECT_STREQ(t, names(&two), "bd");
}

static void splice_moves_all_to_the_front(struct ktest *t)
{
	struct list_head one, two;

	fill(&one, 0, 2);
	fill(&two, 2, 4);
	list_splice_init(&two, &one);
	KTEST_EXPECT_STREQ(t, names(&one), "cdab");
	KTEST_EXPECT_TRUE(t, list_empty(&two));
	list_splice_init(&two, &one);
	KTEST_EXPECT_STREQ(t, names(&one), "cdab");
	list_splice_init(&one, &two);
	KTEST_EXPECT_STREQ(t, names(&two), "cdab");
}

static void safe_walk_allows_removal(struct ktest *t)
{
	struct list_head head;
	struct item *item, *next;
	int seen = 0;

	fill(&head, 0, 4);
	list_for_each_entry_safe(item, next, &head, link) {
		seen++;
		if (item->name != 'c')
			list_del(&item->link);
	}
	KTEST_EXPECT_EQ(t, seen, 4);
	KTEST_EXPECT_STREQ(t, names(&head), "c");
	KTEST_EXPECT_EQ(t, list_count_nodes(&head), 1);
}

static void count_is_that_of_the_elements(struct ktest *t)
{
	struct list_head head;

	fill(&head, 0, 0);
	KTEST_EXPECT_EQ(t, list_count_nodes(&head), 0);
	fill(&head, 0, 4);
	KTEST_EXPECT_EQ(t, list_count_nodes(&head), 4);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(new_head_is_empty),
	KTEST_CASE(add_puts_first_and_add_tail_last),
	KTEST_CASE(del_takes_out_and_poisons),
	KTEST_CASE(move_works_within_and_between_lists),
	KTEST_CASE(splice_moves_all_to_the_front),
	KTEST_CASE(safe_walk_allows_removal),
	KTEST_CASE(count_is_that_of_the_elements),
	{}
};
KTEST_SUITE(list, cases);
