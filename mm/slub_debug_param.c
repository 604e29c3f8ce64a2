/*
 * Which caches debug: slub_debug= on the command line, as in Linux.
 *
 *	slub_debug			all caches, FZPU
 *	slub_debug=ZP			all caches, these flags
 *	slub_debug=,kmalloc-64		one cache, FZPU
 *	slub_debug=ZP,kmalloc-*,task	caches by name; * at the end of a name
 *	slub_debug=F;ZPU,kmalloc-64	blocks: each cache takes what the first
 *					block says that names it, or else the
 *					last one without names
 *	slub_debug=-			none
 *
 * Letters: F Z P U T, see slub_debug.c; A lets failures be injected into the
 * cache; O turns debugging off where it would ask for larger slabs; - takes
 * back the letters before it. Of a name, what follows a * is ignored.
 * slab_debug= is the same.
 *
 * The words are looked at again for each cache that is made. Caches made with
 * debug flags of their own keep them.
 */
#include <kernel/cmdline.h>
#include <kernel/init.h>
#include <kernel/printk.h>
#include <lib/string.h>
#include "slub_debug.h"

#define DEBUG_DEFAULT_FLAGS (SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE | \
			     SLAB_POISON | SLAB_STORE_USER)

static const char *blocks;	/* in the kernel's copy of the command line */
static bool may_grow = true;

static const struct {
	char letter;
	slab_flags_t flag;
} letters[] = {
	{ 'f', SLAB_CONSISTENCY_CHECKS }, { 'z', SLAB_RED_ZONE },
	{ 'p', SLAB_POISON }, { 'u', SLAB_STORE_USER }, { 't', SLAB_TRACE },
	{ 'a', SLAB_FAILSLAB }, { 'o', 0 },
};

static bool ends(char c)
{
	return !c || c == ',' || c == ';';
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

/* What flags become by one letter; false: nobody knows it. */
static bool read_letter(char c, slab_flags_t *flags)
{
	unsigned int i;

	if (c == '-') {
		*flags = 0;
		return true;
	}
	for (i = 0; i < ARRAY_SIZE(letters); i++) {
		if (letters[i].letter == lower(c)) {
			*flags |= letters[i].flag;
			return true;
		}
	}
	return false;
}

/* Reads the letters a block begins with; where they end. */
static const char *read_letters(const char *p, slab_flags_t *flags)
{
	*flags = ends(*p) ? DEBUG_DEFAULT_FLAGS : 0;
	for (; !ends(*p); p++)
		read_letter(*p, flags);
	return p;
}

static bool name_matches(const char *pattern, size_t n, const char *name)
{
	const char *star = memchr(pattern, '*', n);

	if (star)
		return !strncmp(pattern, name, (size_t)(star - pattern));
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

/* Blocks of no letters and no names are none, but for the only one. */
static const char *next_block(const char *p)
{
	while (*p && *p != ';')
		p++;
	while (*p == ';')
		p++;
	return *p ? p : NULL;
}

static const char *first_block(const char *text)
{
	return text && *text == ';' ? next_block(text) : text;
}

slab_flags_t slab_debug_flags_in(const char *text, const char *name)
{
	slab_flags_t flags, of_all = 0;
	const char *block, *names;

	for (block = first_block(text); block;
	     block = next_block(block)) {
		names = read_letters(block, &flags);
		if (*names != ',')
			of_all = flags;
		else if (list_has(names, name))
			return flags;
	}
	return of_all;
}

slab_flags_t slab_debug_flags(const char *name, slab_flags_t flags)
{
	if (flags & SLAB_NO_USER_FLAGS)
		return flags;
	return flags | slab_debug_flags_in(blocks, name);
}

/* The first letter that nobody knows, or 0. may_grow: no O among them. */
char slab_debug_unknown(const char *text, bool *no_o)
{
	slab_flags_t flags = 0;
	const char *p, *block;
	char unknown = 0;

	*no_o = true;
	for (block = first_block(text); block;
	     block = next_block(block)) {
		for (p = block; !ends(*p); p++) {
			*no_o &= lower(*p) != 'o';
			if (!read_letter(*p, &flags) && !unknown)
				unknown = *p;
		}
	}
	return unknown;
}

bool slab_debug_may_grow(void)
{
	return may_grow;
}

static int __init set_slub_debug(const char *value)
{
	char unknown = slab_debug_unknown(value, &may_grow);

	blocks = value;
	if (unknown)
		printk(KERN_WARNING "slub_debug: unknown letter '%c', left out\n",
		       unknown);
	return 0;
}
early_param("slub_debug", set_slub_debug);

static int __init set_slab_debug(const char *value)
{
	return set_slub_debug(value);
}
early_param("slab_debug", set_slab_debug);
