/*
 * Per-CPU memory, made at run time. Counterpart: linux/percpu.h (6.12).
 */
#ifndef MM_PERCPU_H
#define MM_PERCPU_H

#include <kernel/percpu.h>

/* Largest object, and largest alignment. */
#define PCPU_MAX_SIZE 32768UL
#define PCPU_MAX_ALIGN 4096UL

/*
 * Gives each of the nr_cpus CPUs there may be its copy of the template, and
 * the calling CPU, number 0, its own from here on. reserve: bytes per CPU that
 * will be asked for before there is a page allocator. Boot; panics if there
 * is no memory.
 */
void setup_per_cpu_areas(unsigned int nr_cpus, unsigned long reserve);

/*
 * size zeroed bytes for each possible CPU. A per-CPU pointer, or NULL: no
 * memory, or size or align (a power of two) not sensible. May sleep, once
 * the page allocator is up.
 */
void *__alloc_percpu(size_t size, size_t align);
#define alloc_percpu(type) \
	((__typeof__(type) *)__alloc_percpu(sizeof(type), __alignof__(type)))

/* Of NULL: nothing. Wrong pointers are reported. Any context. */
void free_percpu(void *ptr);

/* Bytes per CPU handed out by __alloc_percpu() and not freed. */
unsigned long percpu_used(void);

/* Pages of the page allocator that all copies of it lie in. */
unsigned long percpu_nr_pages(void);

/* First broken rule as text, or NULL. */
const char *percpu_validate(void);

#endif
