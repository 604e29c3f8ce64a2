/*
 * Which bytes must nobody ever write over?
 *
 * The kernel's own text and constants, and what others left for it in memory:
 * the loader's information, modules, ACPI tables. Tests take a checksum of
 * all of it, use every page of RAM, and take it again.
 *
 * What lies in RAM is read through the direct map, anything else piece by
 * piece through a window of the fixmap.
 */
#include <asm/fixmap.h>
#include <asm/machine.h>
#include <asm/pgtable.h>
#include <asm/sections.h>
#include <lib/kernel.h>

#include "acpi_tables.h"
#include "setup.h"

struct visitor {
	void (*fn)(const char *what, const void *p, size_t n, void *arg);
	void *arg;
};

static bool in_direct_map(phys_addr_t pa, phys_addr_t size)
{
	phys_addr_t end = pa + size;

	for (; pa < end; pa = (pa & ~(phys_addr_t)(PAGE_SIZE - 1)) + PAGE_SIZE)
		if (pa >= DIRECT_MAP_SIZE || !virt_addr_valid(__va(pa)))
			return false;
	return true;
}

/* Shows [pa, pa + size) to the visitor in pieces that fit a window. */
static void visit_in_windows(const struct visitor *v, const char *what,
			     phys_addr_t pa, phys_addr_t size)
{
	while (size) {
		size_t n = (size_t)min(size, (phys_addr_t)FIXMAP_WINDOW_SIZE);
		const void *p = early_memremap(pa, n);

		if (!p)
			return;
		v->fn(what, p, n, v->arg);
		early_memunmap(p);
		pa += n;
		size -= n;
	}
}

static void visit_phys(const struct visitor *v, const char *what,
		       phys_addr_t pa, phys_addr_t size)
{
	if (!size || pa + size < pa)
		return;
	if (in_direct_map(pa, size))
		v->fn(what, __va(pa), (size_t)size, v->arg);
	else
		visit_in_windows(v, what, pa, size);
}

static void visit_acpi(const char *name, phys_addr_t pa, unsigned long size,
		       void *arg)
{
	visit_phys(arg, name, pa, size);
}

void for_each_boot_range(void (*fn)(const char *what, const void *p, size_t n,
				    void *arg), void *arg)
{
	const struct boot_info *boot = setup_boot_info();
	struct visitor v = { fn, arg };
	unsigned int i;

	fn("kernel text", _stext, (size_t)(_etext - _stext), arg);
	fn("kernel rodata", __start_rodata,
	   (size_t)(__end_rodata - __start_rodata), arg);
	visit_phys(&v, "boot information", boot->info.base, boot->info.size);
	for (i = 0; i < boot->nr_modules; i++)
		visit_phys(&v, "module", boot->modules[i].base,
			   boot->modules[i].size);
	acpi_for_each_table(boot, visit_acpi, &v);
}
