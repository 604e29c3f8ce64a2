/*
 * Is each spinlock taken as it may be? Only in debug builds.
 *
 * Problem: a lock taken in the wrong order, or where an interrupt may want it
 * too, works for years; the day it does not, all CPUs stand still and nobody
 * can say why. So every taking is judged by what could happen, not by what
 * did.
 *
 * Who holds a spinlock stays on its CPU. So each CPU keeps its own stack of
 * the locks it holds:
 *
 *	lock	| node  | zone  |	  | report | log |
 *	level	    0	    0		      1	      1
 *		thread, interrupts on	  handler that came then
 *
 * Taking a lock (not by trylock, which waits for nobody) is a mistake if
 *
 * 1. this CPU has it: told, and granted once more instead of waiting for ever;
 * 2. a lock held *by the same level* has the same or a higher rank. RANK_NONE
 *    is taken with nothing held, and under it only reports and the log. The
 *    levels below do not count: what was interrupted there was interruptible,
 *    and what then may go wrong is the next two;
 * 3. a handler takes it, and it was taken somewhere with interrupts on, or the
 *    reverse: the handler could wait for what it interrupted;
 * 4. a lock of handlers is held, and this one is taken with interrupts on
 *    elsewhere: there a handler could come that waits for the first, whose
 *    holder waits for the second.
 *
 *  3 and 4 are told once per lock. Waiting for a lock that serves the same
 *  ticket for PATIENCE is told once per wait, with the holder's CPU. Giving
 *  back may happen in any order, but only where it was taken; a lock that this
 *  CPU does not hold is left as it is.
 *
 * A report takes locks itself. While one is made nothing is checked on its
 * CPU. About the locks of reports and of the log, or while the log is being
 * written, there is no report: one line is printed, and counted. Waiting in
 * vain for one of those two is a panic, for nothing else could tell of it.
 *
 * Locks: none; a CPU's stack is its own, touched with interrupts off.
 * Invariant: a lock is in one CPU's stack at most, and there exactly if its
 * held is not 0 and owner is that CPU (unless the stack was too small: lost).
 * Left out: mutexes (kernel/mutex.c judges them alike), and NMI handlers,
 * which take no locks at all.
 * Counterpart: kernel/locking/lockdep.c learns the order from what it sees;
 * here <kernel/lock_rank.h> says it.
 */
#include <kernel/lock_debug.h>

#ifdef CONFIG_DEBUG

#include <asm/irqflags.h>
#include <kernel/panic.h>
#include <kernel/percpu.h>
#include <kernel/preempt.h>
#include <kernel/report.h>
#include <lib/kernel.h>

#include "capture.h"

#define MAX_HELD 16

/* In get_cycles(): 10 to 30 seconds, for a guest's CPU may stand still. */
#define PATIENCE (1ULL << 35)

struct held_lock {
	const void *lock;
	struct lock_debug *d;
	const void *taken_at;
	unsigned int level;	/* handlers entered then, as HARDIRQ_MASK */
};

struct held_locks {
	unsigned int n;
	unsigned int lost;	/* taken when the stack was full */
	bool telling;
	struct held_lock held[MAX_HELD];
};

static DEFINE_PER_CPU(struct held_locks, held_locks);
static bool off;

static const char *const rank_names[NR_LOCK_RANKS] = {
	[RANK_NONE] = "rankless",
	[RANK_CPU_HOTPLUG] = "CPU hotplug",
	[RANK_SLAB_CACHES] = "slab caches",
	[RANK_PCP_DRAIN] = "pcp drain",
	[RANK_TEST] = "test",
	[RANK_MEMPOOL] = "mempool",
	[RANK_DMA_POOL] = "dma pool",
	[RANK_PERCPU] = "percpu",
	[RANK_SLAB_NODE] = "slab node",
	[RANK_ZONE] = "zone",
	[RANK_STACK_AREA] = "stack area",
	[RANK_FIXMAP] = "fixmap",
	[RANK_PKMAP] = "pkmap",
	[RANK_CALL_FUNCTION] = "call function",
	[RANK_TIMER] = "timer",
	[RANK_WAIT_QUEUE] = "wait queue",
	[RANK_RUN_QUEUE] = "run queue",
	[RANK_REPORT] = "report",
	[RANK_LOG] = "log",
};

static const char *rank_name(const struct lock_debug *d)
{
	const char *name = d->rank < NR_LOCK_RANKS ? rank_names[d->rank] : NULL;

	return name ? name : "unknown";
}

static unsigned int level_now(void)
{
	return preempt_count() & HARDIRQ_MASK;
}

void lock_debug_off(void)
{
	WRITE_ONCE(off, true);
}

unsigned int locks_held(void)
{
	const struct held_locks *h = this_cpu_ptr(&held_locks);

	return h->n + h->lost;
}

void lock_debug_show(void)
{
	const struct held_locks *h = this_cpu_ptr(&held_locks);
	unsigned int i;

	for (i = h->n; i-- > 0;)
		printk(KERN_ERR "  held: %s lock %px, taken at %pB%s\n",
		       rank_name(h->held[i].d), h->held[i].lock,
		       h->held[i].taken_at,
		       h->held[i].level ? ", in a handler" : "");
}

/* Its place in the stack, from 1; 0: not there. */
static unsigned int place_of(const struct held_locks *h,
			     const struct lock_debug *d)
{
	unsigned int i = h->n;

	while (i && h->held[i - 1].d != d)
		i--;
	return i;
}

static bool holds_rank(const struct held_locks *h, enum lock_rank rank)
{
	unsigned int i;

	for (i = 0; i < h->n; i++)
		if (h->held[i].d->rank >= rank)
			return true;
	return false;
}

/* With interrupts off. */
static noinline void tell(struct held_locks *h, const char *mistake,
			  const void *lock, const struct lock_debug *d)
{
	h->telling = true;
	if (d->rank >= RANK_REPORT || holds_rank(h, RANK_LOG)) {
		report_count_bare();
		printk(KERN_ERR "BUG: %s: %s lock %px, CPU %u\n", mistake,
		       rank_name(d), lock, smp_processor_id());
	} else {
		report_begin(mistake, "%s lock %px, CPU %u", rank_name(d),
			     lock, smp_processor_id());
		if (READ_ONCE(d->held))
			printk(KERN_ERR "  it is held by CPU %u\n",
			       READ_ONCE(d->owner));
		lock_debug_show();
		report_end();
	}
	h->telling = false;
}

static bool may_follow(enum lock_rank held, enum lock_rank next)
{
	if (next == RANK_NONE)
		return false;
	if (held == RANK_NONE)
		return next >= RANK_REPORT;
	return next > held;
}

static const char *order_mistake(const struct held_locks *h,
				 const struct lock_debug *d)
{
	unsigned int i, level = level_now();

	for (i = 0; i < h->n; i++)
		if (h->held[i].level == level &&
		    !may_follow(h->held[i].d->rank, d->rank))
			return "lock order";
	return NULL;
}

static void note_use(struct lock_debug *d, u8 use)
{
	if ((READ_ONCE(d->used) & use) != use)
		__atomic_fetch_or(&d->used, use, __ATOMIC_RELAXED);
}

static bool tell_use_now(struct lock_debug *d)
{
	return !(__atomic_fetch_or(&d->used, LOCK_USE_TOLD, __ATOMIC_RELAXED) &
		 LOCK_USE_TOLD);
}

static const char *use_mistake(const struct held_locks *h,
			       struct lock_debug *d)
{
	const u8 both = LOCK_USED_IN_IRQ | LOCK_USED_IRQS_ON;
	unsigned int i;

	if ((d->used & both) == both)
		return tell_use_now(d) ?
		       "lock of handlers taken with interrupts on" : NULL;
	if (!(d->used & LOCK_USED_IRQS_ON))
		return NULL;
	for (i = 0; i < h->n; i++)
		if (h->held[i].d->used & LOCK_USED_IN_IRQ && tell_use_now(d))
			return "lock taken with interrupts on elsewhere, under "
			       "a lock of handlers";
	return NULL;
}

bool __lock_debug_before(const void *lock, struct lock_debug *d)
{
	struct held_locks *h;
	const char *mistake;
	unsigned long flags;
	bool mine;

	if (READ_ONCE(off))
		return true;
	if (level_now())
		note_use(d, LOCK_USED_IN_IRQ);
	if (!irqs_disabled())
		note_use(d, LOCK_USED_IRQS_ON);
	local_irq_save(flags);
	h = this_cpu_ptr(&held_locks);
	mine = place_of(h, d) != 0;
	if (mine)
		d->held++;
	if (!h->telling) {
		mistake = mine ? "lock taken twice" : order_mistake(h, d);
		if (!mistake)
			mistake = use_mistake(h, d);
		if (mistake)
			tell(h, mistake, lock, d);
	}
	local_irq_restore(flags);
	return !mine;
}

void __lock_debug_wait(const void *lock, struct lock_debug *d,
		       struct lock_wait *wait, u16 serving)
{
	unsigned long flags;
	u64 now;

	cpu_relax();
	if (++wait->tries % 1024 || wait->told || READ_ONCE(off))
		return;
	now = get_cycles();
	if (!wait->since || serving != wait->seen) {
		wait->since = now;
		wait->seen = serving;
	}
	if (now - wait->since < PATIENCE)
		return;
	wait->told = true;
	if (d->rank >= RANK_REPORT)
		panic("CPU %u waits in vain for the %s lock of CPU %u",
		      smp_processor_id(), rank_name(d), READ_ONCE(d->owner));
	local_irq_save(flags);
	tell(this_cpu_ptr(&held_locks), "lock waited for too long", lock, d);
	local_irq_restore(flags);
}

void __lock_debug_after(const void *lock, struct lock_debug *d)
{
	struct held_locks *h;
	unsigned long flags;

	if (READ_ONCE(off))
		return;
	if (!irqs_disabled())
		note_use(d, LOCK_USED_IRQS_ON);
	local_irq_save(flags);
	h = this_cpu_ptr(&held_locks);
	WRITE_ONCE(d->owner, (u8)smp_processor_id());
	WRITE_ONCE(d->held, 1);
	if (h->n < MAX_HELD) {
		h->held[h->n++] = (struct held_lock){
			.lock = lock, .d = d, .level = level_now(),
			.taken_at = __builtin_return_address(0),
		};
	} else {
		h->lost++;
		if (!h->telling)
			tell(h, "too many locks held", lock, d);
	}
	local_irq_restore(flags);
}

static void forget(struct held_locks *h, unsigned int place)
{
	for (h->n--; place <= h->n; place++)
		h->held[place - 1] = h->held[place];
}

/* Is it this CPU's? Then it is no more, if taken as often as now given back. */
static bool give_back(struct held_locks *h, struct lock_debug *d, bool *last)
{
	unsigned int place = place_of(h, d);

	*last = false;
	if (!place && !(h->lost && d->held && d->owner == smp_processor_id()))
		return false;
	if (d->held > 1) {
		d->held--;
		return true;
	}
	WRITE_ONCE(d->held, 0);
	if (place)
		forget(h, place);
	else
		h->lost--;
	*last = true;
	return true;
}

bool __lock_debug_unlock(const void *lock, struct lock_debug *d)
{
	struct held_locks *h;
	unsigned long flags;
	bool last;

	if (READ_ONCE(off))
		return true;
	local_irq_save(flags);
	h = this_cpu_ptr(&held_locks);
	if (!give_back(h, d, &last)) {
		/* the caller gives back a count that nobody took */
		preempt_disable();
		if (!h->telling)
			tell(h, "unlock of a lock this CPU does not hold",
			     lock, d);
	}
	local_irq_restore(flags);
	return last;
}

#else

unsigned int locks_held(void)
{
	return 0;
}

void lock_debug_show(void)
{
}

#endif
