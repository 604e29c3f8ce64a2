/* What must hold of struct boot_info, whatever the loader said. */
#ifndef TESTS_FUZZ_BOOT_CHECK_H
#define TESTS_FUZZ_BOOT_CHECK_H

#include <string.h>

#include <kernel/boot_info.h>

#include "fuzz.h"

static inline void boot_check(const struct boot_info *bi)
{
	unsigned int i;

	if (bi->nr_mmap > BOOT_MAX_MMAP || bi->nr_modules > BOOT_MAX_MODULES ||
	    bi->nr_sections > BOOT_MAX_SECTIONS)
		fuzz_fail("more than there is room for");
	if (!memchr(bi->cmdline, 0, sizeof(bi->cmdline)) ||
	    !memchr(bi->loader, 0, sizeof(bi->loader)) ||
	    !memchr(bi->remarks, 0, sizeof(bi->remarks)))
		fuzz_fail("a text without end");
	if (bi->rsdp_size && bi->rsdp_size != 20 && bi->rsdp_size != 36)
		fuzz_fail("an RSDP of %u bytes", bi->rsdp_size);
	for (i = 0; i < bi->nr_modules; i++)
		if (bi->modules[i].base + bi->modules[i].size <
		    bi->modules[i].base ||
		    !memchr(bi->modules[i].cmdline, 0,
			    sizeof(bi->modules[i].cmdline)))
			fuzz_fail("module %u", i);
	for (i = 0; i < bi->nr_sections; i++)
		if (bi->sections[i].base + bi->sections[i].size <
		    bi->sections[i].base)
			fuzz_fail("section %u", i);
}

#endif
