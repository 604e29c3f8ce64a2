/*
 * How does a CPU change its own data in several instructions without keeping
 * interrupts off?
 *
 * It does not mind being interrupted, as long as it notices. A restartable
 * sequence reads, decides, and changes what others can see with its very last
 * instruction:
 *
 *	1:	load top			<- start
 *		load what lies below it
 *		nothing: leave
 *		top = top - 1			   the commit
 *	2:					<- end
 *
 * Whoever interrupts this CPU may pop and push himself, and then what was
 * loaded is stale. So every way into the kernel first looks where the CPU
 * was: behind start and before end nothing has happened yet that anybody
 * could see, and the sequence is sent back to its start. At start nothing was
 * loaded, at end all is done.
 *
 * That look has to be cheap, for every interrupt does it and hardly one finds
 * anything. All functions with sequences lie in one section of the text, and
 * only an address in there is looked for in the table of sequences.
 *
 * Exceptions that come from the sequence's own instructions (a page fault on
 * a damaged pointer) would come again and hide where they were: those are
 * left alone, they end in a report.
 */
#include <asm/restart.h>
#include <asm/traps.h>
#include <kernel/panic.h>
#include <kernel/percpu.h>

static DEFINE_PER_CPU(unsigned long, nr_rewound);

static bool comes_from_outside(unsigned long vector)
{
	return vector >= NR_EXCEPTIONS || vector == X86_TRAP_NMI ||
	       vector == X86_TRAP_DB;
}

static const struct restart_entry *find_sequence(unsigned long ip)
{
	const struct restart_entry *e;

	for (e = __start_restart_table; e < __stop_restart_table; e++)
		if (ip > e->start && ip < e->end)
			return e;
	return NULL;
}

bool restart_rewind(struct pt_regs *regs)
{
	const struct restart_entry *e;

	if (likely(regs->ip - (unsigned long)__restart_text_begin >=
		   (unsigned long)(__restart_text_end - __restart_text_begin)))
		return false;
	if (!comes_from_outside(regs->vector))
		return false;
	e = find_sequence(regs->ip);
	if (!e)
		return false;
	regs->ip = e->start;
	this_cpu_inc(nr_rewound);
	return true;
}

void restart_check_table(void)
{
	const struct restart_entry *e;

	for (e = __start_restart_table; e < __stop_restart_table; e++)
		if (e->start < (unsigned long)__restart_text_begin ||
		    e->end > (unsigned long)__restart_text_end ||
		    e->start >= e->end)
			panic("restartable sequence at %pS is not marked "
			      "__restartable", (void *)e->start);
}

unsigned long restart_count(void)
{
	return this_cpu_read(nr_rewound);
}
