/*
 * PVH direct boot (`qemu -kernel`): hvm_start_info -> struct boot_info.
 *
 *	 0 magic  4 version  8 flags  12 modules
 *	16 module list   24 command line   32 RSDP      physical addresses
 *	40 memory map    48 its entries                 version 1 and later
 *
 *	module list entry  u64 base, size, command line, reserved
 *	memory map entry   u64 base, length; u32 type, reserved
 *
 * Five blocks anywhere in memory, each reached through the caller's map
 * function with its full length, so nothing is read that map does not allow.
 * The two strings have no length: they are asked for byte by byte. Same
 * policy as multiboot2.c: an error if RAM would be lost, else a remark.
 */
#include "boot.h"

#include <lib/kernel.h>
#include <lib/string.h>

struct hvm_start_info {
	u32 magic, version, flags, nr_modules;
	u64 modules, cmdline, rsdp;
	u64 mmap;
	u32 nr_mmap, reserved;
};

struct hvm_modlist_entry {
	u64 base, size, cmdline, reserved;
};

struct hvm_memmap_entry {
	u64 base, length;
	u32 type, reserved;
};

/* What version 0 has, too. */
#define START_INFO_V0_SIZE 40

_Static_assert(sizeof(struct hvm_start_info) == 56, "hvm_start_info");
_Static_assert(sizeof(struct hvm_modlist_entry) == 32, "hvm_modlist_entry");
_Static_assert(sizeof(struct hvm_memmap_entry) == 24, "hvm_memmap_entry");

/* A copy of n bytes at a physical address; false if they cannot be read. */
static bool fetch(boot_map_fn map, u64 pa, void *dst, size_t n)
{
	const void *src = pa + n < pa ? NULL : map(pa, n);

	if (src)
		memcpy(dst, src, n);
	return src != NULL;
}

/* False if it was cut: by size, or by the end of what can be read. */
static bool fetch_string(boot_map_fn map, u64 pa, char *dst, size_t size)
{
	size_t i;

	dst[0] = 0;
	if (!pa)
		return true;
	for (i = 0; i < size; i++) {
		if (!fetch(map, pa + i, &dst[i], 1))
			break;
		if (!dst[i])
			return true;
	}
	dst[i < size ? i : size - 1] = 0;
	return false;
}

static void read_modules(const struct hvm_start_info *start, boot_map_fn map,
			 struct boot_info *bi)
{
	struct hvm_modlist_entry entry;
	struct boot_module *module;
	u32 i;

	for (i = 0; i < start->nr_modules; i++) {
		u64 pa = start->modules + (u64)i * sizeof(entry);

		if (!fetch(map, pa, &entry, sizeof(entry))) {
			boot_remark(bi, "module list entry %u: not in memory",
				    i);
			return;
		}
		if (entry.base + entry.size < entry.base) {
			boot_remark(bi, "module %u wraps, ignored", i);
			continue;
		}
		module = boot_new_module(bi);
		if (!module)
			return;
		module->base = entry.base;
		module->size = entry.size;
		fetch_string(map, entry.cmdline, module->cmdline,
			     sizeof(module->cmdline));
	}
}

static const char *read_mmap(const struct hvm_start_info *start,
			     boot_map_fn map, struct boot_info *bi)
{
	struct hvm_memmap_entry entry;
	const char *error = NULL;
	u32 i;

	if (!start->nr_mmap)
		return boot_error("pvh: no memory map (version %u)",
				  start->version);
	for (i = 0; i < start->nr_mmap && !error; i++) {
		u64 pa = start->mmap + (u64)i * sizeof(entry);

		if (!fetch(map, pa, &entry, sizeof(entry)))
			return boot_error("pvh: memory map entry %u of %u at "
					  "0x%llx: not in memory", i,
					  start->nr_mmap, pa);
		error = boot_add_mmap(bi, entry.base, entry.length, entry.type);
	}
	return error;
}

const char *pvh_parse(phys_addr_t start_info, boot_map_fn map,
		      struct boot_info *bi)
{
	struct hvm_start_info start = { 0 };
	size_t size = START_INFO_V0_SIZE;

	memset(bi, 0, sizeof(*bi));
	bi->protocol = "pvh";
	if (!fetch(map, start_info, &start, size))
		return boot_error("pvh: no start information at 0x%llx",
				  start_info);
	if (start.magic != BOOT_MAGIC_PVH)
		return boot_error("pvh: start information has magic 0x%x",
				  start.magic);
	if (start.version >= 1) {
		size = sizeof(start);
		if (!fetch(map, start_info, &start, size))
			return boot_error("pvh: start information at 0x%llx: "
					  "not in memory", start_info);
	}
	bi->info = (struct boot_range){ start_info, size };
	bi->rsdp = start.rsdp;
	bi->cmdline_cut = !fetch_string(map, start.cmdline, bi->cmdline,
					sizeof(bi->cmdline));
	if (bi->cmdline_cut)
		boot_remark(bi, "command line cut to %zu characters",
			    strlen(bi->cmdline));
	read_modules(&start, map, bi);
	return read_mmap(&start, map, bi);
}
