/* Does the PVH parser read what it may, and nothing else? */
#include <kernel/boot_info.h>
#include <kernel/ktest.h>
#include <lib/kernel.h>
#include <lib/random.h>
#include <lib/string.h>

/* A piece of memory at a made-up physical address; nothing else is there. */
#define MEMORY_PHYS 0x2000ULL
#define MEMORY_SIZE 32768u
static u8 memory[MEMORY_SIZE] __aligned(8);

/* Where the blocks lie in it. */
#define INFO 0x1e0u
#define CMDLINE 0x300u
#define MODLIST 0x400u
#define MEMMAP 0x800u

static struct boot_info bi;

struct start_info {
	u32 magic, version, flags, nr_modules;
	u64 modules, cmdline, rsdp, mmap;
	u32 nr_mmap, reserved;
};

struct modlist_entry {
	u64 base, size, cmdline, reserved;
};

struct memmap_entry {
	u64 base, length;
	u32 type, reserved;
};

static struct start_info start;

static const void *memory_map(phys_addr_t pa, size_t size)
{
	u64 offset = pa - MEMORY_PHYS;

	if (offset > MEMORY_SIZE || size > MEMORY_SIZE - offset)
		return NULL;
	return memory + offset;
}

static const char *parse(void)
{
	memcpy(memory + INFO, &start, sizeof(start));
	return boot_info_read_at(&bi, BOOT_MAGIC_PVH, MEMORY_PHYS + INFO,
				 memory_map);
}

/* What QEMU's microvm leaves, with one module. */
static void begin(struct ktest *t)
{
	static const struct memmap_entry map[] = {
		{ 0, 0x9fc00, 1, 0 },
		{ 0xd0000, 0x20000, 4, 0 },
		{ 0x100000, 0xff00000, 1, 0 },
		{ 0, 0, 0, 0 },
	};
	static const struct modlist_entry module = {
		0x400000, 0x12345, MEMORY_PHYS + CMDLINE + 0x40, 0
	};

	memset(memory, 0xee, sizeof(memory));
	strscpy((char *)memory + CMDLINE, "selftest", 64);
	strscpy((char *)memory + CMDLINE + 0x40, "initrd", 64);
	memcpy(memory + MODLIST, &module, sizeof(module));
	memcpy(memory + MEMMAP, map, sizeof(map));
	start = (struct start_info){
		.magic = 0x336ec578, .version = 1, .nr_modules = 1,
		.modules = MEMORY_PHYS + MODLIST,
		.cmdline = MEMORY_PHYS + CMDLINE, .rsdp = 0xf5b20,
		.mmap = MEMORY_PHYS + MEMMAP, .nr_mmap = ARRAY_SIZE(map),
	};
}

static void expect_error(struct ktest *t, const char *error, const char *words)
{
	if (KTEST_EXPECT_NOT_NULL(t, error) && !strstr(error, words))
		ktest_fail(t, __FILE__, __LINE__, "\"%s\" does not say \"%s\"",
			   error, words);
}

static void reads_everything(struct ktest *t)
{
	KTEST_EXPECT_STREQ(t, parse(), NULL);
	KTEST_EXPECT_STREQ(t, bi.protocol, "pvh");
	KTEST_EXPECT_STREQ(t, bi.cmdline, "selftest");
	KTEST_EXPECT_EQ(t, bi.nr_mmap, 4);
	KTEST_EXPECT_EQ(t, bi.mmap[1].type, BOOT_MEM_NVS);
	KTEST_EXPECT_EQ(t, bi.mmap[2].base, 0x100000);
	KTEST_EXPECT_EQ(t, bi.mmap[2].length, 0xff00000);
	KTEST_EXPECT_EQ(t, bi.nr_modules, 1);
	KTEST_EXPECT_EQ(t, bi.modules[0].base, 0x400000);
	KTEST_EXPECT_EQ(t, bi.modules[0].size, 0x12345);
	KTEST_EXPECT_STREQ(t, bi.modules[0].cmdline, "initrd");
	KTEST_EXPECT_EQ(t, bi.rsdp, 0xf5b20);
	KTEST_EXPECT_EQ(t, bi.info.base, MEMORY_PHYS + INFO);
	KTEST_EXPECT_STREQ(t, bi.remarks, "");
}

static void wrong_magic_is_an_error(struct ktest *t)
{
	start.magic++;
	expect_error(t, parse(), "magic 0x336ec579");
}

static void version_0_has_no_memory_map(struct ktest *t)
{
	start.version = 0;
	expect_error(t, parse(), "no memory map (version 0)");
}

static void start_info_outside_of_memory_is_an_error(struct ktest *t)
{
	static const u64 places[] = { 0, MEMORY_PHYS + MEMORY_SIZE - 39,
				      ~0ULL, ~0ULL - 55 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(places); i++)
		expect_error(t, boot_info_read_at(&bi, BOOT_MAGIC_PVH,
						  places[i], memory_map),
			     "no start information");
}

static void start_info_cut_short_is_an_error(struct ktest *t)
{
	u32 at = MEMORY_SIZE - 48;

	memcpy(memory + at, &start, 48);
	expect_error(t, boot_info_read_at(&bi, BOOT_MAGIC_PVH, MEMORY_PHYS + at,
					  memory_map), "not in memory");
}

static void memory_map_outside_of_memory_is_an_error(struct ktest *t)
{
	start.mmap = ~0ULL - 10;
	expect_error(t, parse(), "memory map entry 0 of 4");
	start.mmap = MEMORY_PHYS + MEMORY_SIZE - 3 * 24;
	memset(memory + MEMORY_SIZE - 3 * 24, 0, 3 * 24);
	expect_error(t, parse(), "memory map entry 3 of 4");
}

static void too_many_entries_are_an_error(struct ktest *t)
{
	start.nr_mmap = BOOT_MAX_MMAP;
	KTEST_EXPECT_NULL(t, parse());
	KTEST_EXPECT_EQ(t, bi.nr_mmap, BOOT_MAX_MMAP);
	start.nr_mmap++;
	expect_error(t, parse(), "more than 1024 entries");
	start.nr_mmap = 0xffffffff;
	expect_error(t, parse(), "more than 1024 entries");
}

static void command_line_outside_of_memory_is_empty(struct ktest *t)
{
	start.cmdline = 0x100;
	KTEST_EXPECT_NULL(t, parse());
	KTEST_EXPECT_STREQ(t, bi.cmdline, "");
	KTEST_EXPECT_TRUE(t, bi.cmdline_cut);
	start.cmdline = 0;
	KTEST_EXPECT_NULL(t, parse());
	KTEST_EXPECT_FALSE(t, bi.cmdline_cut);
}

static void command_line_stops_where_memory_ends(struct ktest *t)
{
	memcpy(memory + MEMORY_SIZE - 5, "shell", 5);
	start.cmdline = MEMORY_PHYS + MEMORY_SIZE - 5;
	KTEST_EXPECT_NULL(t, parse());
	KTEST_EXPECT_STREQ(t, bi.cmdline, "shell");
	KTEST_EXPECT_TRUE(t, bi.cmdline_cut);
}

static void long_command_line_is_cut_and_told(struct ktest *t)
{
	memset(memory + 0x2000, 'a', 2000);
	start.cmdline = MEMORY_PHYS + 0x2000;
	KTEST_EXPECT_NULL(t, parse());
	KTEST_EXPECT_EQ(t, strlen(bi.cmdline), BOOT_CMDLINE_SIZE - 1);
	KTEST_EXPECT_TRUE(t, bi.cmdline_cut);
	KTEST_EXPECT_NOT_NULL(t, strstr(bi.remarks, "cut to 1023"));
}

static void module_list_outside_of_memory_is_remarked(struct ktest *t)
{
	start.nr_modules = 0xffffffff;
	start.modules = MEMORY_PHYS + MEMORY_SIZE - 33;
	memset(memory + MEMORY_SIZE - 33, 0, 33);
	KTEST_EXPECT_NULL(t, parse());
	KTEST_EXPECT_EQ(t, bi.nr_modules, 1);
	KTEST_EXPECT_NOT_NULL(t, strstr(bi.remarks, "list entry 1"));
}

static void module_that_wraps_is_skipped(struct ktest *t)
{
	struct modlist_entry module = { ~0ULL - 5, 7, 0, 0 };

	memcpy(memory + MODLIST, &module, sizeof(module));
	KTEST_EXPECT_NULL(t, parse());
	KTEST_EXPECT_EQ(t, bi.nr_modules, 0);
	KTEST_EXPECT_NOT_NULL(t, strstr(bi.remarks, "module 0 wraps"));
}

static void modules_beyond_the_table_are_told(struct ktest *t)
{
	memset(memory + MODLIST, 0, 64 * sizeof(struct modlist_entry));
	memset(memory + 0x4000, 0, 64 * sizeof(struct modlist_entry));
	start.modules = MEMORY_PHYS + 0x4000;
	start.nr_modules = BOOT_MAX_MODULES + 1;
	start.nr_mmap = 1;
	KTEST_EXPECT_NULL(t, parse());
	KTEST_EXPECT_EQ(t, bi.nr_modules, BOOT_MAX_MODULES);
	KTEST_EXPECT_NOT_NULL(t, strstr(bi.remarks, "beyond the 32th"));
}

static void random_damage_is_survived(struct ktest *t)
{
	struct rng rng = rng_seed(0x5eed);
	struct start_info good = start;
	int round, errors = 0;

	for (round = 0; round < 2000; round++) {
		int hits = 1 + (int)rng_below(&rng, 4);

		start = good;
		while (hits--)
			((u8 *)&start)[rng_below(&rng, sizeof(start))] =
				(u8)rng_next(&rng);
		errors += parse() != NULL;
		KTEST_ASSERT_TRUE(t, bi.nr_mmap <= BOOT_MAX_MMAP);
		KTEST_ASSERT_TRUE(t, bi.nr_modules <= BOOT_MAX_MODULES);
	}
	KTEST_EXPECT_GT(t, errors, 100);
	KTEST_EXPECT_LT(t, errors, 1900);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(reads_everything),
	KTEST_CASE(wrong_magic_is_an_error),
	KTEST_CASE(version_0_has_no_memory_map),
	KTEST_CASE(start_info_outside_of_memory_is_an_error),
	KTEST_CASE(start_info_cut_short_is_an_error),
	KTEST_CASE(memory_map_outside_of_memory_is_an_error),
	KTEST_CASE(too_many_entries_are_an_error),
	KTEST_CASE(command_line_outside_of_memory_is_empty),
	KTEST_CASE(command_line_stops_where_memory_ends),
	KTEST_CASE(long_command_line_is_cut_and_told),
	KTEST_CASE(module_list_outside_of_memory_is_remarked),
	KTEST_CASE(module_that_wraps_is_skipped),
	KTEST_CASE(modules_beyond_the_table_are_told),
	KTEST_CASE(random_damage_is_survived),
	{}
};
KTEST_SUITE_FIXTURE(pvh, cases, begin, NULL);
