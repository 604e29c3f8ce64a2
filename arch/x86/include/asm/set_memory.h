/*
 * What pages of the vmalloc area may be used for. Counterpart:
 * asm/set_memory.h (6.12).
 */
#ifndef ASM_SET_MEMORY_H
#define ASM_SET_MEMORY_H

/*
 * numpages pages from addr on, all of them in one area in use. All CPUs know
 * when the call returns; 2 MiB pages that stick out are split. May sleep.
 * 0; -ENOMEM; -EINVAL: not such pages, or they would be writable and
 * executable: to be executed they must be read-only first, to be written to
 * not executable. The direct map's view of the same memory stays RW-.
 */
int set_memory_ro(unsigned long addr, int numpages);
int set_memory_rw(unsigned long addr, int numpages);
int set_memory_nx(unsigned long addr, int numpages);
int set_memory_x(unsigned long addr, int numpages);

#endif
