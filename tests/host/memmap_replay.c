/*
 * memmap-replay FILE... [--buddy | --zones] [--shuffle=SEED] [--lowmem=SIZE]
 *
 * Runs firmware maps through this kernel's own e820 cleaning, memblock, zones
 * and page allocator, and prints what came of them as tab-separated lines:
 *
 *	file entries clean_entries usable_bytes whole_pages dma dma32 normal
 *	ranges
 *	file zone free_blocks_of_order_0 .. 10		with --buddy
 *	file zone start end present_pages		with --zones
 *
 * --lowmem=SIZE: the zones of a 32-bit machine whose low memory ends there:
 * DMA, Normal, HighMem. The rest stays 64 bits wide, so any map will do.
 *
 * No policy on top: nothing is reserved, the first page and the first MiB are
 * what the map says. --shuffle changes the order of the entries and of the
 * node table first, which must not change the result.
 *
 * Each file has a process of its own: the allocators' state is global and
 * must be as at power-on. Exit status 0 if every file could be read; the
 * others are named on stderr, and the rest is done all the same.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <asm/e820.h>
#include <asm/page.h>
#include <lib/kernel.h>
#include <lib/parse.h>
#include <lib/random.h>
#include <mm/memblock.h>
#include <mm/mm.h>

#include "mapfile.h"
#include "simulate.h"

static const char usage[] =
	"usage: memmap-replay FILE... [--buddy | --zones] [--shuffle=SEED]\n"
	"                     [--lowmem=SIZE]\n"
	"Prints what e820 cleaning, memblock and the zones make of each map;\n"
	"with --buddy the free blocks per zone and order, with --zones the\n"
	"zones' ends. SIZE is where the low memory of a 32-bit machine ends.\n";

static bool show_buddy, show_zones;
static u64 lowmem;
static bool shuffle;
static u64 shuffle_seed;

static void shuffle_array(void *array, unsigned int nr, size_t size)
{
	struct rng rng = rng_seed(shuffle_seed);
	char *a = array;
	char tmp[64];

	while (nr > 1) {
		size_t i = (size_t)rng_below(&rng, nr--) * size;
		size_t last = nr * size;

		memcpy(tmp, a + i, size);
		memmove(a + i, a + last, size);
		memcpy(a + last, tmp, size);
	}
}

static void *must_alloc(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (!p)
		abort();
	return p;
}

/* The map cleaned, in a table of its own. */
static struct e820_table clean_map(const struct map_file *map)
{
	unsigned int max = 2 * map->nr_entries + 1;
	struct e820_table table = { .max = max };
	struct e820_point *scratch = must_alloc(max, sizeof(*scratch));

	table.entries = must_alloc(max, sizeof(*table.entries));
	if (map->nr_entries)
		memcpy(table.entries, map->entries,
		       map->nr_entries * sizeof(*table.entries));
	table.nr = map->nr_entries;
	if (e820_sanitize(&table, scratch, max))
		abort();
	free(scratch);
	return table;
}

/*
 * memblock with room for everything, so that growing its arrays does not take
 * memory out of the map.
 */
static void fill_memblock(const struct e820_table *table,
			  const struct map_file *map)
{
	unsigned long max = table->nr + 2UL * map->nr_nodes + 16;
	u64 start, end;
	unsigned int i;

	memblock.memory.regions = must_alloc(max,
					     sizeof(struct memblock_region));
	memblock.memory.max = max;
	for (i = 0; i < table->nr; i++)
		if (e820_usable_pfns(&table->entries[i], &start, &end))
			memblock_add(PFN_PHYS(start), PFN_PHYS(end - start));
}

static void build_zones(void)
{
	unsigned long max_pfn = PFN_DOWN(memblock_end_of_DRAM());
	unsigned long max_zone_pfn[MAX_NR_ZONES] = { 0 };
	unsigned long low = lowmem ? PFN_DOWN(lowmem) : max_pfn;
	unsigned long dma32 = lowmem ? MAX_DMA_PFN : MAX_DMA32_PFN;

	max_zone_pfn[ZONE_DMA] = min(MAX_DMA_PFN, low);
	max_zone_pfn[ZONE_DMA32] = min(dma32, low);
	max_zone_pfn[ZONE_NORMAL] = low;
	max_zone_pfn[ZONE_HIGHMEM] = max_pfn;
	free_area_init(max_zone_pfn);
}

static u64 zone_present(enum zone_type type)
{
	u64 pages = 0;
	int nid;

	for_each_online_node(nid)
		pages += NODE_DATA(nid)->node_zones[type].present_pages;
	return pages;
}

static void print_summary(const char *name, const struct map_file *map,
			  const struct e820_table *table)
{
	u64 bytes = 0, dma = zone_present(ZONE_DMA);
	u64 dma32 = zone_present(ZONE_DMA32);
	u64 normal = zone_present(ZONE_NORMAL);
	unsigned int i, ranges = 0;
	u64 start, end;

	for (i = 0; i < table->nr; i++) {
		if (table->entries[i].type == E820_TYPE_RAM)
			bytes += table->entries[i].size;
		ranges += e820_usable_pfns(&table->entries[i], &start, &end);
	}
	printf("%s\t%u\t%u\t%llu\t%llu\t%llu\t%llu\t%llu\t%u\n", name,
	       map->nr_entries, table->nr, bytes, dma + dma32 + normal, dma,
	       dma32, normal, ranges);
}

static void print_zone(const char *name, enum zone_type type)
{
	static const char *const zone_names[] = { "DMA", "DMA32", "Normal",
						  "HighMem" };
	unsigned int order;

	printf("%s\t%s", name, zone_names[type]);
	for (order = 0; order < NR_PAGE_ORDERS; order++) {
		unsigned long blocks = 0;
		struct zone *zone;

		for_each_populated_zone(zone)
			if (zone_idx(zone) == type)
				blocks += zone_nr_free(zone, order);
		printf("\t%lu", blocks);
	}
	printf("\n");
}

static void print_buddy(const char *name)
{
	enum zone_type type;

	for (type = ZONE_DMA; type <= ZONE_HIGHMEM; type++)
		if (zone_present(type))
			print_zone(name, type);
}

/* Nodes may interleave, so each has lines of its own. */
static void print_zones(const char *name)
{
	struct zone *zone;

	for_each_populated_zone(zone)
		printf("%s\t%s\t0x%llx\t0x%llx\t%lu\n", name, zone->name,
		       (u64)PFN_PHYS(zone->zone_start_pfn),
		       (u64)PFN_PHYS(zone_end_pfn(zone)), zone->present_pages);
}

static int replay(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	struct e820_table table;
	struct map_file map;
	const char *broken = NULL;
	unsigned int surplus;

	if (!map_read(path, &map))
		return 1;
	if (shuffle) {
		shuffle_array(map.entries, map.nr_entries,
			      sizeof(*map.entries));
		shuffle_array(map.nodes, map.nr_nodes, sizeof(*map.nodes));
	}
	table = clean_map(&map);
	fill_memblock(&table, &map);
	surplus = map_assign_nodes(&map);
	if (surplus)
		fprintf(stderr, "%s: more than %d nodes, %u joined with 0\n",
			path, MAX_NUMNODES, surplus);
	if (memblock.memory.cnt)
		build_zones();
	if (show_zones) {
		print_zones(name);
	} else if (!show_buddy) {
		print_summary(name, &map, &table);
	} else if (memblock.memory.cnt) {
		memblock_hand_over(hand_over_range);
		broken = page_alloc_validate();
		print_buddy(name);
	}
	if (broken)
		fprintf(stderr, "%s: page allocator: %s\n", path, broken);
	return broken != NULL;
}

static int replay_in_child(const char *path)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		status = replay(path);
		fflush(stdout);
		_exit(status);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		perror("memmap-replay");
		return 1;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) <= 1)
		return WEXITSTATUS(status);
	fprintf(stderr, "%s: replay died, status 0x%x\n", path, status);
	return 1;
}

static bool parse_option(const char *option)
{
	char *end;

	if (!strcmp(option, "--buddy") || !strcmp(option, "--zones")) {
		show_buddy = option[2] == 'b';
		show_zones = !show_buddy;
		return true;
	}
	if (!strncmp(option, "--lowmem=", 9)) {
		const char *rest;

		lowmem = memparse(option + 9, &rest);
		return lowmem >= PAGE_SIZE && !*rest;
	}
	if (strncmp(option, "--shuffle=", 10))
		return false;
	shuffle = true;
	shuffle_seed = strtoull(option + 10, &end, 0);
	return option[10] && !*end;
}

int main(int argc, char **argv)
{
	int i, files = 0, failed = 0;

	for (i = 1; i < argc; i++) {
		if (argv[i][0] != '-') {
			files++;
		} else if (!parse_option(argv[i])) {
			fputs(usage, stderr);
			return 2;
		}
	}
	if (!files) {
		fputs(usage, stderr);
		return 2;
	}
	simulate_quietly(stderr);
	simulate_address_space();
	for (i = 1; i < argc; i++)
		if (argv[i][0] != '-')
			failed |= replay_in_child(argv[i]);
	return failed;
}
