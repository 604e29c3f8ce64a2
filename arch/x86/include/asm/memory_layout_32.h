/*
 * Address map, i386 with PAE; Linux's 3 GiB : 1 GiB.
 *
 *	00000000 - bfffffff   user (null page unmapped)             3 GiB
 *	c0000000 - f7ffffff   direct map of low memory, the image   896 MiB
 *	                      in it at phys + KERNEL_BASE
 *	f8000000 - f87fffff   hole: nothing runs from one into      8 MiB
 *	                      the other unseen
 *	f8800000 - fe7fffff   vmalloc                               96 MiB
 *	fe800000 - ff7fffff   stacks of threads, with guard pages   16 MiB
 *	ff800000 - ff9fffff   pkmap: kmap() of high memory          2 MiB
 *	ffa00000 - ffbfffff   fixmap: windows on firmware's memory  2 MiB
 *	ffc00000 - ffdfffff   fixmap: slots of kmap_local_page()    2 MiB
 *
 * vmalloc=SIZE moves the end of the direct map and the beginning of vmalloc:
 * what one has more the other has less. Between 128 MiB and 896 MiB of low
 * memory are possible.
 *
 * Each of the last three is what one page table spans. Low memory ends at
 * max_low_pfn, MAX_LOWMEM_PFN at most; what lies above has no address until
 * somebody maps it. The descriptors are one array in low memory, mem_map[pfn].
 */
#ifndef ASM_MEMORY_LAYOUT_32_H
#define ASM_MEMORY_LAYOUT_32_H

#define PAGE_OFFSET 0xc0000000UL
#define MAX_PHYSMEM_BITS 36
#define DIRECT_MAP_SIZE direct_map_size
#define VMALLOC_START vmalloc_start
#define VMALLOC_END 0xfe800000UL

/* Unless vmalloc=SIZE says otherwise; the most of each there can be. */
#define DIRECT_MAP_MOST 0x38000000UL
#define VMALLOC_START_USUAL 0xf8800000UL
#define VMALLOC_GAP 0x800000UL
#define VMALLOC_LOWEST (PAGE_OFFSET + 0x8000000UL + VMALLOC_GAP)
#define KERNEL_STACK_START 0xfe800000UL
#define KERNEL_STACK_END 0xff800000UL
#define KERNEL_BASE PAGE_OFFSET
#define PKMAP_START 0xff800000UL
#define FIXMAP_START 0xffa00000UL
#define FIXMAP_SIZE 0x200000UL
#define KMAP_LOCAL_START 0xffc00000UL
#define KMAP_LOCAL_SIZE 0x200000UL

struct page;
extern struct page *mem_map;
#define vmemmap mem_map
#define VMEMMAP_START ((unsigned long)mem_map)
#define VMEMMAP_READABLE 0
#define MEMMAP_BLOCK_FRAMES 0UL

/* First frame without an address of its own; lowmem=SIZE, vmalloc=SIZE. */
extern unsigned long max_low_pfn;
extern unsigned long direct_map_size, vmalloc_start;
#define MAX_LOWMEM_PFN (DIRECT_MAP_MOST >> 12)

/*
 * Zone ends: what an ISA DMA controller can reach, and what has an address.
 * There is no zone for 32 address lines.
 */
#define MAX_DMA_PFN 0x1000UL
#define MAX_DMA32_PFN MAX_DMA_PFN
#define MAX_NORMAL_PFN max_low_pfn

#endif
