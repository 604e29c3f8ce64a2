/*
 * Call stacks by number: each different one is kept once. Counterpart:
 * linux/stackdepot.h (6.12).
 */
#ifndef MM_STACK_DEPOT_H
#define MM_STACK_DEPOT_H

#include <lib/types.h>
#include <mm/early.h>

typedef u32 depot_stack_handle_t;	/* 0: no stack */

/* Entries kept of each stack, the innermost; stacks kept at all. */
#define STACK_DEPOT_DEPTH 8
#define STACK_DEPOT_STACKS 16384

/*
 * Memory for the table, from the early allocator for that owner; false: there
 * is none. Boot; a second call finds the table made.
 */
bool stack_depot_init(enum early_owner owner);

/*
 * The number of a stack, the same for the same entries; 0 if there are none,
 * or the table is full, or was never made. Any context but an NMI.
 */
depot_stack_handle_t stack_depot_save(const unsigned long *entries,
				      unsigned int nr_entries);
/* Its entries, for good, and how many; 0 if there is no such stack. */
unsigned int stack_depot_fetch(depot_stack_handle_t handle,
			       const unsigned long **entries);
/* One line per entry, with symbols. */
void stack_depot_print(depot_stack_handle_t handle);

/* Stacks kept / that found no place, since boot. */
unsigned long stack_depot_count(void);
unsigned long stack_depot_lost(void);

#endif
