/* Do interrupts reach their handlers, and what is known meanwhile? */
#include <asm/apic.h>
#include <asm/i8259.h>
#include <asm/irq.h>
#include <asm/irqflags.h>
#include <asm/processor.h>
#include <kernel/kthread.h>
#include <kernel/ktest.h>
#include <kernel/preempt.h>
#include <kernel/time.h>
#include <lib/errno.h>

#define VECTOR_NOBODYS 0xd3
#define ARRIVES_WITHIN_US 2000000

static struct {
	volatile unsigned int calls;
	unsigned long vector;
	bool in_interrupt, irqs_off;
	unsigned int preempt_count;
	unsigned int answers;		/* times it sends itself once more */
	bool resched;			/* wants another thread to run */
} seen;

static void handler(struct pt_regs *regs)
{
	seen.vector = regs->vector;
	seen.in_interrupt = in_interrupt();
	seen.irqs_off = irqs_disabled();
	seen.preempt_count = preempt_count();
	if (seen.answers) {
		seen.answers--;
		apic_send_ipi(apic_id(), VECTOR_TEST);
	}
	if (seen.resched)
		this_cpu_write(need_resched_of_cpu, true);
	seen.calls++;
}

static void begin(struct ktest *t)
{
	seen.calls = seen.answers = 0;
	seen.resched = false;
	irq_set_handler(VECTOR_TEST, handler);
}

static void end(struct ktest *t)
{
	irq_set_handler(VECTOR_TEST, NULL);
}

/* Waits until there were that many calls; the host may be slow. */
static bool called(unsigned int times)
{
	u64 start = ktime_get_us();

	while (seen.calls < times)
		if (ktime_get_us() - start > ARRIVES_WITHIN_US)
			return false;
	return true;
}

static bool skipped_without_apic(struct ktest *t)
{
	if (!apic_present())
		ktest_skip(t, "no local APIC");
	return !apic_present();
}

static void handler_is_called_and_counted(struct ktest *t)
{
	unsigned long before = irq_count(VECTOR_TEST);

	__asm__ volatile("int %0" : : "i"(VECTOR_TEST) : "memory");
	KTEST_EXPECT_EQ(t, seen.calls, 1);
	KTEST_EXPECT_EQ(t, seen.vector, VECTOR_TEST);
	KTEST_EXPECT_EQ(t, irq_count(VECTOR_TEST), before + 1);
}

static void handler_knows_that_it_is_one(struct ktest *t)
{
	KTEST_EXPECT_FALSE(t, in_interrupt());
	__asm__ volatile("int %0" : : "i"(VECTOR_TEST) : "memory");
	KTEST_EXPECT_TRUE(t, seen.in_interrupt);
	KTEST_EXPECT_TRUE(t, seen.irqs_off);
	KTEST_EXPECT_FALSE(t, in_interrupt());
	KTEST_EXPECT_FALSE(t, irqs_disabled());
}

static void preempt_count_goes_on_from_where_it_was(struct ktest *t)
{
	unsigned int before = preempt_count();

	preempt_disable();
	__asm__ volatile("int %0" : : "i"(VECTOR_TEST) : "memory");
	preempt_enable();
	KTEST_EXPECT_EQ(t, seen.preempt_count,
			before + PREEMPT_OFFSET + HARDIRQ_OFFSET);
	KTEST_EXPECT_EQ(t, preempt_count(), before);
}

static void interrupt_to_itself_arrives(struct ktest *t)
{
	if (skipped_without_apic(t))
		return;
	apic_send_ipi(apic_id(), VECTOR_TEST);
	KTEST_EXPECT_TRUE(t, called(1));
	KTEST_EXPECT_EQ(t, seen.calls, 1);
	KTEST_EXPECT_TRUE(t, seen.in_interrupt);
}

/* Not if the first one was not acknowledged. */
static void next_interrupt_arrives_too(struct ktest *t)
{
	unsigned int i;

	if (skipped_without_apic(t))
		return;
	for (i = 1; i <= 100; i++) {
		apic_send_ipi(apic_id(), VECTOR_TEST);
		if (!KTEST_EXPECT_TRUE(t, called(i)))
			return;
	}
	KTEST_EXPECT_EQ(t, seen.calls, 100);
}

static void interrupt_waits_while_interrupts_are_off(struct ktest *t)
{
	unsigned long flags;

	if (skipped_without_apic(t))
		return;
	local_irq_save(flags);
	apic_send_ipi(apic_id(), VECTOR_TEST);
	udelay(1000);
	KTEST_EXPECT_EQ(t, seen.calls, 0);
	local_irq_restore(flags);
	KTEST_EXPECT_TRUE(t, called(1));
}

static void interrupt_sent_by_its_handler_comes_after_it(struct ktest *t)
{
	if (skipped_without_apic(t))
		return;
	seen.answers = 5;
	apic_send_ipi(apic_id(), VECTOR_TEST);
	KTEST_EXPECT_TRUE(t, called(6));
	KTEST_EXPECT_EQ(t, seen.calls, 6);
	KTEST_EXPECT_EQ(t, seen.preempt_count, preempt_count() +
			HARDIRQ_OFFSET);
}

static void interrupt_nobody_wants_is_counted_and_survived(struct ktest *t)
{
	unsigned long before = irq_count(VECTOR_NOBODYS);
	unsigned int i;

	for (i = 0; i < 10; i++)
		__asm__ volatile("int %0" : : "i"(VECTOR_NOBODYS) : "memory");
	KTEST_EXPECT_EQ(t, irq_count(VECTOR_NOBODYS), before + 10);
	KTEST_EXPECT_FALSE(t, in_interrupt());
}

static void spurious_interrupts_are_counted_and_survived(struct ktest *t)
{
	unsigned long before = irq_count(VECTOR_SPURIOUS);

	__asm__ volatile("int %0" : : "i"(VECTOR_SPURIOUS) : "memory");
	__asm__ volatile("int %0" : : "i"(IRQ_VECTOR_BASE + 7) : "memory");
	KTEST_EXPECT_EQ(t, irq_count(VECTOR_SPURIOUS), before + 1);
	KTEST_EXPECT_FALSE(t, in_interrupt());
}

/* ----- who runs when it is over ----- */

static volatile bool other_ran;

static int run_once(void *data)
{
	other_ran = true;
	return 0;
}

/* Ready to run, but no more than that. */
static struct task_struct *make_other(void)
{
	struct task_struct *other = kthread_create(run_once, NULL, "irq test");

	other_ran = false;
	seen.resched = true;
	return other;
}

static void interrupt(void)
{
	__asm__ volatile("int %0" : : "i"(VECTOR_TEST) : "memory");
}

static void interrupted_thread_gives_way(struct ktest *t)
{
	struct task_struct *other = make_other();
	unsigned int i;

	KTEST_ASSERT_NOT_NULL(t, other);
	wake_up_process(other);
	/* a tick may take the CPU from the other before it does anything */
	for (i = 0; i < 1000 && !other_ran; i++)
		interrupt();
	KTEST_EXPECT_TRUE(t, other_ran);
	kthread_stop(other);
}

static void thread_with_preemption_off_keeps_the_cpu(struct ktest *t)
{
	struct task_struct *other = make_other();

	KTEST_ASSERT_NOT_NULL(t, other);
	preempt_disable();
	wake_up_process(other);
	interrupt();
	KTEST_EXPECT_FALSE(t, other_ran);
	preempt_enable();
	kthread_stop(other);
	KTEST_EXPECT_TRUE(t, other_ran);
}

static void thread_with_interrupts_off_keeps_the_cpu(struct ktest *t)
{
	struct task_struct *other = make_other();
	unsigned long flags;

	KTEST_ASSERT_NOT_NULL(t, other);
	local_irq_save(flags);
	wake_up_process(other);
	interrupt();
	KTEST_EXPECT_FALSE(t, other_ran);
	local_irq_restore(flags);
	kthread_stop(other);
	KTEST_EXPECT_TRUE(t, other_ran);
}

static int ask_for_another(void *data)
{
	this_cpu_write(need_resched_of_cpu, true);
	return 0;
}

/*
 * Between its last breath and giving up the CPU: it must not come back, not
 * even as the next thread, who is likely to have its stack.
 */
static void thread_interrupted_at_its_end_is_gone(struct ktest *t)
{
	struct task_struct *other, *heir;
	unsigned int i;

	for (i = 0; i < 10; i++) {
		other = kthread_create(ask_for_another, NULL, "irq test");
		KTEST_ASSERT_NOT_NULL(t, other);
		wake_up_process(other);
		yield();	/* we are who it gives way to */
		KTEST_EXPECT_EQ(t, kthread_stop(other), 0);
		heir = kthread_create(ask_for_another, NULL, "irq test");
		KTEST_ASSERT_NOT_NULL(t, heir);
		yield();
		KTEST_EXPECT_EQ(t, kthread_stop(heir), -EINTR);
	}
}

/* ----- what goes wrong ----- */

static void error_of_the_apic_is_reported(struct ktest *t)
{
	if (skipped_without_apic(t))
		return;
	KTEST_EXPECT_REPORTS(t, 1, "local APIC error",
			     __asm__ volatile("int %0" : :
					      "i"(VECTOR_APIC_ERROR) :
					      "memory"));
}

static void exceptions_have_no_such_handler(struct ktest *t)
{
	KTEST_EXPECT_REPORTS(t, 1, "vector 14 is no interrupt's",
			     irq_set_handler(14, handler));
	KTEST_EXPECT_REPORTS(t, 1, "vector 256 is no interrupt's",
			     irq_set_handler(256, handler));
	KTEST_EXPECT_EQ(t, irq_count(14), 0);
	KTEST_EXPECT_EQ(t, irq_count(256), 0);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(handler_is_called_and_counted),
	KTEST_CASE(handler_knows_that_it_is_one),
	KTEST_CASE(preempt_count_goes_on_from_where_it_was),
	KTEST_CASE(interrupt_to_itself_arrives),
	KTEST_CASE(next_interrupt_arrives_too),
	KTEST_CASE(interrupt_waits_while_interrupts_are_off),
	KTEST_CASE(interrupt_sent_by_its_handler_comes_after_it),
	KTEST_CASE(interrupt_nobody_wants_is_counted_and_survived),
	KTEST_CASE(spurious_interrupts_are_counted_and_survived),
	KTEST_CASE(interrupted_thread_gives_way),
	KTEST_CASE(thread_with_preemption_off_keeps_the_cpu),
	KTEST_CASE(thread_with_interrupts_off_keeps_the_cpu),
	KTEST_CASE(thread_interrupted_at_its_end_is_gone),
	KTEST_CASE(error_of_the_apic_is_reported),
	KTEST_CASE(exceptions_have_no_such_handler),
	{}
};
KTEST_SUITE_FIXTURE(irq, cases, begin, end);
