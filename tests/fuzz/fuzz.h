/*
 * What fuzz targets share.
 *
 * A target is one file: fuzz_begin(), called once, and fuzz_one(), called for
 * each input. What it finds wrong it says with fuzz_fail(), which ends the
 * process; so do the sanitizers, a guard page, and a report of wrong use. Each
 * input must find the world as the first one did, and leave it so. Those that
 * need a whole machine have one CPU and one node: the same bytes do the same
 * thing each time.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <lib/compiler.h>
#include <lib/types.h>

/* An input, eaten from the front. */
struct input {
	const u8 *next, *end;
};

void fuzz_begin(void);
void fuzz_one(struct input *in);

void fuzz_fail(const char *fmt, ...) __printf(1, 2) __noreturn;

/* Fails with the text a *_validate() gave, if it is one. */
void fuzz_valid(const char *broken);

static inline size_t input_left(const struct input *in)
{
	return (size_t)(in->end - in->next);
}

/* Little-endian numbers; what lies behind the end is zero. */
u64 take(struct input *in, unsigned int bytes);
static inline u8 take_byte(struct input *in)
{
	return (u8)take(in, 1);
}

/* 0 to bound - 1; bound is 1 or more. */
static inline u32 take_below(struct input *in, u32 bound)
{
	return (u32)take(in, bound > 256 ? 2 : 1) % bound;
}

/*
 * Memory of exactly size bytes (at most GUARD_ROOM) that ends where an
 * inaccessible page begins, but for what align needs; the sanitizer watches
 * its front. Any access behind it is a fault, whoever makes it. There are
 * GUARD_SLOTS; what a slot gave before is closed.
 */
#define GUARD_SLOTS 8
#define GUARD_ROOM 0x40000UL
void *guard_open(unsigned int slot, size_t size, size_t align);
void guard_close(unsigned int slot);

/*
 * Contents: a block is filled with words of its id, and must still have them
 * when it is given back. Ids differ between blocks that live together.
 */
void fuzz_fill(void *p, size_t size, u32 id);
void fuzz_check(const void *p, size_t size, u32 id);

/* What a build without libFuzzer calls, too: libFuzzer's own interface. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
