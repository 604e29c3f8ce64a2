/*
 * Restartable sequences: what the interrupt entry does with them, and the
 * proof, for the stacks themselves, that an interrupt at any instruction of
 * one neither loses nor doubles an object. The allocators' own sequences:
 * restart_alloc_test.c.
 *
 * Two stacks on one set of objects: the CPU's, and one that a handler puts in
 * its place, as allocators exchange their arrays. The model knows of each
 * object whether it is in a stack, and is compared after each operation.
 */
#include <asm/apic.h>
#include <asm/irqflags.h>
#include <asm/processor.h>
#include <asm/traps.h>
#include <kernel/cpu_stack.h>
#include <kernel/smp.h>
#include <kernel/time.h>
#include <lib/kernel.h>

#include "restart_sweep.h"

#define CAPACITY 6
#define OBJECTS 9
#define MARK 0x5a5a5a5aUL
#define NMIS 20000

struct object {
	unsigned long word;	/* MARK while it is in a stack */
	bool in;		/* what the model says */
};

static struct object objects[OBJECTS];
static void *slots[2][CAPACITY + 2];
static DEFINE_PER_CPU(struct cpu_stack, stack);
static struct cpu_stack other;		/* the one not in use */
static struct object *popped_last;
static const char *broken;
/* Between two steps of the model: an NMI may act. */
static bool in_primitive, storm_is_over;
static unsigned long nmis_acted;

static __restartable void *test_pop(void)
{
	return cpu_stack_pop(&stack);
}

static __restartable bool test_push(void *p)
{
	return cpu_stack_push(&stack, p, NULL);
}

static __restartable bool test_push_back(struct object *p)
{
	return cpu_stack_push_back(&stack, p, &p->word, MARK);
}

static void reset(void)
{
	unsigned int i;

	*this_cpu_ptr(&stack) = (struct cpu_stack){
		slots[0] + 1, slots[0] + 1 + CAPACITY };
	other = (struct cpu_stack){ slots[1] + 1, slots[1] + 1 + CAPACITY };
	for (i = 0; i < 2; i++)
		slots[i][0] = slots[i][1] = NULL;
	for (i = 0; i < OBJECTS; i++)
		objects[i] = (struct object){ 0, false };
	popped_last = NULL;
	broken = NULL;
}

static void do_pop(void)
{
	struct object *p;

	WRITE_ONCE(in_primitive, true);
	p = test_pop();
	WRITE_ONCE(in_primitive, false);
	if (!p)
		return;
	if (!p->in)
		broken = "object handed out twice";
	if (p->word != MARK)
		broken = "object without its mark";
	p->word = 0;
	p->in = false;
	popped_last = p;
}

/* The model says "in" before, so that a handler may pop it at once. */
static void do_push(struct object *p)
{
	bool pushed;

	p->in = true;
	WRITE_ONCE(in_primitive, true);
	pushed = test_push_back(p);
	if (!pushed) {
		p->word = MARK;
		pushed = test_push(p);
	}
	WRITE_ONCE(in_primitive, false);
	if (pushed)
		return;
	p->word = 0;
	p->in = false;
}

static struct object *any_outside(struct rng *rng)
{
	unsigned int i, at = (unsigned int)rng_below(rng, OBJECTS);

	for (i = 0; i < OBJECTS; i++, at = (at + 1) % OBJECTS)
		if (!objects[at].in)
			return &objects[at];
	return NULL;
}

static void push_any(struct rng *rng)
{
	struct object *p = any_outside(rng);

	if (p)
		do_push(p);
}

/* What was popped last goes back first, half of the times. */
static void one_operation(struct rng *rng)
{
	u64 choice = rng_below(rng, 4);

	if (choice < 2)
		do_pop();
	else if (choice == 2 && popped_last && !popped_last->in)
		do_push(popped_last);
	else
		push_any(rng);
}

static void exchange_stacks(void)
{
	swap(*this_cpu_ptr(&stack), other);
}

static void some_interrupt(struct rng *rng)
{
	u64 n = 1 + rng_below(rng, CAPACITY);

	switch (rng_below(rng, 6)) {
	case 0:			/* 1 to all out */
		while (n--)
			do_pop();
		break;
	case 1:			/* 1 to all in */
		while (n--)
			push_any(rng);
		break;
	case 2:			/* the same object out and in */
		do_pop();
		if (popped_last && !popped_last->in)
			do_push(popped_last);
		break;
	case 3:			/* others out and in: top is as it was */
		do_pop();
		do_pop();
		push_any(rng);
		push_any(rng);
		break;
	case 4:
		exchange_stacks();
		break;
	default:
		while (n--)
			one_operation(rng);
	}
}

/* Counts what lies from first up to top; each must be known to be in. */
static unsigned int count_stack(void **first, void **top)
{
	unsigned int n = 0;
	struct object *p;
	void **q, **r;

	for (q = first; q < top; q++, n++) {
		p = *q;
		if (!p->in)
			broken = "a stack holds an object handed out";
		for (r = first; r < q; r++)
			if (*r == p)
				broken = "object is in a stack twice";
	}
	return n;
}

static const char *check_stacks(void)
{
	struct cpu_stack *s = this_cpu_ptr(&stack);
	unsigned int i, in = 0, n;

	for (i = 0; i < OBJECTS; i++)
		in += objects[i].in;
	n = count_stack(s->end - CAPACITY, s->top) +
	    count_stack(other.end - CAPACITY, other.top);
	if (!broken && n != in)
		broken = n < in ? "object lost" : "object doubled";
	if (s->top < s->end - CAPACITY || s->top > s->end)
		broken = "top is outside the stack";
	return broken;
}

static const struct sweep_target stack_target = {
	one_operation, some_interrupt, check_stacks
};

static void interrupts_at_every_instruction_lose_no_object(struct ktest *t)
{
	struct sweep_result result;

	reset();
	if (!restart_sweep(t, &stack_target, &result))
		return;
	ktest_note(t, "%lu interrupts at %lu places, %lu sequences rewound",
		   result.interrupts, result.points, result.rewound);
	/* Each instruction of pop, push and push_back, and behind the last. */
	KTEST_EXPECT_EQ(t, result.points, 6 + 7 + 8);
	KTEST_EXPECT_LT(t, result.interrupts / 2, result.rewound);
}

/* ----- NMIs, when they like ----- */

static void at_nmi(struct pt_regs *regs)
{
	static struct rng rng;

	if (!READ_ONCE(in_primitive))
		return;
	some_interrupt(&rng);
	nmis_acted++;
	WRITE_ONCE(in_primitive, true);
}

/* On another CPU. */
static void send_nmis(void *to)
{
	unsigned int i, pause;

	for (i = 0; i < NMIS; i++) {
		apic_send_nmi(*(u32 *)to);
		for (pause = 0; pause < 50; pause++)
			cpu_relax();
	}
	WRITE_ONCE(storm_is_over, true);
}

static bool start_storm(struct ktest *t, u32 *to)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		if (cpu != smp_processor_id())
			return KTEST_EXPECT_EQ(t, smp_call_function_single(
				cpu, send_nmis, to, false), 0);
	ktest_skip(t, "no other CPU to send NMIs");
	return false;
}

static void nmis_of_another_cpu_lose_no_object(struct ktest *t)
{
	unsigned long rewound = restart_count();
	struct rng rng = rng_seed(3);
	u32 me = apic_id();
	unsigned int i;
	bool storm;

	if (!restart_sequences_exist(t))
		return;
	reset();
	nmis_acted = 0;
	storm_is_over = false;
	trap_set_nmi_handler(at_nmi);
	storm = start_storm(t, &me);
	if (storm)
		while (!READ_ONCE(storm_is_over) && !check_stacks())
			for (i = 0; i < 100; i++)
				one_operation(&rng);
	while (storm && !READ_ONCE(storm_is_over))
		cpu_relax();
	udelay(1000);			/* the last one may be on its way */
	trap_set_nmi_handler(NULL);
	if (broken)
		ktest_fail(t, __FILE__, __LINE__, "%s", broken);
	if (storm)
		ktest_note(t, "%lu NMIs acted, %lu sequences rewound",
			   nmis_acted, restart_count() - rewound);
}

/* ----- what the interrupt entry makes of an address ----- */

/* Where a context interrupted at ip by that vector goes on. */
static unsigned long goes_on_at(unsigned long ip, unsigned long vector)
{
	struct pt_regs regs = { .vector = vector, .ip = ip };
	bool rewound = restart_rewind(&regs);

	return rewound == (regs.ip != ip) ? regs.ip : 0;
}

static void inside_a_sequence_it_begins_again(struct ktest *t)
{
	const struct restart_entry *e;
	unsigned long ip;

	if (!restart_sequences_exist(t))
		return;
	for (e = __start_restart_table; e < __stop_restart_table; e++)
		for (ip = e->start; ip < e->end; ip++) {
			KTEST_ASSERT_EQ(t, goes_on_at(ip, 32), e->start);
			KTEST_ASSERT_EQ(t, goes_on_at(ip, 255), e->start);
			KTEST_ASSERT_EQ(t, goes_on_at(ip, X86_TRAP_NMI),
					e->start);
			KTEST_ASSERT_EQ(t, goes_on_at(ip, X86_TRAP_DB),
					e->start);
		}
}

static void behind_the_commit_nothing_is_done_again(struct ktest *t)
{
	const struct restart_entry *e;

	if (!restart_sequences_exist(t))
		return;
	for (e = __start_restart_table; e < __stop_restart_table; e++)
		KTEST_EXPECT_EQ(t, goes_on_at(e->end, 32), e->end);
}

static void elsewhere_the_context_is_left_alone(struct ktest *t)
{
	unsigned long begin = (unsigned long)__restart_text_begin;
	unsigned long end = (unsigned long)__restart_text_end;
	unsigned long here = (unsigned long)elsewhere_the_context_is_left_alone;

	KTEST_EXPECT_EQ(t, goes_on_at(begin - 1, 32), begin - 1);
	KTEST_EXPECT_EQ(t, goes_on_at(end, 32), end);
	KTEST_EXPECT_EQ(t, goes_on_at(here, 32), here);
	KTEST_EXPECT_EQ(t, goes_on_at(1, X86_TRAP_NMI), 1);
}

/* Going back would raise it again, and hide where it was. */
static void a_fault_of_the_sequence_itself_stays_where_it_is(struct ktest *t)
{
	const struct restart_entry *e = __start_restart_table;
	static const u8 faults[] = { X86_TRAP_DE, X86_TRAP_BP, X86_TRAP_DF,
				     X86_TRAP_GP, X86_TRAP_PF, X86_TRAP_MC };
	unsigned int i;

	if (!restart_sequences_exist(t))
		return;
	for (i = 0; i < ARRAY_SIZE(faults); i++)
		KTEST_EXPECT_EQ(t, goes_on_at(e->start + 1, faults[i]),
				e->start + 1);
}

static void rewinds_are_counted(struct ktest *t)
{
	unsigned long before = restart_count(), flags;

	if (!restart_sequences_exist(t))
		return;
	local_irq_save(flags);
	goes_on_at(__start_restart_table->start + 1, 32);
	KTEST_EXPECT_EQ(t, restart_count(), before + 1);
	goes_on_at(__start_restart_table->end, 32);
	KTEST_EXPECT_EQ(t, restart_count(), before + 1);
	local_irq_restore(flags);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(inside_a_sequence_it_begins_again),
	KTEST_CASE(behind_the_commit_nothing_is_done_again),
	KTEST_CASE(elsewhere_the_context_is_left_alone),
	KTEST_CASE(a_fault_of_the_sequence_itself_stays_where_it_is),
	KTEST_CASE(rewinds_are_counted),
	KTEST_CASE(interrupts_at_every_instruction_lose_no_object),
	KTEST_CASE(nmis_of_another_cpu_lose_no_object),
	{}
};

KTEST_SUITE(restart, cases);
