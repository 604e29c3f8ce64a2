/*
 * Which caches debug: slub_debug= on the command line, as in Linux.
 *
 *	slub_debug			all caches, FZPU
 *	slub_debug=ZP			all caches, these flags
 *	slub_debug=,kmalloc-64		one cache, FZPU
 *	slub_debug=ZP,kmalloc-*,task	caches by name; * at the end of a name
 *	slub_debug=F;ZPU,kmalloc-64	blocks: each cache takes what the last
 *					block says that names it, or else the
 *					one without names
 *	slub_debug=-			none
 *
 * Letters: F Z P U T, see slub_debug.c; A lets failures be injected into the
 * cache; O turns debugging off where it would ask for larger slabs.
 * slab_debug= is the same.
 *
 * The words are looked at again for each cache that is made. Caches made with
 * debug flags of their own keep them.
 */
#include <kernel/cmdline.h>
#include <kernel/init.h>
#include <kernel/printk.h>
#include <lib/errno.h>
#include <lib/string.h>
#include "slub_debug.h"

#define DEBUG_DEFAULT_FLAGS (SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE | \
			     SLAB_POISON | SLAB_STORE_USER)

static const char *blocks;	/* in the kernel's copy of the command line */
static bool no_higher_order;

static const struct {
	char letter;
	slab_flags_t flag;
} letters[] = {
	{ 'f', SLAB_CONSISTENCY_CHECKS }, { 'z', SLAB_RED_ZONE },
	{ 'p', SLAB_POISON }, { 'u', SLAB_STORE_USER }, { 't', SLAB_TRACE },
	{ 'a', SLAB_FAILSLAB }, { 'o', 0 }, { '-', 0 },
};

static bool ends(char c)
{
	return !c || c == ',' || c == ';';
}

/* The flags of one letter; false: nobody knows it. */
static bool letter_flag(char c, slab_flags_t *flag)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(letters); i++) {
		if (letters[i].letter == (c | 0x20) || letters[i].letter == c) {
			*flag = letters[i].flag;
			return true;
		}
	}
	return false;
}

/* Reads the letters a block begins with; where they end. */
static const char *read_letters(const char *p, slab_flags_t *flags)
{
	slab_flags_t flag;

	*flags = 0;
	if (ends(*p))
		*flags = DEBUG_DEFAULT_FLAGS;
	for (; !ends(*p); p++)
		if (letter_flag(*p, &flag))
			*flags |= flag;
	return p;
}

static bool name_matches(const char *pattern, size_t n, const char *name)
{
	if (n && pattern[n - 1] == '*')
		return !strncmp(pattern, name, n - 1);
	return strlen(name) == n && !strncmp(pattern, name, n);
}

/* Is the name in a list ",name,name..." that ends with its block? */
static bool list_has(const char *p, const char *name)
{
	const char *begin;

	while (*p == ',') {
		for (begin = ++p; !ends(*p); p++)
			;
		if (name_matches(begin, (size_t)(p - begin), name))
			return true;
	}
	return false;
}

static const char *next_block(const char *p)
{
	while (*p && *p != ';')
		p++;
	return *p ? p + 1 : NULL;
}

slab_flags_t slab_debug_flags(const char *name, slab_flags_t flags)
{
	slab_flags_t of_block, of_all = 0, of_name = 0;
	const char *block, *names;
	bool named = false;

	if (flags & SLAB_NO_USER_FLAGS)
		return flags;
	for (block = blocks; block; block = next_block(block)) {
		names = read_letters(block, &of_block);
		if (*names != ',') {
			of_all = of_block;
		} else if (list_has(names, name)) {
			of_name = of_block;
			named = true;
		}
	}
	return flags | (named ? of_name : of_all);
}

bool slab_debug_may_grow(void)
{
	return !no_higher_order;
}

static int __init set_slub_debug(const char *value)
{
	slab_flags_t flag;
	const char *p, *block;
	int err = 0;

	for (block = value; block; block = next_block(block)) {
		for (p = block; !ends(*p); p++) {
			no_higher_order |= (*p | 0x20) == 'o';
			if (!letter_flag(*p, &flag))
				err = -EINVAL;
		}
	}
	blocks = value;
	return err;
}
early_param("slub_debug", set_slub_debug);

static int __init set_slab_debug(const char *value)
{
	return set_slub_debug(value);
}
early_param("slab_debug", set_slab_debug);
