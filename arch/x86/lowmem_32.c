/*
 * Where does low memory end, and where does the vmalloc area begin?
 *
 * RAM below max_low_pfn is mapped for good, RAM above is high memory. The two
 * areas share what addresses there are:
 *
 *	PAGE_OFFSET						  VMALLOC_END
 *	| direct map: 896 MiB			   | 8 | vmalloc: 96 MiB |
 *	| direct map: 736 MiB	      | 8 | vmalloc=256M		 |
 *	| lowmem=64M | nothing			   | 8 | vmalloc: 96 MiB |
 *
 * vmalloc=SIZE moves the boundary, as in Linux. lowmem=SIZE ends low memory
 * before it has to, so that high memory can be tried in a small machine. Both
 * are multiples of 2 MiB, the size of the direct map's pages, and leave room
 * above the image for what must be low.
 */
#include <asm/page.h>
#include <asm/sections.h>
#include <kernel/cmdline.h>
#include <kernel/init.h>
#include <kernel/printk.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <lib/parse.h>

#include "areas.h"

/* Low memory behind the image, at least. */
#define MIN_ROOM (4 * SZ_2M)
#define VMALLOC_LEAST (32 * SZ_1M)
#define VMALLOC_MOST (VMALLOC_END - VMALLOC_LOWEST)

unsigned long direct_map_size __ro_after_init = DIRECT_MAP_MOST;
unsigned long vmalloc_start __ro_after_init = VMALLOC_START_USUAL;
unsigned long max_low_pfn __ro_after_init = MAX_LOWMEM_PFN;

static unsigned long lowmem_wanted __initdata = DIRECT_MAP_MOST;

_Static_assert(PAGE_OFFSET + DIRECT_MAP_MOST + VMALLOC_GAP ==
	       VMALLOC_START_USUAL, "as the picture says");

static void __init settle(void)
{
	direct_map_size = min(DIRECT_MAP_MOST,
			      VMALLOC_START - VMALLOC_GAP - PAGE_OFFSET);
	max_low_pfn = PFN_DOWN(min(lowmem_wanted, direct_map_size));
	address_map_settle();
}

/* A size in whole pages of the direct map. 0: none, told. */
static unsigned long __init parse_size(const char *word, const char *value,
				       unsigned long least, unsigned long most)
{
	const char *end;
	u64 size = memparse(value, &end);

	if (end == value || *end)
		return 0;
	if (size < least || size > most) {
		pr_warn("%s=: %lu to %lu MiB are possible\n", word,
			ALIGN(least, SZ_2M) >> 20, most >> 20);
		return 0;
	}
	return (unsigned long)size;
}

static int __init set_lowmem(const char *value)
{
	unsigned long size = parse_size("lowmem", value,
					__pa(_end) + MIN_ROOM,
					DIRECT_MAP_MOST);

	if (!size)
		return -EINVAL;
	lowmem_wanted = ALIGN_DOWN(size, SZ_2M);
	settle();
	return 0;
}
early_param("lowmem", set_lowmem);

static int __init set_vmalloc(const char *value)
{
	unsigned long size = parse_size("vmalloc", value, VMALLOC_LEAST,
					VMALLOC_MOST);

	if (!size)
		return -EINVAL;
	vmalloc_start = VMALLOC_END - ALIGN(size, SZ_2M);
	settle();
	return 0;
}
early_param("vmalloc", set_vmalloc);
