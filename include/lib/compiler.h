/* What the compiler offers, under the names kernels use. */
#ifndef LIB_COMPILER_H
#define LIB_COMPILER_H

#ifndef likely
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#endif

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif
#ifndef noinline
#define noinline __attribute__((noinline))
#endif
#ifndef __packed
#define __packed __attribute__((packed))
#endif
#ifndef __aligned
#define __aligned(n) __attribute__((aligned(n)))
#endif
#ifndef __section
#define __section(s) __attribute__((section(s)))
#endif
#ifndef __noreturn
#define __noreturn __attribute__((noreturn))
#endif
#ifndef __used
#define __used __attribute__((used))
#endif
#ifndef __maybe_unused
#define __maybe_unused __attribute__((unused))
#endif
#ifndef __must_check
#define __must_check __attribute__((warn_unused_result))
#endif
#ifndef __weak
#define __weak __attribute__((weak))
#endif
#ifndef __printf
#define __printf(fmt, args) __attribute__((format(printf, fmt, args)))
#endif

#define barrier() __asm__ volatile("" : : : "memory")

/*
 * One access, not torn, not repeated, not left out. To the thread sanitizer
 * volatile says nothing, so it is told in words that it knows.
 */
#ifdef __SANITIZE_THREAD__
#define READ_ONCE(x) __atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, v) __atomic_store_n(&(x), v, __ATOMIC_RELAXED)
#else
#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))
#endif

/* Address of the caller: what reports name as the one who asked. */
#define _RET_IP_ ((unsigned long)__builtin_return_address(0))
/* Where we are. (cppcheck takes the label for a variable.) */
#ifdef __cppcheck__
#define _THIS_IP_ 0UL
#else
#define _THIS_IP_ ({ __label__ here; here: (unsigned long)&&here; })
#endif

#endif
