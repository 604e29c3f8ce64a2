/*
 * The three functions that access a range in one call: checked as one access
 * to either side, then done by the plain ones of lib/string.c, which have
 * other names in this build (<lib/string.h>).
 */
#include <lib/compiler.h>
#include <lib/string.h>

#include "kasan.h"

#undef memcpy
#undef memmove
#undef memset

void *memcpy(void *dst, const void *src, size_t n)
{
	kasan_check((unsigned long)src, n, false, _RET_IP_);
	kasan_check((unsigned long)dst, n, true, _RET_IP_);
	return __memcpy(dst, src, n);
}

void *memmove(void *dst, const void *src, size_t n)
{
	kasan_check((unsigned long)src, n, false, _RET_IP_);
	kasan_check((unsigned long)dst, n, true, _RET_IP_);
	return __memmove(dst, src, n);
}

void *memset(void *dst, int c, size_t n)
{
	kasan_check((unsigned long)dst, n, true, _RET_IP_);
	return __memset(dst, c, n);
}
