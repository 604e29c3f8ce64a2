/*
 * How does memory that was written become code, or constant?
 *
 *	vmalloc()	RW-
 *	set_memory_ro()	R--		constants
 *	set_memory_x()	R-X		code
 *	set_memory_nx()	R--
 *	set_memory_rw()	RW-		to be freed, or written anew
 *
 * No step leads to a page that is writable and executable: the one that would
 * is refused, for all of its pages or none.
 *
 * Only whole pages of one area in use, which belong to the caller, so nobody
 * else changes their entries meanwhile. What is freed needs no step back.
 *
 * Locks: none. Cost: a walk for each table, a flush on all CPUs.
 * Left out: the direct map's view. Linux changes it, too, and cuts its large
 * pages for that.
 */
#include <asm/pgtable.h>
#include <asm/set_memory.h>
#include <kernel/preempt.h>
#include <kernel/rcupdate.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <mm/vmalloc.h>

/* Its area may have more addresses than pages. */
static bool is_inside(const struct vm_struct *vm, unsigned long addr,
		      unsigned long pages)
{
	unsigned long first = (addr - (unsigned long)vm->addr) / PAGE_SIZE;
	unsigned long end = vm->size / PAGE_SIZE - 1;

	return first < end && pages <= end - first;
}

static bool is_part_of_an_area(unsigned long addr, int numpages)
{
	const struct vm_struct *vm;
	bool inside;

	if (numpages <= 0 || !IS_ALIGNED(addr, PAGE_SIZE))
		return false;
	rcu_read_lock();	/* the address may be a stale one */
	vm = find_vm_area((void *)addr);
	inside = vm && is_inside(vm, addr, (unsigned long)numpages);
	rcu_read_unlock();
	return inside;
}

/* Is any of the pages this, set or clear? */
static bool any_page(unsigned long addr, int numpages, pte_t flag, bool set)
{
	enum pt_level level;

	for (; numpages; numpages--, addr += PAGE_SIZE) {
		const pte_t *e = pgtable_lookup(&kernel_pgtable, addr, &level);

		if (e && !!(pte_read(e) & flag) == set)
			return true;
	}
	return false;
}

static int change(unsigned long addr, int numpages, pte_t clear, pte_t set)
{
	return pgtable_protect(&kernel_pgtable, addr,
			       (unsigned long)numpages * PAGE_SIZE, clear,
			       set);
}

int set_memory_ro(unsigned long addr, int numpages)
{
	might_sleep();
	if (!is_part_of_an_area(addr, numpages))
		return -EINVAL;
	return change(addr, numpages, _PAGE_RW, 0);
}

int set_memory_rw(unsigned long addr, int numpages)
{
	might_sleep();
	if (!is_part_of_an_area(addr, numpages) ||
	    ((pte_supported_mask & _PAGE_NX) &&
	     any_page(addr, numpages, _PAGE_NX, false)))
		return -EINVAL;
	return change(addr, numpages, 0, _PAGE_RW | _PAGE_DIRTY);
}

int set_memory_nx(unsigned long addr, int numpages)
{
	might_sleep();
	if (!is_part_of_an_area(addr, numpages))
		return -EINVAL;
	return change(addr, numpages, 0, _PAGE_NX);
}

int set_memory_x(unsigned long addr, int numpages)
{
	might_sleep();
	if (!is_part_of_an_area(addr, numpages) ||
	    any_page(addr, numpages, _PAGE_RW, true))
		return -EINVAL;
	return change(addr, numpages, _PAGE_NX, 0);
}
