/* The CPU's own random bits: where CPUID says there are some, only there. */
#include <asm/archrandom.h>
#include <asm/cpufeature.h>
#include <kernel/ktest.h>

static bool cpu_has_some(void)
{
	return cpu_features.rdrand || cpu_features.rdseed;
}

static void bits_come_where_the_cpu_has_some(struct ktest *t)
{
	u64 a = 0, b = 0;

	KTEST_EXPECT_EQ(t, arch_get_random_u64(&a), cpu_has_some());
	KTEST_EXPECT_EQ(t, arch_get_random_u64(&b), cpu_has_some());
	KTEST_EXPECT_EQ(t, a != b, cpu_has_some());
}

/* Both halves, on 32 bits as well. */
static void all_bits_change(struct ktest *t)
{
	u64 bits, ones = 0, zeroes = 0;
	unsigned int i;

	for (i = 0; i < 64 && arch_get_random_u64(&bits); i++) {
		ones |= bits;
		zeroes |= ~bits;
	}
	if (!i) {
		ktest_skip(t, "this CPU has none: try -cpu max");
		return;
	}
	KTEST_EXPECT_EQ(t, ones, ~0ULL);
	KTEST_EXPECT_EQ(t, zeroes, ~0ULL);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(bits_come_where_the_cpu_has_some),
	KTEST_CASE(all_bits_change),
	{}
};
KTEST_SUITE(archrandom, cases);
