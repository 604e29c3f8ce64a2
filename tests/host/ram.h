/*
 * The simulated machine's RAM: a file without a name, as long as memory may
 * be, mapped where the kernel would see it.
 */
#ifndef TESTS_HOST_RAM_H
#define TESTS_HOST_RAM_H

#include <lib/types.h>

/* Reserves the address space of RAM and of the windows on high memory. */
void ram_reserve(void);

/*
 * Whole pages become RAM: low ones can be reached in the direct map from now
 * on, high ones through windows. They are filled with a pattern, as far as
 * that takes no more than a moment: memory is not zero at power-on.
 */
void ram_power_on(phys_addr_t start, phys_addr_t size);

/* Shows RAM at va, where the process has reserved addresses. */
void ram_map(unsigned long va, phys_addr_t pa, unsigned long size,
	     bool writable);

/* End of the direct map. */
phys_addr_t ram_low_end(void);
/* Moves it, before any RAM is there; false if it cannot be there. */
bool ram_set_low_end(phys_addr_t end);

#endif
