/*
 * What a program needs to run memblock without a kernel: the symbols it may
 * call, and KTAP. The including program knows <mm/memblock.h> and the C
 * library, nothing else.
 */
#ifndef TESTS_HOST_MEMBLOCK_STANDINS_H
#define TESTS_HOST_MEMBLOCK_STANDINS_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mm/memblock.h>

#define PAGE 4096ULL

struct page;

int printk(const char *fmt, ...);
void panic(const char *fmt, ...);
void dump_stack(void);
void memblock_free_pages(struct page *page, unsigned long pfn,
			 unsigned int order);
void reserve_bootmem_region(phys_addr_t start, phys_addr_t end, int nid);
void totalram_pages_add(long count);
int early_pfn_to_nid(unsigned long pfn);

bool movable_node_enabled;

static jmp_buf on_panic;
static unsigned int stack_dumps;

/* The hand-over's calls, summed up; blocks of each order. */
static struct {
	unsigned long blocks[16], misaligned;
	long total;
	phys_addr_t reserved;
	int nids;		/* a digit for each reserved range */
} handed;

int printk(const char *fmt, ...)
{
	return 0;
}

void panic(const char *fmt, ...)
{
	longjmp(on_panic, 1);
}

void dump_stack(void)
{
	stack_dumps++;
}

void memblock_free_pages(struct page *page, unsigned long pfn,
			 unsigned int order)
{
	if (pfn & ((1UL << order) - 1))
		handed.misaligned++;
	handed.blocks[order]++;
}

void reserve_bootmem_region(phys_addr_t start, phys_addr_t end, int nid)
{
	handed.reserved += end - start;
	handed.nids = handed.nids * 10 + nid;
}

void totalram_pages_add(long count)
{
	handed.total += count;
}

/* Where memblock has no nodes it does not ask. */
int early_pfn_to_nid(unsigned long pfn)
{
	return (int)(pfn % 10);
}

/* As it is before anybody used it, but on other arrays if given. */
static inline void fresh_memblock(struct memblock_region *memory,
				  struct memblock_region *reserved,
				  unsigned long max)
{
	memset(memory, 0, max * sizeof(*memory));
	memset(reserved, 0, max * sizeof(*reserved));
	memblock.memory.regions = memory;
	memblock.reserved.regions = reserved;
	memblock.memory.max = memblock.reserved.max = max;
	memblock.memory.cnt = memblock.reserved.cnt = 0;
	memblock.memory.total_size = memblock.reserved.total_size = 0;
	memblock.bottom_up = false;
	memblock.current_limit = MEMBLOCK_ALLOC_ANYWHERE;
	memblock.handed_over = false;
	movable_node_enabled = false;
}

#endif
