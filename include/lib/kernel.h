/* Small macros that every file wants: sizes, rounding, minimum, container. */
#ifndef LIB_KERNEL_H
#define LIB_KERNEL_H

#include <lib/compiler.h>
#include <lib/types.h>

#define SZ_1K 0x400UL
#define SZ_4K 0x1000UL
#define SZ_64K 0x10000UL
#define SZ_1M 0x100000UL
#define SZ_2M 0x200000UL
#define SZ_4M 0x400000UL
#define SZ_16M 0x1000000UL
#define SZ_64M 0x4000000UL
#define SZ_1G 0x40000000UL
#define SZ_4G 0x100000000ULL

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define container_of(ptr, type, member) \
	((type *)((char *)(ptr) - offsetof(type, member)))

/* Powers of two only; ALIGN rounds up and may wrap past the type's end. */
#define ALIGN(x, a) \
	(((x) + ((__typeof__(x))(a) - 1)) & ~((__typeof__(x))(a) - 1))
#define ALIGN_DOWN(x, a) ((x) & ~((__typeof__(x))(a) - 1))
#define IS_ALIGNED(x, a) (((x) & ((__typeof__(x))(a) - 1)) == 0)

#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))
#define is_power_of_2(n) ((n) != 0 && ((n) & ((n) - 1)) == 0)

/* Arguments are evaluated once; the names differ so that calls may nest. */
#define __select(a, op, b, x, y) ({ __typeof__(a) x = (a); \
	__typeof__(b) y = (b); x op y ? x : y; })
#define __paste_(a, b) a##b
#define __paste(a, b) __paste_(a, b)
#define __unique(name) __paste(name, __COUNTER__)
#define min(a, b) __select(a, <, b, __unique(_a), __unique(_b))
#define max(a, b) __select(a, >, b, __unique(_a), __unique(_b))
#define min_t(t, a, b) min((t)(a), (t)(b))
#define max_t(t, a, b) max((t)(a), (t)(b))
#define clamp(v, lo, hi) min(max(v, lo), hi)

#define swap(a, b) do { __typeof__(a) _t = (a); (a) = (b); (b) = _t; } while (0)

#endif
