/*
 * Memory maps as text: one "START END TYPE" per line, hexadecimal, end
 * exclusive; lines that begin with # are comments, of which
 * "# node N START END" is read. See tests/data/memmaps/README.md.
 */
#ifndef TESTS_HOST_MAPFILE_H
#define TESTS_HOST_MAPFILE_H

#include <asm/e820.h>

struct map_node {
	u64 start, end;
	unsigned int nid;
};

struct map_file {
	struct e820_entry *entries;
	unsigned int nr_entries;
	struct map_node *nodes;
	unsigned int nr_nodes;
};

/* False after an error, which is told on stderr with file and line. */
bool map_read(const char *path, struct map_file *map);
void map_free(struct map_file *map);

/*
 * Gives each page of memblock.memory its node. Pages of no node, and those of
 * which a node has only a part, go to node 0; where nodes overlap the lowest
 * number wins, whatever the order of the table. Numbers are made dense. Nodes
 * beyond MAX_NUMNODES, the highest, become part of node 0 too: how many?
 */
unsigned int map_assign_nodes(const struct map_file *map);

#endif
