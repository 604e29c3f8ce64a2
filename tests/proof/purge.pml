/*
 * May a page, or an address, of vmalloc's be somebody else's while a CPU still
 * remembers it? A model of the lazy purge; for Spin.
 *
 *	thread of each CPU	maps, unmaps, purges, for ever
 *	TLB of each CPU		remembers any entry at any moment, without asking;
 *				forgets when it is told
 *	CPU 1			comes and goes
 *
 * What must hold: who is given an address or a page is the only one who has
 * it, so no CPU's TLB may name either (GIVEN). And who called vm_purge() may
 * rely on it that what was unmapped before has been forgotten (before[]).
 *
 * Switches (-D): PURGES (threads call vm_purge() too). The others break the
 * protocol in one place; scripts/prove has the list.
 */
#define CPUS 2
#define AREAS 2				/* addresses, and pages, from 1 */
#define BIT(i) (1 << (i))

byte entry[AREAS + 1];			/* page tables: the page, or 0 */
byte tlb[CPUS * (AREAS + 1)];		/* what a CPU remembers of them */
#define TLB(cpu, area) tlb[(cpu) * (AREAS + 1) + (area)]

mtype = { FREE, MAPPED, GOING };
mtype area[AREAS + 1], page[AREAS + 1];
byte page_of[AREAS + 1];

byte leaving;				/* the list: a set */
bool purging;				/* purge_mutex */
bool purger;				/* somebody is at it: to be read */
byte asked[CPUS];			/* areas to forget: a call waits */

mtype:cpu = { DEAD, ALIVE, ONLINE, READY };
mtype:cpu cpu[CPUS];
#define IS_ONLINE(c) (cpu[c] == ONLINE || cpu[c] == READY)

byte retired;				/* areas that nobody has purged yet */
byte before[CPUS];			/* ... when this CPU called vm_purge() */

hidden byte i, n;

inline forget(c, set)
{
	n = 1;
	do
	:: n > AREAS -> break
	:: else ->
		TLB(c, n) = ((set) & BIT(n) -> 0 : TLB(c, n));
		n++
	od;
	n = 0
}

/* No CPU that runs remembers the address a, or the page p. */
inline GIVEN(a, p)
{
	i = 0;
	do
	:: i == CPUS -> break
	:: else ->
		n = 1;
		do
		:: n > AREAS -> break
		:: else ->
			assert(cpu[i] != READY || TLB(i, n) != p);
			n++
		od;
		assert(cpu[i] != READY || TLB(i, a) == 0);
		i++
	od;
	i = 0; n = 0
}

/* mm/vm_purge.c: release() */
inline release(set)
{
	n = 1;
	do
	:: n > AREAS -> break
	:: else ->
		if
		:: (set) & BIT(n) ->
			assert(area[n] == GOING);
			area[n] = FREE;
			page[page_of[n]] = FREE;
			page_of[n] = 0
		:: else
		fi;
		n++
	od;
	n = 0
}

#define EVERYTHING 255

/* The CPU's own: arch/x86/tlb.c: flush_here(), by itself whenever it likes. */
proctype memory_unit(byte c)
{
	byte a;

	do
	:: atomic { cpu[c] != DEAD && entry[1] && !TLB(c, 1) ->
		TLB(c, 1) = entry[1] }
	:: atomic { cpu[c] != DEAD && entry[2] && !TLB(c, 2) ->
		TLB(c, 2) = entry[2] }
	:: atomic { cpu[c] == READY && asked[c] ->
		forget(c, asked[c]); asked[c] = 0 }
	od
}

proctype thread(byte c)
{
	byte a, p, list;
	bool alone, some, who;

idle:
	atomic {
		cpu[c] == READY;
		if
		:: area[1] == FREE -> a = 1; area[a] = GOING; goto map
		:: area[2] == FREE -> a = 2; area[a] = GOING; goto map
		:: area[1] == MAPPED -> a = 1; area[a] = GOING; goto retire
		:: area[2] == MAPPED -> a = 2; area[a] = GOING; goto retire
		:: PURGES -> before[c] = retired; goto purge
		:: c && !asked[c] -> cpu[c] = DEAD; goto idle
		fi
	}

	/* mm/vmalloc.c: vmalloc() */
map:
	atomic {
		if
		:: page[1] == FREE -> p = 1
		:: page[2] == FREE -> p = 2
		fi;
		d_step { GIVEN(a, p) };
		area[a] = MAPPED;
		page[p] = MAPPED;
		page_of[a] = p;
		entry[a] = p;
		a = 0; p = 0;
		goto idle
	}

	/* mm/vm_purge.c: vm_retire() */
retire:
#ifdef ALONE_BEFORE_HIDDEN
	alone = !IS_ONLINE(1);
#endif
	/* mm/vm_purge.c: hide() */
	entry[a] = 0;
	TLB(c, a) = 0;
#ifndef ALONE_BEFORE_HIDDEN
	alone = !IS_ONLINE(1);
#endif
	if
	:: alone ->
		atomic { d_step { release(BIT(a)) }; a = 0; alone = false;
			goto idle }
	:: else
	fi;
	/* mm/vm_purge.c: join_list() */
	atomic {
		leaving = leaving | BIT(a);
		retired = retired | BIT(a);
		a = 0
	}
	/* mm/vm_purge.c: purge_many() */
	if
	:: goto idle				/* not enough yet */
	:: atomic { !purging -> purging = true; goto purge_all }
	fi;

	/* mm/vm_purge.c: vm_purge() */
purge:
#ifdef LOOKS_IN_WRONG_ORDER
	who = purger;
	some = (leaving != 0);
#else
	some = (leaving != 0);
	who = purger;
#endif
#ifdef DOES_NOT_WAIT_FOR_PURGER
	who = false;
#endif
	if
	:: !some && !who -> goto purged
	:: else
	fi;
	atomic { !purging -> purging = true }

	/* mm/vm_purge.c: purge_all() */
purge_all:
#ifdef PURGER_SHOWN_LATE
	/* mm/vm_purge.c: take_list() */
	atomic { list = leaving; leaving = 0 }
	purger = true;
#else
	purger = true;
	/* mm/vm_purge.c: take_list() */
	atomic { list = leaving; leaving = 0 }
#endif
#ifdef RELEASED_BEFORE_FLUSH
	d_step { release(list) }
#endif
	/* arch/x86/tlb.c: flush_everywhere() */
	/* kernel/smp.c: on_each_cpu() */
#ifndef FLUSHED_HERE_ONLY
	atomic {
		if
		:: list && IS_ONLINE(1 - c) ->
			asked[1 - c] = asked[1 - c] | list
		:: else
		fi
	}
#endif
	d_step { forget(c, list) }
	asked[1 - c] == 0;
	/* mm/vm_purge.c: purge_list() */
	atomic {
#ifndef RELEASED_BEFORE_FLUSH
		d_step { release(list) };
#endif
		retired = retired & ~list;
		before[0] = before[0] & ~list;
		before[1] = before[1] & ~list;
		list = 0
	}
	purger = false;
	purging = false;
purged:
	atomic {
		/* all that was unmapped before the call is forgotten */
		assert(!before[c]);
		some = false; who = false; before[c] = 0;
		goto idle
	}
}

/* arch/x86/smpboot.c: secondary_start() */
proctype starts(byte c)
{
	do
	:: cpu[c] == DEAD ->
		cpu[c] = ALIVE;		/* runs, and remembers */
		cpu[c] = ONLINE;
#ifndef NO_FLUSH_ONCE_ONLINE
		d_step { forget(c, EVERYTHING) };
#endif
		cpu[c] = READY
	od
}

init {
	atomic {
		cpu[0] = READY;
		cpu[1] = DEAD;
		area[1] = FREE; area[2] = FREE;
		page[1] = FREE; page[2] = FREE;
		run memory_unit(0);
		run memory_unit(1);
		run thread(0);
		run thread(1);
		run starts(1)
	}
}
