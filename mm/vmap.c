/*
 * Showing pages that somebody has already.
 *
 *	pages[]		| a | b | c | d |	the caller's, from anywhere
 *	addresses	| a | b | c | d | g |	an area of its own
 *
 * Neighbours in memory are shown in one step. What was shown is not touched
 * when the area goes, unless it was given away with VM_MAP_PUT_PAGES.
 *
 * The pages may be anybody's as soon as vunmap() returns. So it does not let
 * the area wait, as vfree() does, but has all CPUs forget it, together with
 * all others that wait. (Linux lets it wait, and the pages' next owner hope.)
 *
 * Locks: none of its own. Cost: a walk per run of neighbours; vunmap(): a
 * flush.
 * Left out: Linux's blocks of addresses for vm_map_ram(): small areas come out
 * of a CPU's array anyhow.
 */
#include <kernel/preempt.h>
#include <kernel/report.h>
#include <lib/kernel.h>

#include "vmalloc_internal.h"

int vm_show_first(struct vm_struct *vm, unsigned long va, phys_addr_t pa,
		  unsigned long nr, pgprot_t prot)
{
	int err = vmap_map(va, pa, nr << PAGE_SHIFT, prot,
			   vm->flags & VM_ALLOW_HUGE_VMAP, vm->gfp);

	if (!err && vm->class != VM_LARGE)
		vm->entry = vmap_entry((unsigned long)vm->addr);
	return err;
}

/* Pages from page i on that are neighbours in memory. */
static unsigned int run_length(struct page **pages, unsigned int i,
			       unsigned int count)
{
	unsigned int n = 0;

	do {
		n++;
	} while (i + n < count &&
		 page_to_pfn(pages[i + n]) == page_to_pfn(pages[i]) + n);
	return n;
}

/* 0, or an error with a part shown. */
static int show_pages(struct vm_struct *vm, struct page **pages,
		      unsigned int count, pgprot_t prot)
{
	unsigned long va = (unsigned long)vm->addr;
	unsigned int i, n;

	for (i = 0; i < count; i += n) {
		int err;

		n = run_length(pages, i, count);
		err = vm_show(vm, va + i * PAGE_SIZE, page_to_phys(pages[i]),
			      n, prot);
		if (err)
			return err;
	}
	return 0;
}

static const char *cannot_map(struct page **pages, unsigned int count,
			      pgprot_t prot)
{
	unsigned int i;

	if (pgprot_is_wx(prot))
		return "writable and executable";
	if (!count || count > totalram_pages())
		return "so many pages";
	for (i = 0; i < count; i++)
		if (!page_is_backed(pages[i]))
			return "something that is no page";
	return NULL;
}

/* It is not in use yet, or no longer. */
static void let_go(struct vm_struct *vm)
{
	vm_set_state(vm, VM_LEAVING);
	vm->pages = NULL;
	vm_retire_now(vm);
}

static void *map_pages(struct page **pages, unsigned int count,
		       unsigned long flags, pgprot_t prot, const void *caller)
{
	const char *wrong = cannot_map(pages, count, prot);
	struct vm_struct *vm;

	might_sleep();
	if (wrong) {
		report_begin("bad vmap", "%u pages: %s, caller %pS", count,
			     wrong, caller);
		report_end();
		return NULL;
	}
	vm = vm_take(count, PAGE_SIZE, VM_MAP | flags, GFP_KERNEL, caller);
	if (!vm)
		return NULL;
	if (show_pages(vm, pages, count, prot)) {
		let_go(vm);
		return NULL;
	}
	if (flags & VM_MAP_PUT_PAGES)
		vm->pages = pages;
	return vm->addr;
}

void *vmap(struct page **pages, unsigned int count, unsigned long flags,
	   pgprot_t prot)
{
	return map_pages(pages, count, flags & VM_MAP_PUT_PAGES, prot,
			 __builtin_return_address(0));
}

void *vm_map_ram(struct page **pages, unsigned int count, int node)
{
	return map_pages(pages, count, VM_MAP_RAM, PAGE_KERNEL,
			 __builtin_return_address(0));
}

static void unmap_area(const void *addr, unsigned long flags,
		       const char *what, unsigned long caller)
{
	struct vm_struct *vm = vm_claim(addr, flags, what, caller);

	if (!vm)
		return;
	vm_history_note(vm, caller);
	let_go(vm);
}

void vunmap(const void *addr)
{
	might_sleep();
	if (addr)
		unmap_area(addr, VM_MAP | VM_IOREMAP, "bad vunmap", _RET_IP_);
}

/* Of the area that begins there; of none: as many as expected. */
static unsigned int pages_at(const void *mem, unsigned int expected)
{
	unsigned int nr = expected;
	const struct vm_struct *vm;

	rcu_read_lock();	/* the address may be a stale one */
	vm = find_vm_area(mem);
	if (vm && vm->addr == mem)
		nr = vm->nr_pages;
	rcu_read_unlock();
	return nr;
}

void vm_unmap_ram(const void *mem, unsigned int count)
{
	unsigned int nr = pages_at(mem, count);

	might_sleep();
	if (nr != count) {
		report_begin("bad vm_unmap_ram", "%px: %u pages, not %u", mem,
			     nr, count);
		report_end();
		return;
	}
	unmap_area(mem, VM_MAP_RAM, "bad vm_unmap_ram", _RET_IP_);
}

struct vm_struct *get_vm_area_caller(unsigned long size, unsigned long flags,
				     const void *caller)
{
	struct vm_struct *vm;

	if (!size || size > VMALLOC_TOTAL)
		return NULL;
	vm = vm_take(PFN_UP(size), PAGE_SIZE, flags, GFP_KERNEL, caller);
	if (vm)
		vm->phys_addr = 0;
	return vm;
}

void free_vm_area(struct vm_struct *vm)
{
	let_go(vm);
}
