/* Does time go on, and do delays last long enough? */
#include <kernel/ktest.h>
#include <kernel/time.h>

static void clock_never_goes_back(struct ktest *t)
{
	u64 last = ktime_get_us(), now;
	unsigned int i;

	for (i = 0; i < 10000; i++) {
		now = ktime_get_us();
		if (!KTEST_EXPECT_GE(t, now, last))
			return;
		last = now;
	}
}

static void delay_lasts_at_least_as_long(struct ktest *t)
{
	static const unsigned long delays[] = { 0, 1, 10, 1000, 12345 };
	unsigned int i;
	u64 start;

	for (i = 0; i < sizeof(delays) / sizeof(delays[0]); i++) {
		start = ktime_get_us();
		udelay(delays[i]);
		KTEST_EXPECT_GE(t, ktime_get_us() - start, delays[i]);
	}
}

static void milliseconds_are_rounded_up_to_ticks(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, msecs_to_jiffies(0), 0);
	KTEST_EXPECT_EQ(t, msecs_to_jiffies(1), 1);
	KTEST_EXPECT_EQ(t, msecs_to_jiffies(1000 / HZ), 1);
	KTEST_EXPECT_EQ(t, msecs_to_jiffies(1000 / HZ + 1), 2);
	KTEST_EXPECT_EQ(t, msecs_to_jiffies(1000), HZ);
	KTEST_EXPECT_EQ(t, msecs_to_jiffies(86400000ULL * 1000),
			86400000ULL * HZ);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(clock_never_goes_back),
	KTEST_CASE(delay_lasts_at_least_as_long),
	KTEST_CASE(milliseconds_are_rounded_up_to_ticks),
	{}
};
KTEST_SUITE(time, cases);
