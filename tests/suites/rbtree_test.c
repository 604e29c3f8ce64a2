/*
 * Trees stay sorted and flat, and what nodes say of their subtrees stays
 * right, through any order of insertions and removals.
 */
#include <kernel/ktest.h>
#include <lib/random.h>
#include <lib/rbtree.h>
#include <lib/string.h>

#define NODES 256U

struct item {
	struct rb_node node;
	unsigned int key;
	unsigned int sum;	/* of all keys in the subtree */
	bool in;
};

static struct item items[NODES];

static struct item *item_of(const struct rb_node *node)
{
	return rb_entry(node, struct item, node);
}

static unsigned int sum_below(const struct rb_node *node)
{
	return node ? item_of(node)->sum : 0;
}

static void update_sum(struct rb_node *node)
{
	item_of(node)->sum = item_of(node)->key + sum_below(node->left) +
			     sum_below(node->right);
}

static void insert(struct rb_root *root, struct item *item)
{
	struct rb_node **link = &root->node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = item->key < item_of(parent)->key ? &parent->left :
							  &parent->right;
	}
	rb_insert(root, &item->node, parent, link);
	item->in = true;
}

static void erase(struct rb_root *root, struct item *item)
{
	rb_erase(root, &item->node);
	item->in = false;
}

static void make_items(void)
{
	unsigned int i;

	for (i = 0; i < NODES; i++)
		items[i] = (struct item){ .key = i };
}

/* Exactly the items that are in, ascending and descending, sums right. */
static const char *check(const struct rb_root *root)
{
	const struct rb_node *node = rb_first(root), *last = NULL;
	unsigned int i;

	for (i = 0; i < NODES; i++) {
		if (!items[i].in)
			continue;
		if (node != &items[i].node)
			return "an item is not where its key says";
		if (rb_prev(node) != last)
			return "the way back is another one";
		if (items[i].sum != items[i].key + sum_below(node->left) +
				    sum_below(node->right))
			return "a sum is wrong";
		last = node;
		node = rb_next(node);
	}
	return node ? "an item is in that should not be" : rb_validate(root);
}

static unsigned int depth(const struct rb_node *node)
{
	unsigned int left, right;

	if (!node)
		return 0;
	left = depth(node->left);
	right = depth(node->right);
	return 1 + (left > right ? left : right);
}

static void ascending_insertions_make_a_flat_tree(struct ktest *t)
{
	struct rb_root root = RB_ROOT(update_sum);
	unsigned int i;

	make_items();
	for (i = 0; i < NODES; i++)
		insert(&root, &items[i]);
	KTEST_EXPECT_NULL(t, check(&root));
	KTEST_EXPECT_LE(t, depth(root.node), 2 * 9);
	for (i = 0; i < NODES; i++)
		erase(&root, &items[i]);
	KTEST_EXPECT_NULL(t, root.node);
}

static void random_insertions_and_removals_keep_all_rules(struct ktest *t)
{
	struct rb_root root = RB_ROOT(update_sum);
	struct rng rng = rng_seed(7);
	unsigned int i;

	make_items();
	for (i = 0; i < 4000; i++) {
		struct item *item = &items[rng_below(&rng, NODES)];

		if (item->in)
			erase(&root, item);
		else
			insert(&root, item);
		if (i % 8 == 0)
			KTEST_ASSERT_STREQ(t, check(&root) ?: "", "");
	}
}

static void a_changed_value_is_known_to_all_above(struct ktest *t)
{
	struct rb_root root = RB_ROOT(update_sum);
	unsigned int i, sum = 0;

	make_items();
	for (i = 0; i < NODES; i++) {
		insert(&root, &items[i]);
		sum += i;
	}
	/* order is the same: nobody looks at keys */
	items[77].key += 1000;
	rb_update(&root, &items[77].node);
	KTEST_EXPECT_EQ(t, sum_below(root.node), sum + 1000);
	items[77].key -= 1000;
}

static void a_node_can_be_replaced_by_its_copy(struct ktest *t)
{
	struct rb_root root = RB_ROOT(update_sum);
	struct item copies[NODES / 8];
	unsigned int i;

	make_items();
	for (i = 0; i < NODES; i++)
		insert(&root, &items[i]);
	for (i = 0; i < ARRAY_SIZE(copies); i++) {
		copies[i] = items[i * 8];
		rb_replace(&root, &items[i * 8].node, &copies[i].node);
		memset(&items[i * 8], 0xff, sizeof(items[i]));
	}
	KTEST_EXPECT_NULL(t, rb_validate(&root));
	for (i = 0; i < ARRAY_SIZE(copies); i++) {
		items[i * 8] = copies[i];
		rb_replace(&root, &copies[i].node, &items[i * 8].node);
	}
	KTEST_EXPECT_NULL(t, check(&root));
}

static void broken_rules_are_named(struct ktest *t)
{
	struct rb_root root = RB_ROOT(NULL);
	struct rb_node *node;
	unsigned int i;

	make_items();
	for (i = 0; i < 15; i++)
		insert(&root, &items[i]);
	KTEST_EXPECT_NULL(t, rb_validate(&root));
	root.node->red = true;
	KTEST_EXPECT_STREQ(t, rb_validate(&root), "the root is red");
	root.node->red = false;
	node = rb_first(&root);
	node->red = !node->red;
	KTEST_EXPECT_NOT_NULL(t, rb_validate(&root));
	node->red = !node->red;
	KTEST_EXPECT_NULL(t, rb_validate(&root));
}

static const struct ktest_case cases[] = {
	KTEST_CASE(ascending_insertions_make_a_flat_tree),
	KTEST_CASE(random_insertions_and_removals_keep_all_rules),
	KTEST_CASE(a_changed_value_is_known_to_all_above),
	KTEST_CASE(a_node_can_be_replaced_by_its_copy),
	KTEST_CASE(broken_rules_are_named),
	{}
};
KTEST_SUITE(rbtree, cases);
