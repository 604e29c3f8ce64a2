/*
 * multiboot2: the loader's tags -> struct boot_info.
 *
 *	 0       4       8
 *	+-------+-------+------------+-----+------------+-----+-----------+
 *	| total |   0   | tag        | pad | tag        | pad | end tag   |
 *	+-------+-------+------------+-----+------------+-----+-----------+
 *	                 type  size  payload                   type 0
 *	                |<- size --->|      next tag at a multiple of 8
 *
 * All of it is hostile input. Three bounds hold for every byte that is read:
 * it lies below the limit the caller gave, below the block's total size, and
 * inside its own tag's size. A field is copied out, never pointed at, so no
 * alignment is assumed.
 *
 * A tag that breaks the walk (size below 8, past the end, no end tag), or
 * would cost RAM (memory map), stops the boot with an error that names it.
 * A tag that is merely useless is skipped with a remark. Tags we did not ask
 * for are skipped.
 */
#include "boot.h"

#include <lib/kernel.h>
#include <lib/string.h>

enum {
	TAG_END = 0,
	TAG_CMDLINE = 1,
	TAG_LOADER = 2,
	TAG_MODULE = 3,
	TAG_MMAP = 6,
	TAG_FRAMEBUFFER = 8,
	TAG_ELF_SECTIONS = 9,
	TAG_ACPI_OLD = 14,
	TAG_ACPI_NEW = 15,
};

#define HEADER_SIZE 8u
#define SHT_NULL 0
#define SHF_ALLOC 2

struct tag {
	const u8 *data;		/* its first byte: the type */
	u32 type, size;		/* size includes type and size */
};

/* The one way to read a tag: n <= 8 bytes at an offset, 0 if outside of it. */
static u64 tag_get(const struct tag *tag, u64 offset, size_t n)
{
	u64 value = 0;

	if (offset <= tag->size && n <= tag->size - offset)
		memcpy(&value, tag->data + offset, n);
	return value;
}

static u32 tag_u32(const struct tag *tag, u64 offset)
{
	return (u32)tag_get(tag, offset, 4);
}

static u64 tag_u64(const struct tag *tag, u64 offset)
{
	return tag_get(tag, offset, 8);
}

/* The string from an offset to the end of the tag; false if it was cut. */
static bool tag_string(const struct tag *tag, u32 offset, char *dst,
		       size_t size)
{
	if (offset >= tag->size) {
		dst[0] = 0;
		return true;
	}
	return boot_copy_string(dst, size, (const char *)tag->data + offset,
				tag->size - offset);
}

static const char *read_cmdline(const struct tag *tag, struct boot_info *bi)
{
	bi->cmdline_cut = !tag_string(tag, HEADER_SIZE, bi->cmdline,
				      sizeof(bi->cmdline));
	if (bi->cmdline_cut)
		boot_remark(bi, "command line cut to %zu characters",
			    sizeof(bi->cmdline) - 1);
	return NULL;
}

static const char *read_loader(const struct tag *tag, struct boot_info *bi)
{
	tag_string(tag, HEADER_SIZE, bi->loader, sizeof(bi->loader));
	return NULL;
}

static const char *read_module(const struct tag *tag, struct boot_info *bi)
{
	u32 start = tag_u32(tag, 8), end = tag_u32(tag, 12);
	struct boot_module *module;

	if (tag->size < 16) {
		boot_remark(bi, "module tag too short, ignored");
		return NULL;
	}
	if (end < start) {
		boot_remark(bi, "module ends before it begins, ignored");
		return NULL;
	}
	module = boot_new_module(bi);
	if (!module)
		return NULL;
	module->base = start;
	module->size = end - start;
	tag_string(tag, 16, module->cmdline, sizeof(module->cmdline));
	return NULL;
}

/*
 * Entries: u64 base, u64 length, u32 type, u32 reserved. The stride is the
 * tag's own; the specification promises a multiple of 8, which nothing here
 * needs. It must hold the 20 bytes that are read.
 */
static const char *read_mmap(const struct tag *tag, struct boot_info *bi)
{
	u32 stride = tag_u32(tag, 8), payload;
	u64 at;

	if (tag->size < 16)
		return boot_error("multiboot2: memory map tag: size %u",
				  tag->size);
	payload = tag->size - 16;
	if (stride < 20 || stride > payload)
		return boot_error("multiboot2: memory map tag: entry size %u, "
				  "%u bytes of entries", stride, payload);
	if (payload % stride)
		boot_remark(bi, "memory map tag: %u bytes after the last entry",
			    payload % stride);
	for (at = 16; at + stride <= tag->size; at += stride) {
		const char *error = boot_add_mmap(bi, tag_u64(tag, at),
						  tag_u64(tag, at + 8),
						  tag_u32(tag, at + 16));
		if (error)
			return error;
	}
	return NULL;
}

/* Text mode and indexed colour are of no use to us: not present. */
static const char *read_framebuffer(const struct tag *tag,
				    struct boot_info *bi)
{
	struct boot_framebuffer fb = {
		.base = tag_u64(tag, 8),
		.pitch = tag_u32(tag, 16),
		.width = tag_u32(tag, 20),
		.height = tag_u32(tag, 24),
		.bpp = (u8)tag_get(tag, 28, 1),
		.type = (u8)tag_get(tag, 29, 1),
	};

	if (tag->size < 30) {
		boot_remark(bi, "framebuffer tag too short, ignored");
		return NULL;
	}
	if (fb.type != 1)
		return NULL;
	if (!fb.base || !fb.width || !fb.height || !fb.bpp ||
	    fb.pitch < (u64)fb.width * fb.bpp / 8) {
		boot_remark(bi, "framebuffer tag makes no sense, ignored");
		return NULL;
	}
	fb.present = true;
	bi->framebuffer = fb;
	return NULL;
}

/* The second version's structure is the longer one and wins. */
static const char *read_rsdp(const struct tag *tag, struct boot_info *bi)
{
	u32 size = tag->size - HEADER_SIZE;

	if (tag->type == TAG_ACPI_NEW && size >= 36)
		size = 36;
	else if (size >= 20)
		size = 20;
	else
		size = 0;
	if (!size)
		boot_remark(bi, "ACPI tag %u too short, ignored", tag->type);
	if (size <= bi->rsdp_size)
		return NULL;
	memcpy(bi->rsdp_copy, tag->data + HEADER_SIZE, size);
	bi->rsdp_size = size;
	return NULL;
}

/*
 * One section header, ELF32 (40 bytes) or ELF64 (64 bytes). What is part of
 * the running image (SHF_ALLOC) lies inside it; the rest (symbols, strings,
 * debug data) GRUB has put where it liked, address 0 included.
 */
static void read_section(const struct tag *tag, u64 at, bool elf64,
			 struct boot_info *bi)
{
	u32 type = tag_u32(tag, at + 4);
	u64 flags = elf64 ? tag_u64(tag, at + 8) : tag_u32(tag, at + 8);
	u64 base = elf64 ? tag_u64(tag, at + 16) : tag_u32(tag, at + 12);
	u64 size = elf64 ? tag_u64(tag, at + 32) : tag_u32(tag, at + 20);

	if (type == SHT_NULL || flags & SHF_ALLOC || !size)
		return;
	if (base + size < base) {
		boot_remark(bi, "ELF section at 0x%llx wraps, ignored", base);
		return;
	}
	if (bi->nr_sections >= BOOT_MAX_SECTIONS) {
		boot_remark(bi, "ELF section at 0x%llx: too many, ignored",
			    base);
		return;
	}
	bi->sections[bi->nr_sections++] = (struct boot_range){ base, size };
}

static const char *read_sections(const struct tag *tag, struct boot_info *bi)
{
	u32 count = tag_u32(tag, 8), stride = tag_u32(tag, 12), fit, i;

	if (tag->size < 20 || (stride != 40 && stride != 64)) {
		boot_remark(bi, "ELF sections tag: size %u, entry size %u: "
			    "ignored", tag->size, stride);
		return NULL;
	}
	fit = (tag->size - 20) / stride;
	if (count > fit)
		boot_remark(bi, "ELF sections tag: %u sections, room for %u",
			    count, fit);
	for (i = 0; i < min(count, fit); i++)
		read_section(tag, 20 + (u64)i * stride, stride == 64, bi);
	return NULL;
}

static const struct {
	u32 type;
	const char *(*read)(const struct tag *tag, struct boot_info *bi);
} readers[] = {
	{ TAG_CMDLINE, read_cmdline },
	{ TAG_LOADER, read_loader },
	{ TAG_MODULE, read_module },
	{ TAG_MMAP, read_mmap },
	{ TAG_FRAMEBUFFER, read_framebuffer },
	{ TAG_ELF_SECTIONS, read_sections },
	{ TAG_ACPI_OLD, read_rsdp },
	{ TAG_ACPI_NEW, read_rsdp },
};

static const char *read_tag(const struct tag *tag, struct boot_info *bi)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(readers); i++)
		if (readers[i].type == tag->type)
			return readers[i].read(tag, bi);
	return NULL;
}

/* Invariant: at is a multiple of 8, and at <= total + 7. */
static const char *walk_tags(const u8 *block, u32 total, struct boot_info *bi)
{
	struct tag tag;
	const char *error;
	u64 at;

	for (at = HEADER_SIZE; at + HEADER_SIZE <= total;
	     at += ALIGN((u64)tag.size, 8)) {
		tag.data = block + at;
		memcpy(&tag.type, tag.data, 4);
		memcpy(&tag.size, tag.data + 4, 4);
		if (tag.size < HEADER_SIZE || tag.size > total - at)
			return boot_error("multiboot2: tag %u at offset %llu: "
					  "size %u, %llu bytes left", tag.type,
					  at, tag.size, total - at);
		if (tag.type == TAG_END)
			return NULL;
		error = read_tag(&tag, bi);
		if (error)
			return error;
	}
	return boot_error("multiboot2: no end tag in %u bytes", total);
}

const char *multiboot2_parse(const void *info, size_t limit,
			     struct boot_info *bi)
{
	const char *error;
	u32 total;

	memset(bi, 0, sizeof(*bi));
	bi->protocol = "multiboot2";
	if ((unsigned long)info % 8)
		return boot_error("multiboot2: information not aligned to 8");
	if (limit < HEADER_SIZE)
		return boot_error("multiboot2: total size %zu: too small",
				  limit);
	memcpy(&total, info, sizeof(total));
	if (total < HEADER_SIZE || total > limit)
		return boot_error("multiboot2: total size %u, not %u to %zu",
				  total, HEADER_SIZE, limit);
	bi->info.size = total;
	error = walk_tags(info, total, bi);
	if (!error && !bi->nr_mmap)
		error = boot_error("multiboot2: no memory map (tag %u)",
				   TAG_MMAP);
	return error;
}
