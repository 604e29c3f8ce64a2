/* What the drivers ask Frama-C, and what it is told of functions left out. */
#ifndef PROOF_EVA_H
#define PROOF_EVA_H

#include <__fc_builtin.h>
#include <stdarg.h>
#include <string.h>

#include <lib/types.h>

/*
 * lib/sprintf.c is no part of these proofs: it writes text of any kind into
 * the buffer, and no byte beside it. That the buffer is there is to be shown.
 */
/*@
  requires size == 0 || \valid(buf + (0 .. size - 1));
  assigns buf[0 .. size - 1] \from indirect:size, indirect:fmt[0 .. 63];
  assigns \result \from indirect:size, indirect:fmt[0 .. 63];
*/
int kvsnprintf(char *buf, size_t size, const char *fmt, va_list args);

/* The same of the log; and what the compiler has and Frama-C has not. */
/*@ assigns \result \from indirect:fmt[0 .. 63]; */
int printk(const char *fmt, ...);
#define __builtin_add_overflow(a, b, sum) eva_add_overflow(a, b, sum)

#endif
