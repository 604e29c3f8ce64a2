/*
 * Temporary windows on physical memory that the direct map does not show:
 * firmware tables outside RAM. Counterpart: asm/early_ioremap.h.
 */
#ifndef ASM_FIXMAP_H
#define ASM_FIXMAP_H

#include <asm/memory_layout.h>
#include <lib/types.h>

/* Bytes one window can show, and how many can be open at a time. */
#define FIXMAP_WINDOW_SIZE 0x40000UL
#define FIXMAP_WINDOWS 7

/*
 * Shows [phys, phys + size), cached and read-only: Linux calls that kind
 * early_memremap_ro(). NULL if size is 0 or more than FIXMAP_WINDOW_SIZE, if
 * the range wraps, or if every window is open. Any context, from
 * cpu_init_features() on.
 */
const void *early_memremap(phys_addr_t phys, unsigned long size);
/* Closes a window by what early_memremap() gave. NULL is fine. */
void early_memunmap(const void *p);

/* Windows that are open now. */
unsigned int fixmap_windows_open(void);

/*
 * Shows the page of a device's registers at phys: uncached, writable, for
 * good. NULL if there is no room, or no such address. Boot, after
 * fixmap_init().
 */
void *fixmap_map_device(phys_addr_t phys);

/* Makes the tables of the window area, so that opening never allocates. */
void fixmap_init(void);

#endif
