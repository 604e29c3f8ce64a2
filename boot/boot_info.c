/*
 * What did the loader tell us? Chooses the parser for the protocol, and holds
 * what the parsers share: errors, remarks, bounded copies.
 */
#include "boot.h"

#include <lib/kernel.h>
#include <lib/sprintf.h>
#include <lib/string.h>

struct boot_info boot_info;

const char *boot_error(const char *fmt, ...)
{
	static char text[160];
	va_list args;

	va_start(args, fmt);
	kvsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return text;
}

void boot_remark(struct boot_info *bi, const char *fmt, ...)
{
	size_t used = strlen(bi->remarks);
	va_list args;

	if (used && used + 2 < sizeof(bi->remarks)) {
		memcpy(bi->remarks + used, "; ", 3);
		used += 2;
	}
	va_start(args, fmt);
	kvsnprintf(bi->remarks + used, sizeof(bi->remarks) - used, fmt, args);
	va_end(args);
}

const char *boot_add_mmap(struct boot_info *bi, u64 base, u64 length, u32 type)
{
	if (bi->nr_mmap >= BOOT_MAX_MMAP)
		return boot_error("memory map: more than %d entries",
				  BOOT_MAX_MMAP);
	bi->mmap[bi->nr_mmap++] = (struct boot_mmap_entry){
		.base = base, .length = length, .type = type };
	return NULL;
}

struct boot_module *boot_new_module(struct boot_info *bi)
{
	if (bi->nr_modules >= BOOT_MAX_MODULES) {
		boot_remark(bi, "a module beyond the %dth is ignored",
			    BOOT_MAX_MODULES);
		return NULL;
	}
	return &bi->modules[bi->nr_modules++];
}

bool boot_copy_string(char *dst, size_t size, const char *src, size_t n)
{
	size_t len = strnlen(src, n);
	size_t copied = min(len, size - 1);

	memcpy(dst, src, copied);
	dst[copied] = 0;
	return copied == len;
}

/*
 * Only the length is read before the parser runs: it decides how much of the
 * block must be reachable.
 */
static const char *read_multiboot2(struct boot_info *bi, phys_addr_t info,
				   boot_map_fn map)
{
	const void *block = map(info, sizeof(u32));
	const char *error;
	u32 total;

	if (!block)
		return boot_error("multiboot2: no information block at 0x%llx",
				  info);
	memcpy(&total, block, sizeof(total));
	block = map(info, total);
	if (!block)
		return boot_error("multiboot2: %u bytes at 0x%llx: "
				  "not in memory", total, info);
	error = multiboot2_parse(block, total, bi);
	bi->info.base = info;
	return error;
}

const char *boot_info_read_at(struct boot_info *bi, u32 magic,
			      phys_addr_t info, boot_map_fn map)
{
	switch (magic) {
	case BOOT_MAGIC_MULTIBOOT2:
		return read_multiboot2(bi, info, map);
	case BOOT_MAGIC_PVH:
		return pvh_parse(info, map, bi);
	}
	return boot_error("unknown boot protocol: magic 0x%x", magic);
}

static const void *identity_map(phys_addr_t pa, size_t size)
{
	if (pa > BOOT_IDENTITY_END || size > BOOT_IDENTITY_END - pa)
		return NULL;
	return (const void *)(unsigned long)pa;
}

const char *boot_info_read(struct boot_info *bi, u32 magic, const void *info)
{
	return boot_info_read_at(bi, magic, (unsigned long)info, identity_map);
}
