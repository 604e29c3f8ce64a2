/*
 * What the kernel's own page tables say: nothing is writable and executable,
 * all RAM is there and nothing else, descriptors are where RAM is.
 */
#include <asm/cpufeature.h>
#include <asm/fixmap.h>
#include <asm/machine.h>
#include <asm/pgtable.h>
#include <asm/sections.h>
#include <kernel/boot_info.h>
#include <kernel/ktest.h>
#include <lib/errno.h>
#include <lib/hash.h>
#include <lib/kernel.h>
#include <lib/string.h>
#include <mm/early.h>
#include <mm/kfence.h>
#include <mm/memblock.h>
#include <mm/memory_model.h>
#include <mm/mmzone.h>

#include "../../../mm/internal.h"

struct tally {
	unsigned long rwx, user, low, outside;
	unsigned long exec_bytes, direct_bytes, vmemmap_bytes;
};

static bool inside(const struct pgtable_range *r, unsigned long start,
		   unsigned long size)
{
	return r->start - start < size && r->size <= size - (r->start - start);
}

static bool descriptors_in_ram(void)
{
	return VMEMMAP_START - PAGE_OFFSET < DIRECT_MAP_SIZE;
}

/* By the name it has in reports. */
static bool is_hole(unsigned long addr)
{
	char name[128];

	describe_address(addr, name, sizeof(name));
	return strstr(name, "hole") || !strcmp(name, "user address");
}

static void count_range(const struct pgtable_range *r, void *arg)
{
	struct tally *n = arg;

	if (!(r->flags & _PAGE_NX)) {
		n->exec_bytes += r->size;
		n->rwx += !!(r->flags & _PAGE_RW);
	}
	n->user += !!(r->flags & _PAGE_USER);
	n->low += r->start < PAGE_OFFSET;
	if (inside(r, PAGE_OFFSET, DIRECT_MAP_SIZE))
		n->direct_bytes += r->size;
	else if (!descriptors_in_ram() && inside(r, VMEMMAP_START, MAX_PFN *
						 sizeof(struct page)))
		n->vmemmap_bytes += r->flags & _PAGE_RW ? r->size : 0;
	n->outside += is_hole(r->start) || is_hole(r->start + r->size - 1);
}

static struct tally tally(void)
{
	struct tally n = { 0 };

	pgtable_for_each_range(&kernel_pgtable, count_range, &n);
	return n;
}

/* Flags of every page from start to end, or'ed; and and'ed. */
static void flags_of(unsigned long start, unsigned long end, pte_t *any,
		     pte_t *all)
{
	enum pt_level level;

	*any = 0;
	*all = ~(pte_t)0;
	for (; start < end; start += PAGE_SIZE) {
		pte_t *e = pgtable_lookup(&kernel_pgtable, start, &level);

		*any |= e ? *e : 0;
		*all &= e ? *e : 0;
	}
}

static unsigned long alias(const char *p)
{
	return (unsigned long)__va(__pa(p));
}

/* Is the image seen only in the direct map? */
static bool one_view(void)
{
	return alias(_start) == (unsigned long)_start;
}

static void nothing_is_writable_and_executable(struct ktest *t)
{
	if (!cpu_features.nx) {
		ktest_skip(t, "this CPU has no NX");
		return;
	}
	KTEST_EXPECT_EQ(t, tally().rwx, 0);
	KTEST_EXPECT_EQ(t, tally().exec_bytes,
			(unsigned long)(_etext - _stext));
}

static void nothing_is_mapped_outside_the_address_map(struct ktest *t)
{
	struct tally n = tally();

	KTEST_EXPECT_EQ(t, n.low, 0);
	KTEST_EXPECT_EQ(t, n.user, 0);
	KTEST_EXPECT_EQ(t, n.outside, 0);
}

static void expect_read_only(struct ktest *t, unsigned long start,
			     unsigned long end)
{
	pte_t any, all;

	KTEST_ASSERT_TRUE(t, start < end);
	flags_of(start, end, &any, &all);
	KTEST_EXPECT_TRUE(t, all & _PAGE_PRESENT);
	KTEST_EXPECT_FALSE(t, any & _PAGE_RW);
}

static void image_constants_are_read_only_in_both_views(struct ktest *t)
{
	expect_read_only(t, (unsigned long)_stext, (unsigned long)_etext);
	expect_read_only(t, alias(_stext), alias(_etext));
	expect_read_only(t, (unsigned long)__start_rodata,
			 (unsigned long)__end_rodata);
	expect_read_only(t, alias(__start_rodata), alias(__end_rodata));
	expect_read_only(t, (unsigned long)__start_ro_after_init,
			 (unsigned long)__end_ro_after_init);
	expect_read_only(t, alias(__start_ro_after_init),
			 alias(__end_ro_after_init));
}

static void image_data_is_writable(struct ktest *t)
{
	pte_t any, all;

	flags_of((unsigned long)_sdata, (unsigned long)__bss_stop, &any, &all);
	KTEST_EXPECT_TRUE(t, all & _PAGE_RW);
	flags_of((unsigned long)boot_stack, (unsigned long)boot_stack_top,
		 &any, &all);
	KTEST_EXPECT_TRUE(t, all & _PAGE_RW);
}

static bool mapped(unsigned long va)
{
	enum pt_level level;

	return pgtable_lookup(&kernel_pgtable, va, &level);
}

static void only_the_guard_page_is_missing_under_the_stack(struct ktest *t)
{
	unsigned long guard = (unsigned long)boot_stack_guard;
	unsigned long stack = (unsigned long)boot_stack;

	KTEST_EXPECT_TRUE(t, mapped(guard - 1));
	KTEST_EXPECT_FALSE(t, mapped(guard));
	KTEST_EXPECT_FALSE(t, mapped(stack - 1));
	KTEST_EXPECT_TRUE(t, mapped(stack));
}

static unsigned long reserved_frames(unsigned long pfn, unsigned long end)
{
	unsigned long nr = 0;

	for (; pfn < end; pfn++) {
		const struct page *head = block_head(pfn_to_page(pfn));

		nr += head && head->type == PAGE_RESERVED;
	}
	return nr;
}

/* Where the image has addresses of its own, those of the init part go. */
static void init_part_is_plain_ram_again(struct ktest *t)
{
	unsigned long end = (unsigned long)__init_end;
	pte_t any, all;

	KTEST_EXPECT_EQ(t, mapped((unsigned long)__init_begin), one_view());
	KTEST_EXPECT_EQ(t, mapped(end - 1), one_view());
	KTEST_EXPECT_TRUE(t, mapped(end));
	flags_of(alias(__init_begin), alias(__init_end), &any, &all);
	KTEST_EXPECT_TRUE(t, all & _PAGE_RW);
	KTEST_EXPECT_EQ(t, all & _PAGE_NX, _PAGE_NX & pte_supported_mask);
	KTEST_EXPECT_EQ(t, reserved_frames(PFN_DOWN(__pa(__init_begin)),
					   PFN_UP(__pa(__init_end))), 0);
}

/* Bytes of [start, end) that the direct map shows at the right place. */
static phys_addr_t bytes_shown(phys_addr_t start, phys_addr_t end)
{
	phys_addr_t pa = start, shown = 0;

	while (pa < end) {
		unsigned long va = (unsigned long)__va(pa);
		unsigned long step = PAGE_SIZE;
		enum pt_level level;
		phys_addr_t seen;

		if (pgtable_lookup(&kernel_pgtable, va, &level)) {
			step = pt_size(level) - (va & (pt_size(level) - 1));
			step = min(step, (unsigned long)(end - pa));
			pgtable_translate(&kernel_pgtable, va, &seen);
			shown += seen == pa ? step : 0;
		} else if (pgtable_entry_empty(&kernel_pgtable, va, PT_2M)) {
			step = pt_size(PT_2M) - (va & (pt_size(PT_2M) - 1));
		}
		pa += step;
	}
	return shown;
}

/* What guarded objects' pool holds and does not show, at the moment. */
static unsigned long guards_not_shown(void)
{
	phys_addr_t start = kfence_pool_size ? __pa(kfence_pool) : 0;

	return kfence_pool_size - bytes_shown(start, start + kfence_pool_size);
}

/* Bytes of RAM nobody has used yet. */
static phys_addr_t untouched_bytes(void)
{
	phys_addr_t bytes = 0;
	struct zone *zone;

	for_each_zone(zone)
		bytes += PFN_PHYS(deferred_pages(zone));
	return bytes;
}

/*
 * All but the guard page under the stack, if the stack is in it, and memory
 * that is mapped when it is used.
 */
static void direct_map_is_exactly_low_ram(struct ktest *t)
{
	phys_addr_t start, end, shown = 0, ram = 0;
	u64 i;

	for_each_mem_range(i, &start, &end) {
		end = min(end, PFN_PHYS(max_low_pfn));
		if (start >= end)
			continue;
		shown += bytes_shown(start, end);
		ram += end - start;
	}
	ram -= one_view() ? PAGE_SIZE : 0;
	ram -= guards_not_shown();
	KTEST_EXPECT_GT(t, shown, 0);
	KTEST_EXPECT_LE(t, shown, ram);
	KTEST_EXPECT_GE(t, shown + untouched_bytes(), ram);
	KTEST_EXPECT_EQ(t, tally().direct_bytes, shown);
}

/* There single pages come and go. */
static bool holds_guards(phys_addr_t start, unsigned long size)
{
	unsigned long va = (unsigned long)__va(start);

	return kfence_pool < va + size && va < kfence_pool + kfence_pool_size;
}

/* Chunks of this size in whole RAM, mapped with smaller pages than that. */
static unsigned long too_small_pages(enum pt_level big)
{
	phys_addr_t start, end, image = __pa(_end);
	unsigned long bad = 0;
	enum pt_level level;
	u64 i;

	for_each_mem_range(i, &start, &end) {
		/* around the image permissions differ */
		start = ALIGN(max(start, image), pt_size(big));
		end = min(end, PFN_PHYS(max_low_pfn));
		for (; start + pt_size(big) <= end; start += pt_size(big))
			bad += !holds_guards(start, pt_size(big)) &&
			       pgtable_lookup(&kernel_pgtable,
					      (unsigned long)__va(start),
					      &level) && level < big;
	}
	return bad;
}

static void direct_map_uses_big_pages_where_ram_is_whole(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, too_small_pages(PT_2M), 0);
	if (cpu_features.gbpages)
		KTEST_EXPECT_EQ(t, too_small_pages(PT_BIGGEST), 0);
}

static phys_addr_t end_of_low_ram(void)
{
	phys_addr_t start, end, last = 0;
	u64 i;

	for_each_mem_range(i, &start, &end)
		if (start < PFN_PHYS(max_low_pfn))
			last = min(end, PFN_PHYS(max_low_pfn));
	return last;
}

static void virt_addr_valid_knows_ram_from_the_rest(struct ktest *t)
{
	phys_addr_t end = end_of_low_ram();
	static char in_image;

	KTEST_EXPECT_TRUE(t, virt_addr_valid(__va(memblock_start_of_DRAM())));
	KTEST_EXPECT_TRUE(t, virt_addr_valid(__va(end - 1)));
	KTEST_EXPECT_FALSE(t, virt_addr_valid(__va(end)));
	KTEST_EXPECT_TRUE(t, virt_addr_valid(__va(__pa(&in_image))));
	KTEST_EXPECT_EQ(t, virt_addr_valid(&in_image), one_view());
	KTEST_EXPECT_FALSE(t, virt_addr_valid(NULL));
	KTEST_EXPECT_FALSE(t, virt_addr_valid((void *)0x1000));
	KTEST_EXPECT_FALSE(t, virt_addr_valid((void *)(PAGE_OFFSET - 1)));
	KTEST_EXPECT_FALSE(t, virt_addr_valid((void *)VMALLOC_START));
	KTEST_EXPECT_FALSE(t, virt_addr_valid((void *)FIXMAP_START));
	KTEST_EXPECT_FALSE(t, virt_addr_valid((void *)~0UL));
}

/* May be written from one end to the other? */
static bool block_is_writable(unsigned long pfn)
{
	unsigned long end = pfn + MAX_ORDER_NR_PAGES;

	for (; pfn < end; pfn += PAGE_SIZE / sizeof(struct page))
		if (probe_write(pfn_to_page(pfn)))
			return false;
	return true;
}

/* Blocks of [start, end) that hold more than memory nobody has used yet. */
static void expect_backed_where_used(struct ktest *t, unsigned long start,
				     unsigned long end)
{
	unsigned long pfn = ALIGN_DOWN(start, MAX_ORDER_NR_PAGES), stop, next;

	for (; pfn < end; pfn = next) {
		next = deferred_skip(pfn_to_zone(max(pfn, start), &stop), pfn);
		if (next != pfn)
			continue;
		next = pfn + MAX_ORDER_NR_PAGES;
		KTEST_ASSERT_TRUE(t, memmap_is_backed(pfn));
		KTEST_ASSERT_TRUE(t, block_is_writable(pfn));
	}
}

/* An array in RAM has descriptors for holes, too, and no area of its own. */
static void descriptors_are_backed_where_memory_was_used(struct ktest *t)
{
	unsigned long start, end;
	int i;

	for_each_mem_pfn_range(i, MAX_NUMNODES, &start, &end, NULL)
		expect_backed_where_used(t, start, end);
}

/* Frames whose descriptors nothing backs, near RAM and far. */
static const unsigned long far_frames[] = {
	MAX_PFN / 2, MAX_PFN / 4 * 3 + 12345, MAX_PFN - 1,
};

static void expect_zeroes(struct ktest *t, unsigned long pfn)
{
	const struct page *page = pfn_to_page(pfn);
	char name[128];

	KTEST_ASSERT_FALSE(t, pfn_valid(pfn));
	KTEST_ASSERT_TRUE(t, pfn_is_common(pfn));
	KTEST_EXPECT_EQ(t, page->type, PAGE_NONE);
	KTEST_EXPECT_NULL(t, page->slab_cache);
	KTEST_EXPECT_EQ(t, probe_write((void *)page), -EFAULT);
	describe_address((unsigned long)page, name, sizeof(name));
	KTEST_EXPECT_TRUE(t, strstr(name, "which has none"));
}

static void descriptors_of_holes_are_zeroes_nobody_can_write(struct ktest *t)
{
	unsigned long end = PFN_UP(memblock_end_of_DRAM());
	unsigned int i;

	if (!VMEMMAP_READABLE) {
		ktest_skip(t, "not all descriptors can be read here");
		return;
	}
	expect_zeroes(t, ALIGN(end, MAX_ORDER_NR_PAGES));
	for (i = 0; i < ARRAY_SIZE(far_frames); i++)
		expect_zeroes(t, far_frames[i]);
	KTEST_EXPECT_FALSE(t, pfn_is_common(MAX_PFN));
}

struct boot_hash {
	u64 hash;
	unsigned int ranges, texts, rodatas, infos, modules;
	unsigned int roots, wrong_tables, free_tables;
};

/* RSDT, XSDT, FACP, DSDT ...: a table begins with its name. */
static bool is_acpi_table(const char *what)
{
	return strlen(what) == 4 && strcmp(what, "RSDP");
}

static bool is_reserved(const void *p)
{
	phys_addr_t pa;

	return pgtable_translate(&kernel_pgtable, (unsigned long)p, &pa) &&
	       memblock_is_reserved(pa);
}

static void hash_range(const char *what, const void *p, size_t n, void *arg)
{
	struct boot_hash *h = arg;

	h->hash = hash_bytes(h->hash, p, n);
	h->ranges++;
	h->texts += p == _stext && n == (size_t)(_etext - _stext);
	h->rodatas += p == __start_rodata &&
		      n == (size_t)(__end_rodata - __start_rodata);
	h->infos += !strcmp(what, "boot information");
	h->modules += !strcmp(what, "module");
	h->roots += !strcmp(what, "RSDT") || !strcmp(what, "XSDT");
	h->wrong_tables += is_acpi_table(what) && memcmp(p, what, 4);
	h->free_tables += is_acpi_table(what) && !is_reserved(p);
}

static void boot_ranges_can_be_read_and_do_not_change(struct ktest *t)
{
	struct boot_hash a = { .hash = HASH_SEED }, b = { .hash = HASH_SEED };

	for_each_boot_range(hash_range, &a);
	for_each_boot_range(hash_range, &b);
	KTEST_EXPECT_EQ(t, a.ranges, b.ranges);
	KTEST_EXPECT_EQ(t, a.hash, b.hash);
	KTEST_EXPECT_EQ(t, fixmap_windows_open(), 0);
}

static void boot_ranges_name_all_that_must_stay(struct ktest *t)
{
	struct boot_hash a = { .hash = HASH_SEED };

	for_each_boot_range(hash_range, &a);
	KTEST_EXPECT_EQ(t, a.texts, 1);
	KTEST_EXPECT_EQ(t, a.rodatas, 1);
	KTEST_EXPECT_EQ(t, a.infos, 1);
	/* a module may be shown in several pieces; an empty one in none */
	KTEST_EXPECT_EQ(t, a.modules > 0, boot_info.nr_modules > 0);
	KTEST_EXPECT_EQ(t, a.roots, boot_info.rsdp || boot_info.rsdp_size);
	KTEST_EXPECT_EQ(t, a.wrong_tables, 0);
}

/* A page that the image and a loaded file share is named after the image. */
static bool is_kept(phys_addr_t addr)
{
	enum early_owner owner = early_owner_of(addr);

	return owner == EARLY_BOOT || owner == EARLY_KERNEL;
}

static void expect_kept(struct ktest *t, phys_addr_t base, u64 size)
{
	if (!size)
		return;
	KTEST_EXPECT_TRUE(t, is_kept(base));
	KTEST_EXPECT_TRUE(t, is_kept(base + size - 1));
}

static void what_was_loaded_is_kept_in_its_name(struct ktest *t)
{
	unsigned int i;

	expect_kept(t, boot_info.info.base, boot_info.info.size);
	for (i = 0; i < boot_info.nr_modules; i++)
		expect_kept(t, boot_info.modules[i].base,
			    boot_info.modules[i].size);
}

static unsigned long unreserved_pages(phys_addr_t pa, phys_addr_t end)
{
	unsigned long nr = 0;

	for (; pa < end; pa += PAGE_SIZE)
		nr += !memblock_is_reserved(pa);
	return nr;
}

static void image_is_kept_whole(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, unreserved_pages(__pa(_start), __pa(_end)), 0);
}

/* Firmware writes there when it should not. */
static void first_mib_is_nobodys(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, unreserved_pages(0, SZ_1M), 0);
}

/* So they were found before there were page tables of our own. */
static void acpi_tables_are_reserved_wherever_they_lie(struct ktest *t)
{
	struct boot_hash a = { .hash = HASH_SEED };

	for_each_boot_range(hash_range, &a);
	if (!a.roots) {
		ktest_skip(t, "no ACPI tables");
		return;
	}
	KTEST_EXPECT_EQ(t, a.free_tables, 0);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(nothing_is_writable_and_executable),
	KTEST_CASE(nothing_is_mapped_outside_the_address_map),
	KTEST_CASE(image_constants_are_read_only_in_both_views),
	KTEST_CASE(image_data_is_writable),
	KTEST_CASE(only_the_guard_page_is_missing_under_the_stack),
	KTEST_CASE(init_part_is_plain_ram_again),
	KTEST_CASE(direct_map_is_exactly_low_ram),
	KTEST_CASE(direct_map_uses_big_pages_where_ram_is_whole),
	KTEST_CASE(virt_addr_valid_knows_ram_from_the_rest),
	KTEST_CASE(descriptors_are_backed_where_memory_was_used),
	KTEST_CASE(descriptors_of_holes_are_zeroes_nobody_can_write),
	KTEST_CASE(boot_ranges_name_all_that_must_stay),
	KTEST_CASE(boot_ranges_can_be_read_and_do_not_change),
	KTEST_CASE(what_was_loaded_is_kept_in_its_name),
	KTEST_CASE(image_is_kept_whole),
	KTEST_CASE(first_mib_is_nobodys),
	KTEST_CASE(acpi_tables_are_reserved_wherever_they_lie),
	{}
};
KTEST_SUITE(paging, cases);
