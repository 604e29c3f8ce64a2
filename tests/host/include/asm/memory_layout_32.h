/*
 * Address map of the simulated machine: a Linux process of 32 bits.
 *
 *	20000000 - 3fffffff   the address sanitizer's shadow
 *	56555000              this program
 *	60000000 - 7fffffff   direct map of low memory           512 MiB
 *	80000000 - 93ffffff   vmemmap: struct page[2^24]         320 MiB
 *	98000000 - 9823ffff   windows on high memory
 *	9a000000 - 9fffffff   vmalloc                           96 MiB
 *	f7......              libraries, heap downwards from there; stack
 *
 * The areas are reserved without memory behind them. Frames below 2^24 have
 * descriptors (64 GiB, what PAE can address).
 */
#ifndef ASM_MEMORY_LAYOUT_32_H
#define ASM_MEMORY_LAYOUT_32_H

#define PAGE_OFFSET 0x60000000UL
#define MAX_PHYSMEM_BITS 36
#define DIRECT_MAP_SIZE 0x20000000UL
#define VMEMMAP_START 0x80000000UL
#define VMEMMAP_SIZE 0x14000000UL
#define WINDOWS_START 0x98000000UL
#define VMALLOC_START 0x9a000000UL
#define VMALLOC_END 0xa0000000UL

/* Most of RAM that is low memory. */
#define LOWMEM_SIZE DIRECT_MAP_SIZE

#endif
