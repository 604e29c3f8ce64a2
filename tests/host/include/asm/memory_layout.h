/* Address map of the simulated machine, by the width of a pointer. */
#ifndef ASM_MEMORY_LAYOUT_H
#define ASM_MEMORY_LAYOUT_H

#if defined(__SANITIZE_THREAD__)
#include <asm/memory_layout_tsan.h>
#elif defined(__LP64__)
#include <asm/memory_layout_64.h>
#else
#include <asm/memory_layout_32.h>
#endif

/*
 * The operating system backs the whole array with zeroes. As on the PC, nobody
 * counts on that where there is high memory.
 */
#ifdef CONFIG_HIGHMEM
#define VMEMMAP_READABLE 0
#else
#define VMEMMAP_READABLE 1
#endif
#define MEMMAP_BLOCK_FRAMES 0UL

/*
 * Zone ends, as on the PC: with high memory there is no zone for 32 address
 * lines, and NORMAL is what the direct map shows.
 */
#define MAX_DMA_PFN 0x1000UL
#ifdef CONFIG_HIGHMEM
extern unsigned long max_low_pfn;
#define MAX_DMA32_PFN MAX_DMA_PFN
#define MAX_NORMAL_PFN max_low_pfn
#else
#define MAX_DMA32_PFN 0x100000UL
/* All RAM has an address. */
#define max_low_pfn (1UL << (MAX_PHYSMEM_BITS - 12))
#endif

#endif
