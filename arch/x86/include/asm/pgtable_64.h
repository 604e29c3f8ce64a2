/* Shape of the page tables, x86_64: four levels of 512 entries. */
#ifndef ASM_PGTABLE_64_H
#define ASM_PGTABLE_64_H

#include <asm/page.h>

/* Levels are numbered by what one entry spans: 4 KiB, 2 MiB, 1 GiB, 512 GiB. */
enum pt_level { PT_4K, PT_2M, PT_1G, PT_TOP };

/* The biggest page there is, if the CPU has it. */
#define PT_BIGGEST PT_1G

#define PT_INDEX_BITS 9
#define PTRS_PER_TABLE (1U << PT_INDEX_BITS)

typedef u64 pte_t;

/* What an entry of the root says of its table: present, writable, accessed. */
#define PT_TOP_FLAGS 0x023ULL

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

/* The CPU sees for itself that the root has one more table. */
static inline void pt_root_changed(void)
{
}

/* Changes e from *old to value; if it was something else, says what. */
static inline bool pte_cmpxchg(pte_t *e, pte_t *old, pte_t value)
{
	return __atomic_compare_exchange_n(e, old, value, false,
					   __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}

static inline pte_t pte_read(const pte_t *e)
{
	return *(const volatile pte_t *)e;
}

static inline void pte_write(pte_t *e, pte_t value)
{
	*(volatile pte_t *)e = value;
}

#endif
