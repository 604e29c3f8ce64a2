/*
 * Memory and string functions, as in the C library. In the kernel they are
 * ours (lib/string.c); hosted builds use the C library's.
 */
#ifndef LIB_STRING_H
#define LIB_STRING_H

#include <lib/types.h>

void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);

/*
 * SANITIZE=kasan: those three check what they are given (mm/kasan/string.c);
 * the plain ones have names of their own. Files that are built without checks
 * mean the plain ones.
 */
#ifdef CONFIG_KASAN
void *__memcpy(void *dst, const void *src, size_t n);
void *__memmove(void *dst, const void *src, size_t n);
void *__memset(void *dst, int c, size_t n);
#ifdef KASAN_PLAIN
#define memcpy(dst, src, n) __memcpy(dst, src, n)
#define memmove(dst, src, n) __memmove(dst, src, n)
#define memset(dst, c, n) __memset(dst, c, n)
#endif
#endif

int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *s, int c, size_t n);

size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
char *strstr(const char *s, const char *find);

/*
 * Ours everywhere. strscpy: always terminated; the length, or -E2BIG (-7) if
 * cut. memchr_inv: the first byte that differs from c, or NULL.
 * glob_match: '*' and '?', whole string. Counterparts: Linux's of that name.
 */
long strscpy(char *dst, const char *src, size_t size);
void *memchr_inv(const void *s, int c, size_t n);
bool glob_match(const char *pattern, const char *s);

/* Clears what nobody will read any more; no compiler leaves it out. */
static inline void memzero_explicit(void *s, size_t n)
{
	memset(s, 0, n);
	__asm__ volatile("" : : "r"(s) : "memory");
}

#endif
