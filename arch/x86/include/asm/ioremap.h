/* Registers of devices in the vmalloc area. Counterpart: asm/io.h (6.12). */
#ifndef ASM_IOREMAP_H
#define ASM_IOREMAP_H

#include <lib/types.h>

/*
 * Shows [phys, phys + size), uncached, in order, never executable. NULL: no
 * addresses, no memory for tables; also, reported, of size 0, of more than the
 * vmalloc area, of a range that wraps or that the CPU cannot address, and of
 * RAM, whose other view is cached. May sleep.
 */
void *ioremap(phys_addr_t phys, unsigned long size);
/* By what ioremap() gave. Of NULL: nothing. May sleep. */
void iounmap(const void *addr);

#endif
