/*
 * Accesses that nobody may make, made on purpose: each is reported once, with
 * kind, object, and who had it; and the kernel goes on. In a build with
 * SANITIZE=kasan; elsewhere they would do harm, and nothing is done.
 */
#include <kernel/ktest.h>

#ifdef CONFIG_KASAN
#include <lib/kernel.h>
#include <lib/random.h>
#include <lib/string.h>
#include <mm/gfp.h>
#include <mm/highmem.h>
#include <mm/kasan.h>
#include <mm/memory_model.h>
#include <mm/mm.h>
#include <mm/slab.h>

#include "../../../mm/slab_internal.h"

/* An address the compiler knows nothing of. */
#define UNKNOWN(p) ({ __typeof__((p) + 0) u_ = (p); \
	__asm__ volatile("" : "+r"(u_)); u_; })

static const size_t sizes[] = {
	1, 7, 8, 13, 18, 32, 64, 90, 96, 100, 128, 192, 500, 1024, 2000, 4096,
	8000, 8192
};

static noinline void read_at(const char *p)
{
	(void)*(const volatile char *)UNKNOWN(p);
}

static noinline void write_at(char *p)
{
	*(volatile char *)UNKNOWN(p) = 'w';
}

/* One report, of that kind; others of the words are in it too. */
#define EXPECT(t, kind, words, stmt) do { \
	KTEST_EXPECT_REPORTS(t, 1, "BUG: KASAN: " kind, stmt); \
	expect_words(t, words); \
} while (0)

static void expect_words(struct ktest *t, const char *words)
{
	if (!KTEST_EXPECT_NOT_NULL(t, strstr(report_capture_text(), words)))
		ktest_note(t, "wanted \"%s\", told: %s", words,
			   report_capture_text());
}

/* ----- slab objects ----- */

static void accesses_behind_an_object_are_reported(struct ktest *t)
{
	unsigned int i, n;
	char *p;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		p = kmalloc(UNKNOWN(sizes[i]), GFP_KERNEL);
		KTEST_ASSERT_NOT_NULL(t, p);
		for (n = 0; n < 8; n++) {
			EXPECT(t, "slab-out-of-bounds in read_at", "read of size 1",
			       read_at(p + sizes[i] + n));
			EXPECT(t, "slab-out-of-bounds in write_at", "write of size 1",
			       write_at(p + sizes[i] + n));
		}
		expect_words(t, "7 bytes behind object");
		expect_words(t, "cache kmalloc-");
		expect_words(t, "accesses_behind_an_object_are_reported+");
		kfree(p);
	}
}

static void accesses_before_an_object_are_reported(struct ktest *t)
{
	unsigned int i;
	int n;
	char *p;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		p = kmalloc(UNKNOWN(sizes[i]), GFP_KERNEL);
		KTEST_ASSERT_NOT_NULL(t, p);
		for (n = 1; n <= 8; n++) {
			EXPECT(t, "slab-out-of-bounds in read_at", "before object",
			       read_at(p - n));
			EXPECT(t, "slab-out-of-bounds in write_at", "before object",
			       write_at(p - n));
		}
		kfree(p);
	}
}

/* Where an access begins inside, and of which size it is. */
static void access_that_begins_inside_is_reported_once(struct ktest *t)
{
	char *p = kmalloc(UNKNOWN(20), GFP_KERNEL);

	KTEST_ASSERT_NOT_NULL(t, p);
	EXPECT(t, "slab-out-of-bounds", "write of size 8",
	       *(volatile u64 *)UNKNOWN(p + 16) = 0);
	expect_words(t, "0 bytes behind object");
	EXPECT(t, "slab-out-of-bounds", "read of size 4",
	       (void)*(volatile u32 *)UNKNOWN(p + 18));
	KTEST_EXPECT_REPORTS(t, 0, "", *(volatile u32 *)UNKNOWN(p + 16) = 0);
	kfree(p);
}

/* One of size bytes, as compiled code asks before it. */
static noinline void load_at(const char *p, size_t size)
{
	p = UNKNOWN(p);
	if (size == 2)
		(void)*(const volatile u16 *)p;
	else if (size == 4)
		(void)*(const volatile u32 *)p;
	else
		(void)*(const volatile u64 *)p;
}

/* Whole granules up to the end: the one the access begins in is all usable. */
static void unaligned_accesses_across_an_edge_are_reported(struct ktest *t)
{
	char *p = kmalloc(UNKNOWN(64), GFP_KERNEL);
	size_t size, in;

	KTEST_ASSERT_NOT_NULL(t, p);
	for (size = 2; size <= 8; size *= 2) {
		for (in = 1; in < size; in++) {
			EXPECT(t, "slab-out-of-bounds in load_at",
			       "0 bytes behind object",
			       load_at(p + 64 - in, size));
			EXPECT(t, "slab-out-of-bounds in load_at",
			       "before object", load_at(p - in, size));
		}
		for (in = 0; in <= 64 - size; in++)
			KTEST_EXPECT_REPORTS(t, 0, "", load_at(p + in, size));
	}
	kfree(p);
}

static void freed_object(struct ktest *t, char *p, size_t size,
			 const char *words)
{
	const size_t at[] = { 0, size / 2, size - 1 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(at); i++) {
		KTEST_EXPECT_REPORTS(t, 1, words, read_at(p + at[i]));
		KTEST_EXPECT_REPORTS(t, 1, words, write_at(p + at[i]));
	}
}

static void accesses_after_free_are_reported(struct ktest *t)
{
	unsigned int i;
	char *p;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		p = kmalloc(UNKNOWN(sizes[i]), GFP_KERNEL);
		KTEST_ASSERT_NOT_NULL(t, p);
		kfree(p);
		freed_object(t, p, sizes[i], "KASAN: slab-use-after-free");
		expect_words(t, "allocated by thread");
		expect_words(t, "freed by thread");
		expect_words(t, "accesses_after_free_are_reported+");
	}
}

static void accesses_are_reported_long_after_free(struct ktest *t)
{
	char *p = kmalloc(100, GFP_KERNEL), *q;
	unsigned int i;

	KTEST_ASSERT_NOT_NULL(t, p);
	kfree(p);
	for (i = 0; i < 500; i++) {
		q = kmalloc(100, GFP_KERNEL);
		KTEST_EXPECT_TRUE(t, q != p);
		kfree(q);
	}
	freed_object(t, p, 100, "KASAN: slab-use-after-free");
}

static void accesses_are_reported_behind_quarantine(struct ktest *t)
{
	struct kmem_cache *s = kmem_cache_create("t", 80, 0, 0, NULL);
	char *keep = kmem_cache_alloc(s, GFP_KERNEL);
	char *p = kmem_cache_alloc(s, GFP_KERNEL);

	kmem_cache_free(s, p);
	kmem_cache_shrink(s);
	freed_object(t, p, 80, "KASAN: slab-use-after-free");
	kmem_cache_free(s, keep);
	kmem_cache_destroy(s);
	freed_object(t, p, 80, "KASAN: use-after-free of a page");
}

/* What it frees does not make the objects of others leave at once. */
static void one_cache_leaves_room_in_quarantine(struct ktest *t)
{
	struct kmem_cache *many = kmem_cache_create("many", 1000, 0, 0, NULL);
	struct kmem_cache *one = kmem_cache_create("one", 4000, 0, 0, NULL);
	size_t bytes, ram = totalram_pages() * PAGE_SIZE;
	void *p;

	kmem_cache_shrink_all();
	for (bytes = 0; bytes < ram / 16; bytes += 1000) {
		p = kmem_cache_alloc(many, GFP_KERNEL);
		KTEST_ASSERT_NOT_NULL(t, p);
		kmem_cache_free(many, p);
	}
	p = kmem_cache_alloc(one, GFP_KERNEL);
	KTEST_ASSERT_NOT_NULL(t, p);
	kmem_cache_free(one, p);
	KTEST_EXPECT_FALSE(t, kasan_quarantine_empty(this_cpu_ptr(one->cpu)));
	kmem_cache_destroy(one);
	kmem_cache_destroy(many);
}

static void wrong_frees_are_reported(struct ktest *t)
{
	char *p = kmalloc(64, GFP_KERNEL);

	KTEST_EXPECT_REPORTS(t, 1, "inside an object", kfree(p + 8));
	kfree(p);
	KTEST_EXPECT_REPORTS(t, 1, "double free", kfree(p));
	expect_words(t, "freed by thread");
	kmem_cache_shrink_all();
	KTEST_EXPECT_REPORTS(t, 1, "", kfree(p));
}

static void construct(void *p)
{
	memset(p, 'c', 48);
}

static void constructed_objects_are_watched_as_well(struct ktest *t)
{
	struct kmem_cache *s = kmem_cache_create("t", 48, 0, 0, construct);
	char *p = kmem_cache_alloc(s, GFP_KERNEL);

	KTEST_EXPECT_NULL(t, memchr_inv(p, 'c', 48));
	EXPECT(t, "slab-out-of-bounds", "write of size 1", write_at(p + 48));
	kmem_cache_free(s, p);
	EXPECT(t, "slab-use-after-free", "read of size 1", read_at(p));
	kmem_cache_destroy(s);
}

static void krealloc_moves_the_end(struct ktest *t)
{
	char *p = krealloc(kmalloc(40, GFP_KERNEL), 60, GFP_KERNEL), *q;

	KTEST_ASSERT_NOT_NULL(t, p);
	KTEST_EXPECT_REPORTS(t, 0, "", write_at(p + 59));
	EXPECT(t, "slab-out-of-bounds", "", write_at(p + 60));
	p = krealloc(p, 33, GFP_KERNEL);
	EXPECT(t, "slab-out-of-bounds", "", write_at(p + 33));
	q = krealloc(p, 65, GFP_KERNEL);
	EXPECT(t, "slab-use-after-free", "", read_at(p));
	kfree(q);
}

static void ksize_opens_a_block_to_its_end(struct ktest *t)
{
	static const size_t asked[] = { 1, 50, 65, 1000, 5000, 9000, 20001 };
	unsigned int i;
	size_t size;
	char *p;

	for (i = 0; i < ARRAY_SIZE(asked); i++) {
		p = kmalloc(UNKNOWN(asked[i]), GFP_KERNEL);
		KTEST_ASSERT_NOT_NULL(t, p);
		EXPECT(t, "", "out-of-bounds", write_at(p + asked[i]));
		size = ksize(p);
		KTEST_EXPECT_REPORTS(t, 0, "", memset(p, 0, size));
		if (size <= KMALLOC_MAX_CACHE_SIZE)
			EXPECT(t, "slab-out-of-bounds", "0 bytes behind object",
			       write_at(p + size));
		kfree(p);
	}
}

/* ----- pages ----- */

static void freed_pages_are_watched(struct ktest *t)
{
	struct page *page = alloc_pages(GFP_KERNEL, 2);
	char *p = page_address(page);

	KTEST_EXPECT_REPORTS(t, 0, "", write_at(p + 4 * PAGE_SIZE - 1));
	__free_pages(page, 2);
	EXPECT(t, "use-after-free of a page", "read of size 1", read_at(p));
	EXPECT(t, "use-after-free of a page", "write of size 1",
	       write_at(p + 4 * PAGE_SIZE - 1));
}

static void end_of_a_large_block_is_watched(struct ktest *t)
{
	char *p = kmalloc(20001, GFP_KERNEL);

	KTEST_ASSERT_NOT_NULL(t, p);
	KTEST_EXPECT_REPORTS(t, 0, "", write_at(p + 20000));
	EXPECT(t, "page-out-of-bounds", "", write_at(p + 20001));
	EXPECT(t, "page-out-of-bounds", "", read_at(p + 32767));
	p = krealloc(p, 30000, GFP_KERNEL);
	KTEST_EXPECT_REPORTS(t, 0, "", write_at(p + 29999));
	EXPECT(t, "page-out-of-bounds", "", write_at(p + 30000));
	kfree(p);
	EXPECT(t, "use-after-free of a page", "", read_at(p + 1));
}

/* ----- what compiled code has of its own ----- */

static char global[13];
static int behind_it[5];

static void accesses_behind_a_global_are_reported(struct ktest *t)
{
	unsigned int n;

	KTEST_EXPECT_REPORTS(t, 0, "", write_at(global + 12));
	for (n = 0; n < 8; n++) {
		EXPECT(t, "global-out-of-bounds", "variable 'global' of ",
		       read_at(global + 13 + n));
		EXPECT(t, "global-out-of-bounds", "",
		       write_at(global + 13 + n));
	}
	EXPECT(t, "global-out-of-bounds", "variable 'behind_it'",
	       read_at((char *)(behind_it + 5)));
}

static void accesses_beside_a_local_are_reported(struct ktest *t)
{
	char local[10], *p = UNKNOWN((char *)local);
	unsigned int n;

	memset(p, 0, sizeof(local));
	for (n = 0; n < 8; n++)
		EXPECT(t, "stack-out-of-bounds", "read of size 1",
		       read_at(p + 10 + n));
	EXPECT(t, "stack-out-of-bounds", "read of size 1", read_at(p - 1));
	KTEST_EXPECT_REPORTS(t, 0, "", write_at(p + 9));
}

static void ranges_are_one_access(struct ktest *t)
{
	char *p = kmalloc(UNKNOWN(50), GFP_KERNEL);
	char *q = kmalloc(UNKNOWN(200), GFP_KERNEL);

	KTEST_ASSERT_TRUE(t, p && q);
	KTEST_EXPECT_REPORTS(t, 0, "", memset(p, 0, UNKNOWN(50)));
	EXPECT(t, "slab-out-of-bounds", "write of size 51",
	       memset(p, 0, UNKNOWN(51)));
	EXPECT(t, "slab-out-of-bounds", "read of size 60",
	       memcpy(q, p, UNKNOWN(60)));
	EXPECT(t, "slab-out-of-bounds", "write of size 60",
	       memcpy(p, q, UNKNOWN(60)));
	EXPECT(t, "slab-out-of-bounds", "write of size 20",
	       memmove(p + 31, q, UNKNOWN(20)));
	kfree(q);
	EXPECT(t, "slab-use-after-free", "read of size 8",
	       memcpy(p, q, UNKNOWN(8)));
	kfree(p);
}

/* What the compiler calls before an access; here without the access. */
void __asan_load8_noabort(unsigned long addr);
void __asan_store1_noabort(unsigned long addr);

static void addresses_that_are_nobodys_are_told_apart(struct ktest *t)
{
	EXPECT(t, "null-ptr-deref", "read of size 8", __asan_load8_noabort(16));
	EXPECT(t, "user-memory-access", "write of size 1",
	       __asan_store1_noabort(0x400000));
	EXPECT(t, "wild-memory-access", "read of size 8",
	       __asan_load8_noabort(0xdead000000000100));
	KTEST_EXPECT_REPORTS(t, 0, "",
			     __asan_load8_noabort((unsigned long)vmemmap));
}

/* ----- and nothing else ----- */

#define HELD 64

static void fill(char *p, size_t size)
{
	size_t i;

	for (i = 0; i < size; i += 1 + size / 16)
		p[i] = (char)i;
	p[size - 1] = 'l';
}

static void hundred_thousand_right_operations_are_silent(struct ktest *t)
{
	unsigned long before = kasan_reports();
	char *held[HELD] = { NULL };
	struct rng rng = rng_seed(1);
	unsigned int i, slot;
	size_t size;

	for (i = 0; i < 100000; i++) {
		slot = (unsigned int)rng_next(&rng) % HELD;
		size = 1 + (size_t)rng_next(&rng) % (i % 100 ? 600 : 20000);
		kfree(held[slot]);
		held[slot] = kmalloc(size, GFP_KERNEL);
		if (held[slot])
			fill(held[slot], size);
	}
	for (i = 0; i < HELD; i++)
		kfree(held[i]);
	KTEST_EXPECT_EQ(t, kasan_reports(), before);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(accesses_behind_an_object_are_reported),
	KTEST_CASE(accesses_before_an_object_are_reported),
	KTEST_CASE(access_that_begins_inside_is_reported_once),
	KTEST_CASE(unaligned_accesses_across_an_edge_are_reported),
	KTEST_CASE(accesses_after_free_are_reported),
	KTEST_CASE(accesses_are_reported_long_after_free),
	KTEST_CASE(accesses_are_reported_behind_quarantine),
	KTEST_CASE(one_cache_leaves_room_in_quarantine),
	KTEST_CASE(wrong_frees_are_reported),
	KTEST_CASE(constructed_objects_are_watched_as_well),
	KTEST_CASE(krealloc_moves_the_end),
	KTEST_CASE(ksize_opens_a_block_to_its_end),
	KTEST_CASE(freed_pages_are_watched),
	KTEST_CASE(end_of_a_large_block_is_watched),
	KTEST_CASE(accesses_behind_a_global_are_reported),
	KTEST_CASE(accesses_beside_a_local_are_reported),
	KTEST_CASE(ranges_are_one_access),
	KTEST_CASE(addresses_that_are_nobodys_are_told_apart),
	KTEST_CASE(hundred_thousand_right_operations_are_silent),
	{}
};

#else

static void bad_accesses_are_reported(struct ktest *t)
{
	ktest_skip(t, "not built with SANITIZE=kasan");
}

static const struct ktest_case cases[] = {
	KTEST_CASE(bad_accesses_are_reported),
	{}
};

#endif

KTEST_SUITE(kasan, cases);
