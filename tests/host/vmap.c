/*
 * The vmalloc area of the simulated machine.
 *
 *	file     |pa 0 ....|####|..........|##|....
 *	            shown one behind the other
 *	process  VMALLOC_START [ |####|##| |  |~~~~| |    ] VMALLOC_END
 *
 * A page that is no longer shown (~) is stale until the flush: a CPU might
 * remember it. Nothing may be shown there before. Whoever does ends the
 * process; on a machine he would write to memory of somebody else.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <asm/vmap.h>
#include <kernel/smp.h>
#include <lib/kernel.h>

#include "ram.h"
#include "simulate.h"

#define PAGES ((VMALLOC_END - VMALLOC_START) / PAGE_SIZE)

/* Of each page: frame shown + 2; 0: none; 1: none any more, not flushed. */
static unsigned long shown[PAGES];

enum { NOTHING, STALE, FRAMES };

static unsigned long *shown_at(unsigned long va)
{
	if (va < VMALLOC_START || va >= VMALLOC_END) {
		fprintf(stderr, "0x%lx is not in the vmalloc area\n", va);
		abort();
	}
	return &shown[(va - VMALLOC_START) / PAGE_SIZE];
}

static unsigned long look(unsigned long va)
{
	return __atomic_load_n(shown_at(va), __ATOMIC_ACQUIRE);
}

static void set(unsigned long va, unsigned long what)
{
	__atomic_store_n(shown_at(va), what, __ATOMIC_RELEASE);
}

int vmap_map(unsigned long va, phys_addr_t pa, unsigned long size,
	     pgprot_t prot, bool huge, gfp_t gfp)
{
	unsigned long at;

	for (at = 0; at < size; at += PAGE_SIZE) {
		if (look(va + at) != NOTHING || !simulate_is_ram(pa + at)) {
			fprintf(stderr, "0x%lx cannot show 0x%llx (%lu)\n",
				va + at, pa + at, look(va + at));
			abort();
		}
		set(va + at, FRAMES + PFN_DOWN(pa + at));
	}
	ram_map(va, pa, size, prot & PAGE_KERNEL);
	return 0;
}

void vmap_unmap(unsigned long va, unsigned long size)
{
	unsigned long at;

	if (mmap((void *)va, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS |
		 MAP_NORESERVE | MAP_FIXED, -1, 0) != (void *)va)
		abort();
	for (at = va; at < va + size; at += PAGE_SIZE)
		if (look(at) != NOTHING)
			set(at, STALE);
}

void vmap_flush(unsigned long va, unsigned long size)
{
	unsigned long at;

	for (at = va; at < va + size; at += PAGE_SIZE)
		if (look(at) == STALE)
			set(at, NOTHING);
}

void vmap_flush_local(unsigned long va, unsigned long size)
{
	if (only_boot_cpu_online())
		vmap_flush(va, size);
}

bool vmap_translate(unsigned long va, phys_addr_t *pa)
{
	unsigned long what;

	if (va < VMALLOC_START || va >= VMALLOC_END)
		return false;
	what = look(va);
	if (what < FRAMES)
		return false;
	*pa = PFN_PHYS(what - FRAMES) + va % PAGE_SIZE;
	return true;
}
