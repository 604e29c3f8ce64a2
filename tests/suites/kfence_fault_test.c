/*
 * Guarded objects, used wrongly: each access past an edge or after the free is
 * reported at its instruction, once, with what it hit; and goes on.
 */
#include <asm/irqflags.h>
#include <kernel/kthread.h>
#include <kernel/smp.h>
#include <lib/sprintf.h>

#include "kfence_fixture.h"
#include "last_cpu.h"
#include "tick.h"
#include "slub_fixture.h"

#define SIZE 64

static struct kmem_cache *s;

static void set_up(struct ktest *t)
{
	kfence_pause();
	if (kfence_ready(t))
		s = own_cache("guarded", SIZE);
}

static void tear_down(struct ktest *t)
{
	kmem_cache_destroy(s);
	s = NULL;
	kfence_resume();
}

static noinline u8 read_byte(const u8 *p)
{
	return *(const volatile u8 *)p;
}

static noinline void write_byte(u8 *p, u8 value)
{
	*(volatile u8 *)p = value;
}

/* One slot used and freed closes what reports have opened beside it. */
static u8 *again(u8 *p, enum edge edge)
{
	kmem_cache_free(s, p);
	return guarded_at(s, SIZE, edge);
}

static bool told(const void *p, int n, const char *side)
{
	char object[48], where[48];

	ksnprintf(object, sizeof(object), "cache guarded, object %px:", p);
	ksnprintf(where, sizeof(where), ", %d bytes %s", n, side);
	return strstr(report_capture_text(), object) &&
	       strstr(report_capture_text(), where);
}

static void access_past_the_right_end_is_reported(struct ktest *t)
{
	u8 *p = guarded_at(s, SIZE, RIGHT_EDGE);
	int n;

	for (n = 1; n <= 8; n++) {
		KTEST_ASSERT_NOT_NULL(t, p);
		KTEST_EXPECT_REPORTS(t, 1, "out-of-bounds read",
				     read_byte(p + SIZE - 1 + n));
		KTEST_EXPECT_TRUE(t, told(p, n, "right of it"));
		p = again(p, RIGHT_EDGE);
		KTEST_EXPECT_REPORTS(t, 1, "out-of-bounds write",
				     write_byte(p + SIZE - 1 + n, 1));
		KTEST_EXPECT_TRUE(t, told(p, n, "right of it"));
		p = again(p, RIGHT_EDGE);
	}
	kmem_cache_free(s, p);
}

static void access_before_the_left_end_is_reported(struct ktest *t)
{
	u8 *p = guarded_at(s, SIZE, LEFT_EDGE);
	int n;

	for (n = 1; n <= 8; n++) {
		KTEST_ASSERT_NOT_NULL(t, p);
		KTEST_EXPECT_REPORTS(t, 1, "out-of-bounds read",
				     read_byte(p - n));
		KTEST_EXPECT_TRUE(t, told(p, n, "left of it"));
		p = again(p, LEFT_EDGE);
		KTEST_EXPECT_REPORTS(t, 1, "out-of-bounds write",
				     write_byte(p - n, 1));
		KTEST_EXPECT_TRUE(t, told(p, n, "left of it"));
		p = again(p, LEFT_EDGE);
	}
	kmem_cache_free(s, p);
}

static void every_byte_after_free_is_guarded(struct ktest *t)
{
	u8 *p;
	int i;

	for (i = 0; i < SIZE; i++) {
		p = kfence_alloc(s, SIZE, GFP_KERNEL);
		kmem_cache_free(s, p);
		KTEST_EXPECT_REPORTS(t, 1, "use-after-free read",
				     read_byte(p + i));
		KTEST_EXPECT_TRUE(t, told(p, i, "from its start"));
		p = kfence_alloc(s, SIZE, GFP_KERNEL);
		kmem_cache_free(s, p);
		KTEST_EXPECT_REPORTS(t, 1, "use-after-free write",
				     write_byte(p + i, 1));
		KTEST_EXPECT_TRUE(t, told(p, i, "from its start"));
	}
}

static void report_names_both_owners_and_the_instruction(struct ktest *t)
{
	u8 *p = kfence_alloc(s, SIZE, GFP_KERNEL);
	const char *text = report_capture_text();

	kmem_cache_free(s, p);
	KTEST_EXPECT_REPORTS(t, 1, "accessed by ", read_byte(p));
	KTEST_EXPECT_NOT_NULL(t, strstr(text, "size 64, cache guarded"));
	KTEST_EXPECT_NOT_NULL(t, strstr(text, "allocated by "));
	KTEST_EXPECT_NOT_NULL(t, strstr(text, "freed by "));
	KTEST_EXPECT_NOT_NULL(t, strstr(text, current->name));
}

static void mistake_is_told_once_and_goes_on(struct ktest *t)
{
	u8 *p = guarded_at(s, SIZE, RIGHT_EDGE);
	u8 *end = p + SIZE;

	KTEST_EXPECT_REPORTS(t, 1, "out-of-bounds write", ({
		write_byte(end, 0x77);
		write_byte(end + 1, 0x78);
	}));
	KTEST_EXPECT_EQ(t, read_byte(end), 0x77);
	KTEST_EXPECT_EQ(t, read_byte(end + 1), 0x78);
	kmem_cache_free(s, p);
	/* told again when the slot has changed hands */
	KTEST_EXPECT_EQ(t, probe_read(end), -EFAULT);
	KTEST_EXPECT_EQ(t, probe_read(p), -EFAULT);
}

static void slot_is_sound_after_a_late_write(struct ktest *t)
{
	unsigned int i, objects = kfence_now().objects;
	u8 *p = kfence_alloc(s, SIZE, GFP_KERNEL), *q;

	kmem_cache_free(s, p);
	KTEST_EXPECT_REPORTS(t, 1, "use-after-free write",
			     memset(p, 0x55, SIZE));
	for (i = 0; i < objects; i++) {
		q = kfence_alloc(s, SIZE, GFP_KERNEL | __GFP_ZERO);
		KTEST_EXPECT_NULL(t, memchr_inv(q, 0, SIZE));
		kmem_cache_free(s, q);
	}
	KTEST_EXPECT_EQ(t, probe_read(p), -EFAULT);
}

/* Of objects of 7 bytes all that the pool has left; how many. */
static unsigned int take_all(struct kmem_cache *c, void **objs)
{
	unsigned int nr = 0;

	while (nr < KFENCE_MAX_OBJECTS &&
	       (objs[nr] = kfence_alloc(c, 7, GFP_ATOMIC)))
		nr++;
	return nr;
}

static void give_all(struct kmem_cache *c, void **objs, unsigned int nr)
{
	while (nr)
		kmem_cache_free(c, objs[--nr]);
}

static void *objs[KFENCE_MAX_OBJECTS];

static void access_that_is_no_objects_is_reported(struct ktest *t)
{
	u8 *pool = (u8 *)kfence_pool;

	KTEST_EXPECT_REPORTS(t, 1, "invalid read", read_byte(pool));
	KTEST_EXPECT_REPORTS(t, 0, "", read_byte(pool));
	/* the first slot in use closes it for who comes here again */
	give_all(s, objs, take_all(s, objs));
}

/* Most slots of a young system; here one is made to look like that. */
static void slot_that_was_never_used_has_no_object(struct ktest *t)
{
	u8 *p = guarded_at(s, SIZE, LEFT_EDGE);
	struct kfence_metadata *slot;

	KTEST_ASSERT_NOT_NULL(t, p);
	slot = kfence_metadata_at((unsigned long)p);
	kmem_cache_free(s, p);
	slot->state = KFENCE_UNUSED;
	KTEST_EXPECT_REPORTS(t, 1, "invalid read", read_byte(p));
	KTEST_EXPECT_NOT_NULL(t, strstr(report_capture_text(),
					"no object there"));
	KTEST_EXPECT_REPORTS(t, 1, "cache (none)", kfree(p));
	KTEST_EXPECT_NOT_NULL(t, strstr(report_capture_text(),
					"not an object"));
	slot->state = KFENCE_FREED;
	/* the next in that slot closes it */
	give_all(s, objs, take_all(s, objs));
}

/* Two of 7 bytes, at the far edges of the pages beside a guard, or NULL. */
static u8 *pair_around_a_guard(unsigned int nr)
{
	unsigned int i, j;

	for (i = 0; i < nr; i++)
		for (j = 0; j < nr; j++)
			if (edge_of(objs[i]) == RIGHT_EDGE &&
			    edge_of(objs[j]) == LEFT_EDGE &&
			    (u8 *)objs[i] + 8 + PAGE_SIZE == objs[j])
				return objs[i];
	return NULL;
}

/* The right edge is a multiple of 8, so a gap of one byte is left. */
static void access_as_far_from_both_objects_is_one_s(struct ktest *t)
{
	struct kmem_cache *c = own_cache("sevens", 7);
	unsigned int nr = take_all(c, objs);
	u8 *p = pair_around_a_guard(nr);

	if (p)
		KTEST_EXPECT_REPORTS(t, 1, "2049 bytes left of it",
				     read_byte(p + 8 + 2047));
	else
		ktest_skip(t, "no two objects lie so");
	give_all(c, objs, nr);
	kmem_cache_destroy(c);
}

static void wide_access_across_the_end_is_reported(struct ktest *t)
{
	u8 *p = guarded_at(s, SIZE, RIGHT_EDGE);
	volatile u32 *word = (volatile u32 *)(p + SIZE);
	u8 copy[2 * SIZE];

	KTEST_EXPECT_REPORTS(t, 1, "out-of-bounds write", *word = 1);
	p = again(p, RIGHT_EDGE);
	memset(p, 0x39, SIZE);
	KTEST_EXPECT_REPORTS(t, 1, "out-of-bounds read",
			     memcpy(copy, p, SIZE + 4));
	KTEST_EXPECT_NULL(t, memchr_inv(copy, 0x39, SIZE));
	/* whoever could see it might read all of the copy */
	__asm__ volatile("" : : "r"(copy) : "memory");
	kmem_cache_free(s, p);
}

static void fault_with_interrupts_off_leaves_them_off(struct ktest *t)
{
	u8 *p = guarded_at(s, SIZE, RIGHT_EDGE);
	unsigned long flags;
	bool off;

	report_capture_start();
	local_irq_save(flags);
	write_byte(p + SIZE, 1);
	off = irqs_disabled();
	kmem_cache_free(s, p);
	read_byte(p);
	local_irq_restore(flags);
	ktest_check_reports(t, __FILE__, __LINE__, 2, "use-after-free");
	KTEST_EXPECT_TRUE(t, off);
}

/* Under a lock that nothing but reports and guarded objects may be under. */
static void fault_under_a_lock_is_reported(struct ktest *t)
{
	static DEFINE_SPINLOCK(lock, RANK_RUN_QUEUE);
	u8 *p = guarded_at(s, SIZE, LEFT_EDGE);
	unsigned long flags;

	report_capture_start();
	spin_lock_irqsave(&lock, flags);
	read_byte(p - 1);
	spin_unlock_irqrestore(&lock, flags);
	ktest_check_reports(t, __FILE__, __LINE__, 1, "out-of-bounds");
	kmem_cache_free(s, p);
}

/* In the handler of another CPU's call. */
static void use_from_handler(void *info)
{
	u8 *p = info;

	read_byte(p - 1);
	kmem_cache_free(s, p);
	write_byte(p, 1);
}

static void fault_in_a_handler_on_any_cpu_is_reported(struct ktest *t)
{
	unsigned int cpu;
	u8 *p;

	for_each_online_cpu(cpu) {
		p = guarded_at(s, SIZE, LEFT_EDGE);
		report_capture_start();
		smp_call_function_single(cpu, use_from_handler, p, true);
		ktest_check_reports(t, __FILE__, __LINE__, 2,
				    "use-after-free write");
	}
}

struct reader {
	u8 *p;
	bool warm, go, done;
};

/* It has used the object itself, so it may remember where it was. */
static int read_late(void *data)
{
	struct reader *r = data;
	u64 freed;

	write_byte(r->p, 1);
	__atomic_store_n(&r->warm, true, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&r->go, __ATOMIC_ACQUIRE))
		cond_resched();
	for (freed = get_jiffies(); get_jiffies() < freed + 5; )
		cpu_relax();
	read_byte(r->p);
	return 0;
}

static void freed_elsewhere_is_seen_a_tick_later(struct ktest *t)
{
	struct reader r = { .p = kfence_alloc(s, SIZE, GFP_KERNEL) };
	unsigned int cpu, other = 0;
	struct task_struct *task;

	for_each_online_cpu(cpu)
		other = cpu;
	if (!other || !has_tick(t)) {
		kmem_cache_free(s, r.p);
		if (!other)
			ktest_skip(t, "needs a second CPU");
		return;
	}
	task = kthread_run_on(other, read_late, &r, "late");
	if (!KTEST_EXPECT_NOT_NULL(t, task)) {
		kmem_cache_free(s, r.p);
		return;
	}
	report_capture_start();
	while (!__atomic_load_n(&r.warm, __ATOMIC_ACQUIRE))
		cond_resched();
	kmem_cache_free(s, r.p);
	__atomic_store_n(&r.go, true, __ATOMIC_RELEASE);
	kthread_stop(task);
	ktest_check_reports(t, __FILE__, __LINE__, 1, "use-after-free read");
}

static void *passed_on;

static int take_one(void *unused)
{
	passed_on = kfence_alloc(s, SIZE, GFP_KERNEL);
	return current->pid;
}

static int give_one(void *unused)
{
	kmem_cache_free(s, passed_on);
	return current->pid;
}

/* On that CPU; its track is told as a line that begins with what. */
static void expect_track(struct ktest *t, unsigned int cpu,
			 int (*fn)(void *unused), const char *what)
{
	struct task_struct *task = kthread_run_on(cpu, fn, NULL, "hand-%u",
						  cpu);
	char line[64];

	KTEST_ASSERT_NOT_NULL(t, task);
	ksnprintf(line, sizeof(line), "%s by hand-%u (%d) on CPU %u at", what,
		  cpu, kthread_stop(task), cpu);
	KTEST_ASSERT_NOT_NULL(t, passed_on);
	KTEST_EXPECT_REPORTS(t, 1, line,
			     kfree((char *)passed_on + SIZE / 2));
}

static void report_names_who_allocated_and_who_freed(struct ktest *t)
{
	unsigned int last = last_online_cpu();

	passed_on = NULL;
	expect_track(t, last, take_one, "allocated");
	if (passed_on)
		expect_track(t, 0, give_one, "freed");
	if (passed_on && !kfence_free_fault(s, passed_on))
		kmem_cache_free(s, passed_on);	/* no thread did it */
}

/* What reads to see whether it can must not be told of. */
static void probe_of_a_guard_page_is_no_mistake(struct ktest *t)
{
	u8 *p = guarded_at(s, SIZE, RIGHT_EDGE);

	KTEST_EXPECT_REPORTS(t, 0, "", probe_read(p + SIZE));
	KTEST_EXPECT_EQ(t, probe_write(p + SIZE), -EFAULT);
	kmem_cache_free(s, p);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(access_past_the_right_end_is_reported),
	KTEST_CASE(access_before_the_left_end_is_reported),
	KTEST_CASE(every_byte_after_free_is_guarded),
	KTEST_CASE(report_names_both_owners_and_the_instruction),
	KTEST_CASE(mistake_is_told_once_and_goes_on),
	KTEST_CASE(slot_is_sound_after_a_late_write),
	KTEST_CASE(access_that_is_no_objects_is_reported),
	KTEST_CASE(slot_that_was_never_used_has_no_object),
	KTEST_CASE(access_as_far_from_both_objects_is_one_s),
	KTEST_CASE(wide_access_across_the_end_is_reported),
	KTEST_CASE(fault_with_interrupts_off_leaves_them_off),
	KTEST_CASE(fault_under_a_lock_is_reported),
	KTEST_CASE(fault_in_a_handler_on_any_cpu_is_reported),
	KTEST_CASE(freed_elsewhere_is_seen_a_tick_later),
	KTEST_CASE(report_names_who_allocated_and_who_freed),
	KTEST_CASE(probe_of_a_guard_page_is_no_mistake),
	{}
};
KTEST_SUITE_FIXTURE(kfence_fault, cases, set_up, tear_down);
