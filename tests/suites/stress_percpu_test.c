/*
 * Per-CPU memory made and freed by several CPUs at once: every copy of it is
 * clear when it comes, and holds what was written to it when it goes.
 */
#include <lib/kernel.h>
#include <lib/string.h>
#include <mm/percpu.h>

#include "stress.h"

#define SLOTS 8
/* The first chunk has no room for it beside the filler; others, for some. */
#define LARGE 12288UL

struct slot {
	void *ptr;		/* per CPU */
	size_t size;
	u64 id;
};

static u64 copy_id(const struct slot *s, unsigned int cpu)
{
	return s->id ^ (u64)cpu << 40;
}

static void take(struct stressor *me, struct slot *s)
{
	size_t align = 8UL << stress_below(me, 5);
	unsigned int cpu;

	s->size = (size_t)(1 + stress_below(me, stress_one_in(me, 8) ? 3000 :
					    200));
	s->ptr = __alloc_percpu(s->size, align);
	if (!s->ptr)
		return;
	s->id = stress_new_id(me);
	for_each_possible_cpu(cpu) {
		void *copy = per_cpu_ptr(s->ptr, cpu);

		if (!IS_ALIGNED((unsigned long)copy, min(align, 16UL)))
			stress_complain(me, "%px is not aligned", copy);
		if (memchr_inv(copy, 0, s->size))
			stress_complain(me, "%px, cpu %u: not clear", copy,
					cpu);
		stress_fill(copy, s->size, copy_id(s, cpu));
	}
}

static void give(struct stressor *me, struct slot *s)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		stress_verify(me, per_cpu_ptr(s->ptr, cpu), s->size,
			      copy_id(s, cpu));
	free_percpu(s->ptr);
	s->ptr = NULL;
}

static void take_and_give(struct stressor *me)
{
	struct slot slots[SLOTS] = { { 0 } };
	unsigned int i;

	while (stress_goes_on(me)) {
		i = (unsigned int)stress_below(me, SLOTS);
		if (slots[i].ptr)
			give(me, &slots[i]);
		else
			take(me, &slots[i]);
	}
	for (i = 0; i < SLOTS; i++)
		if (slots[i].ptr)
			give(me, &slots[i]);
}

static void all_cpus_make_and_free_per_cpu_memory(struct ktest *t)
{
	unsigned long used = percpu_used();

	KTEST_EXPECT_NE(t, stress_run(t, 2, take_and_give, NULL), 0);
	KTEST_EXPECT_EQ(t, percpu_used(), used);
}

static void take_large(struct stressor *me, struct slot *s)
{
	s->ptr = __alloc_percpu(LARGE, 8);
	if (!s->ptr)
		return;
	s->id = stress_new_id(me);
	stress_fill(per_cpu_ptr(s->ptr, me->cpu), LARGE, s->id);
}

static void give_large(struct stressor *me, struct slot *s)
{
	stress_verify(me, per_cpu_ptr(s->ptr, me->cpu), LARGE, s->id);
	free_percpu(s->ptr);
	s->ptr = NULL;
}

/* A chunk goes with what it holds last: soon, where each holds one or none. */
static void take_and_give_large(struct stressor *me)
{
	unsigned int rounds = stress_rounds(80);
	struct slot s = { 0 };

	stress_meet(me);
	while (rounds--) {
		take_large(me, &s);
		if (s.ptr)
			give_large(me, &s);
	}
}

static void chunks_come_and_go_while_others_take_from_them(struct ktest *t)
{
	void *filler = __alloc_percpu(PCPU_MAX_SIZE - LARGE / 2, 8);
	unsigned long used = percpu_used(), pages = percpu_nr_pages();

	stress_run(t, 2, take_and_give_large, NULL);
	KTEST_EXPECT_EQ(t, percpu_used(), used);
	KTEST_EXPECT_EQ(t, percpu_nr_pages(), pages);
	free_percpu(filler);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(all_cpus_make_and_free_per_cpu_memory),
	KTEST_CASE(chunks_come_and_go_while_others_take_from_them),
	{}
};
KTEST_SUITE_FIXTURE(stress_percpu, cases, stress_begin, stress_end);
