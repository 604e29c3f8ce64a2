/*
 * How does one CPU have a function run on another?
 *
 * The problem: some things only a CPU itself can do: forget its translations,
 * empty its own arrays. Others must ask it, and often have to know when it is
 * done.
 *
 *	CPU 0, 3 ... ask			CPU 2 works
 *
 *	  lock, put, unlock    calls of CPU 2	  lock, take the first, unlock
 *	  ----------------> | fn | fn | fn |  ---------------->  fn(info)
 *	  was it empty:     | info | ...   |			 --*pending
 *	  one interrupt						 again, until
 *	  spin until *pending is 0				 there is none
 *
 *  1. Each CPU has a ring of calls that others want. Who puts the first one
 *     into an empty ring sends the interrupt; who finds others there need not,
 *     because CPU 2 looks again before it leaves.
 *  2. A call to several CPUs is one entry for each, with one count of those
 *     that have not finished, on the stack of who waits.
 *  3. A full ring makes the caller wait for room.
 *  4. Whoever waits, for room or for the end, can be called himself. With
 *     interrupts on that happens by itself. With interrupts off it is a
 *     mistake (the other may wait for us just so), which a debug build
 *     reports; and he serves his own ring while he waits, so two CPUs that
 *     wait for each other both go on.
 *  5. A CPU that goes out of service leaves cpu_online_mask first and then
 *     empties its ring; the mask is looked at under the ring's lock. So a call
 *     is refused or done, never lost.
 *
 * Locks: lock of each ring (RANK_CALL_FUNCTION), interrupts off; never two.
 * Invariants: 0 <= tail - head <= CALLS_MAX; a ring that holds calls has an
 * interrupt on its way, or its CPU is at work on it.
 * Cost: a lock and unlock per call on each side, one interrupt per burst.
 * Left out: Linux's lists of entries that callers own; a ring needs no memory
 * that must outlive a caller who does not wait.
 */
#include <asm/smp.h>
#include <kernel/preempt.h>
#include <kernel/report.h>
#include <kernel/smp.h>
#include <kernel/spinlock.h>
#include <lib/errno.h>

/* With one call of each CPU that waits, there is still room. */
#define CALLS_MAX NR_CPUS

struct call {
	smp_call_func_t fn;
	void *info;
	unsigned int *pending;		/* NULL: nobody waits */
};

struct call_ring {
	spinlock_t lock;
	unsigned int head, tail;	/* run so far, put so far */
	struct call calls[CALLS_MAX];
};

static DEFINE_PER_CPU_ALIGNED(struct call_ring, call_ring) = {
	.lock = SPIN_LOCK_UNLOCKED(RANK_CALL_FUNCTION),
};

struct cpumask cpu_online_mask = { { 1 } };

unsigned int num_online_cpus(void)
{
	return (unsigned int)bitmap_weight(cpu_online_mask.bits, NR_CPUS);
}

void cpu_set_online(unsigned int cpu, bool online)
{
	unsigned long *word = &cpu_online_mask.bits[cpu / BITS_PER_LONG];
	unsigned long bit = BIT(cpu % BITS_PER_LONG);

	if (online)
		__atomic_fetch_or(word, bit, __ATOMIC_SEQ_CST);
	else
		__atomic_fetch_and(word, ~bit, __ATOMIC_SEQ_CST);
}

/* The rings */

static bool take_call(struct call_ring *ring, struct call *call)
{
	unsigned long flags;
	bool found;

	spin_lock_irqsave(&ring->lock, flags);
	found = ring->head != ring->tail;
	if (found)
		*call = ring->calls[ring->head++ % CALLS_MAX];
	spin_unlock_irqrestore(&ring->lock, flags);
	return found;
}

/* 0, -EAGAIN: no room, -ENXIO: does not run. */
static int put_call(unsigned int cpu, const struct call *call)
{
	struct call_ring *ring = per_cpu_ptr(&call_ring, cpu);
	unsigned long flags;
	bool first = false;
	int err = 0;

	spin_lock_irqsave(&ring->lock, flags);
	if (!cpu_online(cpu)) {
		err = -ENXIO;
	} else if (ring->tail - ring->head == CALLS_MAX) {
		err = -EAGAIN;
	} else {
		first = ring->head == ring->tail;
		ring->calls[ring->tail++ % CALLS_MAX] = *call;
	}
	spin_unlock_irqrestore(&ring->lock, flags);
	if (first)
		arch_send_call_function(cpu);
	return err;
}

static void finish_call(unsigned int *pending)
{
	if (pending)
		__atomic_fetch_sub(pending, 1, __ATOMIC_RELEASE);
}

/* Interrupts are off, and the handler is counted as one. */
void smp_call_function_interrupt(void)
{
	struct call_ring *ring = this_cpu_ptr(&call_ring);
	struct call call;

	while (take_call(ring, &call)) {
		call.fn(call.info);
		finish_call(call.pending);
	}
}

/* Waiting */

static void relax(void)
{
	if (irqs_disabled()) {
		this_cpu_add(preempt_count_of_cpu, HARDIRQ_OFFSET);
		smp_call_function_interrupt();
		this_cpu_sub(preempt_count_of_cpu, HARDIRQ_OFFSET);
	}
	cpu_relax();
}

static void wait_for(unsigned int *pending)
{
	while (__atomic_load_n(pending, __ATOMIC_ACQUIRE))
		relax();
}

#ifdef CONFIG_DEBUG
static void check_wait(void)
{
	if (!irqs_disabled() && !in_interrupt())
		return;
	report_begin("smp_call_function", "waits with interrupts off%s",
		     in_interrupt() ? ", in a handler" : "");
	report_end();
}
#else
static void check_wait(void)
{
}
#endif

/* Counts the call in *pending, if there is one, and puts it. 0 or -ENXIO. */
static int send_call(unsigned int cpu, smp_call_func_t fn, void *info,
		     unsigned int *pending)
{
	struct call call = { fn, info, pending };
	int err;

	if (pending)
		__atomic_fetch_add(pending, 1, __ATOMIC_RELAXED);
	do {
		err = put_call(cpu, &call);
		if (err == -EAGAIN)
			relax();
	} while (err == -EAGAIN);
	if (err)
		finish_call(pending);
	return err;
}

static void call_here(smp_call_func_t fn, void *info)
{
	unsigned long flags;

	local_irq_save(flags);
	fn(info);
	local_irq_restore(flags);
}

/* What callers see. Preemption is off so that "the others" stay the others. */

int smp_call_function_single(unsigned int cpu, smp_call_func_t fn, void *info,
			     bool wait)
{
	unsigned int pending = 0;
	int err = 0;

	preempt_disable();
	if (cpu == smp_processor_id()) {
		call_here(fn, info);
	} else if (cpu >= nr_cpu_ids) {
		err = -ENXIO;
	} else {
		if (wait)
			check_wait();
		err = send_call(cpu, fn, info, wait ? &pending : NULL);
		wait_for(&pending);
	}
	preempt_enable();
	return err;
}

/*
 * To all but this one for which cond, if there is one, is true. Each begins
 * with its neighbour, so that many callers do not crowd at one ring.
 */
static void send_to_others(bool (*cond)(unsigned int cpu, void *info),
			   smp_call_func_t fn, void *info,
			   unsigned int *pending)
{
	unsigned int i, cpu, self = smp_processor_id();
	bool checked = !pending;

	for (i = 1; i < nr_cpu_ids; i++) {
		cpu = (self + i) % nr_cpu_ids;
		if (!cpu_online(cpu) || (cond && !cond(cpu, info)))
			continue;
		if (!checked)
			check_wait();
		checked = true;
		send_call(cpu, fn, info, pending);
	}
}

void smp_call_function(smp_call_func_t fn, void *info, bool wait)
{
	unsigned int pending = 0;

	preempt_disable();
	send_to_others(NULL, fn, info, wait ? &pending : NULL);
	wait_for(&pending);
	preempt_enable();
}

void on_each_cpu(smp_call_func_t fn, void *info, bool wait)
{
	unsigned int pending = 0;

	preempt_disable();
	send_to_others(NULL, fn, info, wait ? &pending : NULL);
	call_here(fn, info);
	wait_for(&pending);
	preempt_enable();
}

void on_each_cpu_cond(bool (*cond)(unsigned int cpu, void *info),
		      smp_call_func_t fn, void *info)
{
	unsigned int pending = 0;

	preempt_disable();
	send_to_others(cond, fn, info, &pending);
	if (cond(smp_processor_id(), info))
		call_here(fn, info);
	wait_for(&pending);
	preempt_enable();
}

void smp_stop_others(void)
{
	arch_stop_others();
}
