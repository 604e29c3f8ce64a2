/*
 * The arrays of a cache: made, put aside, taken up again, freed.
 *
 * The problem: arrays make the fast paths fast by leaving out all questions.
 * A mode that must see every allocation and every free (debugging, injected
 * failures, guarded objects) cannot ask on the fast path either; it takes the
 * arrays away. A CPU's main array then is the cache's no_sheaf, always empty
 * and always full, and every call ends in slub_odd.c.
 *
 *  1. An array that no CPU has is in the stock of the CPUs' node.
 *  2. slab_arrays_off(): each CPU puts what is in its arrays back into the
 *     slabs, and the arrays into the stock. In an interrupt handler: nothing
 *     else touches its arrays there.
 *  3. slab_arrays_on(): each CPU takes two from the stock. CPUs that have
 *     theirs work meanwhile and exchange arrays with the stock, one for one,
 *     so enough are left for the others: empty or full, both will do.
 *
 *	CPU 0: [main][spare]   CPU 1: [main][spare]   stock: [ ][ ][ ]
 *	CPU 0:  no_sheaf       CPU 1: [main][spare]   stock: [ ][ ][ ][ ][ ]
 *
 * A cache that debugs its objects never has arrays: sheaf_limit is 0. One that
 * is made while arrays are off begins like the others: its arrays wait in the
 * stock.
 *
 * Locks: slab_mutex for the number of those who want them off and for the walk
 * over all caches, also while other CPUs walk for us; a CPU's arrays with its
 * interrupts off; node->lock inside.
 * Invariant: arrays of a cache == 2 * CPUs that have theirs + stock, and those
 * that the node has made since (slub_stock.c).
 */
#include <kernel/report.h>
#include <kernel/smp.h>
#include <mm/percpu.h>
#include "slab_internal.h"

static unsigned int arrays_unwanted;	/* slab_mutex */

/* ----- made and freed ----------------------------------------------------- */

/* Zeroes are an empty array of the stock: there is NULL in front. */
struct slab_sheaf *slab_sheaf_create(struct kmem_cache *s, gfp_t gfp)
{
	return kzalloc(sizeof(struct slab_sheaf) +
		       CPU_STACK_SLOTS(s->sheaf_limit) * sizeof(void *),
		       gfp | __GFP_NOWARN);
}

/*
 * Arrays that wait with each node, empty or full: all nodes' together are
 * half as many as the CPUs have themselves, and some.
 */
unsigned int slab_node_stock(void)
{
	unsigned int nodes = 0;
	int nid;

	for_each_online_node(nid)
		nodes++;
	return 1 + DIV_ROUND_UP(nr_cpu_ids, nodes);
}

static bool node_add_sheaves(struct kmem_cache *s, struct kmem_cache_node *n)
{
	struct slab_sheaf *sheaf;
	unsigned int i;

	for (i = 0; i < slab_node_stock(); i++) {
		sheaf = slab_sheaf_create(s, GFP_KERNEL);
		if (!sheaf)
			return false;
		node_add_sheaf(n, sheaf);
	}
	return true;
}

static void cpu_free_sheaves(struct kmem_cache *s, struct kmem_cache_cpu *c)
{
	if (c->main == no_sheaf(s))
		return;
	kfree(c->main);
	kfree(c->spare);
}

/* Nobody uses the cache any more, and all its arrays are empty. */
void slab_cache_free_sheaves(struct kmem_cache *s)
{
	struct slab_sheaf *sheaf;
	unsigned int cpu;
	int nid;

	for_each_possible_cpu(cpu)
		cpu_free_sheaves(s, per_cpu_ptr(s->cpu, cpu));
	for_each_online_node(nid)
		while ((sheaf = node_remove_sheaf(&s->node[nid])))
			kfree(sheaf);
}

static bool cpu_add_sheaves(struct kmem_cache *s, struct kmem_cache_cpu *c)
{
	struct slab_sheaf *main = slab_sheaf_create(s, GFP_KERNEL);
	struct slab_sheaf *spare = slab_sheaf_create(s, GFP_KERNEL);

	if (!main || !spare) {
		kfree(main);
		kfree(spare);
		return false;
	}
	cpu_set_spare(c, spare);
	main_set(s, c, main);
	return true;
}

/*
 * Gives a cache its arrays; nobody uses it yet, or only this CPU, early in the
 * boot with interrupts off. False: no memory, and some are missing.
 */
bool slab_cache_add_sheaves(struct kmem_cache *s)
{
	unsigned int cpu;
	int nid;

	s->sheaf_limit = slab_sheaf_limit(s);
	if (!s->sheaf_limit)
		return true;
	s->extra_limit = slab_extra_limit(s);
	for_each_online_node(nid)
		if (!node_add_sheaves(s, &s->node[nid]))
			return false;
	for_each_possible_cpu(cpu)
		if (!cpu_add_sheaves(s, per_cpu_ptr(s->cpu, cpu)))
			return false;
	return true;
}

/* ----- put aside and taken up --------------------------------------------- */

static struct kmem_cache_node *home_node(struct kmem_cache *s)
{
	return &s->node[slab_local_node()];
}

/* Interrupts are off, or it is the arrays of a CPU that does not run. */
static void cpu_park(struct kmem_cache *s, struct kmem_cache_cpu *c)
{
	struct slab_sheaf *main, *spare;

	if (c->main == no_sheaf(s))
		return;
	slab_flush_arrays(s, c);	/* may exchange them for others */
	main = c->main;
	spare = c->spare;
	cpu_set_spare(c, no_sheaf(s));
	main_set(s, c, no_sheaf(s));
	sheaf_set_avail(main, 0);
	node_add_sheaf(home_node(s), main);
	node_add_sheaf(home_node(s), spare);
}

static void cpu_unpark(struct kmem_cache *s, struct kmem_cache_cpu *c)
{
	if (!s->sheaf_limit || c->main != no_sheaf(s))
		return;
	cpu_set_spare(c, node_take_sheaf(home_node(s)));
	main_set(s, c, node_take_sheaf(home_node(s)));
}

typedef void (*arrays_fn)(struct kmem_cache *s, struct kmem_cache_cpu *c);

/*
 * All caches' arrays of one CPU, where interrupts are off, or which does not
 * run; slab_mutex is held by who asks.
 */
static void for_all_caches(unsigned int cpu, arrays_fn fn)
{
	struct kmem_cache *s;

	list_for_each_entry(s, &slab_caches, list)
		fn(s, per_cpu_ptr(s->cpu, cpu));
}

static void on_this_cpu(void *info)
{
	for_all_caches(smp_processor_id(), *(arrays_fn *)info);
}

/* CPUs neither come nor go meanwhile; those that stay away are done by us. */
static void on_all_cpus(arrays_fn fn)
{
	unsigned int cpu;

	on_each_cpu(on_this_cpu, &fn, true);
	for_each_possible_cpu(cpu)
		if (!cpu_online(cpu))
			for_all_caches(cpu, fn);
}

void slab_arrays_off(void)
{
	cpus_read_lock();
	mutex_lock(&slab_mutex);
	if (!arrays_unwanted++)
		on_all_cpus(cpu_park);
	mutex_unlock(&slab_mutex);
	cpus_read_unlock();
}

void slab_arrays_on(void)
{
	cpus_read_lock();
	mutex_lock(&slab_mutex);
	if (!arrays_unwanted) {
		report_begin("slab_arrays_on: they are on", "caller %pS",
			     __builtin_return_address(0));
		report_end();
	} else if (!--arrays_unwanted) {
		on_all_cpus(cpu_unpark);
	}
	mutex_unlock(&slab_mutex);
	cpus_read_unlock();
}

/* A cache that nobody uses yet follows the others. slab_mutex is held. */
void slab_arrays_follow(struct kmem_cache *s)
{
	unsigned int cpu;

	if (arrays_unwanted)
		for_each_possible_cpu(cpu)
			cpu_park(s, per_cpu_ptr(s->cpu, cpu));
}
