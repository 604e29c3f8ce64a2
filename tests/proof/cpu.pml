/*
 * What a CPU does to what runs on it; included by slub.pml and pcp.pml.
 *
 * Each CPU c has two contexts, processes of the model: a thread (irq = 0) and
 * a handler (irq = 1). Between any two steps of the thread the handler may
 * come, and while it runs the thread stands still. Contexts of different CPUs
 * take turns as they like, step by step.
 *
 *	thread   s1 . s2 . . . . . . . s1 again
 *	handler          enter ... leave
 *
 * A step of a restartable sequence is what one instruction does that touches
 * memory (jumps go with the comparison before them: they touch nothing, and an
 * interrupt behind the comparison is sent back like one before it). The label
 * says which: NAME_1, NAME_2 ..., and behind it a comment in the form
 *
 *	NAME_2:	SEQ(NAME_1, ...)		/+ insn: look slot +/
 *
 * that scripts/prove compares with the compiled kernel: load, look (compare
 * with memory), store, commit; top and end are the CPU's own data, slot and
 * word are behind a pointer.
 *
 * Everything else is a step where somebody else could see that it is half
 * done: code with interrupts off only stands open to other CPUs, and code
 * under a lock only to those who look without it.
 */
bool in_irq[CPUS];	/* the handler runs */
bool irqs_off[CPUS];	/* the thread keeps it out */
bool inside[CPUS];	/* the thread is behind a start and before its end */
bool rewound[CPUS];	/* ... and was interrupted there */

/* A context may go on. */
#define MINE (irq || !in_irq[c])
#define STEP(what) atomic { MINE; what }
#define WHEN(condition, what) atomic { MINE && (condition) -> what }

#define IRQS_OFF irqs_off[c] = !irq
#define IRQS_ON irqs_off[c] = false

/* The handler's own sequences are not interrupted here: see docs/proof.md. */
#define BEHIND_START inside[c] = inside[c] || !irq
#define AT_END inside[c] = inside[c] && irq

#ifdef REWIND_TO_SECOND
#define SENT_BACK_TO(start) start##_second
#else
#define SENT_BACK_TO(start) start
#endif

/* The step, unless the context was interrupted: then from start once more. */
#define SEQ(start, what) \
	atomic { \
		MINE; \
		if \
		:: !irq && rewound[c] -> \
			rewound[c] = false; \
			inside[c] = false; \
			goto start \
		:: else -> \
			what \
		fi \
	}

/* arch/x86/restart.c: restart_rewind() */
#ifdef NO_REWIND
#define REWIND skip
#else
#define REWIND rewound[c] = inside[c]
#endif
