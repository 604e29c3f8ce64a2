/*
 * What was at an address of the vmalloc area, and who freed it?
 *
 * An area that was freed faults, and by then its descriptor is gone. So of the
 * last areas freed a line each is kept, in a ring:
 *
 *	| addr, bytes | who asked | who freed, thread, CPU |
 *	                  ^ next
 *
 * The search begins with the newest: addresses are used again, and what was
 * there last is what a stray pointer most likely meant.
 *
 * Locks: none. A line is written by who frees; who reads while the ring goes
 * round may read half of a new one: it is for reports.
 * Cost: about a dozen stores for each area freed.
 */
#include <kernel/sched.h>
#include <lib/kernel.h>
#include <lib/sprintf.h>
#include <lib/string.h>

#include "vmalloc_internal.h"

#define LINES 256U

struct freed {
	unsigned long addr, bytes;	/* bytes 0: none yet */
	const void *caller;
	unsigned long freer;
	int pid;
	unsigned int cpu;
};

static struct freed ring[LINES];
static unsigned int next;	/* atomic */

void vm_history_note(const struct vm_struct *vm, unsigned long freer)
{
	unsigned int nr = __atomic_fetch_add(&next, 1, __ATOMIC_RELAXED);
	struct freed *f = &ring[nr % LINES];

	WRITE_ONCE(f->addr, (unsigned long)vm->addr);
	WRITE_ONCE(f->bytes, vm_bytes(vm));
	WRITE_ONCE(f->caller, vm->caller);
	WRITE_ONCE(f->freer, freer);
	WRITE_ONCE(f->pid, current ? current->pid : 0);
	WRITE_ONCE(f->cpu, smp_processor_id());
}

static const struct freed *find_freed(unsigned long addr)
{
	unsigned int newest = __atomic_load_n(&next, __ATOMIC_RELAXED), i;

	for (i = 1; i <= LINES; i++) {
		const struct freed *f = &ring[(newest - i) % LINES];

		if (addr - READ_ONCE(f->addr) < READ_ONCE(f->bytes))
			return f;
	}
	return NULL;
}

static void say_freed(const struct freed *f, unsigned long addr, char *buf,
		      size_t size)
{
	ksnprintf(buf, size, "freed: %lu bytes into %lu bytes of vmalloc area at %px, allocated by %pS, freed by %pS (thread %d, CPU %u)",
		  addr - READ_ONCE(f->addr), READ_ONCE(f->bytes),
		  (void *)READ_ONCE(f->addr), READ_ONCE(f->caller),
		  (void *)READ_ONCE(f->freer), READ_ONCE(f->pid),
		  READ_ONCE(f->cpu));
}

static void say_area(const struct vm_struct *vm, unsigned long addr, char *buf,
		     size_t size)
{
	unsigned long offset = addr - (unsigned long)vm->addr;

	if (offset < vm_bytes(vm))
		ksnprintf(buf, size, "%lu bytes into %lu bytes of vmalloc area at %px, allocated by %pS",
			  offset, vm_bytes(vm), vm->addr, vm->caller);
	else
		ksnprintf(buf, size, "guard page, %lu bytes behind %lu bytes of vmalloc area at %px, allocated by %pS",
			  offset - vm_bytes(vm), vm_bytes(vm), vm->addr,
			  vm->caller);
}

/*
 * As vm_find(), but perhaps from a fault in the middle of a change, by this
 * CPU: then the lock is not to be had, and false.
 */
static bool find_without_waiting(unsigned long addr, struct vm_struct **vm)
{
	unsigned long flags;
	bool free;

	if (vm_small_find(addr, vm))
		return true;
	local_irq_save(flags);
	free = spin_trylock(&vmap_lock);
	if (free) {
		*vm = vm_find_large_locked(addr);
		spin_unlock(&vmap_lock);
	}
	local_irq_restore(flags);
	return free;
}

/* For readers: the area in use at addr, its guard included. */
static const struct vm_struct *area_near(unsigned long addr)
{
	struct vm_struct *vm = NULL;

	if (find_without_waiting(addr, &vm) && vm && vm_state(vm) == VM_USED)
		return vm;
	return NULL;
}

static void describe(unsigned long addr, char *buf, size_t size)
{
	const struct vm_struct *vm = area_near(addr), *behind;
	const struct freed *f;
	size_t n;

	if (vm && addr - (unsigned long)vm->addr < vm_bytes(vm)) {
		say_area(vm, addr, buf, size);
		return;
	}
	f = vm ? NULL : find_freed(addr);
	behind = area_near(ALIGN_DOWN(addr, PAGE_SIZE) + PAGE_SIZE);
	if (vm)
		say_area(vm, addr, buf, size);
	else if (f)
		say_freed(f, addr, buf, size);
	else if (behind && (unsigned long)behind->addr > addr)
		ksnprintf(buf, size, "guard page");
	else
		ksnprintf(buf, size, "vmalloc area, nothing is or was here that is known of");
	n = strlen(buf);
	if (behind && (unsigned long)behind->addr > addr)
		ksnprintf(buf + n, size - n, "; %lu bytes in front of the one at %px, allocated by %pS",
			  (unsigned long)behind->addr - addr, behind->addr,
			  behind->caller);
}

void vmalloc_describe(unsigned long addr, char *buf, size_t size)
{
	rcu_read_lock();
	describe(addr, buf, size);
	rcu_read_unlock();
}
