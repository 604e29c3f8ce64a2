/* How long CPUs are waited for; for the tests of those that do not come. */
#ifndef SMPBOOT_H
#define SMPBOOT_H

#include <lib/types.h>

/* Microseconds left for CPUs that do not come. Under the lock of cpu_up(). */
extern u64 smpboot_patience;
/* This CPU is called where no APIC is: it does not come. NR_CPUS: none. */
extern unsigned int smpboot_absent;

#endif
