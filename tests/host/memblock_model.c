/*
 * memblock against a model that cannot be wrong: one record per byte of a
 * small address space, and allocation by trying every address. A stream of
 * bytes chooses the operations; the program makes random ones, a fuzzer
 * (-DLIBFUZZER) better ones.
 */
#include "memblock_standins.h"

#define BASE 0x10000ULL
#define SPACE 512U		/* bytes of address space */
#define MAX 1024U
#define STREAMS 2000
#define STREAM_SIZE 600

struct byte {
	bool memory, reserved;
	uint8_t flags, nid, rflags;
};

static struct byte model[SPACE];
static struct memblock_region arrays[2][MAX];

struct stream {
	const uint8_t *next, *end;
};

static unsigned int take(struct stream *s)
{
	return s->next < s->end ? *s->next++ : 0;
}

static unsigned int take_below(struct stream *s, unsigned int bound)
{
	return (take(s) << 8 | take(s)) % bound;
}

static void fail(const char *what, unsigned int at)
{
	printf("# %s at byte %u\n", what, at);
	fflush(stdout);
	abort();
}

static bool same_entry(const struct byte *a, const struct byte *b)
{
	if (a->flags != b->flags)
		return false;
#ifdef CONFIG_NUMA
	return a->nid == b->nid;
#else
	return true;
#endif
}

static bool same_node(const struct memblock_region *r, const struct byte *m)
{
#ifdef CONFIG_NUMA
	return r->nid == m->nid;
#else
	return true;
#endif
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

/* Number of entries the model calls for, and bytes. */
static void expect_counts(const struct memblock_type *type, bool reserved)
{
	unsigned long cnt = 0, sum = 0;
	unsigned int i;

	for (i = 0; i < SPACE; i++) {
		const struct byte *m = &model[i], *before = m - 1;
		bool here = reserved ? m->reserved : m->memory, joined;

		if (!here)
			continue;
		sum++;
		joined = i && (reserved ? before->reserved &&
			       before->rflags == m->rflags :
			       before->memory && same_entry(before, m));
		cnt += !joined;
	}
	if (cnt != type->cnt)
		fail("wrong number of entries", (unsigned int)cnt);
	if (sum != type->total_size)
		fail("wrong sum", (unsigned int)sum);
	if (!cnt && (type->regions[0].base || type->regions[0].size))
		fail("slot 0 is not clear", 0);
}

static void compare(void)
{
	unsigned int i;

	for (i = 0; i < SPACE; i++) {
		const struct memblock_region *m, *r;

		m = lookup(&memblock.memory, BASE + i);
		r = lookup(&memblock.reserved, BASE + i);
		if (model[i].memory != !!m || model[i].reserved != !!r)
			fail("wrong list", i);
		if (m && ((unsigned int)m->flags != model[i].flags ||
			  !same_node(m, &model[i])))
			fail("wrong flags or node", i);
		if (model[i].memory != memblock_is_memory(BASE + i) ||
		    model[i].reserved != memblock_is_reserved(BASE + i))
			fail("wrong answer", i);
	}
	expect_counts(&memblock.memory, false);
	expect_counts(&memblock.reserved, true);
}

static bool may_use(const struct byte *m, int nid)
{
	if (!m->memory || m->reserved)
		return false;
	if (m->flags & (MEMBLOCK_NOMAP | MEMBLOCK_DRIVER_MANAGED))
		return false;
	if (movable_node_enabled && (m->flags & MEMBLOCK_HOTPLUG))
		return false;
#ifdef CONFIG_NUMA
	return nid < 0 || nid >= MAX_NUMNODES || m->nid == nid;
#else
	return true;
#endif
}

static bool fits(unsigned int at, unsigned int size, int nid)
{
	unsigned int i;

	for (i = at; i < at + size; i++)
		if (i >= SPACE || !may_use(&model[i], nid) ||
		    !same_entry(&model[at], &model[i]))
			return false;
	return true;
}

/* The highest (lowest) address that will do, in [lo, hi); 0 if none. */
static phys_addr_t search(unsigned int size, unsigned int align,
			  unsigned int lo, unsigned int hi, int nid)
{
	phys_addr_t found = 0;
	unsigned int i;

	for (i = lo; i + size <= hi; i++) {
		if ((BASE + i) % align || !fits(i, size, nid))
			continue;
		found = BASE + i;
		if (memblock.bottom_up)
			break;
	}
	return found;
}

static phys_addr_t expect_alloc(unsigned int size, unsigned int align,
				unsigned int lo, unsigned int hi, int nid,
				bool exact, bool may_drop)
{
	bool node = nid >= 0 && nid < MAX_NUMNODES;
	phys_addr_t addr = search(size, align, lo, hi, nid);

	if (!addr && node && !exact)
		addr = search(size, align, lo, hi, NUMA_NO_NODE);
	if (!addr && may_drop && lo)
		addr = expect_alloc(size, align, 0, hi, nid, exact, false);
	return addr;
}

static void play_alloc(struct stream *s)
{
	unsigned int size = 1 + take_below(s, 24), align = 1U << take(s) % 6;
	unsigned int lo = take_below(s, SPACE), hi = take_below(s, SPACE + 1);
	int nid = (int)(take(s) % 5) - 1;
	unsigned int how = take(s) % 3, i;
	phys_addr_t got, want;

	memblock.bottom_up = take(s) & 1;
	movable_node_enabled = take(s) & 1;
	want = expect_alloc(size, align, lo, hi, nid, how == 2, how);
	if (!how)
		got = memblock_alloc_range_nid(size, align, BASE + lo,
					       BASE + hi, nid, false);
	else
		got = (uintptr_t)(how == 1 ? memblock_alloc_try_nid_raw :
				  memblock_alloc_exact_nid_raw)(size, align,
						BASE + lo, BASE + hi, nid);
	if (got != want)
		fail("wrong place", (unsigned int)(want - BASE));
	for (i = 0; got && i < size; i++)
		model[got - BASE + i].reserved = true;
}

static void set_range(unsigned int first, unsigned int n, unsigned int op,
		      uint8_t nid, uint8_t flags)
{
	struct byte *m;

	for (m = model + first; m < model + first + n; m++) {
		if (op == 0 && !m->memory) {
			m->memory = true;
			m->nid = nid;
			m->flags = flags;
		} else if (op == 1) {
			m->memory = false;
		} else if (op == 2 && !m->reserved) {
			m->reserved = true;
			m->rflags = 0;
		} else if (op == 3) {
			m->reserved = false;
			m->rflags = 0;
		} else if (op == 4) {
			m->flags |= MEMBLOCK_HOTPLUG;
		} else if (op == 5) {
			m->flags &= (uint8_t)~MEMBLOCK_HOTPLUG;
		} else if (op == 6) {
			m->nid = nid;
		} else if (op == 7 && m->reserved) {
			m->rflags = MEMBLOCK_RSRV_NOINIT;
		}
	}
}

static void play_range(struct stream *s, unsigned int op)
{
	unsigned int first = take_below(s, SPACE);
	unsigned int n = take_below(s, take(s) & 7 ? 40 : SPACE);
	uint8_t nid = take(s) & 3, flags = take(s) & 15;
	phys_addr_t base = BASE + first;

	n = n < SPACE - first ? n : SPACE - first;
	set_range(first, n, op, nid, flags);
	switch (op) {
	case 0:
		memblock_add_node(base, n, nid, (enum memblock_flags)flags);
		break;
	case 1:
		memblock_remove(base, n);
		break;
	case 2:
		memblock_reserve(base, n);
		break;
	case 3:
		memblock_phys_free(base, n);
		break;
	case 4:
		memblock_mark_hotplug(base, n);
		break;
	case 5:
		memblock_clear_hotplug(base, n);
		break;
	case 6:
		memblock_set_node(base, n, &memblock.memory, nid);
		break;
	default:
		memblock_reserved_mark_noinit(base, n);
	}
}

/* Both walks must yield exactly what may be used, in order. */
static void play_walk(struct stream *s)
{
	int nid = (int)(take(s) % 5) - 1;
	static bool seen[2][SPACE];
	phys_addr_t start, end, last = 0;
	unsigned int i;
	u64 pos;

	memset(seen, 0, sizeof(seen));
	for_each_free_mem_range(pos, nid, MEMBLOCK_NONE, &start, &end, NULL) {
		if (start < last || start >= end)
			fail("walk goes back", (unsigned int)(start - BASE));
		last = end;
		memset(&seen[0][start - BASE], 1, end - start);
	}
	for_each_free_mem_range_reverse(pos, nid, MEMBLOCK_NONE, &start, &end,
					NULL) {
		if (end > last || start >= end)
			fail("reverse walk goes up",
			     (unsigned int)(start - BASE));
		last = start;
		memset(&seen[1][start - BASE], 1, end - start);
	}
	for (i = 0; i < SPACE; i++)
		if (seen[0][i] != may_use(&model[i], nid) ||
		    seen[1][i] != seen[0][i])
			fail("walk missed or made up", i);
}

static void play_trim(struct stream *s)
{
	unsigned int align = 1U << take(s) % 4, i, stop;

	memblock_trim_memory(align);
	for (i = 0; i < SPACE; i = stop) {
		unsigned int up, down;

		for (stop = i + 1; stop < SPACE && model[i].memory &&
		     model[stop].memory &&
		     same_entry(&model[i], &model[stop]); )
			stop++;
		if (!model[i].memory)
			continue;
		up = (i + align - 1) & ~(align - 1);
		down = stop & ~(align - 1);
		for (; i < stop; i++)
			model[i].memory = i >= up && i < down;
	}
}

static void play(const uint8_t *data, size_t size)
{
	struct stream s = { data, data + size };

	memset(model, 0, sizeof(model));
	fresh_memblock(arrays[0], arrays[1], MAX);
	while (s.next < s.end) {
		unsigned int op = take(&s) % 16;

		if (op < 8)
			play_range(&s, op);
		else if (op == 8)
			play_trim(&s);
		else if (op == 9)
			play_walk(&s);
		else
			play_alloc(&s);
		compare();
	}
}

#ifdef LIBFUZZER
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	play(data, size);
	return 0;
}
#else
int main(void)
{
	static uint8_t data[STREAM_SIZE];
	unsigned int i, j;

	puts("KTAP version 1\n1..1");
	srandom(1);
	for (i = 0; i < STREAMS; i++) {
		for (j = 0; j < sizeof(data); j++)
			data[j] = (uint8_t)(random() >> 8);
		play(data, sizeof(data));
	}
	puts("ok 1 - random_operations_match_the_model");
	return 0;
}
#endif
