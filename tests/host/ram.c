/*
 * RAM of the simulated machine, and the windows on what of it is high memory;
 * see ram.h and <asm/highmem.h>.
 *
 *	file     |pa 0 ......................|low end .............|
 *	            | always mapped                | one page, while
 *	            v                              v kmap'ed
 *	process  [direct map: RAM; holes fault]  [ | |#| | ] windows
 *
 * High memory used without a mapping is a fault here, as it is on a machine.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <asm/page.h>
#include <lib/kernel.h>
#include <lib/string.h>

#include "ram.h"
#include "simulate.h"

#define RAM_PATTERN 0xa5
#define PATTERN_LIMIT (256ULL << 20)	/* bytes of RAM filled at most */
#define RAM_END (1ULL << (MAX_PHYSMEM_BITS > 43 ? 43 : MAX_PHYSMEM_BITS))

static int ram_file = -1;

#ifdef CONFIG_HIGHMEM

#include <asm/highmem.h>

#define WINDOWS (KMAP_LOCAL_SLOTS + PKMAP_PAGES)

unsigned long max_low_pfn = LOWMEM_SIZE >> PAGE_SHIFT;

/* What each window shows; slots first. */
static phys_addr_t shown[WINDOWS];
/* Windows of kmap() emptied since the last flush. */
static bool stale[WINDOWS];

phys_addr_t ram_low_end(void)
{
	return PFN_PHYS(max_low_pfn);
}

bool ram_set_low_end(phys_addr_t end)
{
	if (!IS_ALIGNED(end, (phys_addr_t)SZ_2M) || end < 8 * SZ_1M ||
	    end > LOWMEM_SIZE)
		return false;
	max_low_pfn = PFN_DOWN(end);
	return true;
}

static void *window_address(unsigned int window)
{
	return (void *)(WINDOWS_START + window * PAGE_SIZE);
}

/* The kernel's page table entry would be written without looking. Not here. */
static void *window_map(unsigned int window, phys_addr_t pa)
{
	void *p = window_address(window);

	if (window >= WINDOWS || shown[window] != PHYS_ADDR_MAX ||
	    stale[window] || !simulate_is_ram(pa) || pa % PAGE_SIZE ||
	    mmap(p, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		 ram_file, (off_t)pa) != p) {
		fprintf(stderr, "window %u cannot show 0x%llx\n", window, pa);
		abort();
	}
	shown[window] = pa;
	return p;
}

static void window_unmap(unsigned int window)
{
	void *p = window_address(window);

	if (window >= WINDOWS || shown[window] == PHYS_ADDR_MAX ||
	    mmap(p, PAGE_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS |
		 MAP_NORESERVE | MAP_FIXED, -1, 0) != p) {
		fprintf(stderr, "window %u cannot be emptied\n", window);
		abort();
	}
	shown[window] = PHYS_ADDR_MAX;
}

void *kmap_slot_map(unsigned int slot, phys_addr_t pa)
{
	void *p;

	simulate_interrupt();
	p = window_map(slot, pa);
	simulate_interrupt();
	return p;
}

void kmap_slot_unmap(unsigned int slot)
{
	simulate_interrupt();
	window_unmap(slot);
	simulate_interrupt();
}

void *pkmap_map(unsigned int index, phys_addr_t pa)
{
	return window_map(KMAP_LOCAL_SLOTS + index, pa);
}

void pkmap_unmap(unsigned int index)
{
	window_unmap(KMAP_LOCAL_SLOTS + index);
	stale[KMAP_LOCAL_SLOTS + index] = true;
}

void pkmap_flush(void)
{
	memset(stale, 0, sizeof(stale));
}

phys_addr_t kmap_slot_phys(unsigned int slot)
{
	return shown[slot];
}

phys_addr_t pkmap_phys(unsigned int index)
{
	return shown[KMAP_LOCAL_SLOTS + index];
}

static void reserve_windows(void)
{
	memset(shown, 0xff, sizeof(shown));
	simulate_reserve_area(WINDOWS_START, WINDOWS * PAGE_SIZE, PROT_NONE);
}

#else

phys_addr_t ram_low_end(void)
{
	return DIRECT_MAP_SIZE;
}

bool ram_set_low_end(phys_addr_t end)
{
	return false;
}

static void reserve_windows(void)
{
}

#endif

void ram_reserve(void)
{
	simulate_reserve_area(PAGE_OFFSET, DIRECT_MAP_SIZE, PROT_NONE);
	reserve_windows();
	ram_file = memfd_create("ram", MFD_CLOEXEC);
	if (ram_file >= 0 && !ftruncate(ram_file, (off_t)RAM_END))
		return;
	perror("no file for the simulated RAM");
	exit(2);
}

static bool fill(phys_addr_t start, phys_addr_t size)
{
	static char page[PAGE_SIZE];
	static u64 filled;
	u64 at;

	memset(page, RAM_PATTERN, sizeof(page));
	for (at = start; at < start + size && filled < PATTERN_LIMIT;
	     at += PAGE_SIZE, filled += PAGE_SIZE)
		if (pwrite(ram_file, page, PAGE_SIZE, (off_t)at) != PAGE_SIZE)
			return false;
	return true;
}

static bool map_low(phys_addr_t start, phys_addr_t size)
{
	void *p = __va(start);

	return mmap(p, (size_t)size, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_FIXED | MAP_NORESERVE, ram_file,
		    (off_t)start) == p;
}

void ram_map(unsigned long va, phys_addr_t pa, unsigned long size,
	     bool writable)
{
	if (mmap((void *)va, size, writable ? PROT_READ | PROT_WRITE :
		 PROT_READ, MAP_SHARED | MAP_FIXED, ram_file, (off_t)pa) ==
	    (void *)va)
		return;
	perror("RAM cannot be shown a second time");
	abort();
}

void ram_power_on(phys_addr_t start, phys_addr_t size)
{
	phys_addr_t low = start < ram_low_end() ?
			  min(size, ram_low_end() - start) : 0;

	if (start + size <= RAM_END && fill(start, size) &&
	    (!low || map_low(start, low)))
		return;
	fprintf(stderr, "simulated RAM at 0x%llx: too much\n", start);
	exit(2);
}
