/*
 * Mapping, splitting, protecting, unmapping: on a tree of page tables of our
 * own, first only read by our eyes, then by the CPU.
 */
#include <asm/control_regs.h>
#include <asm/cpufeature.h>
#include <asm/machine.h>
#include <asm/pgtable.h>
#include <kernel/ktest.h>
#include <kernel/preempt.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <lib/random.h>
#include <lib/string.h>
#include <mm/gfp.h>
#include <mm/memory_model.h>

/* The biggest page there is. */
#define BIG pt_size(PT_BIGGEST)
/*
 * Any address that nothing of the kernel is near, aligned to BIG, in the
 * middle of what the first entry of the root spans; and any frame.
 */
#define BASE (pt_size(PT_TOP) / 2)
#define PA (7ULL << 30)
/* No execution, if this CPU knows such a thing. */
#define NX (_PAGE_NX & pte_supported_mask)

static struct pgtable tree;

static void make_tree(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, pgtable_init(&tree), 0);
}

static void destroy_tree(struct ktest *t)
{
	pgtable_destroy(&tree);
}

/* Level of the page that maps va; -1 if none does. */
static int level_at(unsigned long va)
{
	enum pt_level level;

	return pgtable_lookup(&tree, va, &level) ? (int)level : -1;
}

static phys_addr_t phys_at(unsigned long va)
{
	phys_addr_t pa;

	return pgtable_translate(&tree, va, &pa) ? pa : PHYS_ADDR_MAX;
}

static pte_t flags_at(unsigned long va)
{
	enum pt_level level;
	pte_t *e = pgtable_lookup(&tree, va, &level);

	return e ? *e & (_PAGE_RW | NX) : 0;
}

static unsigned long count_tables(const pte_t *table, int level)
{
	unsigned long n = 1;
	unsigned int i;

	for (i = 0; level > PT_4K && i < PTRS_PER_TABLE; i++)
		if (pte_present(table[i]) &&
		    !pte_leaf(table[i], (enum pt_level)level))
			n += count_tables(__va(pte_phys(table[i])), level - 1);
	return n;
}

static void map_uses_the_biggest_pages_that_fit(struct ktest *t)
{
	unsigned long edge = 0, va;
	int level;

	/* one page of each size, up to the biggest and down again */
	for (level = PT_4K; level < PT_BIGGEST; level++)
		edge += pt_size((enum pt_level)level);
	KTEST_EXPECT_EQ(t, pgtable_map(&tree, BASE - edge, PA - edge,
				       edge + BIG + edge, PAGE_KERNEL,
				       PT_BIGGEST), 0);
	va = BASE - edge;
	KTEST_EXPECT_EQ(t, level_at(va - 1), -1);
	for (level = PT_4K; level < PT_BIGGEST; level++) {
		KTEST_EXPECT_EQ(t, level_at(va), level);
		va += pt_size((enum pt_level)level);
	}
	for (; level >= PT_4K; level--) {
		KTEST_EXPECT_EQ(t, level_at(va), level);
		va += pt_size((enum pt_level)level);
	}
	KTEST_EXPECT_EQ(t, level_at(va), -1);
	/* root, its table, and at both edges one for each smaller size */
	KTEST_EXPECT_EQ(t, tree.nr_tables, 2 + 2 * PT_BIGGEST);
	KTEST_EXPECT_EQ(t, count_tables(tree.root, PT_TOP), tree.nr_tables);
}

static void map_keeps_to_the_biggest_page_allowed(struct ktest *t)
{
	const enum pt_level smaller = (enum pt_level)(PT_BIGGEST - 1);

	KTEST_EXPECT_EQ(t, pgtable_map(&tree, BASE, PA, BIG, PAGE_KERNEL,
				       smaller), 0);
	KTEST_EXPECT_EQ(t, level_at(BASE), smaller);
	KTEST_EXPECT_EQ(t, level_at(BASE + BIG - 1), smaller);
}

static void misaligned_physical_memory_gets_small_pages(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, pgtable_map(&tree, BASE, PA + SZ_4K, SZ_4M,
				       PAGE_KERNEL, PT_BIGGEST), 0);
	KTEST_EXPECT_EQ(t, level_at(BASE), PT_4K);
	KTEST_EXPECT_EQ(t, phys_at(BASE + SZ_4M - 1), PA + SZ_4M + SZ_4K - 1);
}

static void every_byte_translates(struct ktest *t)
{
	unsigned long va = BASE - SZ_2M - SZ_4K;
	static const unsigned long offsets[] = {
		0, 1, 0xfff, SZ_4K, SZ_4K + SZ_2M - 1, SZ_4K + SZ_2M,
		SZ_4K + SZ_2M + SZ_2M - 1,
	};
	unsigned int i;

	KTEST_EXPECT_EQ(t, pgtable_map(&tree, va, PA - SZ_2M - SZ_4K,
				       SZ_4K + SZ_2M + BIG, PAGE_KERNEL,
				       PT_BIGGEST), 0);
	for (i = 0; i < ARRAY_SIZE(offsets); i++)
		KTEST_EXPECT_EQ(t, phys_at(va + offsets[i]),
				PA - SZ_2M - SZ_4K + offsets[i]);
	KTEST_EXPECT_EQ(t, phys_at(va - 1), PHYS_ADDR_MAX);
	KTEST_EXPECT_EQ(t, phys_at(BASE + BIG - 1), PA + BIG - 1);
	KTEST_EXPECT_EQ(t, phys_at(BASE + BIG), PHYS_ADDR_MAX);
}

static void map_over_a_mapping_is_refused(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, pgtable_map(&tree, BASE, PA, SZ_2M, PAGE_KERNEL,
				       PT_2M), 0);
	KTEST_EXPECT_EQ(t, pgtable_map(&tree, BASE + SZ_4K, 0, SZ_4K,
				       PAGE_KERNEL, PT_4K), -EEXIST);
	KTEST_EXPECT_EQ(t, pgtable_map(&tree, BASE, 0, SZ_2M, PAGE_KERNEL,
				       PT_2M), -EEXIST);
	KTEST_EXPECT_EQ(t, pgtable_map(&tree, BASE - SZ_4K, 0, 2 * SZ_4K,
				       PAGE_KERNEL, PT_4K), -EEXIST);
	KTEST_EXPECT_EQ(t, phys_at(BASE), PA);
	KTEST_EXPECT_EQ(t, level_at(BASE), PT_2M);
}

static void big_page_over_a_table_becomes_small_ones(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, pgtable_map(&tree, BASE, 0, SZ_4K, PAGE_KERNEL,
				       PT_4K), 0);
	KTEST_EXPECT_EQ(t, pgtable_unmap(&tree, BASE, SZ_4K), 0);
	KTEST_EXPECT_EQ(t, pgtable_map(&tree, BASE, PA, SZ_2M, PAGE_KERNEL,
				       PT_2M), 0);
	KTEST_EXPECT_EQ(t, level_at(BASE), PT_4K);
	KTEST_EXPECT_EQ(t, phys_at(BASE + SZ_2M - 1), PA + SZ_2M - 1);
	KTEST_EXPECT_EQ(t, tree.nr_tables, PT_TOP + 1);
}

static void ranges_of_odd_bytes_are_refused(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, pgtable_map(&tree, BASE + 1, PA, SZ_4K, PAGE_KERNEL,
				       PT_4K), -EINVAL);
	KTEST_EXPECT_EQ(t, pgtable_map(&tree, BASE, PA + 1, SZ_4K, PAGE_KERNEL,
				       PT_4K), -EINVAL);
	KTEST_EXPECT_EQ(t, pgtable_unmap(&tree, BASE, 1), -EINVAL);
	KTEST_EXPECT_EQ(t, pgtable_protect(&tree, BASE + 8, SZ_4K, _PAGE_RW, 0),
			-EINVAL);
	KTEST_EXPECT_EQ(t, tree.nr_tables, 1);
}

static void unmap_splits_what_sticks_out(struct ktest *t)
{
	unsigned long hole = BASE + SZ_2M - SZ_4K;
	unsigned long size = max(BIG, 4 * SZ_2M);

	KTEST_EXPECT_EQ(t, pgtable_map(&tree, BASE, PA, size, PAGE_KERNEL,
				       PT_BIGGEST), 0);
	KTEST_EXPECT_EQ(t, pgtable_unmap(&tree, hole, 2 * SZ_4K), 0);
	KTEST_EXPECT_EQ(t, phys_at(hole), PHYS_ADDR_MAX);
	KTEST_EXPECT_EQ(t, phys_at(hole + SZ_4K), PHYS_ADDR_MAX);
	KTEST_EXPECT_EQ(t, phys_at(hole - 1), PA + SZ_2M - SZ_4K - 1);
	KTEST_EXPECT_EQ(t, phys_at(hole + 2 * SZ_4K), PA + SZ_2M + SZ_4K);
	KTEST_EXPECT_EQ(t, level_at(BASE + SZ_4M), PT_2M);
	KTEST_EXPECT_EQ(t, phys_at(BASE + size - 1), PA + size - 1);
	/* two for the 2 MiB pages on both sides, and those above them */
	KTEST_EXPECT_EQ(t, tree.nr_tables, PT_TOP + 2);
}

static void unmap_of_whole_big_pages_splits_nothing(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, pgtable_map(&tree, BASE, PA, BIG + SZ_4M,
				       PAGE_KERNEL, PT_BIGGEST), 0);
	KTEST_EXPECT_EQ(t, tree.nr_tables, PT_TOP);
	KTEST_EXPECT_EQ(t, pgtable_unmap(&tree, BASE, BIG + SZ_2M), 0);
	KTEST_EXPECT_EQ(t, tree.nr_tables, PT_TOP);
	KTEST_EXPECT_EQ(t, level_at(BASE), -1);
	KTEST_EXPECT_EQ(t, phys_at(BASE + BIG + SZ_2M), PA + BIG + SZ_2M);
}

static void unmap_and_protect_step_over_holes(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, pgtable_map(&tree, BASE + BIG, PA, SZ_4K,
				       PAGE_KERNEL, PT_4K), 0);
	KTEST_EXPECT_EQ(t, pgtable_protect(&tree, 0, pt_size(PT_TOP), _PAGE_RW,
					   0), 0);
	KTEST_EXPECT_EQ(t, flags_at(BASE + BIG), NX);
	KTEST_EXPECT_EQ(t, pgtable_unmap(&tree, 0, pt_size(PT_TOP)), 0);
	KTEST_EXPECT_EQ(t, level_at(BASE + BIG), -1);
	KTEST_EXPECT_EQ(t, tree.nr_tables, PT_TOP + 1);
}

static void protect_changes_its_range_and_no_byte_more(struct ktest *t)
{
	unsigned long va = BASE + 3 * SZ_4K;

	KTEST_EXPECT_EQ(t, pgtable_map(&tree, BASE, PA, SZ_2M, PAGE_KERNEL,
				       PT_2M), 0);
	KTEST_EXPECT_EQ(t, pgtable_protect(&tree, va, 2 * SZ_4K, _PAGE_RW, 0),
			0);
	KTEST_EXPECT_EQ(t, flags_at(va - 1), _PAGE_RW | NX);
	KTEST_EXPECT_EQ(t, flags_at(va), NX);
	KTEST_EXPECT_EQ(t, flags_at(va + 2 * SZ_4K - 1), NX);
	KTEST_EXPECT_EQ(t, flags_at(va + 2 * SZ_4K), _PAGE_RW | NX);
	KTEST_EXPECT_EQ(t, phys_at(va + 5), PA + 3 * SZ_4K + 5);
	KTEST_EXPECT_EQ(t, pgtable_protect(&tree, va, 2 * SZ_4K, 0, _PAGE_RW),
			0);
	KTEST_EXPECT_EQ(t, flags_at(va), _PAGE_RW | NX);
}

/* As long as a big page, but not where one lies. */
static void protect_splits_big_pages_at_both_ends(struct ktest *t)
{
	unsigned long va = BASE + SZ_4K;

	KTEST_EXPECT_EQ(t, pgtable_map(&tree, BASE, PA, SZ_4M, PAGE_KERNEL,
				       PT_2M), 0);
	KTEST_EXPECT_EQ(t, pgtable_protect(&tree, va, SZ_2M, _PAGE_RW, 0), 0);
	KTEST_EXPECT_EQ(t, flags_at(va - 1), _PAGE_RW | NX);
	KTEST_EXPECT_EQ(t, flags_at(va), NX);
	KTEST_EXPECT_EQ(t, flags_at(va + SZ_2M - 1), NX);
	KTEST_EXPECT_EQ(t, flags_at(va + SZ_2M), _PAGE_RW | NX);
}

#define MODEL_PAGES 2048UL

/* What the tree should say of a page; pa 0: not mapped. */
static struct model_page {
	phys_addr_t pa;
	bool writable;
} model[MODEL_PAGES];

static bool model_is_free(unsigned long first, unsigned long n)
{
	while (n--)
		if (model[first + n].pa)
			return false;
	return true;
}

static void model_step(struct ktest *t, struct rng *rng)
{
	unsigned long first = rng_below(rng, MODEL_PAGES), i;
	unsigned long n = 1 + rng_below(rng, MODEL_PAGES - first);
	unsigned long va = BASE + first * PAGE_SIZE, size = n * PAGE_SIZE;
	phys_addr_t pa = PA + first * PAGE_SIZE;
	unsigned int what = (unsigned int)rng_below(rng, 3);
	bool writable = what == 0 || rng_below(rng, 2);

	if (what == 0 && !model_is_free(first, n))
		return;
	if (what == 0)
		KTEST_EXPECT_EQ(t, pgtable_map(&tree, va, pa, size, PAGE_KERNEL,
					       PT_2M), 0);
	else if (what == 1)
		KTEST_EXPECT_EQ(t, pgtable_unmap(&tree, va, size), 0);
	else
		KTEST_EXPECT_EQ(t, pgtable_protect(&tree, va, size, _PAGE_RW,
					writable ? _PAGE_RW : 0), 0);
	for (i = first; i < first + n; i++) {
		if (what != 2)
			model[i].pa = what == 0 ? PA + i * PAGE_SIZE : 0;
		model[i].writable = writable;
	}
}

static bool model_agrees(void)
{
	unsigned long i;

	for (i = 0; i < MODEL_PAGES; i++) {
		unsigned long va = BASE + i * PAGE_SIZE;

		if (!model[i].pa ? level_at(va) != -1 :
		    phys_at(va) != model[i].pa ||
		    !(flags_at(va) & _PAGE_RW) == model[i].writable)
			return false;
	}
	return true;
}

static void split_leaves_no_bit_of_the_big_page(struct ktest *t)
{
	enum pt_level level;
	pte_t *e;

	KTEST_EXPECT_EQ(t, pgtable_map(&tree, BASE, PA, max(BIG, SZ_4M),
				       PAGE_KERNEL, PT_BIGGEST), 0);
	KTEST_EXPECT_EQ(t, pgtable_unmap(&tree, BASE, SZ_4K), 0);
	e = pgtable_lookup(&tree, BASE + SZ_4K, &level);
	KTEST_ASSERT_NOT_NULL(t, e);
	KTEST_EXPECT_EQ(t, *e, (PA + SZ_4K) |
			(PAGE_KERNEL & pte_supported_mask));
	e = pgtable_lookup(&tree, BASE + SZ_2M, &level);
	KTEST_ASSERT_NOT_NULL(t, e);
	KTEST_EXPECT_EQ(t, *e, (PA + SZ_2M) | _PAGE_PSE |
			(PAGE_KERNEL & pte_supported_mask));
}

static void random_changes_agree_with_a_model(struct ktest *t)
{
	struct rng rng = rng_seed(22);
	unsigned int i;

	memset(model, 0, sizeof(model));
	for (i = 0; i < 300; i++) {
		model_step(t, &rng);
		KTEST_ASSERT_TRUE(t, model_agrees());
	}
	KTEST_EXPECT_EQ(t, count_tables(tree.root, PT_TOP), tree.nr_tables);
}

/*
 * The CPU on our tree: what is below the direct map is ours, the rest the
 * kernel's. No other thread runs on it meanwhile; interrupts come, for the
 * other CPUs are waited for.
 */
static unsigned long old_cr3;

static void enter_tree(void)
{
	unsigned int first = pt_index(PAGE_OFFSET, PT_TOP);

	memcpy(tree.root + first, kernel_pgtable.root + first,
	       (PTRS_PER_TABLE - first) * sizeof(pte_t));
	preempt_disable();
	old_cr3 = read_cr3();
	tree.live = true;
	write_cr3(__pa(tree.root));
}

static void leave_tree(void)
{
	unsigned int first = pt_index(PAGE_OFFSET, PT_TOP);

	pgtable_unmap(&tree, 0, pt_size(PT_TOP));
	write_cr3(old_cr3);
	tree.live = false;
	preempt_enable();
	memset(tree.root + first, 0, (PTRS_PER_TABLE - first) * sizeof(pte_t));
}

static u64 read_at(unsigned long va)
{
	return *(volatile u64 *)va;
}

/* A block of RAM, each page holding its own number. */
static struct page *numbered_block(unsigned int order)
{
	struct page *block = alloc_pages(GFP_KERNEL | __GFP_NOWARN, order);
	unsigned long i;

	for (i = 0; block && i < 1UL << order; i++)
		*(u64 *)((char *)page_address(block) + i * PAGE_SIZE) = i;
	return block;
}

static void cpu_sees_changes_at_once(struct ktest *t)
{
	struct page *block = numbered_block(3);
	phys_addr_t pa;

	KTEST_ASSERT_NOT_NULL(t, block);
	pa = page_to_phys(block);
	if (!KTEST_EXPECT_EQ(t, pgtable_map(&tree, BASE, pa, PAGE_SIZE,
					    PAGE_KERNEL, PT_4K), 0)) {
		__free_pages(block, 3);
		return;
	}
	enter_tree();
	KTEST_EXPECT_EQ(t, read_at(BASE), 0);
	KTEST_EXPECT_EQ(t, probe_write((void *)BASE), 0);
	pgtable_protect(&tree, BASE, PAGE_SIZE, _PAGE_RW, 0);
	KTEST_EXPECT_EQ(t, probe_write((void *)BASE), -EFAULT);
	KTEST_EXPECT_EQ(t, probe_read((void *)BASE), 0);
	pgtable_unmap(&tree, BASE, PAGE_SIZE);
	KTEST_EXPECT_EQ(t, probe_read((void *)BASE), -EFAULT);
	if (KTEST_EXPECT_EQ(t, pgtable_map(&tree, BASE, pa + 7 * PAGE_SIZE,
					   PAGE_SIZE, PAGE_KERNEL, PT_4K), 0))
		KTEST_EXPECT_EQ(t, read_at(BASE), 7);
	leave_tree();
	__free_pages(block, 3);
}

static void split_is_not_seen_by_the_cpu(struct ktest *t)
{
	struct page *block = numbered_block(9);
	unsigned long i;

	if (!block) {
		ktest_skip(t, "no 2 MiB in one piece");
		return;
	}
	if (!KTEST_EXPECT_EQ(t, pgtable_map(&tree, BASE, page_to_phys(block),
					    SZ_2M, PAGE_KERNEL, PT_2M), 0)) {
		__free_pages(block, 9);
		return;
	}
	KTEST_EXPECT_EQ(t, level_at(BASE), PT_2M);
	enter_tree();
	for (i = 0; i < 512; i++)
		KTEST_EXPECT_EQ(t, read_at(BASE + i * PAGE_SIZE), i);
	pgtable_protect(&tree, BASE + 5 * PAGE_SIZE, PAGE_SIZE, _PAGE_RW, 0);
	KTEST_EXPECT_EQ(t, level_at(BASE), PT_4K);
	for (i = 0; i < 512; i++) {
		void *p = (void *)(BASE + i * PAGE_SIZE);

		KTEST_EXPECT_EQ(t, read_at(BASE + i * PAGE_SIZE), i);
		KTEST_EXPECT_EQ(t, probe_write(p), i == 5 ? -EFAULT : 0);
	}
	leave_tree();
	__free_pages(block, 9);
}

/* More pages than are flushed one by one. */
static void cpu_forgets_a_big_range(struct ktest *t)
{
	struct page *block = numbered_block(6);
	unsigned long i, gone = 0;

	KTEST_ASSERT_NOT_NULL(t, block);
	if (!KTEST_EXPECT_EQ(t, pgtable_map(&tree, BASE, page_to_phys(block),
					    64 * PAGE_SIZE, PAGE_KERNEL,
					    PT_4K), 0)) {
		__free_pages(block, 6);
		return;
	}
	enter_tree();
	for (i = 0; i < 64; i++)
		KTEST_EXPECT_EQ(t, read_at(BASE + i * PAGE_SIZE), i);
	pgtable_unmap(&tree, BASE, 64 * PAGE_SIZE);
	for (i = 0; i < 64; i++)
		gone += probe_read((void *)(BASE + i * PAGE_SIZE)) == -EFAULT;
	leave_tree();
	KTEST_EXPECT_EQ(t, gone, 64);
	__free_pages(block, 6);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(map_uses_the_biggest_pages_that_fit),
	KTEST_CASE(map_keeps_to_the_biggest_page_allowed),
	KTEST_CASE(misaligned_physical_memory_gets_small_pages),
	KTEST_CASE(every_byte_translates),
	KTEST_CASE(map_over_a_mapping_is_refused),
	KTEST_CASE(big_page_over_a_table_becomes_small_ones),
	KTEST_CASE(ranges_of_odd_bytes_are_refused),
	KTEST_CASE(unmap_splits_what_sticks_out),
	KTEST_CASE(unmap_of_whole_big_pages_splits_nothing),
	KTEST_CASE(unmap_and_protect_step_over_holes),
	KTEST_CASE(protect_changes_its_range_and_no_byte_more),
	KTEST_CASE(protect_splits_big_pages_at_both_ends),
	KTEST_CASE(split_leaves_no_bit_of_the_big_page),
	KTEST_CASE(random_changes_agree_with_a_model),
	KTEST_CASE(cpu_sees_changes_at_once),
	KTEST_CASE(split_is_not_seen_by_the_cpu),
	KTEST_CASE(cpu_forgets_a_big_range),
	{}
};
KTEST_SUITE_FIXTURE(pgtable, cases, make_tree, destroy_tree);
