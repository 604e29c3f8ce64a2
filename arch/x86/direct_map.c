/*
 * How is RAM mapped at PAGE_OFFSET? All of it, or on i386 as much as there are
 * addresses for; and on x86_64 perhaps later, when it is used (paging_64.c).
 *
 * Every range of memblock.memory, in whole pages, with the biggest pages its
 * alignment and the CPU allow; nothing between the ranges, so a stray access
 * to a hole or to a device faults, and the CPU never reads ahead from one.
 *
 *	RAM     |--------------|      |-----------------------------------|
 *	pages   4k 4k 2M 2M 4k         2M 2M 1G  1G  1G  1G  1G  1G  2M  4k
 *
 * All of it is writable and not executable, but for the kernel's own text and
 * constants, which are read-only here too: a frame that can be executed
 * anywhere can be written nowhere.
 *
 * Cost: grows with ranges and big pages, not with RAM. With 1 GiB pages the
 * tables of 64 GiB are a handful of pages.
 */
#include <asm/cpufeature.h>
#include <asm/machine.h>
#include <asm/paging.h>
#include <kernel/init.h>
#include <kernel/panic.h>
#include <lib/kernel.h>
#include <mm/memblock.h>

static enum pt_level __init biggest_page(void)
{
	return cpu_features.gbpages ? PT_BIGGEST : PT_2M;
}

void __init direct_map_ram(phys_addr_t start, phys_addr_t end)
{
	enum pt_level max_level = biggest_page();
	phys_addr_t s, e;
	u64 i;

	for_each_mem_range(i, &s, &e) {
		s = max(PAGE_ALIGN(s), start);
		e = min(ALIGN_DOWN(e, PAGE_SIZE), end);
		if (s < e)
			kernel_map_or_panic((unsigned long)__va(s), s,
					    (unsigned long)(e - s),
					    PAGE_KERNEL, max_level);
	}
}

void direct_map_protect_image(const char *start, const char *end,
			      bool writable)
{
	unsigned long va = (unsigned long)__va(__pa(start));
	pte_t flag = _PAGE_RW;

	if (pgtable_protect(&kernel_pgtable, va, (unsigned long)(end - start),
			    writable ? 0 : flag, writable ? flag : 0))
		panic("no memory to split the direct map of the kernel image");
}

bool virt_addr_valid(const void *p)
{
	unsigned long va = (unsigned long)p;
	phys_addr_t pa;

	return va >= PAGE_OFFSET && va - PAGE_OFFSET < DIRECT_MAP_SIZE &&
	       pgtable_translate(&kernel_pgtable, va, &pa);
}
