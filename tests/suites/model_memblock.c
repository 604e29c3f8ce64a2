/*
 * The model of memblock: one record per byte of a small address space, and
 * allocation by trying every address. Both lists are compared with it byte by
 * byte after each operation.
 *
 * A private struct memblock stands in for the real one. Foreign programs play
 * this model, too, through memblock's header alone, with and without NUMA:
 * tests/host/memblock_model.c.
 */
#include <asm/page.h>
#include <lib/string.h>
#include <mm/memblock.h>

#include "model.h"

#define BASE 0x10000ULL
#define SPACE 512U		/* bytes of address space */
#define MAX 640U

struct byte {
	bool memory, reserved;
	u8 flags, nid, rflags;
};

static struct byte bytes[SPACE];
static struct memblock_region arrays[2][MAX];
static struct memblock saved;
static bool saved_movable;

static const char *begin(void)
{
	saved = memblock;
	saved_movable = movable_node_enabled;
	movable_node_enabled = false;
	memset(bytes, 0, sizeof(bytes));
	memset(arrays, 0, sizeof(arrays));
	memset(&memblock, 0, sizeof(memblock));
	memblock.current_limit = MEMBLOCK_ALLOC_ANYWHERE;
	memblock.memory.regions = arrays[0];
	memblock.reserved.regions = arrays[1];
	memblock.memory.max = memblock.reserved.max = MAX;
	memblock.memory.name = saved.memory.name;
	memblock.reserved.name = saved.reserved.name;
	return NULL;
}

/* ----- comparison -------------------------------------------------------- */

static bool same_node(int a, int b)
{
#ifdef CONFIG_NUMA
	return a == b;
#else
	return true;
#endif
}

static bool same_entry(const struct byte *a, const struct byte *b)
{
	return a->flags == b->flags && same_node(a->nid, b->nid);
}

/* The entry of a list that holds an address, found the slow way. */
static const struct memblock_region *lookup(const struct memblock_type *type,
					    phys_addr_t addr)
{
	unsigned long i;

	for (i = 0; i < type->cnt; i++)
		if (addr >= type->regions[i].base &&
		    addr - type->regions[i].base < type->regions[i].size)
			return &type->regions[i];
	return NULL;
}

static bool is_joined(unsigned int i, bool reserved)
{
	const struct byte *m = &bytes[i], *before = m - 1;

	if (!i)
		return false;
	return reserved ? before->reserved && before->rflags == m->rflags :
			  before->memory && same_entry(before, m);
}

/* Number of entries the model calls for, and bytes. */
static const char *compare_counts(const struct memblock_type *type,
				  bool reserved)
{
	unsigned long cnt = 0, sum = 0;
	unsigned int i;

	for (i = 0; i < SPACE; i++) {
		if (!(reserved ? bytes[i].reserved : bytes[i].memory))
			continue;
		sum++;
		cnt += !is_joined(i, reserved);
	}
	if (cnt != type->cnt)
		return "another number of entries than the model's";
	if (sum != type->total_size)
		return "another sum than the model's";
	return cnt || !(type->regions[0].base || type->regions[0].size) ?
	       NULL : "slot 0 is not clear";
}

static const char *compare_byte(unsigned int i)
{
	const struct memblock_region *m, *r;

	m = lookup(&memblock.memory, BASE + i);
	r = lookup(&memblock.reserved, BASE + i);
	if (bytes[i].memory != !!m || bytes[i].reserved != !!r)
		return "a byte on the wrong list";
	if (m && ((unsigned int)m->flags != bytes[i].flags ||
		  !same_node(m->nid, bytes[i].nid)))
		return "a byte with the wrong flags or node";
	if (bytes[i].memory != memblock_is_memory(BASE + i) ||
	    bytes[i].reserved != memblock_is_reserved(BASE + i))
		return "a wrong answer about a byte";
	return NULL;
}

static const char *compare(void)
{
	const char *bad = compare_counts(&memblock.memory, false);
	unsigned int i;

	bad = bad ?: compare_counts(&memblock.reserved, true);
	for (i = 0; i < SPACE && !bad; i++)
		bad = compare_byte(i);
	return bad;
}

/* ----- allocation -------------------------------------------------------- */

static bool is_node(int nid)
{
	return nid >= 0 && nid < MAX_NUMNODES;
}

static bool may_use(const struct byte *m, int nid)
{
	if (!m->memory || m->reserved)
		return false;
	if (m->flags & (MEMBLOCK_NOMAP | MEMBLOCK_DRIVER_MANAGED))
		return false;
	if (movable_node_enabled && (m->flags & MEMBLOCK_HOTPLUG))
		return false;
	return !is_node(nid) || same_node(m->nid, nid);
}

static bool fits(unsigned int at, unsigned int size, int nid)
{
	unsigned int i;

	for (i = at; i < at + size; i++)
		if (i >= SPACE || !may_use(&bytes[i], nid) ||
		    !same_entry(&bytes[at], &bytes[i]))
			return false;
	return true;
}

struct request {
	unsigned int size, align, lo, hi;
	int nid;
	bool exact, may_drop;	/* the node, the lower bound */
};

/* The highest (lowest) address that will do, in [lo, hi); 0 if none. */
static phys_addr_t search(const struct request *q, unsigned int lo, int nid)
{
	phys_addr_t found = 0;
	unsigned int i;

	for (i = lo; i + q->size <= q->hi; i++) {
		if ((BASE + i) % q->align || !fits(i, q->size, nid))
			continue;
		found = BASE + i;
		if (memblock.bottom_up)
			break;
	}
	return found;
}

static phys_addr_t search_from(const struct request *q, unsigned int lo)
{
	phys_addr_t addr = search(q, lo, q->nid);

	if (!addr && is_node(q->nid) && !q->exact)
		addr = search(q, lo, NUMA_NO_NODE);
	return addr;
}

static phys_addr_t expected(const struct request *q)
{
	phys_addr_t addr = search_from(q, q->lo);

	if (!addr && q->may_drop && q->lo)
		addr = search_from(q, 0);
	return addr;
}

static phys_addr_t ask(const struct request *q)
{
	phys_addr_t lo = BASE + q->lo, hi = BASE + q->hi;
	void *p;

	if (!q->may_drop)
		return memblock_alloc_range_nid(q->size, q->align, lo, hi,
						q->nid, false);
	p = (q->exact ? memblock_alloc_exact_nid_raw :
			memblock_alloc_try_nid_raw)(q->size, q->align, lo, hi,
						    q->nid);
	return p ? virt_to_phys(p) : 0;
}

static const char *play_alloc(struct draws *d)
{
	unsigned int how = model_below(d, 3), i;
	struct request q = {
		.size = 1 + model_below(d, 24),
		.align = 1U << model_below(d, 6),
		.lo = model_below(d, SPACE), .hi = model_below(d, SPACE + 1),
		.nid = (int)model_below(d, 5) - 1,
		.exact = how == 2, .may_drop = how,
	};
	phys_addr_t got, want;

	memblock.bottom_up = model_below(d, 2);
	movable_node_enabled = model_below(d, 2);
	want = expected(&q);
	got = ask(&q);
	model_say("take %u at a multiple of %u in [%u, %u) of node %d%s%s: 0x%x",
		  q.size, q.align, q.lo, q.hi, q.nid,
		  q.exact ? " only" : "", memblock.bottom_up ? ", low" : "",
		  (unsigned int)got);
	for (i = 0; got && got == want && i < q.size; i++)
		bytes[got - BASE + i].reserved = true;
	return got == want ? NULL : "another place than the model's";
}

/* ----- ranges ------------------------------------------------------------ */

enum range_op { ADD, REMOVE, RESERVE, FREE, HOTPLUG, NO_HOTPLUG, SET_NODE,
		NOINIT, RANGE_OPS };

static void set_byte(struct byte *m, enum range_op op, u8 nid, u8 flags)
{
	if (op == ADD && !m->memory) {
		m->memory = true;
		m->nid = nid;
		m->flags = flags;
	} else if (op == REMOVE) {
		m->memory = false;
	} else if (op == RESERVE && !m->reserved) {
		m->reserved = true;
		m->rflags = 0;
	} else if (op == FREE) {
		m->reserved = false;
		m->rflags = 0;
	} else if (op == HOTPLUG) {
		m->flags |= MEMBLOCK_HOTPLUG;
	} else if (op == NO_HOTPLUG) {
		m->flags &= (u8)~MEMBLOCK_HOTPLUG;
	} else if (op == SET_NODE) {
		m->nid = nid;
	} else if (op == NOINIT && m->reserved) {
		m->rflags = MEMBLOCK_RSRV_NOINIT;
	}
}

static int do_range(enum range_op op, phys_addr_t base, phys_addr_t n, int nid,
		    u8 flags)
{
	switch (op) {
	case ADD:
		return memblock_add_node(base, n, nid,
					 (enum memblock_flags)flags);
	case REMOVE:
		return memblock_remove(base, n);
	case RESERVE:
		return memblock_reserve(base, n);
	case FREE:
		return memblock_phys_free(base, n);
	case HOTPLUG:
		return memblock_mark_hotplug(base, n);
	case NO_HOTPLUG:
		return memblock_clear_hotplug(base, n);
	case SET_NODE:
		return memblock_set_node(base, n, &memblock.memory, nid);
	default:
		return memblock_reserved_mark_noinit(base, n);
	}
}

static const char *play_range(struct draws *d)
{
	enum range_op op = (enum range_op)model_below(d, RANGE_OPS);
	unsigned int first = model_below(d, SPACE), i;
	unsigned int n = model_below(d, model_below(d, 8) ? 40 : SPACE);
	u8 nid = (u8)model_below(d, 4), flags = (u8)model_below(d, 16);

	n = n < SPACE - first ? n : SPACE - first;
	model_say("range operation %u on [%u, %u), node %u, flags %u", op,
		  first, first + n, nid, flags);
	for (i = first; i < first + n; i++)
		set_byte(&bytes[i], op, nid, flags);
	return do_range(op, BASE + first, n, nid, flags) ?
	       "a range operation failed" : NULL;
}

/* ----- walks and trims --------------------------------------------------- */

static const char *check_walk(int nid, bool reverse)
{
	static bool seen[SPACE];
	phys_addr_t start, end, last = reverse ? BASE + SPACE : 0;
	unsigned int i;
	u64 pos;

	memset(seen, 0, sizeof(seen));
	if (reverse) {
		for_each_free_mem_range_reverse(pos, nid, MEMBLOCK_NONE, &start,
						&end, NULL) {
			if (end > last || start >= end)
				return "a walk down goes up";
			last = start;
			memset(&seen[start - BASE], 1, (size_t)(end - start));
		}
	} else {
		for_each_free_mem_range(pos, nid, MEMBLOCK_NONE, &start, &end,
					NULL) {
			if (start < last || start >= end)
				return "a walk up goes down";
			last = end;
			memset(&seen[start - BASE], 1, (size_t)(end - start));
		}
	}
	for (i = 0; i < SPACE; i++)
		if (seen[i] != may_use(&bytes[i], nid))
			return "a walk missed a byte, or made one up";
	return NULL;
}

static const char *play_walk(struct draws *d)
{
	int nid = (int)model_below(d, 5) - 1;
	const char *bad = check_walk(nid, false);

	model_say("walk over what is free in node %d", nid);
	return bad ? bad : check_walk(nid, true);
}

/* End of the bytes that are one entry with the one at i. */
static unsigned int entry_end(unsigned int i)
{
	unsigned int stop = i + 1;

	while (stop < SPACE && bytes[i].memory && bytes[stop].memory &&
	       same_entry(&bytes[i], &bytes[stop]))
		stop++;
	return stop;
}

static const char *play_trim(struct draws *d)
{
	unsigned int align = 1U << model_below(d, 4), i = 0, stop;

	model_say("trim to multiples of %u", align);
	memblock_trim_memory(align);
	for (; i < SPACE; i = stop) {
		unsigned int up = (i + align - 1) & ~(align - 1), at;
		bool memory = bytes[i].memory;

		stop = entry_end(i);
		for (at = i; at < stop; at++)
			bytes[at].memory = memory && at >= up &&
					   at < (stop & ~(align - 1));
	}
	return NULL;
}

static const char *play(struct draws *d)
{
	unsigned int op = model_below(d, 16);
	const char *bad;

	if (op < 8)
		bad = play_range(d);
	else if (op == 8)
		bad = play_trim(d);
	else if (op == 9)
		bad = play_walk(d);
	else
		bad = play_alloc(d);
	return bad ? bad : compare();
}

static const char *validate(void)
{
	const char *bad = memblock_validate(&memblock.memory);

	return bad ? bad : memblock_validate(&memblock.reserved);
}

static const char *end(void)
{
	memblock = saved;
	movable_node_enabled = saved_movable;
	return NULL;
}

const struct model memblock_model = {
	"memblock", 10, begin, play, validate, end
};
