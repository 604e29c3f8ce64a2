/* The steps of setup_arch(), each in its own file, and what they share. */
#ifndef SETUP_H
#define SETUP_H

#include <asm/e820.h>
#include <kernel/boot_info.h>

/* What setup_arch() was given. */
const struct boot_info *setup_boot_info(void);

/*
 * The cleaned map of physical memory: firmware's, with the user's changes.
 * Panics if nothing of it is usable.
 */
void memory_map_init(const struct boot_info *boot);
extern struct e820_table e820_table;

/* Usable memory of the cleaned map, and the image, into memblock.memory. */
void memory_map_add_ram(void);

/*
 * Where descriptors are one array: finds a place for it, and leaves out RAM
 * that it cannot describe. After early_init(), before paging_init().
 */
void mem_map_init(void);

/*
 * Keeps what is in RAM already from being handed out. The first call, before
 * memblock knows any RAM, marks the ranges; the second, with the early
 * allocator started, says who owns them.
 */
void reserve_boot_ranges(const struct boot_info *boot);
void own_boot_ranges(const struct boot_info *boot);

/* Into <kernel/random.h>, whatever firmware and loader say of the machine. */
void add_boot_randomness(const struct boot_info *boot);

#endif
