/*
 * Caches as text: the shell's slabinfo, in the format of /proc/slabinfo 2.1,
 * so that scripts and eyes used to Linux find their way.
 *
 *	name  active_objs num_objs objsize objperslab pagesperslab
 *	: tunables limit batchcount sharedfactor
 *	: slabdata active_slabs num_slabs sharedavail
 *
 * active_objs are objects somebody holds: what waits in arrays is not one
 * (Linux counts it). num_objs are places, objsize is a place with its
 * padding. limit is the size of a CPU's array, batchcount its refill. A slab
 * is active if anything in it is in use or in an array.
 */
#include <kernel/printk.h>
#include <kernel/shell.h>
#include "slab_internal.h"
#include "slab_info.h"

static void count_node(struct kmem_cache_node *n, struct slab_info *info)
{
	const struct slab_sheaf *sheaf;
	const struct page *head;
	unsigned long flags;
	unsigned int list;

	spin_lock_irqsave(&n->lock, flags);
	for (list = SLAB_LIST_EMPTY + 1; list < NR_SLAB_LISTS; list++) {
		list_for_each_entry(head, &n->slabs[list], slab_list) {
			info->active_objects += head->inuse;
			info->active_slabs++;
		}
	}
	for (sheaf = n->full_sheaves; sheaf; sheaf = sheaf->next)
		info->active_objects -= sheaf->avail;
	info->slabs += n->nr_slabs;
	info->objects += n->nr_objects;
	spin_unlock_irqrestore(&n->lock, flags);
}

/* Objects in the CPUs' arrays; nearly, while those work. */
static unsigned long count_cpus(struct kmem_cache *s)
{
	const struct kmem_cache_cpu *c;
	unsigned long n = 0;
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		c = per_cpu_ptr(s->cpu, cpu);
		n += stack_count(c) + sheaf_avail(cpu_spare(c));
	}
	return n;
}

void slab_get_info(struct kmem_cache *s, struct slab_info *info)
{
	int nid;

	*info = (struct slab_info){ 0 };
	for_each_online_node(nid)
		count_node(&s->node[nid], info);
	info->active_objects -= min(count_cpus(s), info->active_objects);
}

static void print_cache(struct kmem_cache *s)
{
	struct slab_info info;

	slab_get_info(s, &info);
	printk("%-17s %6lu %6lu %6u %4u %4u"
	       " : tunables %4u %4u %4u : slabdata %6lu %6lu %6u\n",
	       s->name, info.active_objects, info.objects, s->size,
	       s->objects, 1U << s->order, s->sheaf_limit,
	       s->sheaf_limit / 2, 0U, info.active_slabs, info.slabs, 0U);
}

static int cmd_slabinfo(int argc, char **argv)
{
	struct kmem_cache *s;

	printk("slabinfo - version: 2.1\n");
	printk("# name            <active_objs> <num_objs> <objsize>"
	       " <objperslab> <pagesperslab>"
	       " : tunables <limit> <batchcount> <sharedfactor>"
	       " : slabdata <active_slabs> <num_slabs> <sharedavail>\n");
	mutex_lock(&slab_mutex);
	list_for_each_entry(s, &slab_caches, list)
		print_cache(s);
	mutex_unlock(&slab_mutex);
	return 0;
}

SHELL_COMMAND(slabinfo, "", "object caches, as in /proc/slabinfo",
	      cmd_slabinfo);
