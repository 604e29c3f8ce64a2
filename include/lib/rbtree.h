/*
 * Red-black trees, links inside the elements, with room for what an element
 * knows of all below it. Counterparts: linux/rbtree.h, rbtree_augmented.h.
 *
 * The tree has no idea of keys: who inserts walks down, finds the empty link
 * and hangs the node there; rb_insert() balances. Where a tree has an update
 * function, that computes what a node says of its subtree from the node and
 * its two children; it is called, bottom up, for every node whose subtree has
 * changed. No locking of its own.
 */
#ifndef LIB_RBTREE_H
#define LIB_RBTREE_H

#include <lib/kernel.h>
#include <lib/types.h>

struct rb_node {
	struct rb_node *parent, *left, *right;
	bool red;
};

struct rb_root {
	struct rb_node *node;
	void (*update)(struct rb_node *node);	/* or NULL */
};

#define RB_ROOT(update_) { NULL, update_ }

#define rb_entry(ptr, type, member) container_of(ptr, type, member)

/*
 * Hangs node into *link, an empty link of parent (the root's, if parent is
 * NULL), and balances.
 */
void rb_insert(struct rb_root *root, struct rb_node *node,
	       struct rb_node *parent, struct rb_node **link);
void rb_erase(struct rb_root *root, struct rb_node *node);

/* new, a copy of the element of old, takes its place. */
void rb_replace(struct rb_root *root, const struct rb_node *old,
		struct rb_node *new);

/* The node's own value has changed, and with it what those above say. */
void rb_update(struct rb_root *root, struct rb_node *node);

/* In order; NULL at the end. */
struct rb_node *rb_first(const struct rb_root *root);
struct rb_node *rb_next(const struct rb_node *node);
struct rb_node *rb_prev(const struct rb_node *node);

/* First broken rule as text, or NULL. */
const char *rb_validate(const struct rb_root *root);

#endif
