/* So many messages in a while, and how many were kept back. */
#include <kernel/ktest.h>
#include <kernel/ratelimit.h>
#include <kernel/time.h>

/* Nobody waits a minute for the next interval. */
#define LONG_TIME 60000000UL

static unsigned int told(struct ratelimit_state *rs, unsigned int n)
{
	unsigned int ok = 0;

	while (n--)
		ok += __ratelimit(rs);
	return ok;
}

static void a_burst_is_told_and_no_more(struct ktest *t)
{
	DEFINE_RATELIMIT_STATE(rs, LONG_TIME, 3);

	KTEST_EXPECT_EQ(t, told(&rs, 2), 2);
	KTEST_EXPECT_EQ(t, told(&rs, 10), 1);
	KTEST_EXPECT_EQ(t, rs.missed, 9);
}

static void next_interval_says_what_was_kept_back(struct ktest *t)
{
	DEFINE_RATELIMIT_STATE(rs, 1000, 2);

	told(&rs, 7);
	udelay(2000);
	KTEST_EXPECT_LOGGED(t, "messages kept back",
			    KTEST_EXPECT_TRUE(t, __ratelimit(&rs)));
	KTEST_EXPECT_EQ(t, rs.missed, 0);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(a_burst_is_told_and_no_more),
	KTEST_CASE(next_interval_says_what_was_kept_back),
	{}
};
KTEST_SUITE(ratelimit, cases);
