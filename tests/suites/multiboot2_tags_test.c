/* Does the tag parser get each tag right, and nothing from outside of it? */
#include <lib/kernel.h>
#include <lib/string.h>

#include "boot_block.h"

static void reads_command_line_and_loader(struct ktest *t)
{
	block_begin_ram();
	block_tag(1, "selftest shell", 15);
	block_tag(2, "GRUB 2.06", 10);
	KTEST_EXPECT_NULL(t, block_end());
	KTEST_EXPECT_STREQ(t, block_info.cmdline, "selftest shell");
	KTEST_EXPECT_STREQ(t, block_info.loader, "GRUB 2.06");
	KTEST_EXPECT_FALSE(t, block_info.cmdline_cut);
}

static void strings_without_end_stop_with_their_tag(struct ktest *t)
{
	block_begin_ram();
	block_tag(1, "selftest", 8);
	block_tag(2, "", 0);
	block_tag(3, "\0\0\40\0\0\0\60\0initrd", 14);
	KTEST_EXPECT_NULL(t, block_end());
	KTEST_EXPECT_STREQ(t, block_info.cmdline, "selftest");
	KTEST_EXPECT_STREQ(t, block_info.loader, "");
	KTEST_EXPECT_STREQ(t, block_info.modules[0].cmdline, "initrd");
}

static void long_command_line_is_cut_and_told(struct ktest *t)
{
	static char line[BOOT_CMDLINE_SIZE + 1];

	memset(line, 'a', sizeof(line) - 2);
	block_begin_ram();
	block_tag(1, line, BOOT_CMDLINE_SIZE);
	KTEST_EXPECT_NULL(t, block_end());
	KTEST_EXPECT_FALSE(t, block_info.cmdline_cut);
	KTEST_EXPECT_EQ(t, strlen(block_info.cmdline), BOOT_CMDLINE_SIZE - 1);

	line[sizeof(line) - 2] = 'a';
	block_begin_ram();
	block_tag(1, line, BOOT_CMDLINE_SIZE + 1);
	KTEST_EXPECT_NULL(t, block_end());
	KTEST_EXPECT_TRUE(t, block_info.cmdline_cut);
	KTEST_EXPECT_EQ(t, strlen(block_info.cmdline), BOOT_CMDLINE_SIZE - 1);
	block_remark(t, "command line cut");
}

static void reads_modules(struct ktest *t)
{
	block_begin_ram();
	block_module(0x400000, 0x400123);
	block_module(0x400200, 0x402000);
	KTEST_EXPECT_NULL(t, block_end());
	KTEST_ASSERT_EQ(t, block_info.nr_modules, 2);
	KTEST_EXPECT_EQ(t, block_info.modules[0].base, 0x400000);
	KTEST_EXPECT_EQ(t, block_info.modules[0].size, 0x123);
	KTEST_EXPECT_EQ(t, block_info.modules[1].size, 0x1e00);
	KTEST_EXPECT_STREQ(t, block_info.modules[1].cmdline, "m");
}

static void empty_module_is_kept(struct ktest *t)
{
	block_begin_ram();
	block_module(0x500000, 0x500000);
	KTEST_EXPECT_NULL(t, block_end());
	KTEST_ASSERT_EQ(t, block_info.nr_modules, 1);
	KTEST_EXPECT_EQ(t, block_info.modules[0].size, 0);
}

static void module_that_ends_before_it_begins_is_skipped(struct ktest *t)
{
	block_begin_ram();
	block_module(0x500001, 0x500000);
	block_tag(3, "1234567", 7);
	KTEST_EXPECT_NULL(t, block_end());
	KTEST_EXPECT_EQ(t, block_info.nr_modules, 0);
	block_remark(t, "ends before it begins");
	block_remark(t, "too short");
}

static void modules_beyond_the_table_are_told(struct ktest *t)
{
	u32 i;

	block_begin_ram();
	for (i = 0; i <= BOOT_MAX_MODULES; i++)
		block_module(i << 12, (i + 1) << 12);
	KTEST_EXPECT_NULL(t, block_end());
	KTEST_EXPECT_EQ(t, block_info.nr_modules, BOOT_MAX_MODULES);
	block_remark(t, "beyond the 32th");
}

static void new_rsdp_is_preferred_in_any_order(struct ktest *t)
{
	static const u8 old[20] = { 1 }, new[36] = { 2 };
	int i;

	for (i = 0; i < 2; i++) {
		block_begin_ram();
		if (i)
			block_tag(14, old, sizeof(old));
		block_tag(15, new, sizeof(new));
		if (!i)
			block_tag(14, old, sizeof(old));
		KTEST_EXPECT_NULL(t, block_end());
		KTEST_EXPECT_EQ(t, block_info.rsdp_size, 36);
		KTEST_EXPECT_EQ(t, block_info.rsdp_copy[0], 2);
	}
}

static void old_rsdp_is_taken_if_alone(struct ktest *t)
{
	static const u8 old[20] = { 1, [19] = 9 };

	block_begin_ram();
	block_tag(14, old, sizeof(old));
	KTEST_EXPECT_NULL(t, block_end());
	KTEST_EXPECT_EQ(t, block_info.rsdp_size, 20);
	KTEST_EXPECT_EQ(t, block_info.rsdp_copy[19], 9);
}

static void short_rsdp_gives_what_is_whole(struct ktest *t)
{
	static const u8 rsdp[36] = { 7 };

	block_begin_ram();
	block_tag(15, rsdp, 19);
	KTEST_EXPECT_NULL(t, block_end());
	KTEST_EXPECT_EQ(t, block_info.rsdp_size, 0);
	block_remark(t, "ACPI tag 15 too short");

	block_begin_ram();
	block_tag(15, rsdp, 35);
	KTEST_EXPECT_NULL(t, block_end());
	KTEST_EXPECT_EQ(t, block_info.rsdp_size, 20);
}

struct fb_payload {
	u64 base;
	u32 pitch, width, height;
	u8 bpp, type, reserved[2];
};

static void direct_colour_framebuffer_is_present(struct ktest *t)
{
	struct fb_payload fb = { 0xfd000000, 4096, 1024, 768, 32, 1, { 0 } };

	block_begin_ram();
	block_tag(8, &fb, sizeof(fb));
	KTEST_EXPECT_NULL(t, block_end());
	KTEST_EXPECT_TRUE(t, block_info.framebuffer.present);
	KTEST_EXPECT_EQ(t, block_info.framebuffer.base, 0xfd000000);
	KTEST_EXPECT_EQ(t, block_info.framebuffer.height, 768);
	KTEST_EXPECT_EQ(t, block_info.framebuffer.bpp, 32);
}

/* 2^29 pixels of 8 bytes: of the product 32 bits are 0. */
static void line_of_a_framebuffer_is_counted_in_64_bits(struct ktest *t)
{
	struct fb_payload wide = { 0xfd000000, 4096, 1U << 29, 1, 64, 1,
				   { 0 } };

	block_begin_ram();
	block_tag(8, &wide, sizeof(wide));
	KTEST_EXPECT_NULL(t, block_end());
	KTEST_EXPECT_FALSE(t, block_info.framebuffer.present);
	block_remark(t, "makes no sense");
}

static void other_framebuffers_are_not_present(struct ktest *t)
{
	struct fb_payload text = { 0xb8000, 160, 80, 25, 16, 2, { 0 } };
	struct fb_payload none = { 0xa0000, 0, 0, 0, 0, 0, { 0 } };
	struct fb_payload narrow = { 0xfd000000, 4095, 1024, 768, 32, 1,
				     { 0 } };

	block_begin_ram();
	block_tag(8, &text, sizeof(text));
	block_tag(8, &none, sizeof(none));
	KTEST_EXPECT_NULL(t, block_end());
	KTEST_EXPECT_FALSE(t, block_info.framebuffer.present);
	KTEST_EXPECT_STREQ(t, block_info.remarks, "");

	block_begin_ram();
	block_tag(8, &narrow, sizeof(narrow));
	block_tag(8, &narrow, 21);
	KTEST_EXPECT_NULL(t, block_end());
	KTEST_EXPECT_FALSE(t, block_info.framebuffer.present);
	block_remark(t, "makes no sense");
	block_remark(t, "too short");
}

struct elf64_section {
	u32 name, type;
	u64 flags, addr, offset, size;
	u32 link, info;
	u64 align, entsize;
};

struct elf32_section {
	u32 name, type, flags, addr, offset, size, link, info, align, entsize;
};

static void check_two_sections(struct ktest *t)
{
	KTEST_ASSERT_EQ(t, block_info.nr_sections, 2);
	KTEST_EXPECT_EQ(t, block_info.sections[0].base, 0x112000);
	KTEST_EXPECT_EQ(t, block_info.sections[0].size, 0x345);
	KTEST_EXPECT_EQ(t, block_info.sections[1].base, 0);
	KTEST_EXPECT_EQ(t, block_info.sections[1].size, 0x66);
}

/* Null entry, text (part of the image), symbols, strings at address 0. */
static void sections_placed_by_loader_are_noted_elf64(struct ktest *t)
{
	struct {
		u32 num, entsize, shndx;
		struct elf64_section s[4];
	} __packed elf = { 4, 64, 3, {
		{ .addr = 0x5000, .size = 1 },
		{ .type = 1, .flags = 6, .addr = 0x100000, .size = 0x1000 },
		{ .type = 2, .addr = 0x112000, .size = 0x345 },
		{ .type = 3, .flags = 0x30, .addr = 0, .size = 0x66 },
	} };

	block_begin_ram();
	block_tag(9, &elf, sizeof(elf));
	KTEST_EXPECT_NULL(t, block_end());
	check_two_sections(t);
}

static void sections_placed_by_loader_are_noted_elf32(struct ktest *t)
{
	struct {
		u32 num, entsize, shndx;
		struct elf32_section s[4];
	} elf = { 4, 40, 3, {
		{ .addr = 0x5000, .size = 1 },
		{ .type = 1, .flags = 6, .addr = 0x100000, .size = 0x1000 },
		{ .type = 2, .addr = 0x112000, .size = 0x345 },
		{ .type = 3, .flags = 0x30, .addr = 0, .size = 0x66 },
	} };

	block_begin_ram();
	block_tag(9, &elf, sizeof(elf));
	KTEST_EXPECT_NULL(t, block_end());
	check_two_sections(t);
}

static void section_count_beyond_tag_is_bounded(struct ktest *t)
{
	static const u32 counts[] = { 2, 3, 0x04000001, 0xffffffff };
	struct {
		u32 num, entsize, shndx;
		struct elf64_section s[1];
	} __packed elf = { 0, 64, 0, {
		{ .type = 2, .addr = 0x112000, .size = 0x345 },
	} };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		elf.num = counts[i];
		block_begin_ram();
		block_tag(9, &elf, sizeof(elf));
		KTEST_EXPECT_NULL(t, block_end());
		KTEST_EXPECT_EQ(t, block_info.nr_sections, 1);
		block_remark(t, "room for 1");
	}
}

static void sections_beyond_the_table_are_told(struct ktest *t)
{
	static struct {
		u32 num, entsize, shndx;
		struct elf64_section s[BOOT_MAX_SECTIONS + 2];
	} __packed elf;
	u32 i;

	elf.num = ARRAY_SIZE(elf.s);
	elf.entsize = sizeof(elf.s[0]);
	for (i = 0; i < elf.num; i++)
		elf.s[i] = (struct elf64_section){
			.type = 2, .addr = (i + 1) << 12, .size = 1 };
	block_begin_ram();
	block_tag(9, &elf, sizeof(elf));
	KTEST_EXPECT_NULL(t, block_end());
	KTEST_EXPECT_EQ(t, block_info.nr_sections, BOOT_MAX_SECTIONS);
	KTEST_EXPECT_EQ(t, block_info.sections[BOOT_MAX_SECTIONS - 1].base,
			BOOT_MAX_SECTIONS << 12);
	block_remark(t, "0x21000: too many");
	block_remark(t, "0x22000: too many");
}

static void section_headers_of_unknown_size_are_skipped(struct ktest *t)
{
	static const u32 sizes[] = { 0, 1, 39, 41, 65, 0xffffffff };
	u32 elf[64] = { 1 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		elf[1] = sizes[i];
		block_begin_ram();
		block_tag(9, elf, sizeof(elf));
		KTEST_EXPECT_NULL(t, block_end());
		KTEST_EXPECT_EQ(t, block_info.nr_sections, 0);
		block_remark(t, "ELF sections tag");
	}
}

static const struct ktest_case cases[] = {
	KTEST_CASE(reads_command_line_and_loader),
	KTEST_CASE(strings_without_end_stop_with_their_tag),
	KTEST_CASE(long_command_line_is_cut_and_told),
	KTEST_CASE(reads_modules),
	KTEST_CASE(empty_module_is_kept),
	KTEST_CASE(module_that_ends_before_it_begins_is_skipped),
	KTEST_CASE(modules_beyond_the_table_are_told),
	KTEST_CASE(new_rsdp_is_preferred_in_any_order),
	KTEST_CASE(old_rsdp_is_taken_if_alone),
	KTEST_CASE(short_rsdp_gives_what_is_whole),
	KTEST_CASE(direct_colour_framebuffer_is_present),
	KTEST_CASE(line_of_a_framebuffer_is_counted_in_64_bits),
	KTEST_CASE(other_framebuffers_are_not_present),
	KTEST_CASE(sections_placed_by_loader_are_noted_elf64),
	KTEST_CASE(sections_placed_by_loader_are_noted_elf32),
	KTEST_CASE(section_count_beyond_tag_is_bounded),
	KTEST_CASE(sections_beyond_the_table_are_told),
	KTEST_CASE(section_headers_of_unknown_size_are_skipped),
	{}
};
KTEST_SUITE(multiboot2_tags, cases);
