/*
 * Where do millions of call stacks fit?
 *
 * Problem: each page remembers who allocated it and who freed it: two stacks
 * of eight entries are more than a page's descriptor. But programs have few
 * roads: the same stacks come again and again.
 *
 * 1. Each different stack is kept once, in a table of fixed size; what is
 *    stored elsewhere is its number.
 * 2. The hash of the entries says where in the table to begin to look; the
 *    search goes on to the next places, PROBES of them.
 * 3. A free place is claimed by exchanging 0 for BUSY, filled, and published
 *    by writing the hash. Nothing is ever removed, so who sees the hash may
 *    read the entries without a lock, for good.
 *
 *	hash 7:	place 7 [other] 8 [BUSY] 9 [same hash, same entries] -> 9 + 1
 *
 * A place that is BUSY is passed over: its stack may be ours, then it is kept
 * twice. It costs a place and is no error.
 *
 * Locks: none; one atomic exchange per new stack.
 * Invariant: hash >= FIRST_HASH => entries constant.
 * Cost: 72 bytes per place (64 bits). Left out: growing (Linux does): what
 * finds no place is counted, and its number is 0.
 */
#include <asm/page.h>
#include <kernel/init.h>
#include <kernel/printk.h>
#include <lib/kernel.h>
#include <lib/string.h>
#include <mm/stack_depot.h>

#define PROBES 64
#define FREE 0
#define BUSY 1
#define FIRST_HASH 2

struct stack_record {
	u32 hash;		/* atomic: FREE, BUSY, or >= FIRST_HASH */
	u32 nr_entries;
	unsigned long entries[STACK_DEPOT_DEPTH];
};

static struct stack_record *table __ro_after_init;
static unsigned long nr_stacks, nr_lost;	/* atomic */

bool __init stack_depot_init(enum early_owner owner)
{
	phys_addr_t pa;

	if (table)
		return true;
	pa = early_alloc(STACK_DEPOT_STACKS * sizeof(*table), PAGE_SIZE, owner);
	if (pa)
		table = phys_to_virt(pa);
	return table;
}

static u32 hash_entries(const unsigned long *entries, unsigned int nr)
{
	u64 hash = nr;
	unsigned int i;

	for (i = 0; i < nr; i++)
		hash = (hash ^ entries[i]) * 0x9e3779b97f4a7c15ULL;
	return max((u32)(hash >> 32), (u32)FIRST_HASH);
}

static bool same_stack(const struct stack_record *r, u32 hash,
		       const unsigned long *entries, unsigned int nr)
{
	return __atomic_load_n(&r->hash, __ATOMIC_ACQUIRE) == hash &&
	       r->nr_entries == nr &&
	       memcmp(r->entries, entries, nr * sizeof(*entries)) == 0;
}

static bool claim(struct stack_record *r, u32 hash,
		  const unsigned long *entries, unsigned int nr)
{
	u32 expected = FREE;

	if (!__atomic_compare_exchange_n(&r->hash, &expected, BUSY, false,
					 __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return false;
	r->nr_entries = nr;
	memcpy(r->entries, entries, nr * sizeof(*entries));
	__atomic_store_n(&r->hash, hash, __ATOMIC_RELEASE);
	__atomic_add_fetch(&nr_stacks, 1, __ATOMIC_RELAXED);
	return true;
}

depot_stack_handle_t stack_depot_save(const unsigned long *entries,
				      unsigned int nr_entries)
{
	unsigned int nr = min(nr_entries, (unsigned int)STACK_DEPOT_DEPTH);
	u32 hash, i;

	if (!table || !nr)
		return 0;
	hash = hash_entries(entries, nr);
	for (i = 0; i < PROBES; i++) {
		u32 place = (hash + i) % STACK_DEPOT_STACKS;
		struct stack_record *r = &table[place];

		if (same_stack(r, hash, entries, nr) ||
		    claim(r, hash, entries, nr))
			return place + 1;
	}
	__atomic_add_fetch(&nr_lost, 1, __ATOMIC_RELAXED);
	return 0;
}

unsigned int stack_depot_fetch(depot_stack_handle_t handle,
			       const unsigned long **entries)
{
	const struct stack_record *r;

	if (!table || !handle || handle > STACK_DEPOT_STACKS)
		return 0;
	r = &table[handle - 1];
	if (__atomic_load_n(&r->hash, __ATOMIC_ACQUIRE) < FIRST_HASH)
		return 0;
	*entries = r->entries;
	return r->nr_entries;
}

void stack_depot_print(depot_stack_handle_t handle)
{
	const unsigned long *entries;
	unsigned int i, nr = stack_depot_fetch(handle, &entries);

	if (!nr)
		printk("    (no stack kept)\n");
	for (i = 0; i < nr; i++)
		printk("    %pB\n", (void *)entries[i]);
}

unsigned long stack_depot_count(void)
{
	return __atomic_load_n(&nr_stacks, __ATOMIC_RELAXED);
}

unsigned long stack_depot_lost(void)
{
	return __atomic_load_n(&nr_lost, __ATOMIC_RELAXED);
}
