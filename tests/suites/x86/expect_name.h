/* Does describe_address() say these words of an address? */
#ifndef EXPECT_NAME_H
#define EXPECT_NAME_H

#include <asm/machine.h>
#include <kernel/ktest.h>
#include <lib/string.h>

#define EXPECT_NAME(t, addr, words) \
	expect_name(t, (unsigned long)(addr), words)

static inline void expect_name(struct ktest *t, unsigned long addr,
			       const char *words)
{
	char text[128];

	describe_address(addr, text, sizeof(text));
	if (!strstr(text, words))
		ktest_fail(t, __FILE__, __LINE__,
			   "%px is \"%s\", expected \"%s\"", (void *)addr,
			   text, words);
}

#endif
