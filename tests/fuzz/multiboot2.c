/*
 * Fuzz target: the loader's tags (boot/multiboot2.c).
 *
 * The input is the block of tags itself, so a block dumped from a real boot is
 * a seed. The second word, which means nothing, tells whether the first, the
 * total size, is put right before: mutations of a block that is refused for
 * its size teach nothing.
 *
 * Each piece that the parser asks for is a copy of just that size before a
 * guard page. What came out is compared with a walk that is as plain as can be.
 */
#include <string.h>

#include <kernel/boot_info.h>
#include <lib/kernel.h>

#include "boot_check.h"
#include "fuzz.h"

#define BLOCK_PHYS 0x10000ULL

static struct boot_info info;
static u8 block[GUARD_ROOM];
static size_t block_size;

static const void *map(phys_addr_t pa, size_t size)
{
	static unsigned int turn;
	u64 offset = pa - BLOCK_PHYS;
	void *copy;

	if (offset > block_size || size > block_size - offset)
		return NULL;
	copy = guard_open(turn++ % GUARD_SLOTS, size, 8);
	memcpy(copy, block + offset, size);
	return copy;
}

static u32 word(size_t at)
{
	u32 value;

	memcpy(&value, block + at, 4);
	return value;
}

/* A tag of the memory map must have become the next entries. */
static unsigned int expect_entries(size_t at, u32 size, unsigned int nr)
{
	u32 stride = word(at + 8), i;

	for (i = 0; i < (size - 16) / stride; i++, nr++) {
		const u8 *e = block + at + 16 + (size_t)i * stride;

		if (nr >= info.nr_mmap ||
		    memcmp(&info.mmap[nr].base, e, 8) ||
		    memcmp(&info.mmap[nr].length, e + 8, 8) ||
		    memcmp(&info.mmap[nr].type, e + 16, 4))
			fuzz_fail("entry %u is not as the loader has it", nr);
	}
	return nr;
}

/* Accepted: so the walk is sound, and only its result is in question. */
static void expect_what_the_tags_say(void)
{
	unsigned int entries = 0, modules = 0;
	size_t at;

	for (at = 8; word(at); at += ALIGN((size_t)word(at + 4), 8)) {
		u32 type = word(at), size = word(at + 4);

		if (type == 6)
			entries = expect_entries(at, size, entries);
		if (type == 3 && size >= 16 && word(at + 12) >= word(at + 8))
			modules++;
	}
	if (entries != info.nr_mmap)
		fuzz_fail("%u entries, not %u", info.nr_mmap, entries);
	if (info.nr_modules != min(modules, (unsigned int)BOOT_MAX_MODULES))
		fuzz_fail("%u modules, not %u", info.nr_modules, modules);
}

void fuzz_begin(void)
{
}

void fuzz_one(struct input *in)
{
	u32 total = (u32)input_left(in);

	block_size = min(input_left(in), GUARD_ROOM);
	memcpy(block, in->next, block_size);
	if (block_size >= 8 && !word(4))
		memcpy(block, &total, 4);
	if (boot_info_read_at(&info, BOOT_MAGIC_MULTIBOOT2, BLOCK_PHYS, map)) {
		boot_check(&info);
		return;
	}
	boot_check(&info);
	expect_what_the_tags_say();
}
