/*
 * The user's corrections of firmware's memory map: mem= and memmap=.
 * Counterpart: parse_memopt() and parse_memmap_opt() of Linux's e820.c.
 *
 *	mem=SIZE		RAM ends at SIZE
 *	memmap=SIZE		the same
 *	memmap=SIZE@START	this is RAM too
 *	memmap=SIZE#START	this is ACPI data
 *	memmap=SIZE$START	this is reserved
 *	memmap=SIZE!START	this is persistent memory
 *	memmap=exactmap		forget firmware's map, what follows is all
 *	memmap=A,B,...		several of them
 *
 * Numbers take K, M, G, T and 0x. Where ranges overlap the most restrictive
 * type wins, whoever said it.
 */
#ifndef ASM_MEMMAP_PARAM_H
#define ASM_MEMMAP_PARAM_H

#include <asm/e820.h>
#include <lib/types.h>

#define MEMMAP_MAX_CHANGES 64

enum memmap_action { MEMMAP_ADD, MEMMAP_END_OF_RAM, MEMMAP_EXACT };

struct memmap_change {
	enum memmap_action action;
	u64 base, size;		/* END_OF_RAM: base */
	u32 type;		/* ADD: what it is now */
};

struct memmap_changes {
	unsigned int nr;
	struct memmap_change change[MEMMAP_MAX_CHANGES];
};

/*
 * Appends what the value of mem= / memmap= asks for. 0; -EINVAL at the first
 * word that makes no sense, those before it count; -ENOSPC if there are too
 * many.
 */
int memmap_parse_mem(struct memmap_changes *c, const char *value);
int memmap_parse_memmap(struct memmap_changes *c, const char *value);

/*
 * Makes the changes, in order, in a table that wants e820_sanitize()
 * afterwards. 0, or -ENOSPC: this change and those behind it were not made.
 */
int memmap_apply(const struct memmap_changes *c, struct e820_table *table);

/* What the command line asked for. */
extern struct memmap_changes memmap_cmdline;

#endif
