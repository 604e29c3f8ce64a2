/*
 * slub-kunit: the behaviours that Linux's slub_kunit tests, under its names,
 * the way a stranger would test them: through <mm/slab.h>, with strong
 * functions of its own for slab_add_kunit_errors() and slab_in_kunit_test().
 * Each finding and each repair is counted, and not a line is printed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <asm/machine.h>
#include <lib/kernel.h>
#include <mm/mm.h>
#include <mm/slab.h>

/* A test looks at two fields of a cache: flags and offset. */
#include "../../mm/slab_internal.h"
#include "simulate.h"
#include "start.h"

#define RED_ACTIVE 0xcc

static unsigned int slab_errors;
static bool in_test, failed;

bool slab_add_kunit_errors(void)
{
	slab_errors += in_test;
	return in_test;
}

bool slab_in_kunit_test(void)
{
	return in_test;
}

static void expect(bool ok, const char *text, int line)
{
	if (ok)
		return;
	printf("# line %d: %s\n", line, text);
	failed = true;
}

#define EXPECT(c) expect(c, #c, __LINE__)

static struct kmem_cache *test_cache(const char *name, unsigned int size,
				     slab_flags_t flags)
{
	struct kmem_cache *s = kmem_cache_create(name, size, 0,
						 flags | SLAB_NO_USER_FLAGS,
						 NULL);

	if (!s)
		exit(2);
	return s;
}

/* Errors of one look. */
static unsigned int validate(struct kmem_cache *s)
{
	slab_errors = 0;
	validate_slab_cache(s);
	return slab_errors;
}

static void test_clobber_zone(void)
{
	struct kmem_cache *s = test_cache("TestSlub_RZ_alloc", 64,
					  SLAB_RED_ZONE);
	u8 *p = kmem_cache_alloc(s, GFP_KERNEL);

	p[64] = 0x12;
	EXPECT(validate(s) == 2);
	EXPECT(validate(s) == 0);
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
}

static void test_next_pointer(void)
{
	struct kmem_cache *s = test_cache("TestSlub_next_ptr_free", 64,
					  SLAB_POISON);
	u8 *p = kmem_cache_alloc(s, GFP_KERNEL);
	unsigned long *link = (unsigned long *)(p + s->offset);
	unsigned long right;

	kmem_cache_free(s, p);
	right = *link;
	p[s->offset] = (u8)~p[s->offset];
	/* the broken chain, the count that is wrong by it, its repair */
	EXPECT(validate(s) == 3);
	*link = right;
	/* the count again, which had been made right for a broken chain */
	EXPECT(validate(s) == 2);
	EXPECT(validate(s) == 0);
	kmem_cache_destroy(s);
}

/* One byte written after the free. */
static void clobber_free(const char *name, slab_flags_t flags, unsigned int at,
			 u8 value)
{
	struct kmem_cache *s = test_cache(name, 64, flags);
	u8 *p = kmem_cache_alloc(s, GFP_KERNEL);

	kmem_cache_free(s, p);
	p[at] = value;
	EXPECT(validate(s) == 2);
	EXPECT(validate(s) == 0);
	kmem_cache_destroy(s);
}

static void test_first_word(void)
{
	clobber_free("TestSlub_1th_word_free", SLAB_POISON, 0, 0x78);
}

static void test_clobber_50th_byte(void)
{
	clobber_free("TestSlub_50th_word_free", SLAB_POISON, 50, 0x9a);
}

static void test_clobber_redzone_free(void)
{
	clobber_free("TestSlub_RZ_free", SLAB_RED_ZONE, 64, 0xab);
}

static void test_kmalloc_redzone_access(void)
{
	struct kmem_cache *s = test_cache("TestSlub_RZ_kmalloc", 32,
					  SLAB_KMALLOC | SLAB_STORE_USER |
					  SLAB_RED_ZONE);
	u8 *p = __kmalloc_cache_noprof(s, GFP_KERNEL, 18);

	p[18] = 0xab;
	p[19] = 0xab;
	EXPECT(validate(s) == 2);
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
}

/* Nothing at hand anywhere. */
static unsigned long free_pages_of_all_zones(void)
{
	unsigned long pages = 0;
	struct zone *zone;

	kmem_cache_shrink_all();
	drain_all_pages();
	for_each_zone(zone)
		pages += zone->nr_free_pages;
	return pages;
}

static void test_leak_destroy(void)
{
	struct kmem_cache *s = test_cache("TestSlub_leak_destroy", 64,
					  SLAB_NO_MERGE);
	unsigned long pages = free_pages_of_all_zones();

	kmem_cache_alloc(s, GFP_KERNEL);
	slab_errors = 0;
	kmem_cache_destroy(s);
	EXPECT(slab_errors == 2);
	/* gone all the same: the name is free */
	kmem_cache_destroy(test_cache("TestSlub_leak_destroy", 64,
				      SLAB_NO_MERGE));
	EXPECT(slab_errors == 2);
	/* and so is its memory: the test wants it back */
	EXPECT(free_pages_of_all_zones() >= pages);
}

static bool all(const u8 *p, unsigned int from, unsigned int to, u8 value)
{
	for (; from < to; from++)
		if (p[from] != value)
			return false;
	return true;
}

static void test_krealloc_redzone_zeroing(void)
{
	struct kmem_cache *s = test_cache("TestSlub_krealloc", 64,
					  SLAB_KMALLOC | SLAB_STORE_USER |
					  SLAB_RED_ZONE);
	u8 *p = __kmalloc_cache_noprof(s, GFP_KERNEL, 48);

	memset(p, 0xff, 48);
	p = krealloc(p, 40, GFP_KERNEL | __GFP_ZERO);
	EXPECT(all(p, 40, 64, RED_ACTIVE));
	p = krealloc(p, 56, GFP_KERNEL | __GFP_ZERO);
	EXPECT(all(p, 40, 56, 0) && all(p, 56, 64, RED_ACTIVE));
	EXPECT(validate(s) == 0);
	memset(p, 0xff, 56);
	p = krealloc(p, 112, GFP_KERNEL | __GFP_ZERO);
	EXPECT(all(p, 0, 56, 0xff) && all(p, 56, 112, 0));
	kfree(p);
	kmem_cache_destroy(s);
}

static const struct {
	const char *name;
	void (*run)(void);
} tests[] = {
#define TEST(fn) { #fn, fn }
	TEST(test_clobber_zone),
	TEST(test_next_pointer),
	TEST(test_first_word),
	TEST(test_clobber_50th_byte),
	TEST(test_clobber_redzone_free),
	TEST(test_kmalloc_redzone_access),
	TEST(test_leak_destroy),
	TEST(test_krealloc_redzone_zeroing),
};

int main(void)
{
	unsigned int i, nr_failed = 0;
	size_t printed;
	char *log;
	FILE *file;

	start_simulated_kernel(2);
	file = open_memstream(&log, &printed);
	if (!file)
		return 2;
	simulate_quietly(file);
	printf("KTAP version 1\n1..%zu\n", ARRAY_SIZE(tests));
	for (i = 0; i < ARRAY_SIZE(tests); i++) {
		failed = false;
		in_test = true;
		tests[i].run();
		in_test = false;
		fflush(file);
		EXPECT(printed == 0);
		printf("%sok %u - %s\n", failed ? "not " : "", i + 1,
		       tests[i].name);
		nr_failed += failed;
		rewind(file);
	}
	fflush(stdout);
	machine_exit(nr_failed ? VERDICT_FAIL : VERDICT_PASS);
}
