/* Building hostile information blocks; see boot_block.h. */
#include <lib/kernel.h>
#include <lib/string.h>

#include "boot_block.h"

u8 block_bytes[BLOCK_SIZE] __aligned(8);
u32 block_used, block_reachable;
struct boot_info block_info;

const void *block_map(phys_addr_t pa, size_t size)
{
	u64 offset = pa - BLOCK_PHYS;

	if (offset > block_reachable || size > block_reachable - offset)
		return NULL;
	return block_bytes + offset;
}

void block_put32(u32 offset, u32 value)
{
	memcpy(block_bytes + offset, &value, sizeof(value));
}

void block_set_total(u32 total)
{
	block_put32(0, total);
}

void block_begin(void)
{
	memset(block_bytes, 0xee, sizeof(block_bytes));
	block_put32(4, 0);
	block_used = 8;
	block_reachable = sizeof(block_bytes);
}

/* Appends a tag; returns its offset. */
u32 block_tag(u32 type, const void *payload, u32 size)
{
	u32 at = block_used;

	block_put32(at, type);
	block_put32(at + 4, 8 + size);
	memcpy(block_bytes + at + 8, payload, size);
	block_used = ALIGN(at + 8 + size, 8u);
	block_set_total(block_used);
	return at;
}

const char *block_parse(void)
{
	return boot_info_read_at(&block_info, BOOT_MAGIC_MULTIBOOT2, BLOCK_PHYS,
				 block_map);
}

const char *block_end(void)
{
	block_tag(0, "", 0);
	return block_parse();
}

const struct mmap_payload block_ram = {
	sizeof(struct mmap_entry), 0, {
		{ 0, 0x9fc00, 1, 0 },
		{ 0x9fc00, 0x400, 2, 0 },
		{ 0x100000, 0x7ee0000, 1, 0 },
	},
};

/* A block that is fine as it is, but for the end tag. */
void block_begin_ram(void)
{
	block_begin();
	block_tag(6, &block_ram, sizeof(block_ram));
}

void block_error(struct ktest *t, const char *error, const char *words)
{
	if (KTEST_EXPECT_NOT_NULL(t, error) && !strstr(error, words))
		ktest_fail(t, __FILE__, __LINE__, "\"%s\" does not say \"%s\"",
			   error, words);
}

void block_remark(struct ktest *t, const char *words)
{
	if (!strstr(block_info.remarks, words))
		ktest_fail(t, __FILE__, __LINE__,
			   "remarks \"%s\" do not say \"%s\"",
			   block_info.remarks, words);
}

void block_module(u32 start, u32 end)
{
	struct {
		u32 start, end;
		char name[8];
	} module = { start, end, "m" };

	block_tag(3, &module, sizeof(module));
}
