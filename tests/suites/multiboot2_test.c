/* Does the tag parser survive any block, and read the memory map right? */
#include <lib/kernel.h>
#include <lib/random.h>
#include <lib/string.h>

#include "../../boot/boot.h"
#include "boot_block.h"

static void reads_memory_map(struct ktest *t)
{
	block_begin_ram();
	KTEST_EXPECT_STREQ(t, block_end(), NULL);
	KTEST_ASSERT_EQ(t, block_info.nr_mmap, 3);
	KTEST_EXPECT_EQ(t, block_info.mmap[0].length, 0x9fc00);
	KTEST_EXPECT_EQ(t, block_info.mmap[1].base, 0x9fc00);
	KTEST_EXPECT_EQ(t, block_info.mmap[1].type, BOOT_MEM_RESERVED);
	KTEST_EXPECT_EQ(t, block_info.mmap[2].base, 0x100000);
	KTEST_EXPECT_EQ(t, block_info.info.base, BLOCK_PHYS);
	KTEST_EXPECT_EQ(t, block_info.info.size, block_used);
	KTEST_EXPECT_STREQ(t, block_info.remarks, "");
	KTEST_EXPECT_STREQ(t, block_info.protocol, "multiboot2");
}

static void addresses_have_64_bits(struct ktest *t)
{
	struct mmap_payload map = block_ram;

	map.entries[1].base = 0x123456789abcdef0ULL;
	map.entries[1].length = 0x0fedcba987654321ULL;
	block_begin();
	block_tag(6, &map, sizeof(map));
	KTEST_EXPECT_NULL(t, block_end());
	KTEST_EXPECT_EQ(t, block_info.mmap[1].base, 0x123456789abcdef0ULL);
	KTEST_EXPECT_EQ(t, block_info.mmap[1].length, 0x0fedcba987654321ULL);
}

static void type_has_32_bits(struct ktest *t)
{
	struct mmap_payload map = block_ram;

	map.entries[0].type = 0x101;
	map.entries[1].type = 0x80000001;
	block_begin();
	block_tag(6, &map, sizeof(map));
	KTEST_EXPECT_NULL(t, block_end());
	KTEST_EXPECT_EQ(t, block_info.mmap[0].type, 0x101);
	KTEST_EXPECT_EQ(t, block_info.mmap[1].type, 0x80000001);
}

/* One entry, then a second one at the stride given. */
static const char *parse_with_stride(u32 stride, u32 step)
{
	u8 payload[8 + 3 * 64] = { 0 };
	u32 i;

	memcpy(payload, &stride, 4);
	for (i = 0; i < 3; i++)
		memcpy(payload + 8 + i * step, &block_ram.entries[i], 20);
	block_begin();
	block_tag(6, payload, 8 + 3 * step);
	return block_end();
}

static void entry_stride_is_the_tags_own(struct ktest *t)
{
	static const u32 strides[] = { 20, 24, 28, 40, 64 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(strides); i++) {
		u32 stride = strides[i];

		KTEST_EXPECT_NULL(t, parse_with_stride(stride, stride));
		KTEST_EXPECT_EQ(t, block_info.nr_mmap, 3);
		KTEST_EXPECT_EQ(t, block_info.mmap[2].base, 0x100000);
		KTEST_EXPECT_EQ(t, block_info.mmap[2].length, 0x7ee0000);
		KTEST_EXPECT_EQ(t, block_info.mmap[2].type, 1);
	}
}

static void entry_size_too_small_or_huge_is_an_error(struct ktest *t)
{
	static const u32 strides[] = { 0, 1, 8, 19, 0x7fffffff, 0xfffffff8,
				       0xffffffff };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(strides); i++)
		block_error(t, parse_with_stride(strides[i], 24),
			     "memory map tag: entry size");
}

static void bytes_after_last_entry_are_remarked(struct ktest *t)
{
	block_begin();
	block_tag(6, &block_ram, sizeof(block_ram) - 4);
	KTEST_EXPECT_NULL(t, block_end());
	KTEST_EXPECT_EQ(t, block_info.nr_mmap, 2);
	block_remark(t, "20 bytes after the last entry");
}

static void memory_map_tag_without_header_is_an_error(struct ktest *t)
{
	block_begin();
	block_tag(6, &block_ram, 4);
	block_error(t, block_end(), "memory map tag: size 12");
}

static void no_memory_map_is_an_error(struct ktest *t)
{
	block_begin();
	block_tag(1, "x", 2);
	block_error(t, block_end(), "no memory map");
}

static void too_many_entries_are_an_error(struct ktest *t)
{
	u32 i, at, max = BOOT_MAX_MMAP;
	struct mmap_payload map = block_ram;

	block_begin();
	at = block_tag(6, &map, 8);
	for (i = 0; i <= max; i++)
		memcpy(block_bytes + at + 16 + i * 24, &map.entries[0], 24);
	block_put32(at + 4, 16 + max * 24);
	block_used = at + 16 + max * 24;
	KTEST_EXPECT_NULL(t, block_end());
	KTEST_EXPECT_EQ(t, block_info.nr_mmap, max);

	memcpy(block_bytes + at + 16 + max * 24, &map.entries[0], 24);
	block_put32(at + 4, 16 + (max + 1) * 24);
	block_used = at + 16 + (max + 1) * 24;
	block_error(t, block_end(), "more than 1024 entries");
}

static void total_size_too_small_is_an_error(struct ktest *t)
{
	u32 total;

	for (total = 0; total < 8; total++) {
		block_begin_ram();
		block_tag(0, "", 0);
		block_set_total(total);
		block_error(t, block_parse(), "total size");
	}
}

static void total_size_beyond_memory_is_an_error(struct ktest *t)
{
	block_begin_ram();
	block_tag(0, "", 0);
	block_set_total(sizeof(block_bytes) + 1);
	block_error(t, block_parse(), "not in memory");
	block_set_total(0xffffffff);
	block_error(t, block_parse(), "not in memory");
	block_reachable = 3;
	block_error(t, block_parse(), "no information block");
}

/* What the parser itself asks of whoever has mapped the block for it. */
static void parser_reads_no_more_than_it_was_given(struct ktest *t)
{
	block_begin_ram();
	block_tag(0, "", 0);
	block_set_total(block_used);
	KTEST_EXPECT_NULL(t, multiboot2_parse(block_bytes, block_used,
					      &block_info));
	block_error(t, multiboot2_parse(block_bytes, block_used - 1,
					&block_info), "total size");
	block_error(t, multiboot2_parse(block_bytes, 7, &block_info),
		    "too small");
	block_set_total(7);
	block_error(t, multiboot2_parse(block_bytes, block_used, &block_info),
		    "total size 7, not 8 to");
}

static void missing_end_tag_is_an_error(struct ktest *t)
{
	block_begin_ram();
	block_error(t, block_parse(), "no end tag");
	/* an end tag of which only the type is inside */
	block_tag(0, "", 0);
	block_set_total(block_used - 4);
	block_error(t, block_parse(), "no end tag");
}

static void tag_smaller_than_its_header_is_an_error(struct ktest *t)
{
	u32 size;

	for (size = 0; size < 8; size++) {
		u32 at;

		block_begin_ram();
		at = block_tag(77, "abcdefgh", 8);
		block_put32(at + 4, size);
		block_error(t, block_end(), "tag 77 at offset");
	}
}

static void tag_past_the_end_is_an_error(struct ktest *t)
{
	static const u32 sizes[] = { 25, 1000, 0x7fffffff, 0xfffffff9,
				     0xffffffff };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		u32 at;

		block_begin_ram();
		at = block_tag(3, "abcdefgh", 8);
		block_put32(at + 4, sizes[i]);
		block_error(t, block_end(), "tag 3 at offset");
	}
}

static void unaligned_block_is_an_error(struct ktest *t)
{
	block_begin_ram();
	block_tag(0, "", 0);
	memmove(block_bytes + 4, block_bytes, block_used);
	block_error(t, boot_info_read_at(&block_info, BOOT_MAGIC_MULTIBOOT2,
					  BLOCK_PHYS + 4, block_map),
		     "not aligned");
}

static void unknown_tags_are_skipped(struct ktest *t)
{
	block_begin();
	block_tag(4, "abcdefgh", 8);
	block_tag(0x80000000, "abc", 3);
	block_tag(17, "", 0);
	block_tag(6, &block_ram, sizeof(block_ram));
	KTEST_EXPECT_NULL(t, block_end());
	KTEST_EXPECT_EQ(t, block_info.nr_mmap, 3);
}

static void nothing_after_the_end_tag_is_read(struct ktest *t)
{
	block_begin_ram();
	block_tag(0, "", 0);
	block_tag(1, "late", 5);
	KTEST_EXPECT_NULL(t, block_parse());
	KTEST_EXPECT_STREQ(t, block_info.cmdline, "");
}

static void unknown_magic_is_an_error(struct ktest *t)
{
	block_error(t, boot_info_read_at(&block_info, 0x2badb002, BLOCK_PHYS,
					  block_map), "magic 0x2badb002");
}

/* Any damage gives an answer, and a table that holds what it says. */
static void random_damage_is_survived(struct ktest *t)
{
	struct rng rng = rng_seed(0x5eed);
	int round, errors = 0;

	for (round = 0; round < 3000; round++) {
		int hits = 1 + (int)rng_below(&rng, 6);

		block_begin_ram();
		block_tag(1, "selftest", 9);
		block_module(0x1000, 0x2000);
		block_tag(0, "", 0);
		while (hits--)
			block_bytes[rng_below(&rng, block_used)] =
				(u8)rng_next(&rng);
		errors += block_parse() != NULL;
		KTEST_ASSERT_TRUE(t, block_info.nr_mmap <= BOOT_MAX_MMAP);
		KTEST_ASSERT_TRUE(t, strlen(block_info.remarks) <
				  sizeof(block_info.remarks));
	}
	KTEST_EXPECT_GT(t, errors, 100);
	KTEST_EXPECT_LT(t, errors, 2900);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(reads_memory_map),
	KTEST_CASE(addresses_have_64_bits),
	KTEST_CASE(type_has_32_bits),
	KTEST_CASE(entry_stride_is_the_tags_own),
	KTEST_CASE(entry_size_too_small_or_huge_is_an_error),
	KTEST_CASE(bytes_after_last_entry_are_remarked),
	KTEST_CASE(memory_map_tag_without_header_is_an_error),
	KTEST_CASE(no_memory_map_is_an_error),
	KTEST_CASE(too_many_entries_are_an_error),
	KTEST_CASE(total_size_too_small_is_an_error),
	KTEST_CASE(total_size_beyond_memory_is_an_error),
	KTEST_CASE(parser_reads_no_more_than_it_was_given),
	KTEST_CASE(missing_end_tag_is_an_error),
	KTEST_CASE(tag_smaller_than_its_header_is_an_error),
	KTEST_CASE(tag_past_the_end_is_an_error),
	KTEST_CASE(unaligned_block_is_an_error),
	KTEST_CASE(unknown_tags_are_skipped),
	KTEST_CASE(nothing_after_the_end_tag_is_read),
	KTEST_CASE(unknown_magic_is_an_error),
	KTEST_CASE(random_damage_is_survived),
	{}
};
KTEST_SUITE(multiboot2, cases);
