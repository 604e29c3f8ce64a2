/* The address allocator and its model through a million random requests. */
#include <kernel/ktest.h>

#include "../suites/vmap_model.h"

static void a_million_requests_are_answered_as_by_the_model(struct ktest *t)
{
	unsigned long operations = 0, refused = 0;
	u64 seed;

	for (seed = 1; seed <= 10; seed++) {
		struct vmap_model_result r = vmap_model_run(seed, 100000,
							    1000);

		KTEST_EXPECT_STREQ(t, r.fault ?: "", "");
		operations += r.operations;
		refused += r.refused;
	}
	KTEST_EXPECT_EQ(t, operations, 1000000);
	ktest_note(t, "%lu operations, %lu refused", operations, refused);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(a_million_requests_are_answered_as_by_the_model),
	{}
};
KTEST_SUITE(vmap_model, cases);
