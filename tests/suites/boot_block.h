/*
 * A multiboot2 information block for tests, built tag by tag, at a made-up
 * physical address.
 */
#ifndef TESTS_BOOT_BLOCK_H
#define TESTS_BOOT_BLOCK_H

#include <kernel/boot_info.h>
#include <kernel/ktest.h>

#define BLOCK_PHYS 0x10000ULL
#define BLOCK_SIZE 32768u

extern u8 block_bytes[BLOCK_SIZE];
extern u32 block_used;		/* bytes so far; where the next tag goes */
extern u32 block_reachable;	/* the memory map of the test ends here */
extern struct boot_info block_info;	/* what was parsed */

const void *block_map(phys_addr_t pa, size_t size);

void block_put32(u32 offset, u32 value);
void block_set_total(u32 total);
void block_begin(void);
/* Appends a tag; returns its offset. */
u32 block_tag(u32 type, const void *payload, u32 size);
/* The same for a module. */
void block_module(u32 start, u32 end);
const char *block_parse(void);
/* Appends the end tag, too. */
const char *block_end(void);

struct mmap_entry {
	u64 base, length;
	u32 type, reserved;
};

struct mmap_payload {
	u32 entry_size, version;
	struct mmap_entry entries[3];
};

extern const struct mmap_payload block_ram;

/* A block that is fine as it is, but for the end tag. */
void block_begin_ram(void);

/* The error, the remarks, hold these words. */
void block_error(struct ktest *t, const char *error, const char *words);
void block_remark(struct ktest *t, const char *words);

#endif
