/*
 * Pages of a mapping that was taken away are free when no CPU remembers it,
 * and not before; nor are its addresses. A CPU with interrupts off cannot be
 * told: it looks on.
 *
 *	this CPU	unmap  flush . . . . . . . .  free
 *	the other	looks at the page    | answers
 */
#include <asm/kernel_stack.h>
#include <asm/machine.h>
#include <asm/pgtable.h>
#include <kernel/ktest.h>
#include <kernel/smp.h>
#include <kernel/time.h>
#include <lib/kernel.h>
#include <mm/vmalloc.h>

#include "../enough_memory.h"
#include "../last_cpu.h"

#define LOOK_US 20000	/* longer than unmapping takes */

struct onlooker {
	const struct page *page;
	u8 type;		/* while it is in use */
	unsigned long stack;	/* whose addresses must stay taken; 0: none */
	bool looks, lost, done;
};

static bool is_free(const struct onlooker *o)
{
	unsigned long low, high;

	if (o->stack && !kernel_stack_bounds(o->stack, &low, &high))
		return true;
	return READ_ONCE(o->page->type) != o->type;
}

/* In a handler. */
static void look_on(void *info)
{
	struct onlooker *o = info;
	u64 end = ktime_get_us() + LOOK_US;

	WRITE_ONCE(o->looks, true);
	while (!o->lost && ktime_get_us() < end)
		o->lost = is_free(o);
	__atomic_store_n(&o->done, true, __ATOMIC_RELEASE);
}

static void expect_all_kept(struct ktest *t, const struct page *page,
			    unsigned long stack, void (*give_back)(void *p),
			    void *p)
{
	struct onlooker o = { .page = page, .type = page->type,
			      .stack = stack };

	KTEST_ASSERT_EQ(t, smp_call_function_single(last_online_cpu(), look_on,
						    &o, false), 0);
	while (!READ_ONCE(o.looks))
		cpu_relax();
	give_back(p);
	while (!__atomic_load_n(&o.done, __ATOMIC_ACQUIRE))
		cpu_relax();
	KTEST_EXPECT_FALSE(t, o.lost);
	KTEST_EXPECT_NE(t, page->type, o.type);
}

static void expect_kept(struct ktest *t, const struct page *page,
			void (*give_back)(void *p), void *p)
{
	expect_all_kept(t, page, 0, give_back, p);
}

static void need_two_cpus(struct ktest *t)
{
	skip_on_the_last_cpu(t);
}

static void free_area(void *p)
{
	vfree(p);
	vm_unmap_aliases();
}

static void pages_of_an_area(struct ktest *t)
{
	static const unsigned long sizes[] = { PAGE_SIZE, SZ_64K, SZ_1M };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes) && enough_memory(t, sizes[i]); i++) {
		void *p = vmalloc(sizes[i]);

		KTEST_ASSERT_NOT_NULL(t, p);
		expect_kept(t, vmalloc_to_page(p), free_area, p);
	}
}

static void tables_of_an_area(struct ktest *t)
{
	enum pt_level level;
	pte_t *e;
	void *p;

	if (VMAP_AREA_ALIGN == PAGE_SIZE) {
		ktest_skip(t, "tables are there for good");
		return;
	}
	if (!enough_memory(t, SZ_4M))
		return;
	p = vmalloc(SZ_4M);
	KTEST_ASSERT_NOT_NULL(t, p);
	e = pgtable_lookup(&kernel_pgtable, (unsigned long)p, &level);
	KTEST_EXPECT_EQ(t, level, PT_4K);
	expect_kept(t, virt_to_page(e), free_area, p);
}

static void trim_stacks(void *stack)
{
	kernel_stack_free(stack);
	kernel_stack_trim();
}

static void pages_and_addresses_of_a_stack(struct ktest *t)
{
	void *stack;
	phys_addr_t pa = 0;

	kernel_stack_trim();
	stack = kernel_stack_alloc();
	KTEST_ASSERT_NOT_NULL(t, stack);
	KTEST_EXPECT_TRUE(t, pgtable_translate(&kernel_pgtable,
					       (unsigned long)stack, &pa));
	expect_all_kept(t, phys_to_page(pa), (unsigned long)stack, trim_stacks,
			stack);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(pages_of_an_area),
	KTEST_CASE(tables_of_an_area),
	KTEST_CASE(pages_and_addresses_of_a_stack),
	{}
};
KTEST_SUITE_FIXTURE(tlb_order, cases, need_two_cpus, NULL);
