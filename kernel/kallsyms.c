/*
 * Which function is at this address? The table is made by scripts/kallsyms
 * from the linked kernel and linked in again: entries sorted by address, an
 * entry with an empty name behind the last function of each range of text.
 *
 *	entry	0	1	2	...	n		n+1 ...
 *		f	g	h		"" (end)	first of .text
 *
 * A look-up is a binary search for the last entry at or below the address.
 * The first link has no table yet: then there are no symbols (weak).
 */
#include <asm/page.h>
#include <kernel/kallsyms.h>
#include <lib/compiler.h>
#include <lib/types.h>

struct kallsym {
	u32 addr;		/* from KERNEL_BASE on */
	u32 name;		/* from kallsyms_names on */
};

extern const u32 kallsyms_count __weak;
extern const struct kallsym kallsyms_table[] __weak;
extern const char kallsyms_names[] __weak;

/* Index of the last entry <= addr. The first one is: the caller has looked. */
static u32 find_entry(u32 addr)
{
	u32 low = 0, high = kallsyms_count;

	while (high - low > 1) {
		u32 middle = low + (high - low) / 2;

		if (kallsyms_table[middle].addr <= addr)
			low = middle;
		else
			high = middle;
	}
	return low;
}

const char *kallsyms_lookup(unsigned long addr, unsigned long *offset,
			    unsigned long *size)
{
	const struct kallsym *sym;
	u32 i, from_base = (u32)(addr - KERNEL_BASE);

	if (!&kallsyms_count || addr < KERNEL_BASE ||
	    from_base < kallsyms_table[0].addr)
		return NULL;
	i = find_entry(from_base);
	sym = &kallsyms_table[i];
	if (i + 1 == kallsyms_count || !kallsyms_names[sym->name])
		return NULL;
	*offset = from_base - sym->addr;
	*size = kallsyms_table[i + 1].addr - sym->addr;
	return kallsyms_names + sym->name;
}
