/*
 * Caches as text: the shell's slabinfo, in the format of /proc/slabinfo 2.1,
 * so that scripts and eyes used to Linux find their way; and what that has no
 * column for.
 *
 *	slabinfo
 *	name  active_objs num_objs objsize objperslab pagesperslab
 *	: tunables limit batchcount sharedfactor
 *	: slabdata active_slabs num_slabs sharedavail
 *
 * active_objs are objects somebody holds: what waits in arrays is not one
 * (Linux counts it). num_objs are places, objsize is a place with its
 * padding. limit is the size of a CPU's array, batchcount its refill. A slab
 * is active if anything in it is in use or in an array. objperslab and
 * pagesperslab are those of the order wanted; when memory was short there are
 * smaller slabs too.
 *
 *	slabinfo cpus		objects in each CPU's two arrays; arrays in
 *				each node's stock, full and empty
 *	slabinfo aliases	caches merged into another (slab_merge.c)
 *
 * Other CPUs may work: what is read of their arrays is nearly right then.
 */
#include <kernel/printk.h>
#include <kernel/shell.h>
#include <lib/errno.h>
#include <lib/string.h>
#include "slab_internal.h"
#include "slab_info.h"

static void count_slab(const struct page *head, struct slab_info *info)
{
	info->pages += 1UL << head->order;
	info->active_objects += head->inuse;
	info->active_slabs += head->inuse != 0;
}

static void count_node(struct kmem_cache_node *n, struct slab_info *info)
{
	const struct slab_sheaf *sheaf;
	const struct page *head;
	unsigned long flags;
	unsigned int list;

	spin_lock_irqsave(&n->lock, flags);
	for (list = 0; list < NR_SLAB_LISTS; list++)
		list_for_each_entry(head, &n->slabs[list], slab_list)
			count_slab(head, info);
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
	unsigned long n = 0, flags;
	unsigned int cpu;

	arrays_hold(s, &flags);
	for_each_possible_cpu(cpu) {
		c = per_cpu_ptr(s->cpu, cpu);
		n += stack_count(c) + sheaf_avail(cpu_spare(c));
	}
	arrays_release(s, flags);
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

unsigned long slab_total_pages(void)
{
	struct slab_info info;
	struct kmem_cache *s;
	unsigned long pages;

	slab_get_info(slab_graveyard, &info);
	pages = info.pages;
	mutex_lock(&slab_mutex);
	list_for_each_entry(s, &slab_caches, list) {
		slab_get_info(s, &info);
		pages += info.pages;
	}
	mutex_unlock(&slab_mutex);
	return pages;
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

static void print_cpus(struct kmem_cache *s)
{
	const struct kmem_cache_cpu *c;
	unsigned int cpu, main, spare;
	unsigned long flags;

	for_each_possible_cpu(cpu) {
		c = per_cpu_ptr(s->cpu, cpu);
		arrays_hold(s, &flags);
		main = stack_count(c);
		spare = sheaf_avail(cpu_spare(c));
		arrays_release(s, flags);
		printk("%-17s cpu  %3u : %4u %4u\n", s->name, cpu, main,
		       spare);
	}
}

static unsigned int count_stock(struct kmem_cache_node *n,
				struct slab_sheaf *const *stock)
{
	const struct slab_sheaf *sheaf;
	unsigned int count = 0;
	unsigned long flags;

	spin_lock_irqsave(&n->lock, flags);
	for (sheaf = *stock; sheaf; sheaf = sheaf->next)
		count++;
	spin_unlock_irqrestore(&n->lock, flags);
	return count;
}

static void print_arrays(struct kmem_cache *s)
{
	struct kmem_cache_node *n;
	int nid;

	if (!s->sheaf_limit)
		return;
	print_cpus(s);
	for_each_online_node(nid) {
		n = &s->node[nid];
		printk("%-17s node %3d : %4u %4u\n", s->name, nid,
		       count_stock(n, &n->full_sheaves),
		       count_stock(n, &n->empty_sheaves));
	}
}

static void print_aliases(struct kmem_cache *s)
{
	const struct slab_alias *alias;

	list_for_each_entry(alias, &s->aliases, list)
		printk("%-17s %6u <- %s\n", s->name, s->owners, alias->name);
}

static const struct {
	const char *word;
	const char *heading;
	void (*print)(struct kmem_cache *s);
} views[] = {
	{ "", "slabinfo - version: 2.1\n"
	  "# name            <active_objs> <num_objs> <objsize>"
	  " <objperslab> <pagesperslab>"
	  " : tunables <limit> <batchcount> <sharedfactor>"
	  " : slabdata <active_slabs> <num_slabs> <sharedavail>\n",
	  print_cache },
	{ "cpus", "# name            cpu <cpu> : <main> <spare>,"
	  " or node <node> : <full arrays> <empty arrays>\n", print_arrays },
	{ "aliases", "# name            <owners> <- <alias>\n",
	  print_aliases },
};

static int cmd_slabinfo(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";
	struct kmem_cache *s;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(views); i++)
		if (!strcmp(views[i].word, word))
			break;
	if (argc > 2 || i == ARRAY_SIZE(views))
		return -EINVAL;
	printk("%s", views[i].heading);
	mutex_lock(&slab_mutex);
	list_for_each_entry(s, &slab_caches, list)
		views[i].print(s);
	mutex_unlock(&slab_mutex);
	return 0;
}

SHELL_COMMAND(slabinfo, "[cpus|aliases]",
	      "object caches, as in /proc/slabinfo; their arrays; merged ones",
	      cmd_slabinfo);
