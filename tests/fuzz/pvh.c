/*
 * Fuzz target: what `qemu -kernel` leaves (boot/pvh.c).
 *
 * The input is memory from IMAGE_PHYS on, and begins with the start
 * information; all else it points to lies in the same image, or nowhere. Each
 * piece asked for is a copy of just its size before a guard page, and lives
 * until eight others were asked for.
 */
#include <string.h>

#include <kernel/boot_info.h>
#include <lib/kernel.h>

#include "boot_check.h"
#include "fuzz.h"

#define IMAGE_PHYS 0x10000ULL

static struct boot_info info;
static const u8 *image;
static size_t image_size;

static const u8 *at(u64 pa, u64 size)
{
	u64 offset = pa - IMAGE_PHYS;

	if (offset > image_size || size > image_size - offset)
		return NULL;
	return image + offset;
}

static const void *map(phys_addr_t pa, size_t size)
{
	static unsigned int turn;
	const u8 *src = at(pa, size);

	if (!src)
		return NULL;
	return memcpy(guard_open(turn++ % GUARD_SLOTS, size, 1), src, size);
}

static u64 number(u64 pa, unsigned int bytes)
{
	const u8 *p = at(pa, bytes);
	u64 value = 0;

	if (!p)
		fuzz_fail("accepted, and yet 0x%llx is not in memory", pa);
	memcpy(&value, p, bytes);
	return value;
}

static void expect_entries(void)
{
	u64 map_pa = number(IMAGE_PHYS + 40, 8);
	u32 nr = (u32)number(IMAGE_PHYS + 48, 4), i;

	if (info.nr_mmap != nr)
		fuzz_fail("%u entries, not %u", info.nr_mmap, nr);
	for (i = 0; i < nr; i++)
		if (info.mmap[i].base != number(map_pa + 24ULL * i, 8) ||
		    info.mmap[i].length != number(map_pa + 24ULL * i + 8, 8) ||
		    info.mmap[i].type != number(map_pa + 24ULL * i + 16, 4))
			fuzz_fail("entry %u is not as the loader has it", i);
}

/* The command line is a prefix of what stands there; whole, or told as cut. */
static void expect_cmdline(void)
{
	u64 pa = number(IMAGE_PHYS + 24, 8);
	size_t n = strlen(info.cmdline);
	const u8 *text = pa ? at(pa, n) : NULL, *behind;

	if (!text) {
		if (n)
			fuzz_fail("a command line from nowhere");
		return;
	}
	if (memcmp(text, info.cmdline, n))
		fuzz_fail("another command line");
	behind = at(pa + n, 1);
	if (info.cmdline_cut != !(behind && !*behind))
		fuzz_fail("cut is %d", info.cmdline_cut);
}

void fuzz_begin(void)
{
}

void fuzz_one(struct input *in)
{
	const char *error;

	image = in->next;
	image_size = input_left(in);
	error = boot_info_read_at(&info, BOOT_MAGIC_PVH, IMAGE_PHYS, map);
	boot_check(&info);
	if (error)
		return;
	expect_entries();
	expect_cmdline();
}
