/*
 * KASAN: may this address be accessed?
 *
 * The problem: C lets a pointer go anywhere. A write past the end of an object
 * hurts somebody else, later; a read of freed memory hurts nobody, until it
 * does. Debugged caches (mm/slub_debug.c) find the writes, afterwards. To find
 * both, at the instruction, each access must ask first.
 *
 *	int *p;			p[i] = 7	__asan_store4(&p[i]);
 *						p[i] = 7;
 *
 *  1. The compiler puts a call before every load and store that it cannot
 *     prove right. (Before those of a struct or a string: one, with a size.)
 *  2. The call looks at the shadow, a byte for each eight bytes of memory:
 *
 *	memory	|00 01 .. 07|08 .. .. 15|16 17 18 19 .. ..|24 ...
 *	shadow	|     0     |     0     |        2        |  fc
 *		 kmalloc(18): all eight  all eight  the first two   red zone
 *
 *  3. Who hands memory out marks what is handed out, and who takes it back
 *     what is taken back: pages (shadow.c), objects (slab.c), areas of vmalloc
 *     (vmalloc.c), and in compiled code locals and globals, with red zones
 *     between them.
 *  4. Freed objects wait a while in quarantine before they are anybody's
 *     again (quarantine.c), so that an access that comes late is still seen.
 *  5. A bad access is reported (report.c) and then done: the kernel goes on.
 *
 * Seen: every access by compiled C, and the ranges given to memcpy(),
 * memmove() and memset(). Not seen: assembly; what jumps over a red zone into
 * another live object; memory that has no shadow (<asm/kasan.h>); and what
 * happens before the shadow is there.
 *
 * Files that must touch what nobody may (this directory, the allocator's own
 * links in free objects, stack traces) are built without the calls; they are
 * listed in the Makefile.
 *
 * Locks: none. Shadow is written by the owner of what it speaks for; who
 * checks an access of his own reads what his right to it made stable.
 * Cost: 1/8 of memory; about three times the instructions.
 */
#include <lib/compiler.h>

#include "kasan.h"

/* Nearly all accesses: up to 16 bytes, of granules that are wholly usable. */
static __always_inline bool plainly_good(unsigned long addr, size_t size)
{
	return size <= 16 && !*kasan_shadow(addr) &&
	       !*kasan_shadow(addr + size - 1) &&
	       (size <= 8 || !*kasan_shadow(addr + size / 2));
}

/* Out of line: what has no shadow, is long, or touches a marked granule. */
static noinline void check_closely(unsigned long addr, size_t size, bool write,
				   unsigned long ip)
{
	if (!size)
		return;
	if (addr + size < addr || kasan_address_is_wild(addr)) {
		kasan_report(addr, size, write, ip);
		return;
	}
	if (kasan_first_bad(addr, size))
		kasan_report(addr, size, write, ip);
}

static __always_inline void check(unsigned long addr, size_t size, bool write,
				  unsigned long ip)
{
	if (unlikely(!kasan_ready))
		return;
	if (unlikely(!kasan_has_fixed_shadow(addr) || !size ||
		     !kasan_has_fixed_shadow(addr + size - 1) ||
		     !plainly_good(addr, size)))
		check_closely(addr, size, write, ip);
}

void kasan_check(unsigned long addr, size_t size, bool write, unsigned long ip)
{
	check(addr, size, write, ip);
}

/* ----- what the compiler calls ----- */

#define DEFINE_CHECKS(size)						\
	void __asan_load##size##_noabort(unsigned long addr);		\
	void __asan_store##size##_noabort(unsigned long addr);		\
	void __asan_load##size##_noabort(unsigned long addr)		\
	{								\
		check(addr, size, false, _RET_IP_);			\
	}								\
	void __asan_store##size##_noabort(unsigned long addr)		\
	{								\
		check(addr, size, true, _RET_IP_);			\
	}

DEFINE_CHECKS(1)
DEFINE_CHECKS(2)
DEFINE_CHECKS(4)
DEFINE_CHECKS(8)
DEFINE_CHECKS(16)

void __asan_loadN_noabort(unsigned long addr, size_t size);
void __asan_storeN_noabort(unsigned long addr, size_t size);

void __asan_loadN_noabort(unsigned long addr, size_t size)
{
	check(addr, size, false, _RET_IP_);
}

void __asan_storeN_noabort(unsigned long addr, size_t size)
{
	check(addr, size, true, _RET_IP_);
}
