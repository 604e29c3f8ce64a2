/* Where things are in virtual memory; one file per target. */
#ifndef ASM_MEMORY_LAYOUT_H
#define ASM_MEMORY_LAYOUT_H

#ifdef __x86_64__
#include <asm/memory_layout_64.h>
#else
#include <asm/memory_layout_32.h>
#endif

#endif
