/* The 8254 as a ruler for other clocks: arch/x86/pit.c. Boot only. */
#ifndef PIT_H
#define PIT_H

#include <lib/types.h>

#define PIT_HZ 1193182U

/* Begins to count. */
void pit_start(void);
/* Counts since then; false if that was too long ago (55 ms) or nonsense. */
bool pit_read(u32 *elapsed);
/* It counts no more and raises nothing. */
void pit_stop(void);

#endif
