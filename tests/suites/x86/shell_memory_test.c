/*
 * What the shell's commands about memory show, where the tests at the prompt
 * have nothing to show: areas of each kind, arrays, damage.
 */
#include <asm/ioremap.h>
#include <asm/page.h>
#include <kernel/ktest.h>
#include <kernel/report.h>
#include <kernel/shell.h>
#include <lib/sprintf.h>
#include <lib/string.h>
#include <mm/fault_inject.h>
#include <mm/kfence.h>
#include <mm/memblock.h>
#include <mm/page_owner.h>
#include <mm/page_poison.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>

static int run(const char *command)
{
	char line[80];

	strscpy(line, command, sizeof(line));
	return shell_execute(line);
}

static bool shown(const char *words)
{
	return strstr(report_capture_text(), words) != NULL;
}

static void vmallocinfo_tells_areas_and_who_asked(struct ktest *t)
{
	void *p = vmalloc(3 * PAGE_SIZE), *q = vmalloc(20 * PAGE_SIZE);
	char sums[40];

	if (p && q) {
		ksnprintf(sums, sizeof(sums), "areas, %lu KiB in them",
			  23 * PAGE_SIZE >> 10);
		KTEST_EXPECT_LOGGED(t, "pages=3 vmalloc", run("vmallocinfo"));
		KTEST_EXPECT_TRUE(t, shown("pages=20 vmalloc"));
		KTEST_EXPECT_TRUE(t, shown("vmallocinfo_tells_areas_and"));
		KTEST_EXPECT_TRUE(t, shown(sums));
	}
	vfree(p);
	vfree(q);
	KTEST_EXPECT_LOGGED(t, "KiB wait for a flush", run("vmallocinfo"));
	KTEST_EXPECT_FALSE(t, shown("pages=3 vmalloc"));
}

static void vmallocinfo_tells_maps_by_their_kind(struct ktest *t)
{
	struct page *page = alloc_page(GFP_KERNEL);
	void *map, *ram;

	KTEST_ASSERT_NOT_NULL(t, page);
	map = vmap(&page, 1, VM_MAP, PAGE_KERNEL);
	ram = vm_map_ram(&page, 1, NUMA_NO_NODE);
	if (map && ram) {
		KTEST_EXPECT_LOGGED(t, "pages=1 vmap\n", run("vmallocinfo"));
		KTEST_EXPECT_TRUE(t, shown("pages=1 vm_map_ram\n"));
		KTEST_EXPECT_TRUE(t, shown("areas, 0 KiB in them"));
	}
	if (ram)
		vm_unmap_ram(ram, 1);
	vunmap(map);
	__free_page(page);
}

static void vmallocinfo_tells_where_a_device_is(struct ktest *t)
{
	void *registers = ioremap(0xfec00000, 4);

	KTEST_ASSERT_NOT_NULL(t, registers);
	KTEST_EXPECT_LOGGED(t, "ioremap phys=0xfec00000", run("vmallocinfo"));
	iounmap(registers);
}

static void pcpinfo_counts_the_pages_of_each_cpu(struct ktest *t)
{
	KTEST_EXPECT_LOGGED(t, "at most 3*", run("pcpinfo"));
	KTEST_EXPECT_TRUE(t, shown("  cpu  0 "));
	KTEST_EXPECT_TRUE(t, shown(" pages\n"));
}

static void kfence_tells_its_pool(struct ktest *t)
{
	struct kfence_stats stats;
	char words[40];

	kfence_get_stats(&stats);
	ksnprintf(words, sizeof(words), "guarded objects: %u of %u", stats.live,
		  stats.objects);
	KTEST_EXPECT_LOGGED(t, words, run("kfence"));
	ksnprintf(words, sizeof(words), "sampled: 1 of %u, 1 in %u ms",
		  stats.every, stats.interval);
	KTEST_EXPECT_TRUE(t, shown(words));
}

static void memblock_tells_flags_and_what_is_broken(struct ktest *t)
{
	struct memblock_region *r = &memblock.reserved.regions[0];
	enum memblock_flags flags = r->flags;

	KTEST_EXPECT_LOGGED(t, "handed over", run("memblock"));
	KTEST_EXPECT_FALSE(t, shown("broken"));
	r->flags = MEMBLOCK_HOTPLUG | MEMBLOCK_RSRV_NOINIT;
	KTEST_EXPECT_LOGGED(t, " hotplug noinit\n", run("memblock"));
	r->flags = flags;
	memblock.reserved.total_size++;
	KTEST_EXPECT_LOGGED(t, "broken: total_size is not the sum",
			    run("memblock"));
	memblock.reserved.total_size--;
}

static void what_is_off_says_how_to_have_it(struct ktest *t)
{
	if (!page_owner_enabled())
		KTEST_EXPECT_LOGGED(t, "boot with page_owner=on",
				    run("page_owner"));
	if (!page_poisoning_enabled())
		KTEST_EXPECT_LOGGED(t, "boot with page_poison=on",
				    run("page_poison"));
}

/* 100 percent, but not once: nothing fails meanwhile. */
static void failslab_takes_all_its_keys(struct ktest *t)
{
	struct failslab saved = failslab;

	if (saved.attr.probability) {
		ktest_skip(t, "objects fail already");
		return;
	}
	KTEST_EXPECT_EQ(t, run("failslab 1,100,0,0,size=3-9,marked,cache=a*,"
			       "ignore_wait"), 0);
	KTEST_EXPECT_EQ(t, failslab.min_size, 3);
	KTEST_EXPECT_EQ(t, failslab.max_size, 9);
	KTEST_EXPECT_TRUE(t, failslab.cache_filter);
	KTEST_EXPECT_STREQ(t, failslab.cache, "a*");
	KTEST_EXPECT_TRUE(t, failslab.gfp.ignore_wait);
	KTEST_EXPECT_NE(t, run("failslab 1,100,0,0,order=1"), 0);
	KTEST_EXPECT_EQ(t, failslab.attr.probability, 0);
	KTEST_EXPECT_FALSE(t, failslab.cache_filter);
	KTEST_EXPECT_STREQ(t, failslab.cache, "");
	failslab = saved;
}

static void fail_page_alloc_takes_all_its_keys(struct ktest *t)
{
	struct fail_page_alloc saved = fail_page_alloc;

	if (saved.attr.probability) {
		ktest_skip(t, "pages fail already");
		return;
	}
	KTEST_EXPECT_EQ(t, run("fail_page_alloc 1,100,0,0,order=2-3,"
			       "ignore_highmem,ignore_atomic"), 0);
	KTEST_EXPECT_EQ(t, fail_page_alloc.min_order, 2);
	KTEST_EXPECT_EQ(t, fail_page_alloc.max_order, 3);
	KTEST_EXPECT_TRUE(t, fail_page_alloc.ignore_highmem);
	KTEST_EXPECT_TRUE(t, fail_page_alloc.gfp.ignore_atomic);
	KTEST_EXPECT_NE(t, run("fail_page_alloc 1,100,0,0,size=1"), 0);
	KTEST_EXPECT_EQ(t, fail_page_alloc.attr.probability, 0);
	KTEST_EXPECT_FALSE(t, fail_page_alloc.ignore_highmem);
	fail_page_alloc = saved;
}

static const struct ktest_case cases[] = {
	KTEST_CASE(vmallocinfo_tells_areas_and_who_asked),
	KTEST_CASE(vmallocinfo_tells_maps_by_their_kind),
	KTEST_CASE(vmallocinfo_tells_where_a_device_is),
	KTEST_CASE(pcpinfo_counts_the_pages_of_each_cpu),
	KTEST_CASE(kfence_tells_its_pool),
	KTEST_CASE(memblock_tells_flags_and_what_is_broken),
	KTEST_CASE(what_is_off_says_how_to_have_it),
	KTEST_CASE(failslab_takes_all_its_keys),
	KTEST_CASE(fail_page_alloc_takes_all_its_keys),
	{}
};
KTEST_SUITE(shell_memory, cases);
