/*
 * How does a CPU get a small area without a lock?
 *
 * The problem: most areas are small and short-lived. A tree under one lock
 * for all CPUs costs more than the mapping itself, and a page table that comes
 * and goes with a single page as much again.
 *
 *	chunk, 2 MiB: what one table translates; areas of one class
 *	| p g | p g | p g | ...			class 0: up to 1 page
 *	| p p g | p p g | p p g | ...		class 1: up to 2
 *	| p p p p g | ...			2, 3, 4: up to 4, 8, 16
 *
 *  1. take: from the CPU's array of the class, without a lock
 *     (<kernel/cpu_stack.h>).
 *  2. Else the lowest free place of a chunk that has one, under vmap_lock.
 *  3. Else a new chunk. If there are no addresses for one: no small area; the
 *     caller takes one of the other kind.
 *  4. put: into this CPU's array, if there is room; else back to the chunk.
 *     From there on it may be taken again: no CPU remembers what was there.
 *  5. find: chunk (addr - CHUNKS_START) / 2 MiB, place by a division.
 *  6. trim: arrays are emptied, chunks that are empty go. Until then their
 *     table and their addresses stay for the next. Who trims while another
 *     does waits: the addresses are on their way, and they may be the last.
 *
 * What an area has less of pages than its class is guard, too.
 *
 * A place keeps its descriptor while the area is in a CPU's array, so an array
 * is of descriptors.
 *
 * Locks: vmap_lock for chunks; trim_mutex while one trims; nothing is allocated
 * under either. An array is its CPU's. Who looks for the area of an address
 * takes no lock, and the address may be a stray one, whose chunk goes
 * meanwhile: he is a reader (<kernel/rcupdate.h>), and chunks and descriptors
 * are freed behind readers.
 * Invariants: used == places whose area is in use, leaving, or in an array;
 *	a place has a descriptor exactly if it is used;
 *	chunks with a free place are in the list of their class.
 * Cost: 1 and 4 a few instructions each.
 * Left out: taking many places at a time under one lock.
 */
#include <kernel/cpu_stack.h>
#include <kernel/init.h>
#include <kernel/mutex.h>
#include <kernel/rcupdate.h>
#include <kernel/smp.h>
#include <lib/kernel.h>
#include <mm/kasan.h>

#include "vm_small.h"

/* Areas of a class that a CPU keeps. */
#define CPU_AREAS 32

struct vm_cpu {
	struct cpu_stack stack[VM_CLASSES];
	void *slots[VM_CLASSES][CPU_STACK_SLOTS(CPU_AREAS)];
};

static DEFINE_PER_CPU(struct vm_cpu, vm_cpu);
struct vm_chunk *vm_chunks[NR_CHUNKS];
static struct list_head with_room[VM_CLASSES];		/* vmap_lock */
static DEFINE_MUTEX(trim_mutex, RANK_VMALLOC_CHUNKS);

static inline unsigned int class_of(unsigned long nr)
{
	return nr == 1 ? 0 : __fls(nr - 1) + 1;
}

/* Pages of a place, the guard included. */
static inline unsigned long place_pages(unsigned int class)
{
	return (1UL << class) + 1;
}

/* ----- a CPU's array ------------------------------------------------------ */

static struct vm_struct * __restartable pop_area(struct cpu_stack *stack)
{
	return cpu_stack_pop(stack);
}

static bool __restartable push_area(struct cpu_stack *stack,
				    struct vm_struct *vm)
{
	return cpu_stack_push(stack, vm, NULL);
}

static void **first_slot(struct vm_cpu *c, unsigned int class)
{
	return cpu_stack_first(c->slots[class]);
}

/* ----- chunks ------------------------------------------------------------- */

/* vmap_lock held. */
static struct vm_chunk *chunk_with_room(unsigned int class)
{
	return list_first_entry_or_null(&with_room[class], struct vm_chunk,
					list);
}

/* 0: there are none. node is the space's with success. */
static unsigned long take_addresses(struct vmap_hole *node)
{
	unsigned long flags, addr;

	spin_lock_irqsave(&vmap_lock, flags);
	addr = vmap_space_take(&vmap_space, CHUNK_SIZE, CHUNK_SIZE, node);
	spin_unlock_irqrestore(&vmap_lock, flags);
	return addr;
}

/* A node that is the caller's again. */
static struct vmap_hole *give_addresses(unsigned long addr)
{
	struct vmap_hole *node;
	unsigned long flags;

	spin_lock_irqsave(&vmap_lock, flags);
	node = vmap_space_give(&vmap_space, addr, CHUNK_SIZE);
	spin_unlock_irqrestore(&vmap_lock, flags);
	return node;
}

/* From now on it is found, and has room. */
static void publish_chunk(struct vm_chunk *chunk)
{
	unsigned long flags;

	spin_lock_irqsave(&vmap_lock, flags);
	list_add(&chunk->list, &with_room[chunk->class]);
	rcu_assign_pointer(*chunk_slot(chunk->start), chunk);
	spin_unlock_irqrestore(&vmap_lock, flags);
}

/* False: no addresses where chunks may be. */
static bool place_chunk(struct vm_chunk *chunk, struct vmap_hole **node,
			gfp_t gfp)
{
	unsigned long addr = take_addresses(*node);

	if (!addr)
		return false;
	if (!chunk_slot(addr) ||
	    kasan_populate_vmalloc(addr, CHUNK_SIZE, gfp)) {
		*node = give_addresses(addr);
		return false;
	}
	chunk->start = addr;
	publish_chunk(chunk);
	return true;
}

static bool add_chunk(unsigned int class, gfp_t gfp)
{
	unsigned long places = CHUNK_PAGES / place_pages(class);
	struct vmap_hole *node = kmem_cache_alloc(vmap_hole_cache, gfp);
	struct vm_chunk *chunk;

	chunk = kzalloc(sizeof(*chunk) + places * sizeof(chunk->areas[0]),
			gfp);
	if (node && chunk) {
		chunk->class = class;
		chunk->place_pages = (unsigned int)place_pages(class);
		chunk->nr_places = (unsigned int)places;
		if (place_chunk(chunk, &node, gfp))
			return true;
	}
	if (node)
		kmem_cache_free(vmap_hole_cache, node);
	kfree(chunk);
	return false;
}

/* The lowest free place of a chunk becomes vm's; false: there is none. */
static bool take_place(struct vm_struct *vm, unsigned int class)
{
	unsigned long flags, nr;
	struct vm_chunk *chunk;

	spin_lock_irqsave(&vmap_lock, flags);
	chunk = chunk_with_room(class);
	if (chunk) {
		nr = find_next_zero_bit(chunk->used, chunk->nr_places, 0);
		__set_bit(nr, chunk->used);
		vm->addr = (char *)chunk->start +
			   nr * place_pages(class) * PAGE_SIZE;
		rcu_assign_pointer(chunk->areas[nr], vm);
		if (++chunk->nr_used == chunk->nr_places)
			list_del(&chunk->list);
	}
	spin_unlock_irqrestore(&vmap_lock, flags);
	return chunk;
}

/* vmap_lock held. The descriptor is the caller's. */
static void give_place(struct vm_struct *vm)
{
	struct vm_chunk *chunk = *chunk_slot((unsigned long)vm->addr);
	unsigned long nr = place_of(chunk, (unsigned long)vm->addr);

	__clear_bit(nr, chunk->used);
	WRITE_ONCE(chunk->areas[nr], NULL);
	if (chunk->nr_used-- == chunk->nr_places)
		list_add(&chunk->list, &with_room[chunk->class]);
}

static void put_in_chunk(struct vm_struct *vm)
{
	unsigned long flags;

	spin_lock_irqsave(&vmap_lock, flags);
	give_place(vm);
	spin_unlock_irqrestore(&vmap_lock, flags);
	vm_free(vm);
}

static struct vm_struct * noinline take_from_chunk(unsigned int class,
						   gfp_t gfp)
{
	struct vm_struct *vm = kmem_cache_alloc(vm_cache, gfp);

	if (!vm)
		return NULL;
	*vm = (struct vm_struct){ .class = (u8)class,
				  .span = place_pages(class) * PAGE_SIZE };
	while (!take_place(vm, class)) {
		if (!add_chunk(class, gfp)) {
			kmem_cache_free(vm_cache, vm);
			return NULL;
		}
	}
	return vm;
}

struct vm_struct *vm_small_take(unsigned long nr, gfp_t gfp)
{
	unsigned int class = class_of(nr);
	struct vm_struct *vm = pop_area(&vm_cpu.stack[class]);

	return likely(vm) ? vm : take_from_chunk(class, gfp);
}

void vm_small_put(struct vm_struct *vm)
{
	vm_set_state(vm, VM_UNUSED);
	if (unlikely(!push_area(&vm_cpu.stack[vm->class], vm)))
		put_in_chunk(vm);
}

static __always_inline struct vm_chunk *chunk_at(unsigned long addr)
{
	struct vm_chunk **slot = chunk_slot(addr);

	return slot ? rcu_dereference(*slot) : NULL;
}

static __always_inline struct vm_struct *area_at(struct vm_chunk *chunk,
						 unsigned long addr)
{
	unsigned long nr = place_of(chunk, addr);

	return nr < chunk->nr_places ? rcu_dereference(chunk->areas[nr]) : NULL;
}

bool vm_small_find(unsigned long addr, struct vm_struct **vm)
{
	struct vm_chunk *chunk = chunk_at(addr);

	if (chunk)
		*vm = area_at(chunk, addr);
	return chunk;
}

/* Here, so that the way to small ones is one function. */
struct vm_struct *vm_find(unsigned long addr)
{
	struct vm_chunk *chunk = chunk_at(addr);

	return likely(chunk) ? area_at(chunk, addr) : vm_find_large(addr);
}

/* ----- giving back -------------------------------------------------------- */

/* On that CPU with interrupts off, or when it has stopped. */
static void empty_arrays(struct vm_cpu *c)
{
	unsigned int class;

	for (class = 0; class < VM_CLASSES; class++) {
		struct cpu_stack *s = &c->stack[class];

		while (s->top != first_slot(c, class)) {
			struct vm_struct *vm = s->top[-1];

			cpu_stack_move_top(s, -1);
			put_in_chunk(vm);
		}
	}
}

static void empty_arrays_here(void *info)
{
	empty_arrays(this_cpu_ptr(&vm_cpu));
}

static bool has_areas(unsigned int cpu, void *info)
{
	struct vm_cpu *c = per_cpu_ptr(&vm_cpu, cpu);
	unsigned int class;

	for (class = 0; class < VM_CLASSES; class++)
		if (__atomic_load_n(&c->stack[class].top, __ATOMIC_ACQUIRE) !=
		    first_slot(c, class))
			return true;
	return false;
}

static void vm_cpu_dead(unsigned int cpu)
{
	empty_arrays(per_cpu_ptr(&vm_cpu, cpu));
}
CPU_DEAD_CALLBACK(vm_cpu_dead);

/* Chunks that are empty, which nobody finds any more. */
static void withdraw_chunks(struct list_head *gone)
{
	struct vm_chunk *chunk, *next;
	unsigned int class;
	unsigned long flags;

	spin_lock_irqsave(&vmap_lock, flags);
	for (class = 0; class < VM_CLASSES; class++)
		list_for_each_entry_safe(chunk, next, &with_room[class], list)
			if (!chunk->nr_used) {
				list_move(&chunk->list, gone);
				WRITE_ONCE(*chunk_slot(chunk->start), NULL);
			}
	spin_unlock_irqrestore(&vmap_lock, flags);
}

/* Nothing is shown there; a CPU may remember the tables: one flush for all. */
static void free_tables(const struct list_head *gone)
{
	const struct vm_chunk *chunk;
	LIST_HEAD(tables);
	LIST_HEAD(shadow);

	list_for_each_entry(chunk, gone, list) {
		vmap_take_tables(chunk->start, CHUNK_SIZE, &tables);
		kasan_take_vmalloc_shadow(chunk->start, CHUNK_SIZE, &shadow);
	}
	kasan_free_vmalloc_shadow(&shadow);
	if (list_empty(&tables))
		return;
	vmap_flush(CHUNKS_START, NR_CHUNKS * CHUNK_SIZE);
	vmap_free_tables(&tables);
}

static void free_chunk(struct vm_chunk *chunk)
{
	kmem_cache_free(vmap_hole_cache, give_addresses(chunk->start));
	kfree(chunk);
}

static void free_chunks(struct list_head *gone)
{
	struct vm_chunk *chunk, *next;

	if (list_empty(gone))
		return;
	free_tables(gone);
	synchronize_rcu();
	list_for_each_entry_safe(chunk, next, gone, list)
		free_chunk(chunk);
}

void vm_small_trim(void)
{
	LIST_HEAD(gone);

	mutex_lock(&trim_mutex);
	on_each_cpu_cond(has_areas, empty_arrays_here, NULL);
	withdraw_chunks(&gone);
	free_chunks(&gone);
	mutex_unlock(&trim_mutex);
}

void __init vm_small_init(void)
{
	unsigned int cpu, class;

	for (class = 0; class < VM_CLASSES; class++)
		INIT_LIST_HEAD(&with_room[class]);
	for_each_possible_cpu(cpu) {
		struct vm_cpu *c = per_cpu_ptr(&vm_cpu, cpu);

		for (class = 0; class < VM_CLASSES; class++) {
			c->stack[class].top = first_slot(c, class);
			c->stack[class].end = first_slot(c, class) + CPU_AREAS;
		}
	}
}
