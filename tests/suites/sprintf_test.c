/* Formatting: a table of what must come out, then the bounded buffer. */
#include <kernel/ktest.h>
#include <lib/kernel.h>
#include <lib/sprintf.h>
#include <lib/string.h>

/* Formats on purpose what a compiler would warn of; so not __printf. */
static const char *format(const char *fmt, ...)
{
	static char buf[256];
	va_list args;
	int n;

	va_start(args, fmt);
	n = kvsnprintf(buf, sizeof(buf), fmt, args);
	va_end(args);
	return n == (int)strlen(buf) ? buf : "wrong length returned";
}

static void integers_follow_flags_width_and_precision(struct ktest *t)
{
	KTEST_EXPECT_STREQ(t, format("%d", 0), "0");
	KTEST_EXPECT_STREQ(t, format("%i", -17), "-17");
	KTEST_EXPECT_STREQ(t, format("%u", -1), "4294967295");
	KTEST_EXPECT_STREQ(t, format("%d", -2147483647 - 1), "-2147483648");
	KTEST_EXPECT_STREQ(t, format("[%5d]", 42), "[   42]");
	KTEST_EXPECT_STREQ(t, format("[%-5d]", 42), "[42   ]");
	KTEST_EXPECT_STREQ(t, format("[%05d]", -42), "[-0042]");
	KTEST_EXPECT_STREQ(t, format("[%-05d]", 42), "[42   ]");
	KTEST_EXPECT_STREQ(t, format("[%+d% d]", 42, 42), "[+42 42]");
	KTEST_EXPECT_STREQ(t, format("[%+ d]", 42), "[+42]");
	KTEST_EXPECT_STREQ(t, format("[%.4d]", -42), "[-0042]");
	KTEST_EXPECT_STREQ(t, format("[%7.4d]", 42), "[   0042]");
	KTEST_EXPECT_STREQ(t, format("[%07.4d]", 42), "[   0042]");
	KTEST_EXPECT_STREQ(t, format("[%.0d]", 0), "[]");
	KTEST_EXPECT_STREQ(t, format("[%*d]", 5, 1), "[    1]");
	KTEST_EXPECT_STREQ(t, format("[%*d]", -5, 1), "[1    ]");
	KTEST_EXPECT_STREQ(t, format("[%.*d]", 3, 1), "[001]");
	KTEST_EXPECT_STREQ(t, format("[%0.*d]", -3, 1), "[1]");
}

static void bases_other_than_ten_have_prefixes(struct ktest *t)
{
	KTEST_EXPECT_STREQ(t, format("%x %X", 0xbeef, 0xbeef), "beef BEEF");
	KTEST_EXPECT_STREQ(t, format("%#x %#X", 0xbeef, 1), "0xbeef 0X1");
	KTEST_EXPECT_STREQ(t, format("%#x", 0), "0x0");
	KTEST_EXPECT_STREQ(t, format("%#010x", 0), "0x00000000");
	KTEST_EXPECT_STREQ(t, format("[%#8x]", 0xab), "[    0xab]");
	KTEST_EXPECT_STREQ(t, format("[%#08x]", 0xab), "[0x0000ab]");
	KTEST_EXPECT_STREQ(t, format("[%-#8x]", 0xab), "[0xab    ]");
	KTEST_EXPECT_STREQ(t, format("%o %#o %#o", 8, 8, 0), "10 010 0");
	KTEST_EXPECT_STREQ(t, format("%#.0o", 0), "0");
	KTEST_EXPECT_STREQ(t, format("%x", -1), "ffffffff");
}

static void length_modifiers_cut_and_extend(struct ktest *t)
{
	KTEST_EXPECT_STREQ(t, format("%hhd", 0x1ff), "-1");
	KTEST_EXPECT_STREQ(t, format("%hhu", 0x1ff), "255");
	KTEST_EXPECT_STREQ(t, format("%hd", 0x18000), "-32768");
	KTEST_EXPECT_STREQ(t, format("%hx", 0x12345), "2345");
	KTEST_EXPECT_STREQ(t, format("%ld", -1L), "-1");
	KTEST_EXPECT_STREQ(t, format("%llu", ~0ULL), "18446744073709551615");
	KTEST_EXPECT_STREQ(t, format("%lld", (long long)(1ULL << 63)),
			   "-9223372036854775808");
	KTEST_EXPECT_STREQ(t, format("%llo", ~0ULL),
			   "1777777777777777777777");
	KTEST_EXPECT_STREQ(t, format("%zu %zd", (size_t)7, (size_t)-7),
			   "7 -7");
	KTEST_EXPECT_STREQ(t, format("%td", (ptrdiff_t)-3), "-3");
	KTEST_EXPECT_STREQ(t, format("%lx|%d", ~0UL, 5),
			   sizeof(long) == 8 ? "ffffffffffffffff|5"
					     : "ffffffff|5");
}

static void text_is_padded_and_cut(struct ktest *t)
{
	static const char not_ended[3] = { 'a', 'b', 'c' };

	KTEST_EXPECT_STREQ(t, format("%s", "text"), "text");
	KTEST_EXPECT_STREQ(t, format("[%6s]", "text"), "[  text]");
	KTEST_EXPECT_STREQ(t, format("[%-6s]", "text"), "[text  ]");
	KTEST_EXPECT_STREQ(t, format("[%6.2s]", "text"), "[    te]");
	KTEST_EXPECT_STREQ(t, format("%.3s", not_ended), "abc");
	KTEST_EXPECT_STREQ(t, format("%.*s", 2, not_ended), "ab");
	KTEST_EXPECT_STREQ(t, format("%.0s|", "text"), "|");
	KTEST_EXPECT_STREQ(t, format("[%3c][%-3c]", 'x', 'y'), "[  x][y  ]");
	KTEST_EXPECT_STREQ(t, format("100%%"), "100%");
}

static void bad_strings_are_named_not_read(struct ktest *t)
{
	KTEST_EXPECT_STREQ(t, format("%s", (char *)NULL), "(null)");
	KTEST_EXPECT_STREQ(t, format("%s", (char *)16), "(efault)");
	KTEST_EXPECT_STREQ(t, format("%pa", (void *)8), "(efault)");
}

static void unknown_conversions_stay_and_take_nothing(struct ktest *t)
{
	KTEST_EXPECT_STREQ(t, format("%q %d", 5), "%q 5");
	KTEST_EXPECT_STREQ(t, format("%5lf|%d", 5), "%5lf|5");
	KTEST_EXPECT_STREQ(t, format("%n%d", 5), "%n5");
	KTEST_EXPECT_STREQ(t, format("end %"), "end %");
	KTEST_EXPECT_STREQ(t, format("end %-08l"), "end %-08l");
}

static void plain_pointers_do_not_tell_the_address(struct ktest *t)
{
	KTEST_EXPECT_STREQ(t, format("%p", t), "(____ptrval____)");
	KTEST_EXPECT_STREQ(t, format("%p", NULL), "(null)");
	KTEST_EXPECT_STREQ(t, format("[%18p]", t), "[  (____ptrval____)]");
	KTEST_EXPECT_STREQ(t, format("%p1", t), "(____ptrval____)1");
}

static void addresses_have_all_their_digits(struct ktest *t)
{
	phys_addr_t pa = 0x12345000;

	KTEST_EXPECT_STREQ(t, format("%px!", (void *)0x12abUL),
			   sizeof(long) == 8 ? "0x00000000000012ab!"
					     : "0x000012ab!");
	KTEST_EXPECT_STREQ(t, format("%pa!", &pa), "0x0000000012345000!");
	pa = ~0ULL;
	KTEST_EXPECT_STREQ(t, format("%pa", &pa), "0xffffffffffffffff");
}

static const char *toy_symbols(unsigned long addr, unsigned long *offset,
			       unsigned long *size)
{
	if (addr < 0x1000 || addr >= 0x1100)
		return NULL;
	*offset = addr - 0x1000;
	*size = 0x100;
	return "toy";
}

/* A return address behind the last instruction still belongs to its caller. */
static void symbols_are_named_and_return_addresses_step_back(struct ktest *t)
{
	__typeof__(sprintf_symbolize) saved = sprintf_symbolize;

	sprintf_symbolize = toy_symbols;
	KTEST_EXPECT_STREQ(t, format("%pS", (void *)0x1010), "toy+0x10/0x100");
	KTEST_EXPECT_STREQ(t, format("%pB", (void *)0x1010), "toy+0x10/0x100");
	KTEST_EXPECT_STREQ(t, format("%pB", (void *)0x1100), "toy+0x100/0x100");
	KTEST_EXPECT_STREQ(t, format("%pS|", (void *)0x1100),
			   sizeof(long) == 8 ? "0x0000000000001100|"
					     : "0x00001100|");
	KTEST_EXPECT_STREQ(t, format("[%-16pS]", (void *)0x1000),
			   "[toy+0x0/0x100   ]");
	sprintf_symbolize = NULL;
	KTEST_EXPECT_STREQ(t, format("%pS", (void *)0x1010),
			   sizeof(long) == 8 ? "0x0000000000001010"
					     : "0x00001010");
	sprintf_symbolize = saved;
}

static void length_is_of_the_whole_text_even_if_cut(struct ktest *t)
{
	char buf[8];
	size_t size;

	for (size = 0; size <= sizeof(buf); size++) {
		memset(buf, 'x', sizeof(buf));
		KTEST_EXPECT_EQ(t, ksnprintf(buf, size, "%d%s", 123, "4567890"),
				10);
		if (size) {
			KTEST_EXPECT_EQ(t, strlen(buf), size - 1);
			KTEST_EXPECT_EQ(t, memcmp(buf, "1234567", size - 1), 0);
		}
		KTEST_EXPECT_NULL(t, memchr_inv(buf + size, 'x',
						sizeof(buf) - size));
	}
}

static void kscnprintf_counts_what_is_in_the_buffer(struct ktest *t)
{
	char buf[8];

	KTEST_EXPECT_EQ(t, kscnprintf(buf, sizeof(buf), "abc"), 3);
	KTEST_EXPECT_EQ(t, kscnprintf(buf, sizeof(buf), "1234567"), 7);
	KTEST_EXPECT_EQ(t, kscnprintf(buf, sizeof(buf), "12345678"), 7);
	KTEST_EXPECT_EQ(t, kscnprintf(buf, 1, "abc"), 0);
	KTEST_EXPECT_EQ(t, kscnprintf(buf, 0, "abc"), 0);
}

/* Length only: the text may be longer than any buffer here. */
static int length(const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = kvsnprintf(NULL, 0, fmt, args);
	va_end(args);
	return n;
}

static void absurd_widths_end(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, length("%*d", 2147483647, 1), 4096);
	KTEST_EXPECT_EQ(t, length("%*d", -2147483647 - 1, 1), 4096);
	KTEST_EXPECT_EQ(t, length("%9999999999d", 1), 4096);
	KTEST_EXPECT_EQ(t, length("%.9999999999d", 1), 4096);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(integers_follow_flags_width_and_precision),
	KTEST_CASE(bases_other_than_ten_have_prefixes),
	KTEST_CASE(length_modifiers_cut_and_extend),
	KTEST_CASE(text_is_padded_and_cut),
	KTEST_CASE(bad_strings_are_named_not_read),
	KTEST_CASE(unknown_conversions_stay_and_take_nothing),
	KTEST_CASE(plain_pointers_do_not_tell_the_address),
	KTEST_CASE(addresses_have_all_their_digits),
	KTEST_CASE(symbols_are_named_and_return_addresses_step_back),
	KTEST_CASE(length_is_of_the_whole_text_even_if_cut),
	KTEST_CASE(kscnprintf_counts_what_is_in_the_buffer),
	KTEST_CASE(absurd_widths_end),
	{}
};
KTEST_SUITE(sprintf, cases);
