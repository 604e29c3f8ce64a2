/* Basic types. Widths come from the compiler's freestanding headers. */
#ifndef LIB_TYPES_H
#define LIB_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef signed char s8;
typedef short s16;
typedef int s32;
typedef long long s64;

/* A physical address. 64 bits on every target: PAE reaches beyond 4 GiB. */
typedef u64 phys_addr_t;

/* What a device is told: here the physical address. */
typedef u64 dma_addr_t;

/* How an allocation may go about it: <mm/gfp.h>. */
typedef unsigned int gfp_t;

#define PHYS_ADDR_MAX (~(phys_addr_t)0)

#endif
