/*
 * An interrupt at every instruction boundary of the restartable sequences.
 *
 * The problem: sequences are a few instructions long. Interrupts that come
 * when they like hit one in millions, and a wrong one may do no harm.
 *
 *	start  x     x      x    x   x        x   end
 *	 mov   | mov | test | jz | sub (commit) |
 *	 ^point                  ^point         ^point
 *
 *  1. Where are the boundaries? A breakpoint is hit only where an instruction
 *     begins. So one is set to each byte from start to end of each sequence,
 *     one after the other, and operations are done until it is hit; bytes
 *     that never are, lie inside an instruction, or elsewhere than where this
 *     target comes along. What is left are the points.
 *  2. Breakpoint at a point; an operation. The debug exception goes through
 *     the same entry as any interrupt, which rewinds the sequence; then its
 *     handler allocates and frees like any interrupt's. The rewound sequence
 *     runs into the breakpoint again: one to three times, as it was drawn.
 *  3. Check; next point, and back to the first behind the last.
 *
 * The handler acts only where interrupts were on: nobody else could come in.
 * Elsewhere it takes the breakpoint away, or the sequence would run into it for
 * ever, and the next operation has it again. While it acts the breakpoint is
 * off, too: it goes through the same code.
 *
 * Left out: two interrupts that nest, at two places. The inner one finds the
 * data as consistent as the outer one did.
 */
#include <asm/debugreg.h>
#include <kernel/cmdline.h>
#include <kernel/init.h>
#include <kernel/preempt.h>
#include <kernel/sched.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <lib/parse.h>

#include "restart_sweep.h"

#define MAX_POINTS 512
#define MAX_ENTRIES 64
#define MAX_PASSES 3
/* Operations to reach a point; what is rarer than that is not found. */
#define TRIES 64

static u64 wanted_interrupts = 30000;

static int __init set_rounds(const char *value)
{
	u64 rounds;

	if (kstrtou64(value, &rounds) || !rounds)
		return -EINVAL;
	wanted_interrupts = rounds;
	return 0;
}
early_param("restart_rounds", set_rounds);

static unsigned long points[MAX_POINTS];
static unsigned int nr_points;
static bool swept[MAX_ENTRIES];

/* What the handler knows; used on one CPU, changed with the breakpoint off. */
static struct {
	const struct sweep_target *target;	/* NULL: only count */
	struct rng *rng;
	const struct task_struct *thread;	/* that is to be interrupted */
	unsigned long addr;
	unsigned int passes;			/* to interrupt from now on */
	unsigned long hits;
	bool passed_by;				/* see at_breakpoint() */
} armed;

/*
 * Nothing interrupts where interrupts are off. And another thread is not where
 * the target expects its thread, which it may have preempted anywhere.
 */
static void at_breakpoint(struct pt_regs *regs)
{
	breakpoint_clear();
	armed.passed_by = !(regs->flags & X86_EFLAGS_IF) ||
			  current != armed.thread;
	if (armed.passed_by)
		return;
	armed.hits++;
	if (!armed.target)
		return;
	this_cpu_add(preempt_count_of_cpu, HARDIRQ_OFFSET);
	armed.target->interrupt(armed.rng);
	this_cpu_sub(preempt_count_of_cpu, HARDIRQ_OFFSET);
	if (--armed.passes)
		breakpoint_set(armed.addr);
}

static void arm(const struct sweep_target *target, struct rng *rng,
		unsigned long addr, unsigned int passes)
{
	armed.target = target;
	armed.rng = rng;
	armed.thread = current;
	armed.addr = addr;
	armed.passes = passes;
	armed.passed_by = false;
	breakpoint_set(addr);
}

static void arm_again(void)
{
	if (!armed.passed_by)
		return;
	armed.passed_by = false;
	breakpoint_set(armed.addr);
}

/* Operations until the breakpoint at addr was hit. What broke, or NULL. */
static const char *operate(const struct sweep_target *target, struct rng *rng)
{
	unsigned long before = armed.hits;
	const char *bad = NULL;
	unsigned int i;

	for (i = 0; i < TRIES && armed.hits == before && !bad; i++) {
		arm_again();
		target->op(rng);
		bad = target->check();
	}
	breakpoint_clear();
	return bad;
}

static bool failed_at(struct ktest *t, unsigned long addr, const char *bad)
{
	if (bad)
		ktest_fail(t, __FILE__, __LINE__,
			   "%s, interrupted at %pS", bad, (void *)addr);
	return bad;
}

static bool try_point(struct ktest *t, const struct sweep_target *target,
		      struct rng *rng, unsigned long addr)
{
	unsigned long before = armed.hits;

	arm(NULL, NULL, addr, 1);
	if (failed_at(t, addr, operate(target, rng)))
		return false;
	if (armed.hits == before)
		return true;
	if (!KTEST_EXPECT_LT(t, nr_points, MAX_POINTS))
		return false;
	points[nr_points++] = addr;
	return true;
}

static bool find_points(struct ktest *t, const struct sweep_target *target,
			struct rng *rng)
{
	const struct restart_entry *e;
	unsigned long addr;

	nr_points = 0;
	for (e = __start_restart_table; e < __stop_restart_table; e++)
		for (addr = e->start; addr <= e->end; addr++)
			if (!try_point(t, target, rng, addr))
				return false;
	if (!nr_points)
		ktest_skip(t, "no restartable sequence is reached");
	return nr_points;
}

static void note_swept(unsigned long addr)
{
	const struct restart_entry *e;

	for (e = __start_restart_table; e < __stop_restart_table; e++)
		if (addr > e->start && addr < e->end &&
		    e - __start_restart_table < MAX_ENTRIES)
			swept[e - __start_restart_table] = true;
}

static bool interrupt_at(struct ktest *t, const struct sweep_target *target,
			 struct rng *rng, unsigned long addr)
{
	arm(target, rng, addr, 1 + (unsigned int)rng_below(rng, MAX_PASSES));
	if (failed_at(t, addr, operate(target, rng)))
		return false;
	note_swept(addr);
	return true;
}

static void sweep_points(struct ktest *t, const struct sweep_target *target,
			 struct rng *rng, struct sweep_result *result)
{
	unsigned long start = armed.hits, rewound = restart_count();
	u64 rounds;

	for (rounds = 0; armed.hits - start < wanted_interrupts; rounds++) {
		if (!KTEST_EXPECT_LT(t, rounds, wanted_interrupts))
			break;
		if (!interrupt_at(t, target, rng,
				  points[(unsigned int)rounds % nr_points]))
			break;
	}
	result->points = nr_points;
	result->interrupts = armed.hits - start;
	result->rewound = restart_count() - rewound;
}

bool restart_sequences_exist(struct ktest *t)
{
	if (&__start_restart_table[0] != &__stop_restart_table[0])
		return true;
	ktest_skip(t, "no restartable sequences in this kernel");
	return false;
}

bool restart_sweep(struct ktest *t, const struct sweep_target *target,
		   struct sweep_result *result)
{
	struct rng rng = rng_seed(1);

	if (!restart_sequences_exist(t))
		return false;
	breakpoint_set_handler(at_breakpoint);
	if (find_points(t, target, &rng))
		sweep_points(t, target, &rng, result);
	breakpoint_clear();
	breakpoint_set_handler(NULL);
	return !t->failed && !t->skipped;
}

bool restart_was_swept(const struct restart_entry *e)
{
	size_t i = (size_t)(e - __start_restart_table);

	return i < MAX_ENTRIES && swept[i];
}
