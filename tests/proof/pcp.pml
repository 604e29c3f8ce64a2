/*
 * Can a page be lost, or be somebody's twice, on its way through the CPUs'
 * arrays in front of a zone? A model of mm/pcp.c; for Spin. slub.pml says how
 * to read it, cpu.pml what a CPU does.
 *
 *	contexts	thread, handler of CPU 0    thread, handler of CPU 1
 *	arrays		| a | b |		    | c | . |
 *	zone		free pages, stock; zone->lock is never held over a
 *			step, for nobody looks without it
 *
 * Each context allocates a page, or frees any page that anybody has. Threads of
 * CPU 0 also empty all arrays, park and unpark them, and stop CPU 1, empty its
 * array from outside, and let it go on (ADMIN).
 *
 * Switches (-D): CPUS, LIMIT, BATCH, PAGES (3), HANDLERS, ADMIN. All others break
 * the protocol in one place.
 */
#include "cpu.pml"

#define WIDE (LIMIT + 2)
#define NOTHING 0
#define NO_ROOM (CPUS * WIDE + 1)	/* where parked arrays have top, end */
#define FIRST(cpu) ((cpu) * WIDE + 1)
#define BIT(i) (1 << (i))

#ifdef FILLED_WITHOUT_LOOK
#define LOOKS_NOT 1
#else
#define LOOKS_NOT 0
#endif

/* ----- what the code has --------------------------------------------------- */

byte slot[CPUS * WIDE + 2];
byte top[CPUS], end[CPUS];
byte zone, stock;			/* sets of pages */
byte nr_free;
mtype:type = { BUDDY, PCP, ALLOC };
mtype:type type[PAGES + 1];
mtype:ask = { NOT, DRAIN, PARK, UNPARK };
mtype:ask asked[CPUS];
bool disabled, parked;
bool stop, stopped;			/* CPU 1 */

/* ----- what is true -------------------------------------------------------- */

mtype:where = { IN_ZONE, IN_STOCK, IN_ARRAY, OURS, LIVE };
mtype:where where[PAGES + 1];
byte busy;
hidden byte k, n, o, v;

#define TAKEN(page) \
	assert(page >= 1 && page <= PAGES); \
	assert(where[page] == IN_ARRAY);	/* handed out twice */ \
	assert(type[page] == PCP); \
	where[page] = OURS

#define PUSHED(page) \
	assert(where[page] == OURS); \
	assert(type[page] == PCP); \
	where[page] = IN_ARRAY

/* ----- the zone, locked ---------------------------------------------------- */

/* mm/pcp.c: put_back() */
#define TO_ZONE(page) \
	assert(where[page] == IN_ARRAY || where[page] == OURS); \
	assert(!(zone & BIT(page))); \
	where[page] = IN_ZONE; \
	type[page] = BUDDY; \
	zone = zone | BIT(page); \
	nr_free++

/* mm/pcp.c: rmqueue_batch() */
inline from_zone(page)
{
	page = 1;
	do
	:: zone & BIT(page) -> break
	:: else -> page++
	od;
	zone = zone & ~BIT(page);
	nr_free--;
	type[page] = PCP;
	where[page] = OURS
}

/* mm/pcp.c: give_all() */
inline give(first, nr)
{
	v = 0;
	do
	:: v == nr -> break
	:: else -> TO_ZONE(slot[first + v]); v++
	od;
	v = 0
}

/* mm/pcp_stock.c: stock_put() */
inline give_to_stock(first, nr)
{
	v = 0;
	do
	:: v == nr -> break
	:: else ->
		assert(where[slot[first + v]] == IN_ARRAY);
		where[slot[first + v]] = IN_STOCK;
		stock = stock | BIT(slot[first + v]);
		v++
	od;
	v = 0
}

/* mm/pcp_stock.c: stock_drain() */
inline drain_stock()
{
	k = 1;
	do
	:: k > PAGES -> break
	:: else ->
		if
		:: stock & BIT(k) ->
			where[k] = OURS;
			TO_ZONE(k)
		:: else
		fi;
		k++
	od;
	stock = 0; k = 0
}

/* mm/pcp.c: move_down() */
inline move_down(cpu, nr)
{
	k = FIRST(cpu);
	do
	:: k + nr >= top[cpu] -> break
	:: else -> slot[k] = slot[k + nr]; k++
	od;
	top[cpu] = top[cpu] - nr;
	k = top[cpu];
	do			/* *s->top, and what nobody reads any more */
	:: k == FIRST(cpu) + LIMIT + 1 -> break
	:: else -> slot[k] = NOTHING; k++
	od;
	k = 0
}

/* ----- when nobody is at work ---------------------------------------------- */

inline check_all()
{
	o = 1;
	k = 0;
	do
	:: o > PAGES -> break
	:: else ->
		n = (where[o] == LIVE -> 1 : 0) +
		    (zone & BIT(o) -> 1 : 0) + (stock & BIT(o) -> 1 : 0);
		k = k + (zone & BIT(o) -> 1 : 0);
		v = 0;
		do
		:: v == CPUS * WIDE -> break
		:: else ->
			n = n + (slot[v] == o && v < top[v / WIDE] &&
			     end[v / WIDE] != NO_ROOM -> 1 : 0);
			v++
		od;
		assert(n == 1);			/* lost, or in two places */
		assert(!parked || where[o] == LIVE || where[o] == IN_ZONE);
		o++
	od;
	assert(k == nr_free);
	o = 0; n = 0; k = 0; v = 0
}

/* ----- a context ----------------------------------------------------------- */

#define AT_WORK busy = busy | BIT(2 * c + irq)
#define AT_REST busy = busy & ~BIT(2 * c + irq)

#define ANY_OF_THEM(page) \
	:: where[page] == LIVE && (!irq || HANDLERS) -> \
		AT_WORK; \
		p = page; \
		where[p] = OURS; \
		goto free

proctype context(byte c; bit irq)
{
	byte p, r, nr;
	bool again;
	mtype:ask todo;

	if
	:: irq -> goto interrupted
	:: else
	fi;
choose:
	atomic {
		MINE && (irq || !c || !stopped);
		if
		ANY_OF_THEM(1)
		ANY_OF_THEM(2)
		ANY_OF_THEM(3)
		:: !irq || HANDLERS -> AT_WORK; goto alloc
		:: !irq && ADMIN && c == 0 ->
			AT_WORK;
			todo = DRAIN;
			goto ask_all
		:: !irq && ADMIN && c == 0 ->
			AT_WORK;
			todo = (disabled -> UNPARK : PARK);
			if
			:: todo == UNPARK -> parked = false
			:: else
			fi;
			disabled = !disabled;
			goto ask_all
		:: !irq && ADMIN && CPUS > 1 && c == 0 && !stop ->
			AT_WORK;
			stop = true;
			goto empty_stopped
		:: !irq && c && stop && asked[c] == NOT ->
			stopped = true;
			goto choose
		:: irq -> in_irq[c] = false; goto interrupted
		fi
	}

	/* mm/page_alloc.c: alloc_page_at_hand() */
	/* include/kernel/cpu_stack.h: cpu_stack_pop() */
alloc:
pop_1:	atomic { MINE; BEHIND_START; r = top[c] }	/* insn: load top */
pop_1_second:
pop_2:	SEQ(SENT_BACK_TO(pop_1), r = slot[r - 1];
		if
		:: r == NOTHING -> AT_END; goto alloc_slow
		:: else
		fi)					/* insn: load slot */
pop_3:	SEQ(SENT_BACK_TO(pop_1), top[c] = top[c] - 1;
		TAKEN(r);
		AT_END;
		p = r; r = 0)				/* insn: commit top */
alloc_done:
	STEP(assert(type[p] == PCP); type[p] = ALLOC; where[p] = LIVE;
		goto done);

	/* mm/page_alloc.c: __alloc_pages() */
alloc_slow:
	STEP(if
	:: !again -> again = true; goto alloc	/* mm/pcp.c: pcp_pop() */
	:: else -> skip
	fi);
	/* mm/pcp.c: pcp_refill() */
	STEP(IRQS_OFF;
		if
		:: stock ->			/* pcp_refill_from_stock() */
			r = 1;
			do
			:: stock & BIT(r) -> break
			:: else -> r++
			od;
			stock = stock & ~BIT(r);
			where[r] = OURS;
			p = r;
			r = 0;
			IRQS_ON;
			goto alloc_done
		:: zone ->
			from_zone(p);
			nr = 1;
			do
			:: !zone || nr == BATCH || disabled -> break
			:: else ->
				from_zone(r);
				nr++;
				/* mm/pcp.c: fill_array() */
				if
				:: top[c] < end[c] || LOOKS_NOT ->
					PUSHED(r);
					slot[top[c]] = r;
					top[c] = top[c] + 1;
					slot[top[c]] = NOTHING
				:: else -> TO_ZONE(r)
				fi
			od;
			nr = 0; r = 0;
			IRQS_ON;
			goto alloc_done
		:: else -> IRQS_ON; goto done	/* no memory */
		fi);

	/* mm/pcp.c: free_unref_page() */
free:
	STEP(type[p] = PCP);
	/* include/kernel/cpu_stack.h: cpu_stack_push() */
push_1:	atomic { MINE; BEHIND_START; r = top[c] }	/* insn: load top */
push_1_second:
push_2:	SEQ(SENT_BACK_TO(push_1), if
	:: r >= end[c] -> AT_END; r = 0; goto free_full
	:: else
	fi)						/* insn: look end */
push_3:	SEQ(SENT_BACK_TO(push_1), slot[r] = p)		/* insn: store slot */
push_4:	SEQ(SENT_BACK_TO(push_1), slot[r + 1] = NOTHING) /* insn: store slot */
push_5:	SEQ(SENT_BACK_TO(push_1), top[c] = top[c] + 1;
		PUSHED(p);
		AT_END;
		goto done)				/* insn: commit top */

	/* mm/pcp.c: pcp_free_full() */
free_full:
	STEP(IRQS_OFF; if
	:: end[c] == NO_ROOM -> IRQS_ON; goto to_zone
	:: else ->
		if
		:: top[c] != end[c] -> goto push_slowly
		:: else -> skip
		fi
	fi);
	/* mm/pcp.c: make_room() */
	STEP(if
	:: !disabled -> give_to_stock(FIRST(c), BATCH)
	:: give(FIRST(c), BATCH)
	fi);
	STEP(move_down(c, BATCH));
push_slowly:
	STEP(slot[top[c]] = p; top[c] = top[c] + 1; slot[top[c]] = NOTHING;
		PUSHED(p); IRQS_ON; goto done);
to_zone:
	STEP(TO_ZONE(p); goto done);

	/* mm/pcp_drain.c: drain_all_pages() */
ask_all:
#ifdef DRAINED_WITHOUT_IPI
	STEP(nr = top[1] - FIRST(1));
	STEP(give(FIRST(1), nr));
	STEP(move_down(1, nr); nr = 0; goto done);
#endif
#if CPUS > 1
	STEP(asked[1] = todo);
#endif
	STEP(IRQS_OFF; goto obey);
wait:
#if CPUS > 1
	WHEN(asked[1] == NOT, skip);
#endif
	/* mm/pcp_drain.c: drain_stocks() */
#ifdef STOCK_FORGOTTEN
	STEP(parked = (todo == PARK); goto done);
#endif
	STEP(drain_stock(); parked = (todo == PARK || (parked && todo != UNPARK));
		goto done);

	/* mm/pcp_drain.c: drain_cpu(); a CPU's own, interrupts off */
obey:
	STEP(nr = (end[c] == NO_ROOM -> 0 : top[c] - FIRST(c));
		give((end[c] == NO_ROOM -> 0 : FIRST(c)), nr));
	STEP(if
	:: nr -> move_down(c, nr); nr = 0
	:: else -> skip
	fi;
		/* mm/pcp_disable.c: park_or_unpark() */
		if
		:: todo == PARK -> top[c] = NO_ROOM; end[c] = NO_ROOM
		:: todo == UNPARK ->
			top[c] = FIRST(c);
			end[c] = FIRST(c) + LIMIT
		:: else -> skip
		fi;
		if
		:: irq -> asked[c] = NOT; goto done
		:: else -> IRQS_ON; goto wait
		fi);

	/* mm/pcp_drain.c: page_alloc_cpu_dead() */
empty_stopped:
#if CPUS > 1
#ifndef EMPTIED_WHILE_IT_RUNS
	WHEN(stopped && !in_irq[1], skip);
#endif
	STEP(nr = (end[1] == NO_ROOM -> 0 : top[1] - FIRST(1));
		give((end[1] == NO_ROOM -> 0 : FIRST(1)), nr));
	STEP(if
	:: nr -> move_down(1, nr); nr = 0
	:: else -> skip
	fi;
		stop = false; stopped = false; goto done);
#endif

done:
	atomic {
		MINE;
		p = 0; r = 0; nr = 0; again = false;
		todo = NOT;
		AT_REST;
		d_step {
			if
			:: !busy -> check_all()
			:: else
			fi
		};
		goto choose
	}

	/* kernel/smp.c: smp_call_function_interrupt() */
interrupted:
	atomic {
		irq && !in_irq[c] && !irqs_off[c] && (!c || !stopped) &&
			(HANDLERS || asked[c] != NOT);
		in_irq[c] = true;
		REWIND;
		if
		:: asked[c] != NOT -> todo = asked[c]; AT_WORK; goto obey
		:: HANDLERS -> goto choose
		fi
	}
}

init {
	atomic {
		byte i;

		i = 1;
		do
		:: i > PAGES -> break
		:: else ->
			type[i] = BUDDY;
			where[i] = IN_ZONE;
			zone = zone | BIT(i);
			nr_free++;
			i++
		od;
		i = 0;
		do
		:: i == CPUS -> break
		:: else ->
			top[i] = FIRST(i);
			end[i] = FIRST(i) + LIMIT;
			asked[i] = NOT;
			run context(i, 0);
			run context(i, 1);
			i++
		od;
		i = 0
	}
}
