/*
 * Address map of the simulated machine: a Linux process of 64 bits.
 *
 *	000010007fff8000   end of the address sanitizer's shadow
 *	0000180000000000 - 00001fffffffffff   direct map of RAM          8 TiB
 *	0000200000000000 - 00003fffffffffff   vmemmap: struct page[]    32 TiB
 *	0000400000000000 - 000040000023ffff   windows on high memory
 *	0000480000000000 - 00004803ffffffff   vmalloc                   16 GiB
 *	0000555555554000   this program; 00007f... heap, libraries, stack
 *
 * The areas are reserved without memory behind them (MAP_NORESERVE): the
 * process pays for what it touches. There are descriptors for every frame
 * below 2^52, so that any map can be replayed; only the lowest 8 TiB can be
 * touched as memory.
 */
#ifndef ASM_MEMORY_LAYOUT_64_H
#define ASM_MEMORY_LAYOUT_64_H

#define PAGE_OFFSET 0x180000000000UL
#define MAX_PHYSMEM_BITS 52
#define DIRECT_MAP_SIZE 0x80000000000UL
#define VMEMMAP_START 0x200000000000UL
#define VMEMMAP_SIZE 0x200000000000UL
#define WINDOWS_START 0x400000000000UL
#define VMALLOC_START 0x480000000000UL
#define VMALLOC_END 0x480400000000UL

/* Most of RAM that is low memory where there is high memory: as on i386. */
#define LOWMEM_SIZE 0x38000000UL

#endif
