/*
 * Address map, x86_64 with four-level page tables; Linux's numbers.
 *
 *	0000000000000000 - 00007fffffffffff   user (null page unmapped)
 *	   ... non-canonical hole ...
 *	ffff888000000000 - ffffc87fffffffff   direct map of RAM         64 TiB
 *	ffffc90000000000 - ffffe8fffeffffff   vmalloc                   32 TiB
 *	ffffe8ffff000000 - ffffe8ffffffffff   stacks of threads,        16 MiB
 *					      with guard pages
 *	ffffea0000000000 - ffffea7fffffffff   vmemmap: struct page[]   512 GiB
 *	ffffec0000000000 - fffffbffffffffff   KASAN shadow (if built)   16 TiB
 *	ffffffff80000000 - ffffffffbfffffff   kernel image (phys + base) 1 GiB
 *	ffffffffff400000 - ffffffffff5fffff   fixmap                     2 MiB
 */
#ifndef ASM_MEMORY_LAYOUT_64_H
#define ASM_MEMORY_LAYOUT_64_H

#define PAGE_OFFSET 0xffff888000000000UL
#define MAX_PHYSMEM_BITS 46
#define DIRECT_MAP_SIZE (1UL << MAX_PHYSMEM_BITS)
#define VMALLOC_START 0xffffc90000000000UL
#define VMALLOC_END 0xffffe8ffff000000UL
#define KERNEL_STACK_START 0xffffe8ffff000000UL
#define KERNEL_STACK_END 0xffffe90000000000UL
#define VMEMMAP_START 0xffffea0000000000UL
/* vmemmap[] can be read throughout: what describes no RAM reads as zeroes. */
#define VMEMMAP_READABLE 1
/*
 * Frames that writing to a block's descriptors can take at first: 8 pages of
 * them, 3 tables for these; in the direct map 2 tables for the block itself.
 */
#define MEMMAP_BLOCK_FRAMES 13UL
#define KERNEL_BASE 0xffffffff80000000UL
#define KERNEL_IMAGE_SIZE 0x40000000UL
#define FIXMAP_START 0xffffffffff400000UL
#define FIXMAP_SIZE 0x200000UL

/* Zone ends: what an ISA DMA controller, and 32 address lines, can reach. */
#define MAX_DMA_PFN 0x1000UL
#define MAX_DMA32_PFN 0x100000UL

/* First frame without an address in the direct map: there is none. */
#define max_low_pfn (1UL << (MAX_PHYSMEM_BITS - 12))

#endif
