/*
 * fuzz-boot [ROUNDS [SEED]]: damaged tags and random maps, against guard pages.
 *
 * A block of tags is built, damaged in a few bytes, and put so that it ends
 * where an inaccessible page begins: one byte read too many is a fault, even
 * where a sanitizer sees only one big buffer. Maps are cleaned in an array of
 * just the size needed, and compared with a slow and obvious answer.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <asm/e820.h>
#include <asm/madt.h>
#include <asm/page.h>
#include <kernel/boot_info.h>
#include <lib/kernel.h>
#include <lib/random.h>

#include "simulate.h"

#define AREA 65536u
#define BLOCK_PHYS 0x10000ULL

static u8 *guard;		/* first byte that must not be touched */
static u8 *block;
static u32 block_size;
static struct boot_info info;
static struct rng rng;
static const char *test_name = "start";

static u32 below(u32 bound)
{
	return (u32)rng_below(&rng, bound);
}

static void on_fault(int signal)
{
	static const char text[] = "\nnot ok - touched a guard page: ";

	if (write(1, text, sizeof(text) - 1) < 0 ||
	    write(1, test_name, strlen(test_name)) < 0 || write(1, "\n", 1) < 0)
		_exit(2);
	_exit(1);
}

static void set_up_guard(void)
{
	u8 *area = mmap(NULL, AREA + PAGE_SIZE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (area == MAP_FAILED || mprotect(area + AREA, PAGE_SIZE, PROT_NONE)) {
		perror("fuzz-boot");
		exit(2);
	}
	guard = area + AREA;
	signal(SIGSEGV, on_fault);
	signal(SIGBUS, on_fault);
}

static const void *block_map(phys_addr_t pa, size_t size)
{
	u64 offset = pa - BLOCK_PHYS;

	if (offset > block_size || size > block_size - offset)
		return NULL;
	return block + offset;
}

/* Appends random bytes, some of them small numbers. */
static void append_random(u8 *to, u32 *at, u32 n)
{
	while (n--)
		to[(*at)++] = (u8)(below(3) ? below(4) : rng_next(&rng));
}

static void append(u8 *to, u32 *at, u32 value)
{
	memcpy(to + *at, &value, 4);
	*at += 4;
}

/* A tag of a kind we know, of a size that may fit it. */
static void append_tag(u8 *to, u32 *at)
{
	static const u32 types[] = { 1, 2, 3, 6, 6, 8, 9, 9, 14, 15, 99 };
	static const u32 strides[] = { 0, 19, 20, 24, 28, 40, 64, 0xffffffff };
	u32 type = types[below(ARRAY_SIZE(types))];
	u32 start = *at, payload = below(300);

	append(to, at, type);
	append(to, at, 8 + payload);
	if (type == 9)
		append(to, at, below(8));
	if (type == 9 || type == 6)
		append(to, at, strides[below(ARRAY_SIZE(strides))]);
	if (*at < start + 8 + payload)
		append_random(to, at, start + 8 + payload - *at);
	*at = ALIGN(start + 8 + payload, 8u);
}

static void damage(u8 *bytes, u32 n)
{
	static const u32 values[] = { 0, 1, 7, 8, 19, 20, 0x7fffffff,
				      0x80000000, 0xfffffff8, 0xffffffff };
	u32 hits = below(4), value;

	while (hits--) {
		value = below(2) ? values[below(ARRAY_SIZE(values))] :
			(u32)rng_next(&rng);
		memcpy(bytes + below(n - 3), &value, 4);
	}
}

static bool parsed_is_sane(void)
{
	return info.nr_mmap <= BOOT_MAX_MMAP &&
	       info.nr_modules <= BOOT_MAX_MODULES &&
	       info.nr_sections <= BOOT_MAX_SECTIONS &&
	       strnlen(info.cmdline, BOOT_CMDLINE_SIZE) < BOOT_CMDLINE_SIZE &&
	       strnlen(info.remarks, sizeof(info.remarks)) <
		       sizeof(info.remarks) &&
	       info.rsdp_size <= sizeof(info.rsdp_copy);
}

/* The block ends at the guard page, or total does a little before. */
static bool fuzz_multiboot2(void)
{
	static u8 build[AREA];
	u32 at = 8, tags = below(8);

	memset(build, 0, 4096);
	while (tags--)
		append_tag(build, &at);
	append(build, &at, 0);
	append(build, &at, 8);
	memcpy(build, &at, 4);
	damage(build + (below(4) ? 8 : 0), at - 8);
	block_size = at;
	block = guard - block_size;
	memcpy(block, build, block_size);
	boot_info_read_at(&info, BOOT_MAGIC_MULTIBOOT2, BLOCK_PHYS, block_map);
	return parsed_is_sane();
}

/* Start information, lists and strings, all addresses inside, then damage. */
static bool fuzz_pvh(void)
{
	u32 at = 0, n = 256 + 8 * below(64), i;
	u8 build[1024];

	append(build, &at, 0x336ec578);
	append(build, &at, below(3));
	append(build, &at, 0);
	append(build, &at, below(6));
	for (i = 0; i < 4; i++) {
		append(build, &at, (u32)BLOCK_PHYS + below(n));
		append(build, &at, 0);
	}
	append(build, &at, below(12));
	append_random(build, &at, n - at);
	damage(build, 56);
	block_size = n;
	block = guard - n;
	memcpy(block, build, n);
	boot_info_read_at(&info, BOOT_MAGIC_PVH, BLOCK_PHYS, block_map);
	return parsed_is_sane();
}

static int strictness(u32 type)
{
	static const u32 order[] = { E820_TYPE_RAM, E820_TYPE_SOFT_RESERVED,
				     E820_TYPE_PMEM, E820_TYPE_ACPI,
				     E820_TYPE_NVS, E820_TYPE_RESERVED,
				     E820_TYPE_UNUSABLE };
	int i;

	for (i = 0; i < (int)ARRAY_SIZE(order); i++)
		if (order[i] == type)
			return i + 1;
	return strictness(E820_TYPE_RESERVED);
}

/* The strictest entry over an address: 0 none, else its strictness. */
static int answer_at(const struct e820_entry *e, unsigned int nr, u64 addr)
{
	int best = 0;

	while (nr--) {
		u64 end = e[nr].base + e[nr].size;

		if (end >= e[nr].base && addr >= e[nr].base && addr < end)
			best = max(best, strictness(e[nr].type));
	}
	return addr < E820_ADDRESS_END ? best : 0;
}

static u64 random_address(void)
{
	static const u64 corners[] = { 0, 0xa0000, 0x100000, 1ULL << 32,
				       1ULL << 52, 1ULL << 63, ~0ULL };
	u64 corner = corners[below(ARRAY_SIZE(corners))];

	return below(3) ? below(64) : corner + below(5) - 2;
}

/* Checked at every end there is, and next to it: between, nothing changes. */
static bool same_answers(const struct e820_entry *given, unsigned int nr,
			 const struct e820_table *table)
{
	unsigned int i;
	int d;

	for (i = 0; i < 2 * nr; i++)
		for (d = -1; d <= 1; d++) {
			u64 at = given[i / 2].base + (i % 2 ?
				 given[i / 2].size : 0) + (u64)(s64)d;

			if (answer_at(given, nr, at) !=
			    answer_at(table->entries, table->nr, at))
				return false;
		}
	return true;
}

static bool fuzz_e820(void)
{
	static const u32 types[] = { 1, 1, 1, 2, 3, 4, 5, 6, 7, 0x101,
				     0xefffffff };
	struct e820_entry given[12];
	unsigned int i, nr = below(ARRAY_SIZE(given)) + 1;
	struct e820_point scratch[2 * ARRAY_SIZE(given)];
	struct e820_table table = { .nr = nr, .max = 2 * nr - 1 };

	for (i = 0; i < nr; i++)
		given[i] = (struct e820_entry){ random_address(),
			random_address(), types[below(ARRAY_SIZE(types))] };
	table.entries = (void *)(guard - table.max * sizeof(given[0]));
	memcpy(table.entries, given, nr * sizeof(given[0]));
	if (e820_sanitize(&table, scratch, 2 * nr) || e820_validate(&table))
		return false;
	return same_answers(given, nr, &table);
}

/* An entry of a kind we know, of a length that mostly fits it. */
static void append_madt_entry(u8 *to, u32 *at)
{
	static const u8 kinds[][2] = { { 0, 8 }, { 0, 8 }, { 9, 16 }, { 5, 12 },
				       { 1, 12 }, { 4, 6 } };
	const u8 *kind = kinds[below(ARRAY_SIZE(kinds))];
	u8 length = below(8) ? kind[1] : (u8)below(20);
	u32 start = *at;

	to[(*at)++] = kind[0];
	to[(*at)++] = length;
	while (*at < start + length)
		append_random(to, at, 1);
}

/* The obvious answer: no APIC twice, none that means all. */
static bool madt_is_sane(const struct madt_info *madt,
			 const struct madt_cpu *cpus, u32 max)
{
	u32 i, j;

	if (madt->nr_cpus > max || (madt->nr_left_out && madt->nr_cpus < max))
		return false;
	for (i = 0; i < madt->nr_cpus; i++) {
		if (cpus[i].apic_id == 0xffffffff)
			return false;
		for (j = 0; j < i; j++)
			if (cpus[j].apic_id == cpus[i].apic_id)
				return false;
	}
	return true;
}

/* The table ends at the guard page, and so, for another run, do the CPUs. */
static bool fuzz_madt(void)
{
	struct madt_cpu cpus[16], *at_guard;
	struct madt_info first, second;
	u32 at = 44, entries = below(24), max = below(17);
	const char *error;
	u8 build[2048] = "APIC";

	while (entries--)
		append_madt_entry(build, &at);
	memcpy(build + 4, &at, 4);
	damage(build + (below(8) ? 36 : 0), at - 36);
	at -= below(4) ? 0 : below(at);
	memcpy(guard - at, build, at);
	error = madt_parse(guard - at, at, &first, cpus, max);
	at_guard = (void *)(guard - max * sizeof(*at_guard));
	if (madt_parse(build, at, &second, at_guard, max) != error ||
	    memcmp(&first, &second, sizeof(first)))
		return false;
	return madt_is_sane(&first, cpus, max) &&
	       !memcmp(cpus, at_guard, first.nr_cpus * sizeof(*cpus));
}

static const struct {
	const char *name;
	bool (*run)(void);
} tests[] = {
	{ "multiboot2_survives_damage_next_to_a_guard_page", fuzz_multiboot2 },
	{ "pvh_survives_damage_next_to_a_guard_page", fuzz_pvh },
	{ "e820_agrees_with_the_obvious_answer", fuzz_e820 },
	{ "madt_survives_damage_next_to_a_guard_page", fuzz_madt },
};

int main(int argc, char **argv)
{
	unsigned long rounds = argc > 1 ? strtoul(argv[1], NULL, 0) : 20000;
	u64 seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	unsigned int i, failed = 0;

	simulate_quietly(NULL);
	set_up_guard();
	setvbuf(stdout, NULL, _IONBF, 0);
	printf("KTAP version 1\n1..%zu\n", ARRAY_SIZE(tests));
	for (i = 0; i < ARRAY_SIZE(tests); i++) {
		unsigned long round = 0;

		test_name = tests[i].name;
		rng = rng_seed(seed);
		while (round < rounds && tests[i].run())
			round++;
		if (round < rounds)
			printf("# round %lu of seed %llu\n", round, seed);
		printf("%sok %u - %s\n", round < rounds ? "not " : "", i + 1,
		       test_name);
		failed += round < rounds;
	}
	return failed != 0;
}
