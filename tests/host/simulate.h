/* The simulated machine: what RAM it has, and where its console goes. */
#ifndef TESTS_HOST_SIMULATE_H
#define TESTS_HOST_SIMULATE_H

#include <stdio.h>

#include <lib/types.h>

/* Address space at a fixed place, or the end. */
void simulate_reserve_area(unsigned long start, unsigned long size, int prot);

/*
 * Called by the machine where an interrupt would hurt most; runs what a test
 * has put in place, once at a time. NULL: nothing.
 */
extern void (*simulated_interrupt)(void);
void simulate_interrupt(void);

/* CPUs the machine has, 1 to NR_CPUS; before mm_init(). */
void simulate_cpus(unsigned int nr);

struct boot_info;
struct map_file;

/* Reserves the direct map and vmemmap; exits if that cannot be had. */
void simulate_address_space(void);

/* Sends the log elsewhere: NULL drops it. The default is stdout. */
void simulate_quietly(FILE *log);

/* From now on a bad end (panic, failed verdict) is abort(). For fuzzers. */
void simulate_abort(void);

/*
 * What firmware says on the simulated machine. size: bytes of RAM, laid out
 * like a PC's with a hole below 4 GiB. default: 64 MiB in awkward pieces.
 */
void simulate_firmware_default(struct boot_info *boot);
void simulate_firmware_size(struct boot_info *boot, u64 size);
/* False if the map is larger than struct boot_info. */
bool simulate_firmware_map(struct boot_info *boot, const struct map_file *map);

/* RAM is dealt out to nodes in this many stripes per node; 1: one node. */
void simulate_nodes(unsigned int nodes);
/* Nodes as a map file says. */
void simulate_node_table(const struct map_file *map);

/* Is the page at this physical address RAM of the simulated machine? */
bool simulate_is_ram(phys_addr_t pa);

#endif
