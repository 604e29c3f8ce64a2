/* Shape of the page tables, x86_64: four levels of 512 entries. */
#ifndef ASM_PGTABLE_64_H
#define ASM_PGTABLE_64_H

#include <asm/page.h>

/* Levels are numbered by what one entry spans: 4 KiB, 2 MiB, 1 GiB, 512 GiB. */
enum pt_level { PT_4K, PT_2M, PT_1G, PT_TOP };

#define PT_INDEX_BITS 9
#define PTRS_PER_TABLE (1U << PT_INDEX_BITS)

/* Addresses the tables can translate: 48 bits, sign-extended. */
static inline bool va_is_canonical(unsigned long va)
{
	return (unsigned long)((long)(va << 16) >> 16) == va;
}

/* The address that table index arithmetic left without its sign. */
static inline unsigned long va_make_canonical(unsigned long va)
{
	return (unsigned long)((long)(va << 16) >> 16);
}

#endif
