/*
 * Address map of the simulated machine: a Linux process.
 *
 *	000010007fff8000   end of the address sanitizer's shadow
 *	0000180000000000 - 00001fffffffffff   direct map of RAM          8 TiB
 *	0000200000000000 - 00003fffffffffff   vmemmap: struct page[]    32 TiB
 *	0000555555554000   this program; 00007f... heap, libraries, stack
 *
 * Both areas are reserved without memory behind them (MAP_NORESERVE): the
 * process pays for what it touches. There are descriptors for every frame
 * below 2^52, so that any map can be replayed; only the lowest 8 TiB can be
 * touched as memory.
 */
#ifndef ASM_MEMORY_LAYOUT_H
#define ASM_MEMORY_LAYOUT_H

#define PAGE_OFFSET 0x180000000000UL
#define MAX_PHYSMEM_BITS 52
#define DIRECT_MAP_SIZE 0x80000000000UL
#define VMEMMAP_START 0x200000000000UL
#define VMEMMAP_SIZE 0x200000000000UL

/* Zone ends, as on the PC. */
#define MAX_DMA_PFN 0x1000UL
#define MAX_DMA32_PFN 0x100000UL

#endif
