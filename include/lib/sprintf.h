/*
 * Formatting. Counterpart: Linux's vsnprintf.
 *
 * %d %i %u %x %X %o %c %s %% with flags "-+ 0#", width, precision, '*', and
 * the lengths hh h l ll z t. As in Linux, %#x puts 0x before a zero too.
 * Pointers:
 *	%p	hashed to "(____ptrval____)": kernel addresses are not shown
 *	%px	the address itself, where a report needs it
 *	%pS	symbol+0x12/0x40	(%pB: of a return address, ip - 1)
 *	%pa	phys_addr_t passed by reference: 0x0000000012345000
 * An unknown conversion is printed as it stands and consumes no argument.
 */
#ifndef LIB_SPRINTF_H
#define LIB_SPRINTF_H

#include <lib/compiler.h>
#include <lib/types.h>
#include <stdarg.h>

/* Length the whole text would have; at most size bytes are written, with 0. */
int kvsnprintf(char *buf, size_t size, const char *fmt, va_list args);
int ksnprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);
/* As ksnprintf, but the number of characters that are really in buf. */
int kscnprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);

/*
 * How %pS and %pB find a name; set by the kernel (kallsyms_lookup), NULL at
 * first: then they print the address.
 */
extern const char *(*sprintf_symbolize)(unsigned long addr,
					unsigned long *offset,
					unsigned long *size);

#endif
