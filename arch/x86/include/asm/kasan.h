/*
 * Shadow memory for SANITIZE=kasan: one byte for each eight, at
 *
 *	address / 8 + KASAN_SHADOW_OFFSET	(the compiler computes it, too)
 *
 *	ffff888000000000 direct map	-> ffffed1000000000
 *	ffffc90000000000 vmalloc	-> fffff52000000000
 *	ffffe8ffff000000 thread stacks	-> fffff91fffe00000
 *	ffffffff80000000 kernel image	-> fffffbfff0000000
 *
 * What else has an address (vmemmap, fixmap, devices) has no shadow: nothing
 * is known of it, and all of it may be accessed. Counterpart: asm/kasan.h.
 */
#ifndef ASM_KASAN_H
#define ASM_KASAN_H

#include <asm/memory_layout.h>
#include <asm/sections.h>
#include <lib/types.h>

#define KASAN_SHADOW_SHIFT 3
#define KASAN_GRANULE (1UL << KASAN_SHADOW_SHIFT)
#define KASAN_SHADOW_OFFSET 0xdffffc0000000000UL
#define KASAN_SHADOW_START 0xffffec0000000000UL	/* of ffff800000000000 */
#define KASAN_SHADOW_END 0xfffffc0000000000UL

/* Bytes of the direct map that have shadow. */
extern unsigned long kasan_direct_bytes;
/* The shadow is real: before, there is only a page that stands for all. */
extern bool kasan_ready;

static inline s8 *kasan_shadow(unsigned long addr)
{
	return (s8 *)((addr >> KASAN_SHADOW_SHIFT) + KASAN_SHADOW_OFFSET);
}

/* Shadow since the boot. */
static inline bool kasan_has_fixed_shadow(unsigned long addr)
{
	return addr - PAGE_OFFSET < kasan_direct_bytes ||
	       addr - KERNEL_BASE < (unsigned long)_end - KERNEL_BASE ||
	       addr - KERNEL_STACK_START <
	       KERNEL_STACK_END - KERNEL_STACK_START;
}

/* There it comes and goes: mm/kasan/vmalloc.c. */
static inline bool kasan_in_vmalloc(unsigned long addr)
{
	return addr - VMALLOC_START < VMALLOC_END - VMALLOC_START;
}

/*
 * Of an area that is not the caller's own the answer holds while interrupts
 * are off.
 */
bool kasan_vmalloc_has_shadow(unsigned long addr);

static inline bool kasan_has_shadow(unsigned long addr)
{
	return kasan_has_fixed_shadow(addr) ||
	       (kasan_in_vmalloc(addr) && kasan_vmalloc_has_shadow(addr));
}

/* Kernel addresses are in the upper half; the lower one is the user's. */
static inline bool kasan_address_is_wild(unsigned long addr)
{
	return addr < 0xffff800000000000UL;
}

/*
 * Before the first function that is instrumented: one zeroed page, writable,
 * becomes the shadow of all. On the first page tables.
 */
void kasan_early_init(void);
/* Puts the shadow into the final tables, before they are loaded; and after. */
void kasan_map_shadow(void);
void kasan_map_rest_of_shadow(void);

#endif
