/*
 * The areas for a person: the shell command `vmallocinfo`, a line for each as
 * in Linux's /proc/vmallocinfo, and the sums.
 *
 *	first address-first behind  bytes  who asked  pages=  kind
 *
 * A console is slow: so a few areas at a time are copied under the lock, and
 * printed without it.
 */
#include <kernel/printk.h>
#include <kernel/shell.h>

#include "vmalloc_internal.h"

struct sums {
	unsigned long areas, pages;
};

static const char *kind(const struct vm_struct *vm)
{
	if (vm->flags & VM_IOREMAP)
		return "ioremap";
	if (vm->flags & VM_MAP_RAM)
		return "vm_map_ram";
	return vm->flags & VM_MAP ? "vmap" : "vmalloc";
}

static void print_area(const struct vm_struct *vm, void *arg)
{
	struct sums *sums = arg;

	sums->areas++;
	sums->pages += vm->flags & VM_ALLOC ? vm->nr_pages : 0;
	printk("%px-%px %8lu %pS pages=%u %s", vm->addr,
	       (char *)vm->addr + vm->size, vm->size, vm->caller, vm->nr_pages,
	       kind(vm));
	if (vm->flags & VM_IOREMAP)
		printk(" phys=%#llx", (unsigned long long)vm->phys_addr);
	printk("\n");
}

static int cmd_vmallocinfo(int argc, char **argv)
{
	struct sums sums = { 0, 0 };

	vm_for_each(print_area, &sums);
	printk("%lu areas, %lu KiB in them; %lu KiB wait for a flush\n",
	       sums.areas, sums.pages << (PAGE_SHIFT - 10),
	       vm_leaving_pages() << (PAGE_SHIFT - 10));
	printk("addresses: %lu KiB free in %lu holes, the largest %lu KiB\n",
	       vmap_space.free >> 10, vmap_space.nr_holes,
	       vmap_space_largest(&vmap_space) >> 10);
	return 0;
}
SHELL_COMMAND(vmallocinfo, "", "areas of vmalloc, vmap and ioremap",
	      cmd_vmallocinfo);
