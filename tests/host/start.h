/* The kernel's start on the simulated machine, for programs without suites. */
#ifndef TESTS_HOST_START_H
#define TESTS_HOST_START_H

/*
 * The default machine, with so many CPUs, up to the end of boot; the log is
 * dropped. Once in a process.
 */
void start_simulated_kernel(unsigned int cpus);

#endif
