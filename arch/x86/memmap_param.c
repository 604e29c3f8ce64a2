/*
 * What did the user say about the memory map?
 *
 * The command line is parsed before there is a map, so the options are kept as
 * a list of changes, in the order in which they stand, and made when firmware's
 * map has been read:
 *
 *	memmap=exactmap,640K@0,15M@1M,64K$0xf0000 mem=12M
 *
 *	list	forget all; add RAM; add RAM; add reserved; end of RAM
 *
 * Adding is appending: firmware's ranges and the user's may overlap, the
 * cleaning that follows decides for the most restrictive type.
 */
#include <asm/memmap_param.h>
#include <kernel/cmdline.h>
#include <kernel/init.h>
#include <lib/errno.h>
#include <lib/parse.h>
#include <lib/string.h>

struct memmap_changes memmap_cmdline;

static int append(struct memmap_changes *c, enum memmap_action action,
		  u64 base, u64 size, u32 type)
{
	if (c->nr == MEMMAP_MAX_CHANGES)
		return -ENOSPC;
	c->change[c->nr++] = (struct memmap_change){
		.action = action, .base = base, .size = size, .type = type,
	};
	return 0;
}

/* A number that is there and does not run out of 64 bits; false if not. */
static bool parse_number(const char **p, u64 *value)
{
	const char *end;

	*value = memparse(*p, &end);
	if (end == *p || *value == ~0ULL)
		return false;
	*p = end;
	return true;
}

/* Type for the character between size and start; 0 if it means nothing. */
static u32 type_of_mark(char mark)
{
	switch (mark) {
	case '@': return E820_TYPE_RAM;
	case '#': return E820_TYPE_ACPI;
	case '$': return E820_TYPE_RESERVED;
	case '!': return E820_TYPE_PMEM;
	default: return 0;
	}
}

/* Does one word of a comma list end here? */
static bool at_end(const char *p)
{
	return *p == 0 || *p == ',';
}

/* SIZE or SIZE<mark>START; *p moves behind it. */
static int parse_range(struct memmap_changes *c, const char **p)
{
	u64 size, start;
	u32 type;

	if (!parse_number(p, &size) || size == 0)
		return -EINVAL;
	if (at_end(*p))
		return append(c, MEMMAP_END_OF_RAM, size, 0, 0);
	type = type_of_mark(**p);
	if (!type)
		return -EINVAL;
	(*p)++;
	if (!parse_number(p, &start) || !at_end(*p) || start + size < start)
		return -EINVAL;
	return append(c, MEMMAP_ADD, start, size, type);
}

static int parse_word(struct memmap_changes *c, const char **p)
{
	static const char exact[] = "exactmap";
	size_t n = sizeof(exact) - 1;

	if (!strncmp(*p, exact, n) && at_end(*p + n)) {
		*p += n;
		return append(c, MEMMAP_EXACT, 0, 0, 0);
	}
	return parse_range(c, p);
}

int memmap_parse_memmap(struct memmap_changes *c, const char *value)
{
	const char *p = value;
	int err;

	while (!(err = parse_word(c, &p)) && *p == ',')
		p++;
	return err;
}

int memmap_parse_mem(struct memmap_changes *c, const char *value)
{
	const char *p = value;
	u64 size;

	if (!parse_number(&p, &size) || size == 0 || *p)
		return -EINVAL;
	return append(c, MEMMAP_END_OF_RAM, size, 0, 0);
}

static int make_change(const struct memmap_change *c, struct e820_table *table)
{
	switch (c->action) {
	case MEMMAP_EXACT:
		table->nr = 0;
		return 0;
	case MEMMAP_END_OF_RAM:
		return e820_range_remove(table, c->base, ~0ULL - c->base,
					 E820_TYPE_RAM);
	default:
		return e820_add(table, c->base, c->size, c->type);
	}
}

int memmap_apply(const struct memmap_changes *c, struct e820_table *table)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < c->nr && !err; i++)
		err = make_change(&c->change[i], table);
	return err;
}

static int __init set_mem(const char *value)
{
	return memmap_parse_mem(&memmap_cmdline, value);
}
early_param("mem", set_mem);

static int __init set_memmap(const char *value)
{
	return memmap_parse_memmap(&memmap_cmdline, value);
}
early_param("memmap", set_memmap);
