/*
 * What the loader told us, in one form for every boot protocol. Plain data:
 * all of it copied, no pointer into loader memory but addresses of ranges.
 * Filled by boot/multiboot2.c or boot/pvh.c; everyone else only reads.
 */
#ifndef KERNEL_BOOT_INFO_H
#define KERNEL_BOOT_INFO_H

#include <lib/types.h>

#define BOOT_MAX_MMAP 1024
#define BOOT_MAX_MODULES 32
#define BOOT_MAX_SECTIONS 32
#define BOOT_CMDLINE_SIZE 1024

/* As firmware and loader number them; any other number means reserved. */
enum boot_mem_type {
	BOOT_MEM_USABLE = 1,
	BOOT_MEM_RESERVED = 2,
	BOOT_MEM_ACPI = 3,
	BOOT_MEM_NVS = 4,
	BOOT_MEM_UNUSABLE = 5,
	BOOT_MEM_PMEM = 7,
};

struct boot_mmap_entry {
	u64 base, length;	/* bytes, as given: any value, may wrap */
	u32 type;		/* all 32 bits count */
};

struct boot_range {
	phys_addr_t base, size;
};

struct boot_module {
	phys_addr_t base, size;
	char cmdline[64];	/* cut if longer */
};

struct boot_framebuffer {
	phys_addr_t base;
	u32 pitch, width, height;
	u8 bpp, type;		/* type 1: direct colour */
	bool present;
};

struct boot_info {
	const char *protocol;	/* "multiboot2", "pvh" */
	char loader[64];
	char cmdline[BOOT_CMDLINE_SIZE];
	bool cmdline_cut;

	struct boot_range info;	/* the loader's own block */

	unsigned int nr_mmap;
	struct boot_mmap_entry mmap[BOOT_MAX_MMAP];

	unsigned int nr_modules;
	struct boot_module modules[BOOT_MAX_MODULES];

	/* ELF sections of ours that the loader put somewhere on its own */
	unsigned int nr_sections;
	struct boot_range sections[BOOT_MAX_SECTIONS];

	phys_addr_t rsdp;	/* 0: none, or only the copy below */
	u8 rsdp_copy[36];
	u32 rsdp_size;		/* 0, 20 or 36 bytes valid in rsdp_copy */

	struct boot_framebuffer framebuffer;

	/* Remarks about what was skipped, "" if nothing was. */
	char remarks[256];
};

/* The one the kernel was started with. Read-only once it is filled. */
extern struct boot_info boot_info;

/* Who started us: what the entry code passes on as magic. */
#define BOOT_MAGIC_MULTIBOOT2 0x36d76289u
#define BOOT_MAGIC_PVH 0x336ec578u

/*
 * How to reach loader memory: the virtual address of [pa, pa + size), or NULL
 * if that is not (or not wholly) readable.
 */
typedef const void *(*boot_map_fn)(phys_addr_t pa, size_t size);

/*
 * Reads what the loader left at physical address info into bi. NULL if all
 * is well, else what is wrong with it, naming the tag or field (static text);
 * the kernel cannot go on then. Whatever the loader's data say, nothing
 * outside of what they and map allow is read.
 */
const char *boot_info_read_at(struct boot_info *bi, u32 magic,
			      phys_addr_t info, boot_map_fn map);

/*
 * The same on the first page tables, where the lowest BOOT_IDENTITY_END bytes
 * of memory can be read at their physical addresses.
 */
#define BOOT_IDENTITY_END 0xc0000000ULL
const char *boot_info_read(struct boot_info *bi, u32 magic, const void *info);

#endif
