/* What fuzz targets share: see fuzz.h. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <asm/page.h>
#include <kernel/report.h>
#include <lib/kernel.h>

#include "../host/simulate.h"
#include "fuzz.h"

#ifdef __has_include
#if __has_include(<sanitizer/asan_interface.h>)
#include <sanitizer/asan_interface.h>
#endif
#endif
#ifndef ASAN_POISON_MEMORY_REGION
#define ASAN_POISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#endif

static struct {
	u8 *guard;		/* first byte that must not be touched */
	u8 *start;		/* NULL: closed */
} slots[GUARD_SLOTS];

void fuzz_fail(const char *fmt, ...)
{
	va_list args;

	fputs("\nfault: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputs("\n", stderr);
	abort();
}

void fuzz_valid(const char *broken)
{
	if (broken)
		fuzz_fail("broken rule: %s", broken);
}

u64 take(struct input *in, unsigned int bytes)
{
	unsigned int i;
	u64 value = 0;

	for (i = 0; i < bytes && in->next < in->end; i++)
		value |= (u64)*in->next++ << 8 * i;
	return value;
}

static u8 *make_slot(void)
{
	u8 *area = mmap(NULL, GUARD_ROOM + PAGE_SIZE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (area == MAP_FAILED ||
	    mprotect(area + GUARD_ROOM, PAGE_SIZE, PROT_NONE)) {
		perror("no guard page");
		exit(2);
	}
	ASAN_POISON_MEMORY_REGION(area, GUARD_ROOM);
	return area + GUARD_ROOM;
}

void guard_close(unsigned int slot)
{
	u8 *start = slots[slot].start;

	if (start)
		ASAN_POISON_MEMORY_REGION(start, slots[slot].guard - start);
	slots[slot].start = NULL;
}

void *guard_open(unsigned int slot, size_t size, size_t align)
{
	u8 *start;

	if (slot >= GUARD_SLOTS || size > GUARD_ROOM)
		fuzz_fail("guard: slot %u, %zu bytes", slot, size);
	if (!slots[slot].guard)
		slots[slot].guard = make_slot();
	guard_close(slot);
	start = slots[slot].guard - ALIGN(size, align);
	ASAN_UNPOISON_MEMORY_REGION(start, size);
	slots[slot].start = start;
	return start;
}

/* A word for each place, so that a block that moved is seen, too. */
static u32 word_at(u32 id, size_t at)
{
	return id * 0x9e3779b1u + (u32)at;
}

void fuzz_fill(void *p, size_t size, u32 id)
{
	u8 *bytes = p;
	size_t at;
	u32 word;

	for (at = 0; at + 4 <= size; at += 4) {
		word = word_at(id, at);
		memcpy(bytes + at, &word, 4);
	}
	word = word_at(id, at);
	memcpy(bytes + at, &word, size - at);
}

void fuzz_check(const void *p, size_t size, u32 id)
{
	const u8 *bytes = p;
	size_t at;
	u32 word, found;

	for (at = 0; at + 4 <= size; at += 4) {
		memcpy(&found, bytes + at, 4);
		if (found != word_at(id, at))
			fuzz_fail("block %u: byte %zu of %zu was overwritten",
				  id, at, size);
	}
	word = word_at(id, at);
	if (memcmp(bytes + at, &word, size - at))
		fuzz_fail("block %u: the end of %zu was overwritten", id,
			  size);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	simulate_quietly(NULL);
	simulate_abort();
	fuzz_begin();
	if (getenv("FUZZ_LOG"))
		simulate_quietly(stderr);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, data + size };
	unsigned int slot;

	fuzz_one(&in);
	for (slot = 0; slot < GUARD_SLOTS; slot++)
		guard_close(slot);
	if (report_uncaptured())
		fuzz_fail("wrong use was reported: FUZZ_LOG=1 shows it");
	return 0;
}
