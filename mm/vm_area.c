/*
 * Which areas are there?
 *
 * The problem: addresses for an area of any size, and from an address back to
 * its area, quickly for the many small ones, in any context.
 *
 *	VMALLOC_START						VMALLOC_END
 *	| chunk: s s s s s | L         g| chunk | L   g|      free      |
 *
 *  1. Small areas, up to 16 pages, lie in chunks; a chunk is found by its
 *     number (mm/vm_small.c).
 *  2. Larger ones have addresses of their own (mm/vmap_area.c), and are found
 *     in a tree. Where addresses abound (VMAP_AREA_ALIGN) each begins a page
 *     table of its own.
 *  3. Behind the pages of each comes one that is never mapped. It guards the
 *     end of this area and the beginning of the next; before the first there
 *     is a hole.
 *  4. No room: those that wait for a flush are flushed, chunks that are empty
 *     go, and it is tried again.
 *
 *	state	UNUSED -> USED -> LEAVING -> (UNUSED, or gone)
 *			 take   claim       put
 *
 * Locks: vmap_lock guards addresses, tree, chunks and who is LEAVING; nothing
 * is allocated or freed under it. An area in use is its owner's. Who changes
 * USED to LEAVING, by one exchange, is the one who frees it: a second free
 * finds it LEAVING, or gone. It may come while the area goes: so who has but
 * an address looks as a reader, and descriptors are freed behind readers.
 * Cost: a small area a few instructions; a large one O(log n).
 */
#include <kernel/preempt.h>
#include <kernel/printk.h>
#include <kernel/report.h>
#include <kernel/smp.h>
#include <lib/kernel.h>
#include <mm/kasan.h>

#include "vmalloc_internal.h"

/* Areas that are copied under one hold of the lock, to be looked at. */
#define BATCH 8U

DEFINE_SPINLOCK(vmap_lock, RANK_VMALLOC);
struct vmap_space vmap_space;
struct kmem_cache *vm_cache, *vmap_hole_cache;

static struct rb_root large_areas = RB_ROOT(NULL);	/* vmap_lock */

static struct vm_struct *vm_of(const struct rb_node *node)
{
	return rb_entry(node, struct vm_struct, node);
}

/* vmap_lock held. */
static void insert_large(struct vm_struct *vm)
{
	struct rb_node **link = &large_areas.node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = vm->addr < vm_of(parent)->addr ? &parent->left :
							&parent->right;
	}
	rb_insert(&large_areas, &vm->node, parent, link);
}

struct vm_struct *vm_find_large_locked(unsigned long addr)
{
	const struct rb_node *node = large_areas.node;

	while (node) {
		struct vm_struct *vm = vm_of(node);
		unsigned long start = (unsigned long)vm->addr;

		if (addr - start < vm->span)
			return vm;
		node = addr < start ? node->left : node->right;
	}
	return NULL;
}

struct vm_struct *vm_find_large(unsigned long addr)
{
	struct vm_struct *vm;
	unsigned long flags;

	spin_lock_irqsave(&vmap_lock, flags);
	vm = vm_find_large_locked(addr);
	spin_unlock_irqrestore(&vmap_lock, flags);
	return vm;
}

/* False: no room. */
static bool take_addresses(struct vm_struct *vm, unsigned long align,
			   struct vmap_hole *node)
{
	unsigned long flags, addr;

	spin_lock_irqsave(&vmap_lock, flags);
	addr = vmap_space_take(&vmap_space, vm->span, align, node);
	if (addr) {
		vm->addr = (void *)addr;
		insert_large(vm);
	}
	spin_unlock_irqrestore(&vmap_lock, flags);
	return addr;
}

static struct vm_struct * noinline take_large(unsigned long nr,
					      unsigned long align, gfp_t gfp)
{
	struct vmap_hole *node = kmem_cache_alloc(vmap_hole_cache, gfp);
	struct vm_struct *vm = kmem_cache_alloc(vm_cache, gfp);

	align = max(align, (unsigned long)VMAP_AREA_ALIGN);
	if (node && vm && is_power_of_2(align)) {
		*vm = (struct vm_struct){ .class = VM_LARGE };
		vm->span = ALIGN((nr + 1) * PAGE_SIZE, VMAP_AREA_ALIGN);
		if (take_addresses(vm, align, node))
			return vm;
		vmalloc_trim();
		if (take_addresses(vm, align, node))
			return vm;
	}
	if (node)
		kmem_cache_free(vmap_hole_cache, node);
	if (vm)
		kmem_cache_free(vm_cache, vm);
	return NULL;
}

static void free_descriptor(struct rcu_head *head)
{
	kmem_cache_free(vm_cache, container_of(head, struct vm_struct, rcu));
}

/* In a thread on the only CPU we know that no reader was interrupted. */
void vm_free(struct vm_struct *vm)
{
	if (only_boot_cpu_online() && !in_interrupt())
		kmem_cache_free(vm_cache, vm);
	else
		call_rcu(&vm->rcu, free_descriptor);
}

static void put_large(struct vm_struct *vm)
{
	struct vmap_hole *node;
	unsigned long flags;

	spin_lock_irqsave(&vmap_lock, flags);
	rb_erase(&large_areas, &vm->node);
	node = vmap_space_give(&vmap_space, (unsigned long)vm->addr, vm->span);
	spin_unlock_irqrestore(&vmap_lock, flags);
	kmem_cache_free(vmap_hole_cache, node);
	vm_free(vm);
}

/* What shows pages of others can be accessed at once, and wholly. */
static bool shadow_area(struct vm_struct *vm)
{
	if (vm->class == VM_LARGE &&
	    kasan_populate_vmalloc((unsigned long)vm->addr, vm->size,
				   vm->gfp)) {
		vm_set_state(vm, VM_LEAVING);
		vm_retire(vm);
		return false;
	}
	if (!(vm->flags & VM_ALLOC))
		kasan_unpoison_vmalloc(vm->addr, vm_bytes(vm),
				       vm_shadowed_bytes(vm));
	return true;
}

struct vm_struct *vm_take(unsigned long nr, unsigned long align,
			  unsigned long flags, gfp_t gfp, const void *caller)
{
	struct vm_struct *vm = NULL;

	gfp = vm_meta_gfp(gfp);
	if (nr <= VM_SMALL_PAGES && align <= PAGE_SIZE)
		vm = vm_small_take(nr, gfp);
	if (unlikely(!vm))
		vm = take_large(nr, align, gfp);
	if (unlikely(!vm))
		return NULL;
	vm->size = (nr + 1) * PAGE_SIZE;
	vm->flags = flags;
	vm->nr_pages = (unsigned int)nr;
	vm->pages = NULL;
	vm->gfp = gfp;
	vm->caller = caller;
	INIT_LIST_HEAD(&vm->blocks);
	vm_set_state(vm, VM_USED);
	return shadow_area(vm) ? vm : NULL;
}

void vm_put(struct vm_struct *vm)
{
	if (vm->class < VM_CLASSES)
		vm_small_put(vm);
	else
		put_large(vm);
}

struct vm_struct *find_vm_area(const void *addr)
{
	struct vm_struct *vm;

	rcu_read_lock();
	vm = vm_find((unsigned long)addr);
	if (vm && vm_state(vm) != VM_USED)
		vm = NULL;
	rcu_read_unlock();
	return vm;
}

static const char *maker(unsigned long flags)
{
	if (flags & VM_IOREMAP)
		return "ioremap()";
	if (flags & VM_MAP_RAM)
		return "vm_map_ram()";
	return flags & VM_MAP ? "vmap()" : "vmalloc()";
}

/* Why the area at addr is not one to let go like this. In a reader. */
static void __slowpath report_bad_free(const void *addr, const char *what,
				       unsigned long caller)
{
	struct vm_struct *vm = vm_find((unsigned long)addr);
	char there[VMALLOC_WORDS];

	vmalloc_describe((unsigned long)addr, there, sizeof(there));
	if (!is_vmalloc_addr(addr))
		report_begin(what, "%px: not in the vmalloc area", addr);
	else if (!vm || vm_state(vm) != VM_USED)
		report_begin(what, "%px: no area in use there", addr);
	else if (vm->addr != addr)
		report_begin(what, "%px: not where an area begins", addr);
	else
		report_begin(what, "%px: made by %s", addr, maker(vm->flags));
	if (is_vmalloc_addr(addr))
		printk("  %px: %s\n", addr, there);
	printk("  called by %pS\n", (void *)caller);
	report_end();
}

struct vm_struct *vm_claim(const void *addr, unsigned long flags,
			   const char *what, unsigned long caller)
{
	struct vm_struct *vm;
	u8 used = VM_USED;

	rcu_read_lock();
	vm = vm_find((unsigned long)addr);
	if (unlikely(!vm || vm->addr != addr || !(vm->flags & flags) ||
		     !__atomic_compare_exchange_n(&vm->state, &used,
						  VM_LEAVING, false,
						  __ATOMIC_ACQ_REL,
						  __ATOMIC_RELAXED))) {
		report_bad_free(addr, what, caller);
		vm = NULL;
	}
	rcu_read_unlock();
	return vm;
}

/* vmap_lock held: the first large area that ends behind addr. */
static const struct rb_node *first_behind(unsigned long addr)
{
	const struct rb_node *node = large_areas.node, *found = NULL;

	while (node) {
		const struct vm_struct *vm = vm_of(node);
		bool ends_behind = addr < (unsigned long)vm->addr + vm->span;

		if (ends_behind)
			found = node;
		node = ends_behind ? node->left : node->right;
	}
	return found;
}

unsigned int vm_large_copy(unsigned long *addr, struct vm_struct *copies,
			   unsigned int max)
{
	unsigned int n = 0, looks = 0;
	const struct rb_node *node;
	unsigned long flags;

	spin_lock_irqsave(&vmap_lock, flags);
	node = first_behind(*addr);
	for (; node && looks < max; node = rb_next(node), looks++) {
		const struct vm_struct *vm = vm_of(node);

		if (vm_state(vm) == VM_USED)
			copies[n++] = *vm;
		*addr = (unsigned long)vm->addr + vm->span;
	}
	if (!node)
		*addr = VMALLOC_END;
	spin_unlock_irqrestore(&vmap_lock, flags);
	return n;
}

void vm_for_each(void (*fn)(const struct vm_struct *vm, void *arg), void *arg)
{
	struct vm_struct copies[BATCH];
	unsigned long addr;
	unsigned int i, n;

	for (addr = VMALLOC_START; addr < vm_small_end();) {
		n = vm_small_copy(&addr, copies, BATCH);
		for (i = 0; i < n; i++)
			fn(&copies[i], arg);
	}
	for (addr = VMALLOC_START; addr < VMALLOC_END;) {
		n = vm_large_copy(&addr, copies, BATCH);
		for (i = 0; i < n; i++)
			fn(&copies[i], arg);
	}
}

static const char *large_fault(const struct vm_struct *vm)
{
	unsigned long start = (unsigned long)vm->addr;

	if (!IS_ALIGNED(start | vm->span, VMAP_AREA_ALIGN) ||
	    vm->size > vm->span)
		return "vmalloc: an area is larger than its addresses";
	if (vm->class != VM_LARGE || vm->state == VM_UNUSED)
		return "vmalloc: a large area is none";
	return NULL;
}

/* Chunks and large areas are all that has addresses. */
const char *vmalloc_validate(void)
{
	const char *fault = vmap_space_validate(&vmap_space);
	const struct rb_node *node;
	unsigned long areas = 0;

	if (!fault)
		fault = vm_small_validate(&areas);
	if (!fault)
		fault = rb_validate(&large_areas);
	for (node = rb_first(&large_areas); node && !fault;
	     node = rb_next(node)) {
		fault = large_fault(vm_of(node));
		areas++;
	}
	if (!fault && areas != vmap_space.nr_areas)
		fault = "vmalloc: addresses that no area has";
	return fault;
}
