/* Reading memory maps from text files; see mapfile.h. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <asm/page.h>
#include <lib/kernel.h>
#include <mm/memblock.h>

#include "mapfile.h"

static const struct {
	const char *name;
	u32 type;
} types[] = {
	{ "usable", E820_TYPE_RAM },
	{ "reserved", E820_TYPE_RESERVED },
	{ "acpi", E820_TYPE_ACPI },
	{ "nvs", E820_TYPE_NVS },
	{ "unusable", E820_TYPE_UNUSABLE },
	{ "pmem", E820_TYPE_PMEM },
	{ "softres", E820_TYPE_SOFT_RESERVED },
};

/* The next word of *line, terminated; NULL at the end. */
static char *next_word(char **line)
{
	char *word = *line + strspn(*line, " \t\r\n");

	if (!*word)
		return NULL;
	*line = word + strcspn(word, " \t\r\n");
	if (**line)
		*(*line)++ = 0;
	return word;
}

static bool parse_number(const char *word, int base, u64 *value)
{
	char *end;

	if (!word || !isxdigit((unsigned char)*word))
		return false;
	errno = 0;
	*value = strtoull(word, &end, base);
	return !errno && !*end;
}

static bool parse_type(const char *word, u32 *type)
{
	unsigned int i;
	u64 number;

	if (!word)
		return false;
	for (i = 0; i < ARRAY_SIZE(types); i++)
		if (!strcmp(types[i].name, word)) {
			*type = types[i].type;
			return true;
		}
	if (strncmp(word, "type", 4) || !parse_number(word + 4, 10, &number) ||
	    number > UINT32_MAX)
		return false;
	*type = (u32)number;
	return true;
}

/* Room for element nr of an array that grows by doubling. */
static void *grow(void *array, unsigned int nr, size_t size)
{
	if (nr && (nr & (nr - 1)))
		return array;
	array = realloc(array, (nr ? 2 * (size_t)nr : 1) * size);
	if (!array)
		abort();
	return array;
}

static const char *read_entry(char *line, struct map_file *map)
{
	struct e820_entry entry;
	u64 end;

	if (!parse_number(next_word(&line), 16, &entry.base))
		return "START is not a hexadecimal number of 64 bits";
	if (!parse_number(next_word(&line), 16, &end))
		return "END is not a hexadecimal number of 64 bits";
	if (!parse_type(next_word(&line), &entry.type))
		return "TYPE is missing or unknown";
	if (next_word(&line))
		return "more than START END TYPE";
	entry.size = end - entry.base;
	map->entries = grow(map->entries, map->nr_entries, sizeof(entry));
	map->entries[map->nr_entries++] = entry;
	return NULL;
}

/* "# node" followed by anything but a digit is prose. */
static const char *read_comment(char *line, struct map_file *map)
{
	struct map_node node;
	char *word;
	u64 nid;

	line += strspn(line, "#");
	word = next_word(&line);
	if (!word || strcmp(word, "node"))
		return NULL;
	word = next_word(&line);
	if (!word || !isdigit((unsigned char)*word))
		return NULL;
	if (!parse_number(word, 10, &nid) || nid >= UINT32_MAX ||
	    !parse_number(next_word(&line), 16, &node.start) ||
	    !parse_number(next_word(&line), 16, &node.end) || next_word(&line))
		return "not \"# node N START END\"";
	node.nid = (unsigned int)nid;
	map->nodes = grow(map->nodes, map->nr_nodes, sizeof(node));
	map->nodes[map->nr_nodes++] = node;
	return NULL;
}

static const char *read_line(char *line, size_t length, struct map_file *map)
{
	char *text = line + strspn(line, " \t\r\n");

	if (strlen(line) != length)
		return "a byte of zero";
	if (!*text)
		return NULL;
	return *text == '#' ? read_comment(text, map) : read_entry(text, map);
}

bool map_read(const char *path, struct map_file *map)
{
	FILE *file = fopen(path, "r");
	const char *error = NULL;
	unsigned int number = 0;
	char *line = NULL;
	size_t room = 0;
	ssize_t length;

	memset(map, 0, sizeof(*map));
	if (!file) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return false;
	}
	while (!error && (length = getline(&line, &room, file)) >= 0) {
		number++;
		error = read_line(line, (size_t)length, map);
	}
	if (error)
		fprintf(stderr, "%s:%u: %s\n", path, number, error);
	else if (ferror(file))
		fprintf(stderr, "%s: %s\n", path, error = strerror(errno));
	free(line);
	fclose(file);
	if (error)
		map_free(map);
	return !error;
}

void map_free(struct map_file *map)
{
	free(map->entries);
	free(map->nodes);
	memset(map, 0, sizeof(*map));
}

/* Highest number first, so that the lowest is set last and stays. */
static int by_falling_nid(const void *a, const void *b)
{
	const struct map_node *x = a, *y = b;

	return (x->nid < y->nid) - (x->nid > y->nid);
}

static bool has_memory(const struct map_node *node)
{
	return node->start < node->end &&
	       memblock_overlaps_region(&memblock.memory, node->start,
					node->end - node->start);
}

/*
 * A page belongs to a node that has all of it. One that a node's end cuts in
 * two is nobody's, which means node 0: no page is lost or counted twice.
 */
static void set_node(const struct map_node *node, int nid)
{
	u64 start = ALIGN(node->start, (u64)PAGE_SIZE);
	u64 end = ALIGN_DOWN(node->end, (u64)PAGE_SIZE);

	if (start < end)
		memblock_set_node(start, end - start, &memblock.memory, nid);
}

/* Different nodes with memory; node 0 is there anyway and does not count. */
static unsigned int count_nodes(const struct map_file *map)
{
	unsigned int i, nodes = 0, last = 0;

	for (i = 0; i < map->nr_nodes; i++)
		if (has_memory(&map->nodes[i]) && map->nodes[i].nid != last) {
			last = map->nodes[i].nid;
			nodes += last != 0;
		}
	return nodes;
}

unsigned int map_assign_nodes(const struct map_file *map)
{
	unsigned int i, nodes, dense, last = UINT32_MAX;

	memblock_set_node(0, PHYS_ADDR_MAX, &memblock.memory, 0);
	if (!map->nr_nodes)
		return 0;
	qsort(map->nodes, map->nr_nodes, sizeof(*map->nodes), by_falling_nid);
	nodes = count_nodes(map);
	/* the highest becomes `nodes`, or 0 if that is too much; 0 stays 0 */
	dense = nodes + 1;
	for (i = 0; i < map->nr_nodes; i++) {
		if (!has_memory(&map->nodes[i]))
			continue;
		if (map->nodes[i].nid != last)
			dense--;
		last = map->nodes[i].nid;
		set_node(&map->nodes[i], dense < MAX_NUMNODES ? (int)dense : 0);
	}
	return nodes < MAX_NUMNODES ? 0 : nodes - (MAX_NUMNODES - 1);
}
