/*
 * The handlers of the stress suites.
 *
 * Handlers of one CPU follow one another, so what they share needs no lock;
 * a mailbox between handlers and threads is exchanged in one instruction.
 * What a handler takes, another handler of that CPU, or a thread of another,
 * gives back.
 */
#include <kernel/time.h>
#include <lib/kernel.h>
#include <mm/mmzone.h>

#include "stress_handlers.h"

#define SLOTS 8
#define MAILBOXES 64
/* Of pages in handlers: large blocks would only make them slow. */
#define HANDLER_MAX_ORDER 2

struct handler {
	struct stressor me;
	struct stress_block slots[SLOTS];
};

static struct handler *handlers;		/* [nr_cpu_ids] */
static void *mailboxes[MAILBOXES];		/* atomic */

/* What goes through a mailbox describes itself. */
struct letter {
	u64 id;
	size_t size;
};

void stress_send_letter(struct stressor *me, gfp_t gfp)
{
	size_t size = sizeof(struct letter) + (size_t)stress_below(me, 500);
	struct letter *l = kmalloc(size, gfp & ~__GFP_ZERO);

	if (!l)
		return;
	l->id = stress_new_id(me);
	l->size = size;
	stress_fill(l + 1, size - sizeof(*l), l->id);
	l = __atomic_exchange_n(&mailboxes[stress_below(me, MAILBOXES)], l,
				__ATOMIC_ACQ_REL);
	if (!l)
		return;
	stress_verify(me, l + 1, l->size - sizeof(*l), l->id);
	kfree(l);
}

static void take_or_give(struct stressor *me, struct stress_block *slots,
			 gfp_t gfp)
{
	struct stress_block *b = &slots[stress_below(me, SLOTS)];

	if (b->p)
		stress_give(me, b);
	else
		stress_take(me, b, gfp);
}

/* In an interrupt, or with interrupts off. */
static void handle(void)
{
	struct handler *h = &handlers[smp_processor_id()];
	unsigned int n = 1 + (unsigned int)stress_below(&h->me, 4);
	gfp_t gfp = GFP_ATOMIC | __GFP_NOWARN;

	WRITE_ONCE(h->me.operations, h->me.operations + 1);
	if (stress_one_in(&h->me, 8))
		gfp |= __GFP_ZERO;
	while (n--) {
		take_or_give(&h->me, h->slots, gfp);
		stress_send_letter(&h->me, gfp);
	}
}

static void handle_call(void *info)
{
	handle();
}

static unsigned int random_online_cpu(struct stressor *me)
{
	unsigned int cpu = (unsigned int)stress_below(me, NR_CPUS);
	unsigned int next = (unsigned int)find_next_bit(cpu_online_mask.bits,
							NR_CPUS, cpu);

	return next < NR_CPUS ? next :
	       (unsigned int)find_next_bit(cpu_online_mask.bits, NR_CPUS, 0);
}

void stress_call_others(struct stressor *me)
{
	if (stress_one_in(me, 32))
		on_each_cpu(handle_call, NULL, stress_one_in(me, 2));
	else
		smp_call_function_single(random_online_cpu(me), handle_call,
					 NULL, stress_one_in(me, 4));
}

bool stress_was_interrupted(unsigned int cpu)
{
	return READ_ONCE(handlers[cpu].me.operations) != 0;
}

bool stress_handlers_begin(struct ktest *t, bool ticks)
{
	unsigned int cpu;

	handlers = STRESS_INSIST(kcalloc(nr_cpu_ids, sizeof(*handlers),
					 GFP_KERNEL));
	if (!KTEST_EXPECT_NOT_NULL(t, handlers))
		return false;
	for_each_possible_cpu(cpu) {
		stressor_init(&handlers[cpu].me, cpu, STRESS_NR_HANDLER);
		handlers[cpu].me.max_order = HANDLER_MAX_ORDER;
	}
	if (ticks)
		WRITE_ONCE(timer_tick_hook, handle);
	return true;
}

static void nothing(void *info)
{
}

/* When all have answered a call, all calls before it have been handled. */
void stress_handlers_end(struct ktest *t)
{
	struct stressor me = { .complaint = "" };
	unsigned int cpu, i;
	struct letter *l;

	WRITE_ONCE(timer_tick_hook, NULL);
	on_each_cpu(nothing, NULL, true);
	for_each_possible_cpu(cpu) {
		for (i = 0; i < SLOTS; i++)
			if (handlers[cpu].slots[i].p)
				stress_give(&me, &handlers[cpu].slots[i]);
		stress_pass_on(t, &handlers[cpu].me);
	}
	for (i = 0; i < MAILBOXES; i++) {
		l = mailboxes[i];
		mailboxes[i] = NULL;
		if (!l)
			continue;
		stress_verify(&me, l + 1, l->size - sizeof(*l), l->id);
		kfree(l);
	}
	stress_pass_on(t, &me);
	kfree(handlers);
}
