/*
 * Frames that no quick look finds: whether they have a descriptor is asked of
 * pfn_valid(), and all is as with others. Few real maps have them, and those
 * beside high memory only; here all are so for a while.
 */
#ifdef CONFIG_HIGHMEM

#include <kernel/ktest.h>
#include <lib/kernel.h>
#include <lib/string.h>
#include <mm/gfp.h>
#include <mm/mempool.h>
#include <mm/mm.h>
#include <mm/slab.h>

#include "../suites/no_guards.h"

static unsigned long was_backed[ARRAY_SIZE(section_backed)];
static struct pfn_range was_main;

static void hide_frames(struct ktest *t)
{
	no_guards(t);
	was_main = backed_main;
	memcpy(was_backed, section_backed, sizeof(was_backed));
	backed_main = (struct pfn_range){ 0, 0 };
	memset(section_backed, 0, sizeof(section_backed));
}

static void show_frames(struct ktest *t)
{
	backed_main = was_main;
	memcpy(section_backed, was_backed, sizeof(was_backed));
	guards_again(t);
}

static void objects_come_and_go(struct ktest *t)
{
	char *p = kmalloc(100, GFP_KERNEL), *large;

	KTEST_ASSERT_NOT_NULL(t, p);
	KTEST_EXPECT_FALSE(t, pfn_is_common(page_to_pfn(virt_to_page(p))));
	KTEST_EXPECT_EQ(t, ksize(p), 128);
	KTEST_EXPECT_REPORTS(t, 1, "inside an object", kfree(p + 8));
	kfree(p);
	KTEST_EXPECT_REPORTS(t, 1, "double free", kfree(p));
	large = kmalloc(3 * PAGE_SIZE, GFP_KERNEL);
	KTEST_EXPECT_EQ(t, ksize(large), 4 * PAGE_SIZE);
	kfree(large);
}

static void objects_of_a_cache_come_and_go(struct ktest *t)
{
	struct kmem_cache *s = kmem_cache_create("uncommon", 80, 0,
						 SLAB_NO_MERGE, NULL);
	char *p, *other;

	KTEST_ASSERT_NOT_NULL(t, s);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	other = kmalloc(80, GFP_KERNEL);
	KTEST_EXPECT_REPORTS(t, 1, "wrong cache", kmem_cache_free(s, other));
	KTEST_EXPECT_REPORTS(t, 1, "inside an object",
			     kmem_cache_free(s, p + 8));
	kmem_cache_free(s, p);
	KTEST_EXPECT_REPORTS(t, 1, "double free", kmem_cache_free(s, p));
	kfree(other);
	KTEST_EXPECT_STREQ(t, kmem_cache_validate(s), NULL);
	kmem_cache_destroy(s);
}

static void pages_come_and_go(struct ktest *t)
{
	struct page *page = alloc_pages(GFP_KERNEL, 1);
	unsigned long before = nr_free_pages();

	KTEST_ASSERT_NOT_NULL(t, page);
	__free_pages(page, 1);
	KTEST_EXPECT_GE(t, nr_free_pages() + 2, before);
	KTEST_EXPECT_REPORTS(t, 1, "", __free_pages(page, 1));
}

static const struct ktest_case cases[] = {
	KTEST_CASE(objects_come_and_go),
	KTEST_CASE(objects_of_a_cache_come_and_go),
	KTEST_CASE(pages_come_and_go),
	{}
};
KTEST_SUITE_FIXTURE(uncommon, cases, hide_frames, show_frames);

#endif
