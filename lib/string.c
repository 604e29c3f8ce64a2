/*
 * The C library's memory and string functions for a kernel without one.
 *
 * Compilers know these functions and replace a loop that does the same work
 * by a call of them: inside memset() that call would never end. So each loop
 * passes its pointer through HIDE(), an empty asm statement: no instruction,
 * but the compiler no longer sees where the pointer goes.
 *
 * Copies go word by word where both sides can be aligned at once, byte by
 * byte elsewhere. Architectures may bring faster ones: those here are weak.
 */
#include <lib/compiler.h>
#include <lib/string.h>

#ifndef STRATA_HOSTED

typedef unsigned long __attribute__((may_alias)) word_t;

#define WORD sizeof(word_t)
#define HIDE(p) __asm__("" : "+r"(p))

static inline size_t misalign(const void *p)
{
	return (uintptr_t)p % WORD;
}

static void copy_up(u8 *d, const u8 *s, size_t n)
{
	if (misalign(d) == misalign(s)) {
		for (; n && misalign(d); n--) {
			*d++ = *s++;
			HIDE(d);
		}
		for (; n >= WORD; n -= WORD, d += WORD, s += WORD) {
			*(word_t *)d = *(const word_t *)s;
			HIDE(d);
		}
	}
	while (n--) {
		*d++ = *s++;
		HIDE(d);
	}
}

/* From the ends downwards: d and s are one past the bytes still to go. */
static void copy_down(u8 *d, const u8 *s, size_t n)
{
	d += n;
	s += n;
	if (misalign(d) == misalign(s)) {
		for (; n && misalign(d); n--) {
			*--d = *--s;
			HIDE(d);
		}
		for (; n >= WORD; n -= WORD) {
			d -= WORD;
			s -= WORD;
			*(word_t *)d = *(const word_t *)s;
			HIDE(d);
		}
	}
	while (n--) {
		*--d = *--s;
		HIDE(d);
	}
}

__weak void *memcpy(void *dst, const void *src, size_t n)
{
	copy_up(dst, src, n);
	return dst;
}

__weak void *memmove(void *dst, const void *src, size_t n)
{
	/* Going up is right unless dst begins inside [src, src + n). */
	if ((uintptr_t)dst - (uintptr_t)src >= n)
		copy_up(dst, src, n);
	else
		copy_down(dst, src, n);
	return dst;
}

__weak void *memset(void *dst, int c, size_t n)
{
	word_t word = ~0UL / 0xff * (u8)c;
	u8 *d = dst;

	for (; n && misalign(d); n--) {
		*d++ = (u8)c;
		HIDE(d);
	}
	for (; n >= 4 * WORD; n -= 4 * WORD, d += 4 * WORD) {
		word_t *w = (word_t *)d;

		w[0] = w[1] = word;
		w[2] = w[3] = word;
		HIDE(d);
	}
	for (; n >= WORD; n -= WORD, d += WORD) {
		*(word_t *)d = word;
		HIDE(d);
	}
	while (n--) {
		*d++ = (u8)c;
		HIDE(d);
	}
	return dst;
}

__weak int memcmp(const void *a, const void *b, size_t n)
{
	const u8 *p = a, *q = b;

	for (; n; n--, p++, q++) {
		if (*p != *q)
			return *p - *q;
		HIDE(p);
	}
	return 0;
}

void *memchr(const void *s, int c, size_t n)
{
	const u8 *p = s;

	for (; n; n--, p++) {
		if (*p == (u8)c)
			return (void *)(uintptr_t)p;
		HIDE(p);
	}
	return NULL;
}

size_t strnlen(const char *s, size_t max)
{
	const char *p = s;

	for (; max && *p; max--, p++)
		HIDE(p);
	return (size_t)(p - s);
}

size_t strlen(const char *s)
{
	return strnlen(s, SIZE_MAX);
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n; n--, a++, b++) {
		if (*a != *b)
			return (u8)*a - (u8)*b;
		if (!*a)
			return 0;
		HIDE(a);
	}
	return 0;
}

int strcmp(const char *a, const char *b)
{
	return strncmp(a, b, SIZE_MAX);
}

char *strchr(const char *s, int c)
{
	for (;; s++) {
		if (*s == (char)c)
			return (char *)(uintptr_t)s;
		if (!*s)
			return NULL;
		HIDE(s);
	}
}

char *strrchr(const char *s, int c)
{
	const char *last = NULL;

	for (;; s++) {
		if (*s == (char)c)
			last = s;
		if (!*s)
			return (char *)(uintptr_t)last;
		HIDE(s);
	}
}

char *strstr(const char *s, const char *find)
{
	size_t n = strlen(find);

	for (;; s++) {
		if (!strncmp(s, find, n))
			return (char *)(uintptr_t)s;
		if (!*s)
			return NULL;
	}
}

#endif
