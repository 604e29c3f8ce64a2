/*
 * Where does low memory end?
 *
 * RAM below max_low_pfn is mapped for good, RAM above is high memory. The
 * direct map has room for 896 MiB; lowmem=SIZE moves the boundary down, so
 * that high memory can be tried in a small machine. It is a multiple of
 * 2 MiB, the size of the direct map's pages, and leaves room above the image
 * for what must be low.
 */
#include <asm/page.h>
#include <asm/sections.h>
#include <kernel/cmdline.h>
#include <kernel/init.h>
#include <kernel/printk.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <lib/parse.h>

/* Low memory behind the image, at least. */
#define MIN_ROOM (4 * SZ_2M)

unsigned long max_low_pfn __ro_after_init = MAX_LOWMEM_PFN;

static int __init set_lowmem(const char *value)
{
	phys_addr_t least = __pa(_end) + MIN_ROOM;
	const char *end;
	u64 size = memparse(value, &end);

	if (end == value || *end)
		return -EINVAL;
	if (size < least || size > DIRECT_MAP_SIZE) {
		pr_warn("lowmem=: %llu to %lu MiB are possible\n",
			ALIGN(least, SZ_2M) >> 20, DIRECT_MAP_SIZE >> 20);
		return -EINVAL;
	}
	max_low_pfn = PFN_DOWN(ALIGN_DOWN(size, SZ_2M));
	return 0;
}
early_param("lowmem", set_lowmem);
