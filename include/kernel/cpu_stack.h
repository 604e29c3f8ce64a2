/*
 * A stack of pointers per CPU that is pushed and popped without lock, atomic
 * instruction or disabled interrupts: what the fast paths of all allocators
 * stand on.
 *
 *	slots:	|NULL| a | b | c | d |seal| ...    |
 *	              ^       ^                    ^
 *	              first   top: a, b are in;    end
 *	                      c, d were popped last
 *
 * pop and push are *restartable sequences*: some loads, then one instruction
 * that commits. Whatever interrupts this CPU between the first and the last
 * (interrupt, NMI, debug exception) makes the sequence begin again, so it
 * happens as a whole or not at all. FASTPATH=irqsave builds the plain variant
 * of the same three functions instead, for comparison.
 *
 * The slot below the first holds NULL, so that an empty stack needs no test of
 * its own. Above what was pushed last comes a *seal*: slots from top up to it
 * still name what was popped from them. So slots number capacity + 2:
 * CPU_STACK_SLOTS().
 *
 * Everything else (exchanging the slots, emptying them) is done with
 * interrupts off on the CPU itself, or by another when that CPU has stopped.
 */
#ifndef KERNEL_CPU_STACK_H
#define KERNEL_CPU_STACK_H

#include <asm/irqflags.h>
#include <kernel/percpu.h>
#include <lib/compiler.h>
#include <lib/types.h>

#define CPU_STACK_SLOTS(capacity) ((capacity) + 2)

struct cpu_stack {
	void **top;	/* first slot that is not in */
	void **end;	/* where top stands when it is full */
};

/* Of slots, the one where top stands when nothing is in. */
static inline void **cpu_stack_first(void **slots)
{
	return slots + 1;
}

/*
 * The three take per-CPU pointers. A function that uses them is marked
 * __restartable: interrupts look for sequences only there. What it does in
 * rare cases is in functions marked __slowpath, of three arguments at most,
 * and called last: then it needs no stack frame, and scripts/check_fastpath
 * finds no call in it.
 *
 * cpu_stack_pop(): what was pushed last; NULL if there is nothing.
 *
 * cpu_stack_push(): false if it is full. seal goes into the slot above.
 *
 * cpu_stack_push_back(): pushes p where it was popped from: if the slot at
 * top still names it, and the lower halves of *word and mark differ, sets
 * *word to mark and pushes. False: nothing was done; or *word was set and no
 * more, because the sequence was interrupted between the two: the caller finds
 * out.
 */

/*
 * Interrupts off. Other CPUs may look at top, and then at the slots below it:
 * those are as new as top.
 */
static __always_inline void cpu_stack_move_top(struct cpu_stack *s, long by)
{
	__atomic_store_n(&s->top, s->top + by, __ATOMIC_RELEASE);
}

/* Half of a word, as much as cpu_stack_push_back() compares. */
#if __SIZEOF_LONG__ == 8
#define cpu_stack_half(word) ((u32)(word))
#else
#define cpu_stack_half(word) ((u16)(word))
#endif

#ifdef CONFIG_FASTPATH_IRQSAVE

#define __restartable
#define __slowpath noinline

static __always_inline void *cpu_stack_pop(struct cpu_stack *stack)
{
	struct cpu_stack *s;
	unsigned long flags;
	void *p;

	local_irq_save(flags);
	s = this_cpu_ptr(stack);
	p = s->top[-1];
	if (likely(p))
		cpu_stack_move_top(s, -1);
	local_irq_restore(flags);
	return p;
}

static __always_inline bool cpu_stack_push(struct cpu_stack *stack, void *p,
					   void *seal)
{
	struct cpu_stack *s;
	unsigned long flags;
	bool room;

	local_irq_save(flags);
	s = this_cpu_ptr(stack);
	room = s->top < s->end;
	if (likely(room)) {
		WRITE_ONCE(s->top[0], p);
		WRITE_ONCE(s->top[1], seal);
		cpu_stack_move_top(s, 1);
	}
	local_irq_restore(flags);
	return room;
}

static __always_inline bool cpu_stack_push_back(struct cpu_stack *stack,
						const void *p,
						unsigned long *word,
						unsigned long mark)
{
	struct cpu_stack *s;
	unsigned long flags;
	bool back;

	local_irq_save(flags);
	s = this_cpu_ptr(stack);
	back = *s->top == p && cpu_stack_half(*word) != cpu_stack_half(mark);
	if (likely(back)) {
		*word = mark;
		cpu_stack_move_top(s, 1);
	}
	local_irq_restore(flags);
	return back;
}

#else
#include <asm/cpu_stack.h>
#endif

#endif
