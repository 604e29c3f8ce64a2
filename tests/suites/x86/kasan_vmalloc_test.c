/*
 * KASAN's shadow of the vmalloc area: accesses behind what was asked for, to
 * the guard, and after the free are told, with the area and who had it; right
 * ones are not; and the shadow goes when the area goes.
 */
#include <kernel/ktest.h>

#ifdef CONFIG_KASAN
#include <asm/ioremap.h>
#include <asm/kasan.h>
#include <lib/kernel.h>
#include <lib/random.h>
#include <lib/string.h>
#include <mm/kasan.h>
#include <mm/mm.h>
#include <mm/vmalloc.h>

#include "../../../mm/vmalloc_internal.h"
#include "../enough_memory.h"

/* What the compiler calls before an access; here without the access. */
void __asan_load1_noabort(unsigned long addr);
void __asan_store1_noabort(unsigned long addr);

static noinline void ask_read(const char *p)
{
	__asan_load1_noabort((unsigned long)p);
	barrier();	/* it comes back to here: this is who is told of */
}

static noinline void ask_write(const char *p)
{
	__asan_store1_noabort((unsigned long)p);
	barrier();
}

/* An access that is done, by code that knows nothing of its address. */
static noinline void write_at(char *p)
{
	__asm__ volatile("" : "+r"(p));
	*(volatile char *)p = 'w';
}

/* One report, of that kind; the words are in it, too. */
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

/* Small areas of all classes, their edges, and large ones. */
static const size_t sizes[] = {
	1, 7, 8, 100, PAGE_SIZE - 1, PAGE_SIZE, PAGE_SIZE + 1, 2 * PAGE_SIZE,
	3 * PAGE_SIZE + 5, 9 * PAGE_SIZE, 16 * PAGE_SIZE - 8, 16 * PAGE_SIZE,
	16 * PAGE_SIZE + 1, 100 * PAGE_SIZE + 77
};

static void bytes_asked_for_are_open(struct ktest *t)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		char *p = vmalloc(sizes[i]);

		KTEST_ASSERT_NOT_NULL(t, p);
		KTEST_EXPECT_REPORTS(t, 0, "", memset(p, 1, sizes[i]));
		KTEST_EXPECT_REPORTS(t, 0, "", write_at(p + sizes[i] - 1));
		vfree(p);
	}
}

static void accesses_behind_the_end_are_reported(struct ktest *t)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		size_t size = sizes[i], whole = PAGE_ALIGN(size);
		char *p = vmalloc(size);

		KTEST_ASSERT_NOT_NULL(t, p);
		EXPECT(t, "vmalloc-out-of-bounds in ask_read",
		       "read of size 1", ask_read(p + size));
		EXPECT(t, "vmalloc-out-of-bounds in ask_write",
		       "vmalloc area at", ask_write(p + max(size, whole - 1)));
		expect_words(t, "allocated by accesses_behind_the_end_are_rep");
		EXPECT(t, "vmalloc-out-of-bounds", "guard page, 0 bytes behind",
		       ask_read(p + whole));
		EXPECT(t, "vmalloc-out-of-bounds", "guard page, 4095 bytes",
		       ask_read(p + whole + PAGE_SIZE - 1));
		vfree(p);
	}
}

/* The last page is there: the access is told, and done. */
static void slack_of_the_last_page_can_be_written_and_is_told(struct ktest *t)
{
	char *p = vmalloc(100);

	KTEST_ASSERT_NOT_NULL(t, p);
	EXPECT(t, "vmalloc-out-of-bounds in write_at",
	       "100 bytes into 4096 bytes of vmalloc area", write_at(p + 100));
	EXPECT(t, "vmalloc-out-of-bounds", "write of size 101",
	       memset(p, 0, 101));
	vfree(p);
}

static void accesses_after_free_are_reported(struct ktest *t)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		char *p = vmalloc(sizes[i]);

		KTEST_ASSERT_NOT_NULL(t, p);
		vfree(p);
		/* a large one that waits for nobody is gone: it faults */
		if (PFN_UP(sizes[i]) > VM_SMALL_PAGES && !vm_leaving_pages()) {
			KTEST_EXPECT_REPORTS(t, 0, "", ask_read(p));
			continue;
		}
		EXPECT(t, "vmalloc-use-after-free in ask_read",
		       "freed by accesses_after_free_are_reported",
		       ask_read(p));
		EXPECT(t, "vmalloc-use-after-free in ask_write", "freed: ",
		       ask_write(p + sizes[i] - 1));
	}
	vm_unmap_aliases();
}

/* The place of an area that was larger: what is behind it is not "freed". */
static void place_used_again_has_a_new_end(struct ktest *t)
{
	char *p, *q;

	vm_unmap_aliases();
	p = vmalloc(4 * PAGE_SIZE);
	vfree(p);
	vm_unmap_aliases();
	q = vmalloc(2 * PAGE_SIZE + 9);
	KTEST_EXPECT_NOT_NULL(t, q);
	if (q) {
		KTEST_EXPECT_REPORTS(t, 0, "", ask_read(q + 2 * PAGE_SIZE + 8));
		EXPECT(t, "vmalloc-out-of-bounds", "",
		       ask_read(q + 2 * PAGE_SIZE + 9));
		EXPECT(t, "vmalloc-out-of-bounds", "",
		       ask_read(q + 4 * PAGE_SIZE - 1));
	}
	vfree(q);
}

static void pages_shown_are_open_up_to_the_guard(struct ktest *t)
{
	struct page *pages[3] = { NULL };
	unsigned int i;
	char *p;

	alloc_pages_bulk_array(GFP_KERNEL, ARRAY_SIZE(pages), pages);
	p = pages[2] ? vmap(pages, ARRAY_SIZE(pages), VM_MAP, PAGE_KERNEL) :
		       NULL;
	KTEST_EXPECT_NOT_NULL(t, p);
	if (p) {
		KTEST_EXPECT_REPORTS(t, 0, "", memset(p, 3, 3 * PAGE_SIZE));
		EXPECT(t, "vmalloc-out-of-bounds", "guard page",
		       ask_write(p + 3 * PAGE_SIZE));
		vunmap(p);
		EXPECT(t, "vmalloc-use-after-free", "freed", ask_write(p));
	}
	for (i = 0; i < ARRAY_SIZE(pages); i++)
		if (pages[i])
			__free_page(pages[i]);
}

static void huge_areas_have_an_end_as_well(struct ktest *t)
{
	size_t size = SZ_4M + 3 * PAGE_SIZE + 3;
	char *p;

	if (!enough_memory(t, 2 * size))
		return;
	p = vmalloc_huge(size, GFP_KERNEL);
	KTEST_ASSERT_NOT_NULL(t, p);
	KTEST_EXPECT_REPORTS(t, 0, "", memset(p, 0, size));
	EXPECT(t, "vmalloc-out-of-bounds", "write of size",
	       memset(p, 0, size + 1));
	vfree(p);
}

/* Nobody has it: the access would fault, and that tells. */
static void addresses_of_nobody_are_not_told_here(struct ktest *t)
{
	vmalloc_trim();
	KTEST_EXPECT_REPORTS(t, 0, "", ask_read((char *)VMALLOC_END - SZ_1G));
	KTEST_EXPECT_FALSE(t, kasan_has_shadow(VMALLOC_END - SZ_1G));
}

/* Pages are for the census to see; tables are counted here. */
static void shadow_goes_with_the_area(struct ktest *t)
{
	unsigned long before;
	char *p;

	vmalloc_trim();
	before = kernel_pgtable.nr_tables;
	/* where no other area is near, and its shadow has tables of its own */
	p = __vmalloc_node(PAGE_SIZE, 1UL << 43, GFP_KERNEL, NUMA_NO_NODE,
			   shadow_goes_with_the_area);
	KTEST_ASSERT_NOT_NULL(t, p);
	KTEST_EXPECT_TRUE(t, kasan_has_shadow((unsigned long)p));
	KTEST_EXPECT_LE(t, before + 6, kernel_pgtable.nr_tables);
	vfree(p);
	vmalloc_trim();
	KTEST_EXPECT_FALSE(t, kasan_has_shadow((unsigned long)p));
	KTEST_EXPECT_EQ(t, kernel_pgtable.nr_tables, before);
}

static void thousand_right_operations_are_silent(struct ktest *t)
{
	unsigned long reports = kasan_reports();
	struct rng rng = rng_seed(5);
	char *held[8] = { NULL };
	unsigned int i;

	for (i = 0; i < 1000; i++) {
		unsigned int slot = (unsigned int)rng_below(&rng, 8);
		size_t size = 1 + (size_t)rng_below(&rng, 20 * PAGE_SIZE);

		vfree(held[slot]);
		held[slot] = vmalloc(size);
		if (held[slot])
			memset(held[slot], (int)i, size);
	}
	for (i = 0; i < ARRAY_SIZE(held); i++)
		vfree(held[i]);
	KTEST_EXPECT_EQ(t, kasan_reports(), reports);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(bytes_asked_for_are_open),
	KTEST_CASE(accesses_behind_the_end_are_reported),
	KTEST_CASE(slack_of_the_last_page_can_be_written_and_is_told),
	KTEST_CASE(accesses_after_free_are_reported),
	KTEST_CASE(place_used_again_has_a_new_end),
	KTEST_CASE(pages_shown_are_open_up_to_the_guard),
	KTEST_CASE(huge_areas_have_an_end_as_well),
	KTEST_CASE(addresses_of_nobody_are_not_told_here),
	KTEST_CASE(shadow_goes_with_the_area),
	KTEST_CASE(thousand_right_operations_are_silent),
	{}
};

#else

static void accesses_behind_the_end_are_reported(struct ktest *t)
{
	ktest_skip(t, "not built with SANITIZE=kasan");
}

static const struct ktest_case cases[] = {
	KTEST_CASE(accesses_behind_the_end_are_reported),
	{}
};

#endif

KTEST_SUITE(kasan_vmalloc, cases);
