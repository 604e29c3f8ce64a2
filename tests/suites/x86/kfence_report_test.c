/* What a report of a guarded object says in the kernel, which knows names. */
#include "../kfence_fixture.h"
#include "../slub_fixture.h"

/* Written to in assembler: the instruction is known to be in this function. */
static noinline void careless_writer(u8 *p)
{
	__asm__ volatile("movb $0, (%0)" : : "r"(p) : "memory");
}

static void report_names_the_instruction_and_its_callers(struct ktest *t)
{
	struct kmem_cache *s;
	u8 *p;

	if (!kfence_ready(t))
		return;
	s = own_cache("named", 64);
	p = kfence_alloc(s, 64, GFP_KERNEL);
	KTEST_ASSERT_NOT_NULL(t, p);
	kmem_cache_free(s, p);
	KTEST_EXPECT_REPORTS(t, 1, "accessed by careless_writer+",
			     careless_writer(p));
	KTEST_EXPECT_NOT_NULL(t, strstr(report_capture_text(), "allocated by"));
	KTEST_EXPECT_NOT_NULL(t, strstr(report_capture_text(),
					"run_case") ?:
			      strstr(report_capture_text(), "ktest_run"));
	kmem_cache_destroy(s);
}

static void pool_has_a_name_in_reports_of_addresses(struct ktest *t)
{
	char what[96];

	if (!kfence_ready(t))
		return;
	describe_address(kfence_pool, what, sizeof(what));
	KTEST_EXPECT_NOT_NULL(t, strstr(what, "pool of guarded objects"));
	describe_address(kfence_pool + kfence_pool_size, what, sizeof(what));
	KTEST_EXPECT_NULL(t, strstr(what, "pool of guarded objects"));
}

static const struct ktest_case cases[] = {
	KTEST_CASE(report_names_the_instruction_and_its_callers),
	KTEST_CASE(pool_has_a_name_in_reports_of_addresses),
	{}
};
KTEST_SUITE(kfence_report, cases);
