/* The kernel's start on the simulated machine. */
#ifndef TESTS_HOST_START_H
#define TESTS_HOST_START_H

struct boot_info;

/* From what firmware tells to the end of boot. Once in a process. */
void boot_simulated_machine(struct boot_info *info);

/*
 * For programs without suites: the default machine, with so many CPUs, up to
 * the end of boot; the log is dropped. Once in a process.
 */
void start_simulated_kernel(unsigned int cpus);

#endif
