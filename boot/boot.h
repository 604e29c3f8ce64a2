/* The boot protocols' parsers, and what they share. Private to boot/. */
#ifndef BOOT_BOOT_H
#define BOOT_BOOT_H

#include <kernel/boot_info.h>
#include <lib/compiler.h>

/*
 * Both: NULL, or what is wrong (static text). bi is cleared first, and
 * half-filled after an error.
 *
 * multiboot2: info points at the information block, of which at most limit
 * bytes may be read.
 */
const char *multiboot2_parse(const void *info, size_t limit,
			     struct boot_info *bi);
/* pvh: everything, the start information too, is reached through map. */
const char *pvh_parse(phys_addr_t start_info, boot_map_fn map,
		      struct boot_info *bi);

/* Formats an error into the one static buffer there is; returns it. */
const char *boot_error(const char *fmt, ...) __printf(1, 2);

/* Adds a remark, or as much of it as there is room for. */
void boot_remark(struct boot_info *bi, const char *fmt, ...) __printf(2, 3);

/* 0, or an error text: the table is never cut in silence. */
const char *boot_add_mmap(struct boot_info *bi, u64 base, u64 length, u32 type);

/* A place for one more module; NULL, with a remark, if there is none. */
struct boot_module *boot_new_module(struct boot_info *bi);

/*
 * Copies a string of at most n bytes that may lack its 0; always terminated.
 * False if it had to be cut.
 */
bool boot_copy_string(char *dst, size_t size, const char *src, size_t n);

#endif
