/* Per-CPU variables, and per-CPU memory made at run time. */
#include <asm/irqflags.h>
#include <asm/page.h>
#include <kernel/ktest.h>
#include <lib/kernel.h>
#include <lib/random.h>
#include <lib/string.h>
#include <mm/percpu.h>

#include "cpu_up.h"

#define MANY 200

struct widths {
	u8 b, b_next;
	u16 w, w_next;
	u32 l, l_next;
	unsigned long q, q_next;
	void *p;
	bool yes;
};

static DEFINE_PER_CPU(struct widths, of_cpu);
static DEFINE_PER_CPU(int, with_value) = -42;
static DEFINE_PER_CPU_ALIGNED(u8, aligned);

static void clear_widths(struct ktest *t)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		memset(per_cpu_ptr(&of_cpu, cpu), 0, sizeof(of_cpu));
}

/* ----- variables ----- */

static void every_cpu_has_its_number(struct ktest *t)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		KTEST_EXPECT_EQ(t, per_cpu(cpu_number, cpu), cpu);
	KTEST_EXPECT_LT(t, smp_processor_id(), nr_cpu_ids);
	KTEST_EXPECT_PTR_EQ(t, this_cpu_ptr(&of_cpu),
			    per_cpu_ptr(&of_cpu, smp_processor_id()));
}

static void copies_begin_with_the_value_given(struct ktest *t)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		KTEST_EXPECT_EQ(t, per_cpu(with_value, cpu), -42);
}

static void copies_are_as_aligned_as_the_variable(struct ktest *t)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		KTEST_EXPECT_EQ(t, (unsigned long)per_cpu_ptr(&aligned, cpu) %
				   64, 0);
}

static void writing_changes_this_cpu_alone(struct ktest *t)
{
	unsigned int cpu;

	clear_widths(t);
	this_cpu_write(of_cpu.l, 7);
	this_cpu_inc(of_cpu.l);
	for_each_possible_cpu(cpu)
		KTEST_EXPECT_EQ(t, per_cpu(of_cpu, cpu).l,
				cpu == smp_processor_id() ? 8 : 0);
	clear_widths(t);
}

static void every_width_is_read_and_written_whole(struct ktest *t)
{
	const struct widths *mine = this_cpu_ptr(&of_cpu);

	clear_widths(t);
	this_cpu_write(of_cpu.b, 0xab);
	this_cpu_write(of_cpu.w, 0xabcd);
	this_cpu_write(of_cpu.l, 0xabcdef01);
	this_cpu_write(of_cpu.q, ~0UL - 5);
	this_cpu_write(of_cpu.p, &of_cpu);
	this_cpu_write(of_cpu.yes, true);
	KTEST_EXPECT_EQ(t, this_cpu_read(of_cpu.b), 0xab);
	KTEST_EXPECT_EQ(t, this_cpu_read(of_cpu.w), 0xabcd);
	KTEST_EXPECT_EQ(t, this_cpu_read(of_cpu.l), 0xabcdef01);
	KTEST_EXPECT_EQ(t, this_cpu_read(of_cpu.q), ~0UL - 5);
	KTEST_EXPECT_PTR_EQ(t, this_cpu_read(of_cpu.p), &of_cpu);
	KTEST_EXPECT_TRUE(t, this_cpu_read(of_cpu.yes));
	KTEST_EXPECT_EQ(t, mine->q, ~0UL - 5);
	KTEST_EXPECT_EQ(t, mine->b_next, 0);
	KTEST_EXPECT_EQ(t, mine->w_next, 0);
	KTEST_EXPECT_EQ(t, mine->l_next, 0);
	KTEST_EXPECT_EQ(t, mine->q_next, 0);
	clear_widths(t);
}

static void sums_wrap_within_their_width(struct ktest *t)
{
	const struct widths *mine = this_cpu_ptr(&of_cpu);

	clear_widths(t);
	this_cpu_dec(of_cpu.b);
	this_cpu_dec(of_cpu.w);
	this_cpu_dec(of_cpu.l);
	this_cpu_dec(of_cpu.q);
	KTEST_EXPECT_EQ(t, mine->b, 0xff);
	KTEST_EXPECT_EQ(t, mine->w, 0xffff);
	KTEST_EXPECT_EQ(t, mine->l, 0xffffffff);
	KTEST_EXPECT_EQ(t, mine->q, ~0UL);
	this_cpu_add(of_cpu.b, 3);
	this_cpu_add(of_cpu.w, 300);
	this_cpu_add(of_cpu.l, 70000);
	this_cpu_add(of_cpu.q, ~0UL / 2);
	KTEST_EXPECT_EQ(t, mine->b, 2);
	KTEST_EXPECT_EQ(t, mine->w, 299);
	KTEST_EXPECT_EQ(t, mine->l, 69999);
	KTEST_EXPECT_EQ(t, mine->q, ~0UL / 2 - 1);
	this_cpu_sub(of_cpu.b, 1);
	this_cpu_sub(of_cpu.w, 99);
	this_cpu_sub(of_cpu.l, 9999);
	this_cpu_sub(of_cpu.q, ~0UL / 2 - 1);
	KTEST_EXPECT_EQ(t, mine->b, 1);
	KTEST_EXPECT_EQ(t, mine->w, 200);
	KTEST_EXPECT_EQ(t, mine->l, 60000);
	KTEST_EXPECT_EQ(t, mine->q, 0);
	KTEST_EXPECT_EQ(t, mine->b_next | mine->w_next | mine->l_next, 0);
	KTEST_EXPECT_EQ(t, mine->q_next, 0);
	clear_widths(t);
}

/* ----- memory ----- */

static bool all_copies_are(const void *p, int byte, size_t size)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		if (memchr_inv(per_cpu_ptr((void *)p, cpu), byte, size))
			return false;
	return true;
}

static void fill_copies(void *p, int byte, size_t size)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		memset(per_cpu_ptr(p, cpu), byte, size);
}

static void memory_is_zero_for_every_cpu(struct ktest *t)
{
	unsigned int round;
	void *p;

	for (round = 0; round < 3; round++) {
		p = __alloc_percpu(200, 8);
		KTEST_ASSERT_NOT_NULL(t, p);
		KTEST_EXPECT_TRUE(t, all_copies_are(p, 0, 200));
		fill_copies(p, 0xff, 200);
		free_percpu(p);
	}
}

static void copy_of_a_cpu_that_is_away_is_zero_too(struct ktest *t)
{
	unsigned int cpu = nr_cpu_ids - 1;
	void *p = __alloc_percpu(64, 8);

	KTEST_ASSERT_NOT_NULL(t, p);
	fill_copies(p, 0xff, 64);
	free_percpu(p);
	if (num_online_cpus() < 2 || cpu_down(cpu)) {
		ktest_skip(t, "no CPU can stop");
		return;
	}
	p = __alloc_percpu(64, 8);
	if (p)
		KTEST_EXPECT_TRUE(t, all_copies_are(p, 0, 64));
	free_percpu(p);
	expect_cpu_up(t, cpu);
}

static void memory_is_as_aligned_as_asked_for(struct ktest *t)
{
	unsigned long align, off;
	unsigned int cpu;
	void *p;

	for (align = 1; align <= PCPU_MAX_ALIGN; align *= 2) {
		p = __alloc_percpu(24, align);
		KTEST_ASSERT_NOT_NULL(t, p);
		for_each_possible_cpu(cpu) {
			off = (unsigned long)per_cpu_ptr(p, cpu) % align;
			KTEST_EXPECT_EQ(t, off, 0);
		}
		free_percpu(p);
	}
}

static void this_cpu_operations_work_on_memory(struct ktest *t)
{
	unsigned int cpu, other = 0;
	u32 *count = alloc_percpu(u32);

	KTEST_ASSERT_NOT_NULL(t, count);
	this_cpu_inc(*count);
	this_cpu_add(*count, 40);
	KTEST_EXPECT_EQ(t, this_cpu_read(*count), 41);
	KTEST_EXPECT_EQ(t, *this_cpu_ptr(count), 41);
	for_each_possible_cpu(cpu)
		other += *per_cpu_ptr(count, cpu);
	KTEST_EXPECT_EQ(t, other, 41);
	free_percpu(count);
}

static void largest_object_can_be_had(struct ktest *t)
{
	unsigned long before = percpu_used();
	char *p = __alloc_percpu(PCPU_MAX_SIZE, PCPU_MAX_ALIGN);

	KTEST_ASSERT_NOT_NULL(t, p);
	KTEST_EXPECT_EQ(t, percpu_used(), before + PCPU_MAX_SIZE);
	fill_copies(p, 0x77, PCPU_MAX_SIZE);
	KTEST_EXPECT_NULL(t, percpu_validate());
	free_percpu(p);
	KTEST_EXPECT_EQ(t, percpu_used(), before);
}

/*
 * More than any unit holds, so there is a chunk for each; all of them go. A
 * small machine with many CPUs has no memory for a few.
 */
static void chunks_come_when_needed_and_go_when_empty(struct ktest *t)
{
	unsigned long before = percpu_used();
	unsigned int i, n;
	void *p[4];

	for (n = 0; n < ARRAY_SIZE(p); n++) {
		p[n] = __alloc_percpu(PCPU_MAX_SIZE, 16);
		if (!p[n])
			break;
		fill_copies(p[n], (int)n + 1, PCPU_MAX_SIZE);
	}
	KTEST_EXPECT_EQ(t, percpu_used(), before + n * PCPU_MAX_SIZE);
	KTEST_EXPECT_NULL(t, percpu_validate());
	for (i = 0; i < n; i++)
		KTEST_EXPECT_TRUE(t, all_copies_are(p[i], (int)i + 1,
						    PCPU_MAX_SIZE));
	for (i = 0; i < n; i++)
		free_percpu(p[(i + 1) % n]);
	KTEST_EXPECT_LT(t, 1, n);
	KTEST_EXPECT_EQ(t, percpu_used(), before);
	KTEST_EXPECT_NULL(t, percpu_validate());
}

static void *filled[400];
static size_t first_size;

/* Takes all that the chunks there are have to give; false: it is too much. */
static bool fill_chunks(struct ktest *t, unsigned int *n)
{
	unsigned long pages = percpu_nr_pages();
	size_t size = PCPU_MAX_SIZE;

	first_size = 0;
	for (*n = 0; size >= 8 && *n < ARRAY_SIZE(filled);) {
		void *p = __alloc_percpu(size, 8);

		if (p && percpu_nr_pages() == pages) {
			filled[(*n)++] = p;
			first_size = first_size ? first_size : size;
			continue;
		}
		free_percpu(p);
		size /= 2;
	}
	if (size >= 8 || first_size < 256)
		ktest_skip(t, "chunks are in many pieces");
	return !t->skipped;
}

static void empty_chunks(unsigned int n)
{
	while (n)
		free_percpu(filled[--n]);
}

static void room_that_comes_back_is_used_again(struct ktest *t)
{
	unsigned long pages;
	unsigned int n;

	if (fill_chunks(t, &n)) {
		pages = percpu_nr_pages();
		free_percpu(filled[0]);
		filled[0] = __alloc_percpu(first_size, 8);
		KTEST_EXPECT_NOT_NULL(t, filled[0]);
		KTEST_EXPECT_EQ(t, percpu_nr_pages(), pages);
	}
	empty_chunks(n);
}

/* Who finds no aligned room has not learned that there is none. */
static void room_of_no_alignment_is_used_without(struct ktest *t)
{
	unsigned long pages;
	unsigned int n;
	void *p;

	if (fill_chunks(t, &n)) {
		pages = percpu_nr_pages();
		free_percpu(filled[0]);
		filled[0] = __alloc_percpu(64, 8);
		free_percpu(__alloc_percpu(first_size - 64, PCPU_MAX_ALIGN));
		p = __alloc_percpu(first_size - 64, 8);
		KTEST_EXPECT_NOT_NULL(t, p);
		KTEST_EXPECT_EQ(t, percpu_nr_pages(), pages);
		free_percpu(p);
	}
	empty_chunks(n);
}

static void size_that_makes_no_sense_is_reported(struct ktest *t)
{
	void *p = NULL;

	KTEST_EXPECT_REPORTS(t, 1, "size 0", p = __alloc_percpu(0, 8));
	KTEST_EXPECT_NULL(t, p);
	KTEST_EXPECT_REPORTS(t, 1, "alloc_percpu",
			     p = __alloc_percpu(PCPU_MAX_SIZE + 1, 8));
	KTEST_EXPECT_NULL(t, p);
	KTEST_EXPECT_REPORTS(t, 1, "align 24", p = __alloc_percpu(8, 24));
	KTEST_EXPECT_NULL(t, p);
	KTEST_EXPECT_REPORTS(t, 1, "align 0", p = __alloc_percpu(8, 0));
	KTEST_EXPECT_NULL(t, p);
	KTEST_EXPECT_REPORTS(t, 1, "alloc_percpu",
			     p = __alloc_percpu(8, 2 * PCPU_MAX_ALIGN));
	KTEST_EXPECT_NULL(t, p);
}

/* ----- free ----- */

static void free_of_null_does_nothing(struct ktest *t)
{
	unsigned long before = percpu_used();

	free_percpu(NULL);
	KTEST_EXPECT_EQ(t, percpu_used(), before);
}

static void free_twice_is_reported(struct ktest *t)
{
	void *other = __alloc_percpu(64, 8);
	void *p = __alloc_percpu(64, 8);

	free_percpu(p);
	KTEST_EXPECT_REPORTS(t, 1, "free_percpu", free_percpu(p));
	free_percpu(other);
	KTEST_EXPECT_NULL(t, percpu_validate());
}

static void free_of_what_is_no_object_is_reported(struct ktest *t)
{
	unsigned long before = percpu_used();
	char *p = __alloc_percpu(64, 64);
	int local = 0;

	KTEST_EXPECT_REPORTS(t, 1, "free_percpu", free_percpu(p + 1));
	KTEST_EXPECT_REPORTS(t, 1, "free_percpu", free_percpu(p + 16));
	KTEST_EXPECT_REPORTS(t, 1, "free_percpu", free_percpu(&with_value));
	KTEST_EXPECT_REPORTS(t, 1, "free_percpu", free_percpu(&local));
	KTEST_EXPECT_REPORTS(t, 1, "free_percpu",
			     free_percpu(this_cpu_ptr(p)));
	KTEST_EXPECT_EQ(t, percpu_used(), before + 64);
	free_percpu(p);
	KTEST_EXPECT_EQ(t, percpu_used(), before);
}

static void neighbours_without_a_gap_are_freed_apart(struct ktest *t)
{
	char *a = __alloc_percpu(PAGE_SIZE, PAGE_SIZE);
	char *b = __alloc_percpu(PAGE_SIZE, PAGE_SIZE);
	unsigned long used = percpu_used();

	fill_copies(a, 0xaa, PAGE_SIZE);
	fill_copies(b, 0xbb, PAGE_SIZE);
	free_percpu(a);
	KTEST_EXPECT_EQ(t, percpu_used(), used - PAGE_SIZE);
	KTEST_EXPECT_TRUE(t, all_copies_are(b, 0xbb, PAGE_SIZE));
	KTEST_EXPECT_NULL(t, percpu_validate());
	free_percpu(b);
	KTEST_EXPECT_EQ(t, percpu_used(), used - 2 * PAGE_SIZE);
}

/* What a random program holds keeps its bytes; nothing is left behind. */
static void random_program_finds_its_bytes_again(struct ktest *t)
{
	static struct { void *p; size_t size; } held[MANY];
	unsigned long before = percpu_used(), round;
	struct rng rng = rng_seed(4);
	unsigned int i;

	for (round = 0; round < 3000; round++) {
		i = (unsigned int)rng_below(&rng, MANY);
		if (held[i].p) {
			KTEST_ASSERT_TRUE(t, all_copies_are(
				held[i].p, (int)i + 1, held[i].size));
			free_percpu(held[i].p);
			held[i].p = NULL;
			continue;
		}
		held[i].size = 1 + (size_t)rng_below(&rng, 700);
		held[i].p = __alloc_percpu(held[i].size,
					   1UL << rng_below(&rng, 9));
		KTEST_ASSERT_NOT_NULL(t, held[i].p);
		fill_copies(held[i].p, (int)i + 1, held[i].size);
		if (round % 100 == 0)
			KTEST_ASSERT_NULL(t, percpu_validate());
	}
	for (i = 0; i < MANY; i++) {
		free_percpu(held[i].p);
		held[i].p = NULL;
	}
	KTEST_EXPECT_EQ(t, percpu_used(), before);
	KTEST_EXPECT_NULL(t, percpu_validate());
}

static const struct ktest_case cases[] = {
	KTEST_CASE(every_cpu_has_its_number),
	KTEST_CASE(copies_begin_with_the_value_given),
	KTEST_CASE(copies_are_as_aligned_as_the_variable),
	KTEST_CASE(writing_changes_this_cpu_alone),
	KTEST_CASE(every_width_is_read_and_written_whole),
	KTEST_CASE(sums_wrap_within_their_width),
	KTEST_CASE(memory_is_zero_for_every_cpu),
	KTEST_CASE(copy_of_a_cpu_that_is_away_is_zero_too),
	KTEST_CASE(memory_is_as_aligned_as_asked_for),
	KTEST_CASE(this_cpu_operations_work_on_memory),
	KTEST_CASE(largest_object_can_be_had),
	KTEST_CASE(chunks_come_when_needed_and_go_when_empty),
	KTEST_CASE(room_that_comes_back_is_used_again),
	KTEST_CASE(room_of_no_alignment_is_used_without),
	KTEST_CASE(size_that_makes_no_sense_is_reported),
	KTEST_CASE(free_of_null_does_nothing),
	KTEST_CASE(free_twice_is_reported),
	KTEST_CASE(free_of_what_is_no_object_is_reported),
	KTEST_CASE(neighbours_without_a_gap_are_freed_apart),
	KTEST_CASE(random_program_finds_its_bytes_again),
	{}
};

KTEST_SUITE(percpu, cases);
