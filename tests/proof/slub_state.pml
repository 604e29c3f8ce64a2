/*
 * What slub.pml is about: arrays, slabs and objects, what may be done to them
 * under the node's lock, and what must be true of them.
 */
#include "cpu.pml"

#define OBJECTS (SLABS * PER_SLAB)	/* numbered from 1 */
#define SHEAVES (1 + 2 * CPUS + STOCK)
#define WIDE (LIMIT + 2)		/* slots */

/* Slots' contents, besides objects. */
#define NOTHING 0
#define SEAL 99

#define NO_SHEAF 0
#define FIRST(sheaf) ((sheaf) * WIDE + 1)
#define LIMIT_OF(sheaf) ((sheaf) == NO_SHEAF -> 0 : LIMIT)

/* ----- what the code has --------------------------------------------------- */

byte slot[SHEAVES * WIDE];
byte avail[SHEAVES];
byte main[CPUS], spare[CPUS];
byte top[CPUS], end[CPUS];		/* index of a slot: a pointer */

bool locked;				/* node->lock, held over a step */
byte full_sheaves, empty_sheaves;	/* sets, a bit each */

mtype:word = { USED, MARK, LINK };	/* the free word */
mtype:word word[OBJECTS + 1];
mtype:page = { GONE, FRESH, LISTED, LEAVING };
mtype:page page[SLABS];
byte inuse[SLABS];

mtype:ask = { NOT, FLUSH, PARK, UNPARK };
mtype:ask asked[CPUS];			/* a call that waits for its interrupt */
bool arrays_off;

/* ----- what is true -------------------------------------------------------- */

mtype:where = { NOWHERE, IN_SLAB, IN_ARRAY, OURS, LIVE };
mtype:where where[OBJECTS + 1];		/* OURS: of a context on its way */
byte busy;				/* contexts at work, a bit each */

hidden byte k, n, o, v;			/* scratch of one step */

#define SLAB_OF(object) (((object) - 1) / PER_SLAB)
#define IS_HERE(object) \
	assert(page[SLAB_OF(object)] == LISTED)
#define BIT(i) (1 << (i))

/* A sheaf of a set that is not empty. */
#define PICK(set, sheaf) \
	sheaf = 1; \
	do \
	:: (set) & BIT(sheaf) -> break \
	:: else -> sheaf++ \
	od; \
	set = set & ~BIT(sheaf)

/* The commit of a pop moves an object: it must have been there. */
#define TAKEN(object) \
	assert(object >= 1 && object <= OBJECTS); \
	assert(where[object] == IN_ARRAY); /* handed out twice */ \
	IS_HERE(object); \
	where[object] = OURS

#define PUSHED(object) \
	assert(where[object] == OURS); \
	IS_HERE(object); \
	where[object] = IN_ARRAY

/* mm/slub.c: main_set() */
#define MAIN_SET(sheaf) \
	main[c] = sheaf; \
	top[c] = FIRST(sheaf) + avail[sheaf]; \
	slot[top[c]] = SEAL; \
	end[c] = FIRST(sheaf) + LIMIT_OF(sheaf)

/*
 * Fewer states. Arrays have no names: what changes places is what they hold,
 * so a CPU's two are always the same ones. And slots that will be written
 * before anybody reads them hold seals. Both only while nobody looks.
 */
inline exchange(a, b)
{
	k = 0;
	do
	:: k > LIMIT -> break
	:: else ->
		o = slot[FIRST(a) + k];
		slot[FIRST(a) + k] = slot[FIRST(b) + k];
		slot[FIRST(b) + k] = o;
		k++
	od;
	k = avail[a]; avail[a] = avail[b]; avail[b] = k;
	k = 0; o = 0
}

/* Slots from first on; behind the first seal, or all. */
inline forget(first, sheaf, all)
{
	n = all;
	k = first;
	do
	:: k > FIRST(sheaf) + LIMIT -> break
	:: else ->
		if
		:: n -> slot[k] = SEAL
		:: else -> n = (slot[k] == SEAL)
		fi;
		k++
	od;
	k = 0; n = 0
}

#define MAIN_OF(cpu) (1 + 2 * (cpu))
#define SPARE_OF(cpu) (2 + 2 * (cpu))

inline tidy()
{
	if
	:: !locked && main[c] != NO_SHEAF ->
		if
		:: main[c] != MAIN_OF(c) ->
			exchange(main[c], spare[c]);
			top[c] = top[c] - WIDE;
			end[c] = end[c] - WIDE;
			main[c] = MAIN_OF(c);
			spare[c] = SPARE_OF(c)
		:: else
		fi;
		avail[main[c]] = 0;
		forget(top[c], main[c], 0);
		forget(FIRST(spare[c]) + avail[spare[c]], spare[c], 1)
	:: else
	fi
}

/* ----- the node, its lock held --------------------------------------------- */

#define LOCKED(what) atomic { MINE && !locked; what }
#define LOCKED_WHEN(condition, what) \
	atomic { MINE && !locked && (condition) -> what }

/*
 * mm/slub_node.c: node_take_locked()
 * mm/slub_slab.c: slab_take()
 * An object of the fullest slab that has one; NOTHING: none has.
 */
inline slab_take(object)
{
	object = NOTHING;
	n = 0;
	k = 0;
	do
	:: k == SLABS -> break
	:: k < SLABS ->
		if
		:: page[k] == LISTED && inuse[k] < PER_SLAB &&
		   inuse[k] + 1 > n ->
			n = inuse[k] + 1;
			o = k
		:: else
		fi;
		k++
	od;
	if
	:: n ->
		object = o * PER_SLAB + 1;
		do
		:: word[object] == LINK -> break
		:: else -> object++;
			assert(object <= (o + 1) * PER_SLAB)
		od;
		assert(where[object] == IN_SLAB);
		inuse[o] = inuse[o] + 1;
		word[object] = MARK
	:: else
	fi;
	n = 0; k = 0; o = 0
}

/*
 * mm/slub_slab.c: slab_put()
 * mm/slub_node.c: put_run()
 * The slab leaves when none of it is in use.
 */
#ifdef SLAB_LEAVES_WITH_ONE
#define LAST_USES 1
#else
#define LAST_USES 0
#endif
inline slab_put(object)
{
	IS_HERE(object);
	assert(word[object] == MARK);		/* object written after free */
	assert(where[object] == IN_ARRAY || where[object] == OURS);
	where[object] = IN_SLAB;
	word[object] = LINK;
	inuse[SLAB_OF(object)] = inuse[SLAB_OF(object)] - 1;
	if
	:: inuse[SLAB_OF(object)] <= LAST_USES ->
		page[SLAB_OF(object)] = LEAVING
	:: else
	fi
}

/* mm/slub_node.c: node_put() */
inline put_slots(first, nr)
{
	v = 0;
	do
	:: v == nr -> break
	:: v < nr -> slab_put(slot[first + v]); v++
	od;
	v = 0
}

/* ----- when nobody is at work ---------------------------------------------- */

/* In how many arrays is it? */
inline count_slots(first, behind)
{
	k = first;
	do
	:: k >= behind -> break
	:: else ->
		n = n + (slot[k] == o -> 1 : 0);
		k++
	od;
	k = 0
}

inline check_object()
{
	n = (where[o] == LIVE -> 1 : 0) +
	    (word[o] == LINK && page[SLAB_OF(o)] == LISTED -> 1 : 0);
	v = 0;
	do
	:: v == CPUS -> break
	:: else ->
		count_slots(FIRST(main[v]), top[v]);
		count_slots(FIRST(spare[v]), FIRST(spare[v]) + avail[spare[v]]);
		v++
	od;
	v = 1;
	do
	:: v == SHEAVES -> break
	:: else ->
		if
		:: full_sheaves & BIT(v) ->
			count_slots(FIRST(v), FIRST(v) + avail[v])
		:: else
		fi;
		v++
	od;
	v = 0;
	/* lost, or in two places */
	assert(n == (page[SLAB_OF(o)] == LISTED -> 1 : 0))
}

/* mm/slub_slab.c: slab_check() */
inline check_slab()
{
	n = 0;
	v = 0;
	do
	:: v == PER_SLAB -> break
	:: else ->
		n = n + (word[o * PER_SLAB + 1 + v] == LINK -> 1 : 0);
		v++
	od;
	v = 0;
	/* inuse + length(freelist) == objects */
	assert(page[o] != LISTED || inuse[o] + n == PER_SLAB)
}

/* Each array is in one place: mm/slub_check.c: most_arrays() */
inline check_sheaves()
{
	n = 0;
	o = 1;
	do
	:: o == SHEAVES -> break
	:: else ->
		n = n + (full_sheaves & BIT(o) -> 1 : 0) +
		    (empty_sheaves & BIT(o) -> 1 : 0);
		o++
	od;
	o = 0;
	do
	:: o == CPUS -> break
	:: else ->
		n = n + (main[o] -> 1 : 0) + (spare[o] -> 1 : 0);
		assert(slot[FIRST(main[o]) - 1] == NOTHING);
		assert(avail[spare[o]] == 0 || avail[spare[o]] == LIMIT);
		o++
	od;
	assert(n == SHEAVES - 1)
}

inline check_all()
{
	o = 1;
	do
	:: o > OBJECTS -> break
	:: else -> check_object(); o++
	od;
	o = 0;
	do
	:: o == SLABS -> break
	:: else -> check_slab(); o++
	od;
	check_sheaves();
	o = 0; n = 0; k = 0; v = 0
}
