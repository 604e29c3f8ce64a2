/*
 * Shape of the page tables, i386 with PAE: three levels. Entries have 64 bits
 * and tables 512 of them, but the root only 4, each for 1 GiB.
 */
#ifndef ASM_PGTABLE_32_H
#define ASM_PGTABLE_32_H

#include <asm/control_regs.h>
#include <asm/page.h>

/* Levels are numbered by what one entry spans: 4 KiB, 2 MiB, 1 GiB. */
enum pt_level { PT_4K, PT_2M, PT_TOP };

/* The biggest page there is. */
#define PT_BIGGEST PT_2M

#define PT_INDEX_BITS 9
#define PTRS_PER_TABLE (1U << PT_INDEX_BITS)

/* 64 bits, and so aligned: the CPU compares and exchanges them as one. */
typedef u64 pte_t __attribute__((aligned(8)));

/* An entry of the root may say little more than that it is there. */
#define PT_TOP_FLAGS 0x001ULL

/* Every address can be translated. */
static inline bool va_is_canonical(unsigned long va)
{
	return true;
}

static inline unsigned long va_make_canonical(unsigned long va)
{
	return va;
}

/* The CPU reads the root's entries when CR3 is loaded, and not again. */
static inline void pt_root_changed(void)
{
	write_cr3(read_cr3());
}

/*
 * Two loads of 32 bits: if the lower half, with the present bit, was the same
 * before and after, the upper half belongs to it.
 */
static inline pte_t pte_read(const pte_t *e)
{
	const volatile u32 *half = (const volatile u32 *)e;
	u32 low, high;

	do {
		low = half[0];
		high = half[1];
	} while (low != half[0]);
	return (u64)high << 32 | low;
}

/* Changes e from *old to value; if it was something else, says what. */
static inline bool pte_cmpxchg(pte_t *e, pte_t *old, pte_t value)
{
	bool same;

	__asm__ volatile("lock cmpxchg8b %1"
			 : "=@ccz"(same), "+m"(*e), "+A"(*old)
			 : "b"((u32)value), "c"((u32)(value >> 32))
			 : "memory");
	return same;
}

/* All 64 bits in one step: a CPU that walks meanwhile sees no mixture. */
static inline void pte_write(pte_t *e, pte_t value)
{
	pte_t old = pte_read(e);

	while (!pte_cmpxchg(e, &old, value))
		;
}

#endif
