/*
 * Page owners for a person: the shell command `page_owner`.
 *
 *	page_owner		the call stacks that hold most pages
 *	page_owner 0x1234	what is known of one frame
 *
 * The holders: a table of the TOP largest seen so far, in descending order;
 * each stack is put in at its place, the last one drops out.
 */
#include <kernel/printk.h>
#include <kernel/shell.h>
#include <lib/errno.h>
#include <lib/parse.h>
#include <mm/page_owner.h>

#include "internal.h"

#define TOP 10

struct holder {
	depot_stack_handle_t stack;
	unsigned long pages;
};

static void rank_holder(struct holder *top, struct holder h)
{
	unsigned int i;

	for (i = 0; i < TOP; i++)
		if (h.pages > top[i].pages) {
			struct holder smaller = top[i];

			top[i] = h;
			h = smaller;
		}
}

void page_owner_summary(void)
{
	struct holder top[TOP] = { { 0, 0 } };
	unsigned long total = 0, stacks = 0;
	struct holder h;
	unsigned int i;

	for (h.stack = 0; h.stack <= STACK_DEPOT_STACKS; h.stack++) {
		h.pages = page_owner_pages(h.stack);
		if (!h.pages)
			continue;
		rank_holder(top, h);
		total += h.pages;
		stacks++;
	}
	printk("%lu pages held by %lu call stacks; %lu stacks kept, %lu lost\n",
	       total, stacks, stack_depot_count(), stack_depot_lost());
	for (i = 0; i < TOP && top[i].pages; i++) {
		printk("%8lu pages allocated by:\n", top[i].pages);
		stack_depot_print(top[i].stack);
	}
}

static int show_frame(const char *word)
{
	const struct page_owner *r;
	u64 pfn;

	if (kstrtou64(word, &pfn) || pfn >= MAX_PFN)
		return -EINVAL;
	r = page_owner_of(pfn_to_page((unsigned long)pfn));
	if (!r)
		printk("pfn %#llx: not RAM\n", (unsigned long long)pfn);
	else if (!r->alloc.known)
		printk("pfn %#llx: never allocated\n", (unsigned long long)pfn);
	else
		page_owner_print(pfn_to_page((unsigned long)pfn));
	return 0;
}

static int cmd_page_owner(int argc, char **argv)
{
	if (argc > 2)
		return -EINVAL;
	if (!page_owner_enabled()) {
		printk("page_owner is off: boot with page_owner=on\n");
		return 0;
	}
	if (argc == 2)
		return show_frame(argv[1]);
	page_owner_summary();
	return 0;
}
SHELL_COMMAND(page_owner, "[PFN]",
	      "who allocated and freed a page; alone: who holds most",
	      cmd_page_owner);
