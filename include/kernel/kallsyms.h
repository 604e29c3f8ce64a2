/* The kernel's own symbol table. Counterpart: linux/kallsyms.h. */
#ifndef KERNEL_KALLSYMS_H
#define KERNEL_KALLSYMS_H

/*
 * Name of the function that holds addr, its offset in it and its size;
 * NULL if addr is not kernel text. Any context.
 */
const char *kallsyms_lookup(unsigned long addr, unsigned long *offset,
			    unsigned long *size);

#endif
