/* The windows on memory that is not mapped otherwise. */
#include <asm/cpufeature.h>
#include <asm/fixmap.h>
#include <asm/machine.h>
#include <asm/pgtable.h>
#include <asm/sections.h>
#include <kernel/ktest.h>
#include <kernel/smp.h>
#include <lib/errno.h>
#include <lib/kernel.h>

#include "../last_cpu.h"

static void window_shows_memory_read_only(struct ktest *t)
{
	static char text[] = "seen through a window";
	const char *p = early_memremap(__pa(text), sizeof(text));

	KTEST_ASSERT_NOT_NULL(t, p);
	KTEST_EXPECT_STREQ(t, p, "seen through a window");
	text[0] = 'S';
	KTEST_EXPECT_EQ(t, p[0], 'S');
	KTEST_EXPECT_EQ(t, probe_write((void *)p), -EFAULT);
	KTEST_EXPECT_EQ(t, fixmap_windows_open(), 1);
	early_memunmap(p);
	KTEST_EXPECT_EQ(t, probe_read(p), -EFAULT);
	KTEST_EXPECT_EQ(t, fixmap_windows_open(), 0);
	text[0] = 's';
}

static void window_takes_its_full_size_from_any_byte(struct ktest *t)
{
	phys_addr_t pa = __pa(_stext) + PAGE_SIZE - 1;
	const char *p = early_memremap(pa, FIXMAP_WINDOW_SIZE);

	KTEST_ASSERT_NOT_NULL(t, p);
	KTEST_EXPECT_EQ(t, p[0], _stext[PAGE_SIZE - 1]);
	KTEST_EXPECT_EQ(t, probe_read(p + FIXMAP_WINDOW_SIZE - 1), 0);
	KTEST_EXPECT_EQ(t, probe_read(p + FIXMAP_WINDOW_SIZE + PAGE_SIZE),
			-EFAULT);
	early_memunmap(p);
}

static void windows_run_out_and_come_back(struct ktest *t)
{
	const void *p[FIXMAP_WINDOWS];
	unsigned int i, round;

	for (round = 0; round < 2; round++) {
		for (i = 0; i < FIXMAP_WINDOWS; i++) {
			p[i] = early_memremap(0xf0000, FIXMAP_WINDOW_SIZE);
			KTEST_EXPECT_NOT_NULL(t, p[i]);
		}
		KTEST_EXPECT_NULL(t, early_memremap(0xf0000, 1));
		for (i = 0; i < FIXMAP_WINDOWS; i++)
			early_memunmap(p[i]);
	}
	KTEST_EXPECT_EQ(t, fixmap_windows_open(), 0);
}

/* Somebody has mapped something where the window is to be. */
static void window_that_cannot_be_mapped_is_given_back(struct ktest *t)
{
	const void *p = early_memremap(0xf0000, 1);
	unsigned long va = ALIGN_DOWN((unsigned long)p, PAGE_SIZE);

	early_memunmap(p);
	KTEST_ASSERT_EQ(t, pgtable_map(&kernel_pgtable, va, 0xf0000, PAGE_SIZE,
				       PAGE_KERNEL_RO, PT_4K), 0);
	KTEST_EXPECT_NULL(t, early_memremap(0xf0000, 1));
	KTEST_EXPECT_EQ(t, fixmap_windows_open(), 0);
	pgtable_unmap(&kernel_pgtable, va, PAGE_SIZE);
}

static char pages[2][PAGE_SIZE] __aligned(PAGE_SIZE) = { "first", "second" };

static void close_window(void *p)
{
	early_memunmap(p);
}

/* Another CPU may close it: what this one knows of it is out of date. */
static void window_never_shows_what_it_did_before(struct ktest *t)
{
	const char *p = early_memremap(__pa(pages[0]), PAGE_SIZE);

	KTEST_ASSERT_NOT_NULL(t, p);
	KTEST_EXPECT_STREQ(t, p, "first");
	smp_call_function_single(last_online_cpu(), close_window, (void *)p,
				 true);
	p = early_memremap(__pa(pages[1]), PAGE_SIZE);
	KTEST_ASSERT_NOT_NULL(t, p);
	KTEST_EXPECT_STREQ(t, p, "second");
	early_memunmap(p);
}

static void impossible_windows_are_refused(struct ktest *t)
{
	KTEST_EXPECT_NULL(t, early_memremap(0xf0000, 0));
	KTEST_EXPECT_NULL(t, early_memremap(0xf0000, FIXMAP_WINDOW_SIZE + 1));
	KTEST_EXPECT_NULL(t, early_memremap(PHYS_ADDR_MAX, 2));
	KTEST_EXPECT_NULL(t, early_memremap(1ULL << 52, 1));
	KTEST_EXPECT_NULL(t, early_memremap(1ULL << cpu_features.phys_bits,
					    1));
	early_memunmap(NULL);
	KTEST_EXPECT_EQ(t, fixmap_windows_open(), 0);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(window_shows_memory_read_only),
	KTEST_CASE(window_takes_its_full_size_from_any_byte),
	KTEST_CASE(windows_run_out_and_come_back),
	KTEST_CASE(window_that_cannot_be_mapped_is_given_back),
	KTEST_CASE(window_never_shows_what_it_did_before),
	KTEST_CASE(impossible_windows_are_refused),
	{}
};
KTEST_SUITE(fixmap, cases);
