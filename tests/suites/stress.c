/*
 * Threads and memory of the stress suites.
 *
 * The problem: an allocator that loses a race hands an object out twice, or
 * loses it, a long time before anybody notices. So every block is filled with
 * words that name its owner, and whoever gives it back, or gets it from
 * another, looks at all of them; what was lost, the census finds.
 *
 *	word i of a block:  id ^ mask(i)     id: cpu, thread, sequence number
 *
 *  1. A word that is wrong, taken with mask(i), is the id of who wrote it.
 *  2. Blocks of more than 512 bytes have words at both ends and one, at a
 *     place that depends on the id, in each page.
 *  3. Threads begin together and end by time: ktime_get_us(). So 64 CPUs on a
 *     slow host do less each, not longer. Each does a few rounds at least.
 *  4. Where there are more CPUs than the host has, those that wait for a lock
 *     keep it from those that have it: beyond some, more CPUs show nothing but
 *     that. So each case takes every nth CPU, another first one each time.
 *  5. Random numbers come from the seed, the CPU and the thread: what a
 *     thread does is the same in each run; when it does it is not, unless
 *     the machine counts instructions.
 *
 * Locks: none; stressors share nothing but the allocators.
 */
#include <asm/processor.h>
#include <kernel/cmdline.h>
#include <kernel/kthread.h>
#include <kernel/time.h>
#include <kernel/wait.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <lib/parse.h>
#include <lib/sprintf.h>
#include <lib/string.h>
#include <mm/highmem.h>
#include <mm/mm.h>
#include <mm/percpu.h>

#include "stress.h"

#define USUAL_MS 150
#define MIN_ROUNDS 4
#define PATIENCE_US 60000000
#define ALL_WORDS (512 / sizeof(u64))
#define END_WORDS 8
#define PAGE_WORDS (PAGE_SIZE / sizeof(u64))

static u64 seed = 1;
static u64 length_ms = USUAL_MS;

static int set_seed(const char *value)
{
	return kstrtou64(value, &seed);
}
early_param("stress_seed", set_seed);

static int set_length(const char *value)
{
	u64 ms;

	if (kstrtou64(value, &ms) || !ms || ms > 3600000)
		return -EINVAL;
	length_ms = ms;
	return 0;
}
early_param("stress_ms", set_length);

unsigned int stress_rounds(unsigned int usual)
{
	unsigned int ms = (unsigned int)length_ms;

	return max(usual * ms / USUAL_MS, 1U);
}

static unsigned int max_cpus = 8;

static int set_max_cpus(const char *value)
{
	u64 n;

	if (kstrtou64(value, &n) || !n || n > NR_CPUS)
		return -EINVAL;
	max_cpus = (unsigned int)n;
	return 0;
}
early_param("stress_cpus", set_max_cpus);

struct kmem_cache *stress_caches[STRESS_SHARED_CACHES];
static const unsigned int cache_sizes[STRESS_SHARED_CACHES] = {
	24, 192, 1500
};

/* They sleep: a CPU that spins takes the host's time from those at work. */
static DECLARE_WAIT_QUEUE_HEAD(waiting);
static unsigned int nr_met;	/* times that one came to a meeting */
static enum { STRESS_WAIT, STRESS_GO, STRESS_STOP } signal;

void stress_begin(struct ktest *t)
{
	unsigned int i;
	char name[16];

	for (i = 0; i < STRESS_SHARED_CACHES; i++) {
		ksnprintf(name, sizeof(name), "stress-%u", cache_sizes[i]);
		stress_caches[i] = STRESS_INSIST(
			kmem_cache_create(name, cache_sizes[i], 0,
					  i ? 0 : SLAB_HWCACHE_ALIGN, NULL));
		KTEST_ASSERT_NOT_NULL(t, stress_caches[i]);
	}
}

static void expect_valid(struct ktest *t, const char *broken)
{
	if (broken)
		ktest_fail(t, __FILE__, __LINE__, "%s", broken);
}

void stress_end(struct ktest *t)
{
	unsigned int i;

	expect_valid(t, slab_validate());
	for (i = 0; i < STRESS_SHARED_CACHES; i++) {
		kmem_cache_destroy(stress_caches[i]);
		stress_caches[i] = NULL;
	}
	expect_valid(t, page_alloc_validate());
	expect_valid(t, percpu_validate());
}

void stressor_init(struct stressor *me, unsigned int cpu, unsigned int nr)
{
	me->cpu = cpu;
	me->nr = nr;
	me->rng = rng_seed(seed * 0x9e3779b97f4a7c15ULL + (cpu << 8 | nr));
	me->end = ktime_get_us() + length_ms * 1000;
	me->max_order = MAX_PAGE_ORDER;
}

u64 stress_below(struct stressor *me, u64 bound)
{
	return rng_below(&me->rng, bound);
}

bool stress_one_in(struct stressor *me, u64 n)
{
	return !rng_below(&me->rng, n);
}

void stress_complain(struct stressor *me, const char *fmt, ...)
{
	va_list args;

	if (me->complaint[0])
		return;
	va_start(args, fmt);
	kvsnprintf(me->complaint, sizeof(me->complaint), fmt, args);
	va_end(args);
}

bool stress_goes_on(struct stressor *me)
{
	return me->operations++ < MIN_ROUNDS ||
	       (!me->complaint[0] && ktime_get_us() < me->end);
}

bool stress_is_patient(const struct stressor *me)
{
	return ktime_get_us() < me->end + PATIENCE_US;
}

void stress_meet(struct stressor *me)
{
	unsigned int nth = __atomic_add_fetch(&nr_met, 1, __ATOMIC_ACQ_REL);
	unsigned int last = (nth + me->all - 1) / me->all * me->all;

	if (nth == last)
		wake_up_all(&waiting);
	wait_event(waiting, (int)(__atomic_load_n(&nr_met, __ATOMIC_ACQUIRE) -
				  last) >= 0);
}

static int stressor_main(void *data)
{
	struct stressor *me = data;

	wait_event(waiting, __atomic_load_n(&signal, __ATOMIC_ACQUIRE) !=
			    STRESS_WAIT);
	me->end = ktime_get_us() + length_ms * 1000;
	if (__atomic_load_n(&signal, __ATOMIC_ACQUIRE) == STRESS_GO)
		me->work(me);
	return 0;
}

void stress_pass_on(struct ktest *t, const struct stressor *me)
{
	if (me->complaint[0])
		ktest_fail(t, __FILE__, __LINE__, "cpu %u, %u: %s (seed %llu)",
			   me->cpu, me->nr, me->complaint, seed);
}

static void give_signal(int what)
{
	__atomic_store_n(&signal, what, __ATOMIC_RELEASE);
	wake_up_all(&waiting);
}

/* All are born, then all begin; or none does. */
static void start_all(struct ktest *t, struct stressor *all, unsigned int n)
{
	unsigned int i;

	nr_met = 0;
	give_signal(STRESS_WAIT);
	for (i = 0; i < n; i++) {
		all[i].all = n;
		all[i].task = STRESS_INSIST(
			kthread_run_on(all[i].cpu, stressor_main, &all[i],
				       "stress/%u.%u", all[i].cpu, all[i].nr));
		if (!KTEST_EXPECT_NOT_NULL(t, all[i].task))
			break;
	}
	give_signal(i == n ? STRESS_GO : STRESS_STOP);
}

static unsigned long wait_for_all(struct ktest *t, struct stressor *all,
				  unsigned int n)
{
	unsigned long operations = 0;
	unsigned int i;

	for (i = 0; i < n && all[i].task; i++) {
		KTEST_EXPECT_EQ(t, kthread_stop(all[i].task), 0);
		stress_pass_on(t, &all[i]);
		operations += all[i].operations;
	}
	return operations;
}

unsigned int stress_count(unsigned int per_cpu)
{
	return min(num_online_cpus(), max_cpus) * per_cpu;
}

static struct cpumask choose_cpus(const struct cpumask *from)
{
	static unsigned int first;
	unsigned int n = (unsigned int)bitmap_weight(from->bits, NR_CPUS);
	unsigned int stride = n > max_cpus ? n / max_cpus : 1;
	unsigned int cpu, i = 0, nr_chosen = 0;
	struct cpumask chosen = { { 0 } };

	for_each_cpu(cpu, from)
		if (i++ % stride == first % stride && nr_chosen++ < max_cpus)
			__set_bit(cpu, chosen.bits);
	first++;
	return chosen;
}

unsigned long stress_run_on(struct ktest *t, const struct cpumask *cpus,
			    unsigned int per_cpu,
			    void (*work)(struct stressor *me), void *arg)
{
	struct cpumask chosen = choose_cpus(cpus);
	unsigned int cpu, i, n = 0;
	unsigned long operations;
	struct stressor *all;

	all = STRESS_INSIST(kcalloc(stress_count(per_cpu), sizeof(*all),
				    GFP_KERNEL));
	if (!KTEST_EXPECT_NOT_NULL(t, all))
		return 0;
	for (i = 0; i < per_cpu; i++)
		for_each_cpu(cpu, &chosen) {
			stressor_init(&all[n], cpu, i);
			all[n].index = n;
			all[n].work = work;
			all[n++].arg = arg;
		}
	start_all(t, all, n);
	operations = wait_for_all(t, all, n);
	kfree(all);
	return operations;
}

unsigned long stress_run(struct ktest *t, unsigned int per_cpu,
			 void (*work)(struct stressor *me), void *arg)
{
	return stress_run_on(t, &cpu_online_mask, per_cpu, work, arg);
}

u64 stress_new_id(struct stressor *me)
{
	return (u64)me->cpu << 56 | (u64)me->nr << 48 | ++me->sequence;
}

static u64 word_mask(size_t i)
{
	return (i + 1) * 0x9e3779b97f4a7c15ULL;
}

/*
 * Calls see() with each place of a block of n words that carries one; the
 * first place where it says false, or n.
 */
static size_t each_word(void *p, size_t n, u64 id,
			bool (*see)(u64 *word, u64 value))
{
	u64 *words = p;
	size_t i = 0, next;

	while (i < n && see(&words[i], id ^ word_mask(i))) {
		next = i + 1;
		if (n > ALL_WORDS && next >= END_WORDS &&
		    next < n - END_WORDS) {
			next = ALIGN(next, PAGE_WORDS) +
			       (size_t)(id % (PAGE_WORDS - 1));
			next = min(next, n - END_WORDS);
		}
		i = next;
	}
	return min(i, n);
}

static bool write_word(u64 *word, u64 value)
{
	*word = value;
	return true;
}

static bool same_word(u64 *word, u64 value)
{
	return *word == value;
}

static bool zero_word(u64 *word, u64 value)
{
	return *word == 0;
}

void stress_fill(void *p, size_t size, u64 id)
{
	size_t n = size / sizeof(u64);

	each_word(p, n, id, write_word);
	memset((char *)p + n * sizeof(u64), (int)(id & 0xff),
	       size % sizeof(u64));
}

static bool tail_is(const void *p, size_t size, u8 value)
{
	const u8 *bytes = p;
	size_t i;

	for (i = ALIGN_DOWN(size, sizeof(u64)); i < size; i++)
		if (bytes[i] != value)
			return false;
	return true;
}

void stress_verify(struct stressor *me, const void *p, size_t size, u64 id)
{
	size_t n = size / sizeof(u64);
	size_t i = each_word((void *)p, n, id, same_word);

	if (i < n)
		stress_complain(me, "%px of %zu bytes, owner %llx: word %zu is %llx, or of owner %llx",
				p, size, id, i, ((u64 *)p)[i],
				((u64 *)p)[i] ^ word_mask(i));
	else if (!tail_is(p, size, (u8)id))
		stress_complain(me, "%px of %zu bytes, owner %llx: last bytes changed",
				p, size, id);
}

static void expect_zero(struct stressor *me, void *p, size_t size, u64 id)
{
	size_t n = size / sizeof(u64);

	if (each_word(p, n, id, zero_word) < n || !tail_is(p, size, 0))
		stress_complain(me, "%px of %zu bytes is not zero", p, size);
}

gfp_t stress_gfp(struct stressor *me)
{
	static const gfp_t base[] = { GFP_KERNEL, GFP_KERNEL, GFP_ATOMIC,
				      GFP_NOWAIT };
	gfp_t gfp = base[stress_below(me, ARRAY_SIZE(base))] | __GFP_NOWARN;

	return stress_one_in(me, 8) ? gfp | __GFP_ZERO : gfp;
}

static void take_kmalloc(struct stressor *me, struct stress_block *b, gfp_t gfp)
{
	u64 most = 16ULL << stress_below(me, 13);

	b->size = (size_t)(1 + stress_below(me, most));
	b->p = kmalloc(b->size, gfp);
}

static void take_pages(struct stressor *me, struct stress_block *b, gfp_t gfp)
{
	struct page *page;

	b->order = (u8)stress_below(me, 1 + stress_below(me,
							1 + me->max_order));
	b->size = PAGE_SIZE << b->order;
	page = alloc_pages(gfp, b->order);
	b->p = page ? page_address(page) : NULL;
}

static void take_object(struct stressor *me, struct stress_block *b, gfp_t gfp)
{
	b->cache = (u8)stress_below(me, STRESS_SHARED_CACHES);
	b->size = cache_sizes[b->cache];
	b->p = kmem_cache_alloc(stress_caches[b->cache], gfp);
}

bool stress_take_kind(struct stressor *me, struct stress_block *b, gfp_t gfp,
		      enum stress_kind kind)
{
	b->kind = (u8)kind;
	if (kind == STRESS_KMALLOC)
		take_kmalloc(me, b, gfp);
	else if (kind == STRESS_PAGES)
		take_pages(me, b, gfp);
	else
		take_object(me, b, gfp);
	if (!b->p)
		return false;
	b->id = stress_new_id(me);
	if (gfp & __GFP_ZERO)
		expect_zero(me, b->p, b->size, b->id);
	stress_fill(b->p, b->size, b->id);
	return true;
}

bool stress_take(struct stressor *me, struct stress_block *b, gfp_t gfp)
{
	return stress_take_kind(me, b, gfp,
				(enum stress_kind)stress_below(me,
							       STRESS_KINDS));
}

void stress_check(struct stressor *me, const struct stress_block *b)
{
	stress_verify(me, b->p, b->size, b->id);
}

void stress_give(struct stressor *me, struct stress_block *b)
{
	stress_check(me, b);
	if (b->kind == STRESS_KMALLOC)
		kfree(b->p);
	else if (b->kind == STRESS_PAGES)
		free_pages((unsigned long)b->p, b->order);
	else
		kmem_cache_free(stress_caches[b->cache], b->p);
	b->p = NULL;
}

void stress_take_and_give(struct stressor *me, unsigned int n,
			  unsigned int slots)
{
	struct stress_block blocks[STRESS_MAX_SLOTS] = { { 0 } };
	unsigned int i;

	while (n--) {
		struct stress_block *b = &blocks[stress_below(me, slots)];

		if (b->p)
			stress_give(me, b);
		else
			stress_take(me, b, stress_gfp(me));
	}
	for (i = 0; i < slots; i++)
		if (blocks[i].p)
			stress_give(me, &blocks[i]);
}
