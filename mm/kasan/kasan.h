/* What the files of KASAN share. Theory: check.c. */
#ifndef MM_KASAN_KASAN_H
#define MM_KASAN_KASAN_H

#include <asm/kasan.h>
#include <mm/kasan.h>
#include <mm/page.h>

/*
 * Why a granule may not be accessed. Values are the compiler's and Linux's, but
 * where it says so.
 */
enum kasan_poison {
	KASAN_PAGE_FREE = 0xff,
	KASAN_PAGE_REDZONE = 0xfe,	/* behind a large kmalloc */
	KASAN_SLAB_REDZONE = 0xfc,
	KASAN_SLAB_FREE = 0xfb,
	KASAN_GLOBAL_REDZONE = 0xf9,
	KASAN_USE_AFTER_SCOPE = 0xf8,
	KASAN_VMALLOC_INVALID = 0xf7,	/* ours: nobody's, slack, guard */
	KASAN_VMALLOC_FREE = 0xf6,	/* ours */
	KASAN_STACK_PARTIAL = 0xf4,
	KASAN_STACK_RIGHT = 0xf3,
	KASAN_STACK_MID = 0xf2,
	KASAN_STACK_LEFT = 0xf1,
};

/* shadow.c. addr begins a granule; what is left of the last one goes too. */
void kasan_poison(const void *addr, size_t size, enum kasan_poison why);
/*
 * First byte in [addr, addr + size) that may not be accessed; 0: none that is
 * known of. The second: all of it has shadow.
 */
unsigned long kasan_first_bad(unsigned long addr, size_t size);
unsigned long kasan_first_bad_shadow(unsigned long addr, size_t size);

/* vmalloc.c: the same for addresses of the vmalloc area. */
unsigned long kasan_vmalloc_first_bad(unsigned long addr, size_t size);

/* check.c: an access by somebody; reports it if it is a bad one. */
void kasan_check(unsigned long addr, size_t size, bool write,
		 unsigned long ip);

/* report.c: tells of an access that is known to be bad. */
void kasan_report(unsigned long addr, size_t size, bool write,
		  unsigned long ip);

/* The compiler's record of a global. */
struct kasan_global {
	const void *start;
	size_t size, size_with_redzone;
	const char *name, *file;
	unsigned long has_dynamic_init;
	const void *place;
	unsigned long odr_indicator;
};

/* globals.c: the one whose object or red zone holds addr, or NULL. */
const struct kasan_global *kasan_find_global(unsigned long addr);

/* slab.c: says what object addr is in or beside. False: none. */
bool kasan_describe_object(unsigned long addr);

#endif
