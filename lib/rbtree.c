/*
 * How does a sorted tree stay flat, whatever the order of insertions?
 *
 * Each node is red or black:
 *
 *	1. the root is black; so is every empty link
 *	2. a red node has no red child
 *	3. every way from a node down to an empty link meets as many black nodes
 *
 * So the longest way down is at most twice the shortest, and a tree of n nodes
 * is at most 2 * log2(n + 1) deep.
 *
 * Inserting
 *	The new node is red: rule 3 holds, 2 may not, if its parent is red. A
 *	red uncle: parent and uncle turn black, the grandparent red, and the
 *	question moves up to it. A black uncle: one or two rotations end it.
 *
 * Removing
 *	A node with two children changes places with its successor, which has
 *	at most one. A node that is taken out red leaves all rules in place. A
 *	black one leaves ways that are one black node short; a red child turned
 *	black makes up for it; else the sibling's side lends one, or the lack
 *	moves up.
 *
 *	         p                 x
 *	        / \   rotation    / \
 *	       x   c  ------->   a   p		order a x b p c stays
 *	      / \     <-------      / \
 *	     a   b                 b   c
 *
 * A rotation changes two subtrees: update() the lower one, then the upper. What
 * is above is updated once, at the end, from the lowest node that was touched.
 *
 * Cost: O(log n) each; at most three rotations.
 * Left out: Linux's colour in a bit of the parent pointer; one word less.
 */
#include <lib/rbtree.h>

static bool is_red(const struct rb_node *node)
{
	return node && node->red;
}

/* The link that points at node. */
static struct rb_node **link_of(struct rb_root *root,
				const struct rb_node *node)
{
	if (!node->parent)
		return &root->node;
	return node->parent->left == node ? &node->parent->left :
					    &node->parent->right;
}

static void update_one(struct rb_root *root, struct rb_node *node)
{
	if (root->update)
		root->update(node);
}

void rb_update(struct rb_root *root, struct rb_node *node)
{
	if (!root->update)
		return;
	for (; node; node = node->parent)
		root->update(node);
}

/* node goes where top was. */
static void replace(struct rb_root *root, struct rb_node *top,
		    struct rb_node *node)
{
	*link_of(root, top) = node;
	if (node)
		node->parent = top->parent;
}

/* The child on that side comes up, node goes down to the other. */
static void rotate(struct rb_root *root, struct rb_node *node, bool left_up)
{
	struct rb_node *up = left_up ? node->left : node->right;
	struct rb_node *inner = left_up ? up->right : up->left;

	replace(root, node, up);
	*(left_up ? &up->right : &up->left) = node;
	*(left_up ? &node->left : &node->right) = inner;
	node->parent = up;
	if (inner)
		inner->parent = node;
	update_one(root, node);
	update_one(root, up);
}

/* node is red, its parent too; the uncle is black. */
static void end_of_insert(struct rb_root *root, struct rb_node *node)
{
	struct rb_node *parent = node->parent, *grand = parent->parent;
	bool left = parent == grand->left;

	if (node == (left ? parent->right : parent->left)) {
		rotate(root, parent, !left);
		parent = node;
	}
	parent->red = false;
	grand->red = true;
	rotate(root, grand, left);
}

static void fix_insert(struct rb_root *root, struct rb_node *node)
{
	while (is_red(node->parent)) {
		struct rb_node *parent = node->parent, *grand = parent->parent;
		struct rb_node *uncle = parent == grand->left ? grand->right :
								grand->left;

		if (!is_red(uncle)) {
			end_of_insert(root, node);
			break;
		}
		parent->red = uncle->red = false;
		grand->red = true;
		node = grand;
	}
	root->node->red = false;
}

void rb_insert(struct rb_root *root, struct rb_node *node,
	       struct rb_node *parent, struct rb_node **link)
{
	*node = (struct rb_node){ .parent = parent, .red = true };
	*link = node;
	fix_insert(root, node);
	rb_update(root, node);
}

/*
 * One step of making up for a black node that is missing on one side below
 * parent. The node that is short next, or NULL: done.
 */
static struct rb_node *lend_black(struct rb_root *root, struct rb_node *parent,
				  bool left)
{
	struct rb_node *sibling = left ? parent->right : parent->left;
	struct rb_node *near, *far;

	if (sibling->red) {
		sibling->red = false;
		parent->red = true;
		rotate(root, parent, !left);
		sibling = left ? parent->right : parent->left;
	}
	near = left ? sibling->left : sibling->right;
	far = left ? sibling->right : sibling->left;
	if (!is_red(near) && !is_red(far)) {
		sibling->red = true;
		return parent;
	}
	if (!is_red(far)) {
		near->red = false;
		sibling->red = true;
		rotate(root, sibling, left);
		far = sibling;
		sibling = near;
	}
	sibling->red = parent->red;
	parent->red = far->red = false;
	rotate(root, parent, !left);
	return NULL;
}

/* All ways through node (perhaps an empty link) are one black node short. */
static void fix_erase(struct rb_root *root, struct rb_node *node,
		      struct rb_node *parent)
{
	while (parent && !is_red(node)) {
		node = lend_black(root, parent, node == parent->left);
		if (!node)
			return;
		parent = node->parent;
	}
	if (node)
		node->red = false;
}

/* node has two children: its successor takes its place, and it that one's. */
static void change_places(struct rb_root *root, struct rb_node *node)
{
	struct rb_node *next = node->right, old;

	while (next->left)
		next = next->left;
	old = *next;
	replace(root, node, next);
	next->red = node->red;
	next->left = node->left;
	next->left->parent = next;
	if (old.parent == node) {
		next->right = node;
		node->parent = next;
	} else {
		next->right = node->right;
		next->right->parent = next;
		old.parent->left = node;
		node->parent = old.parent;
	}
	node->red = old.red;
	node->left = NULL;
	node->right = old.right;
	if (node->right)
		node->right->parent = node;
}

void rb_erase(struct rb_root *root, struct rb_node *node)
{
	struct rb_node *child, *parent;

	if (node->left && node->right)
		change_places(root, node);
	child = node->left ?: node->right;
	parent = node->parent;
	replace(root, node, child);
	rb_update(root, parent);
	if (!node->red)
		fix_erase(root, child, parent);
	rb_update(root, parent);
}

void rb_replace(struct rb_root *root, const struct rb_node *old,
		struct rb_node *new)
{
	*new = *old;
	*link_of(root, old) = new;
	if (new->left)
		new->left->parent = new;
	if (new->right)
		new->right->parent = new;
}

struct rb_node *rb_first(const struct rb_root *root)
{
	struct rb_node *node = root->node;

	while (node && node->left)
		node = node->left;
	return node;
}

struct rb_node *rb_next(const struct rb_node *node)
{
	struct rb_node *up;

	if (node->right) {
		for (up = node->right; up->left; up = up->left)
			;
		return up;
	}
	for (up = node->parent; up && node == up->right; up = up->parent)
		node = up;
	return up;
}

struct rb_node *rb_prev(const struct rb_node *node)
{
	struct rb_node *up;

	if (node->left) {
		for (up = node->left; up->right; up = up->right)
			;
		return up;
	}
	for (up = node->parent; up && node == up->left; up = up->parent)
		node = up;
	return up;
}

/* Black nodes from the node down to its first empty link. */
static unsigned int black_height(const struct rb_node *node)
{
	unsigned int n = 0;

	for (; node; node = node->left)
		n += !node->red;
	return n;
}

static const char *node_fault(const struct rb_node *node)
{
	if (node->left && node->left->parent != node)
		return "a left child knows another parent";
	if (node->right && node->right->parent != node)
		return "a right child knows another parent";
	if (node->red && (is_red(node->left) || is_red(node->right)))
		return "a red node has a red child";
	if (black_height(node->left) != black_height(node->right))
		return "ways down differ in black nodes";
	return NULL;
}

const char *rb_validate(const struct rb_root *root)
{
	const struct rb_node *node;

	if (is_red(root->node))
		return "the root is red";
	for (node = rb_first(root); node; node = rb_next(node)) {
		const char *fault = node_fault(node);

		if (fault)
			return fault;
	}
	return NULL;
}
