/*
 * Address map of the simulated machine under the thread sanitizer, which
 * leaves a program little room: its lowest 512 GiB, and high addresses that
 * it needs itself.
 *
 *	0000001000000000 - 0000002fffffffff   direct map of RAM        128 GiB
 *	0000004000000000 - 000000403fffffff   vmemmap: struct page[2^25] 1 GiB
 *	0000006000000000 - 000000600023ffff   windows on high memory
 *	0000007000000000 - 00000073ffffffff   vmalloc                 16 GiB
 *	0000010000000000 - 00003fffffffffff   the sanitizer's shadow
 *	0000555555554000   this program; 00007b... heap, libraries, stack
 */
#ifndef ASM_MEMORY_LAYOUT_TSAN_H
#define ASM_MEMORY_LAYOUT_TSAN_H

#define PAGE_OFFSET 0x1000000000UL
#define MAX_PHYSMEM_BITS 37
#define DIRECT_MAP_SIZE 0x2000000000UL
#define VMEMMAP_START 0x4000000000UL
#define VMEMMAP_SIZE 0x40000000UL
#define WINDOWS_START 0x6000000000UL
#define VMALLOC_START 0x7000000000UL
#define VMALLOC_END 0x7400000000UL

/* Most of RAM that is low memory where there is high memory: as on i386. */
#define LOWMEM_SIZE 0x38000000UL

#endif
