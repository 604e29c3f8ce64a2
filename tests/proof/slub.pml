/*
 * Can an object be lost, or be somebody's twice, or lie in memory that is not
 * its cache's any more? A model of SLUB's arrays; for Spin.
 *
 * The problem: tests see the orders in which things happened to happen. Spin
 * tries all of them: every interrupt between every two steps, every turn that
 * CPUs can take. The price is that the world is small: a few objects in two
 * slabs, arrays of one or two, and what is no matter of order is left out.
 *
 *	contexts   thread, handler of CPU 0	thread, handler of CPU 1
 *	arrays     main, spare			main, spare
 *	node       full and empty arrays, slabs, one lock
 *	pages      each slab's page is the cache's, on its way, or gone
 *
 * Each context does one thing after the other for ever: allocates; frees any
 * object that anybody has; threads of CPU 0 also shrink the cache and take
 * all arrays away and back (ADMIN). Requests for a CPU's arrays come to it as
 * interrupts.
 *
 * where[] is what is true of an object, kept beside the model of the code. Each
 * step that moves one asserts where it was. Whenever nobody is at work
 * everything is counted (check_all).
 *
 * Switches (-D): CPUS, LIMIT (places in an array), SLABS, PER_SLAB, STOCK
 * (arrays of the node), HANDLERS (handlers allocate and free too), ADMIN,
 * USER_MARKS (users store what looks like the mark of a free object). All
 * others break the protocol in one place: scripts/prove has the list, and what
 * each must be found out by.
 *
 * Each block names the function it is a model of.
 */
#include "slub_state.pml"

/* ----- a context ----------------------------------------------------------- */

#define AT_WORK busy = busy | BIT(2 * c + irq)
#define AT_REST busy = busy & ~BIT(2 * c + irq)

#define ANY_OF_THEM(object) \
	:: where[object] == LIVE && (!irq || HANDLERS) -> \
		AT_WORK; \
		p = object; \
		where[p] = OURS; \
		if \
		:: skip \
		:: USER_MARKS -> word[p] = MARK \
		fi; \
		goto free

proctype context(byte c; bit irq)
{
	byte p, r, s, e, nr;
	bool odd, both;
	mtype:ask todo;

at_rest:
	if
	:: irq -> goto interrupted
	:: else
	fi;
choose:
	atomic {
		MINE;
		if
		ANY_OF_THEM(1)
		ANY_OF_THEM(2)
#if SLABS * PER_SLAB > 2
		ANY_OF_THEM(3)
#endif
#if SLABS * PER_SLAB > 3
		ANY_OF_THEM(4)
#endif
		:: !irq || HANDLERS -> AT_WORK; goto alloc
		:: !irq && ADMIN && c == 0 ->
			AT_WORK;
			todo = FLUSH;
			goto ask_all
		:: !irq && ADMIN && c == 0 ->
			AT_WORK;
			todo = (arrays_off -> UNPARK : PARK);
			arrays_off = !arrays_off;
			goto ask_all
		:: irq -> in_irq[c] = false; goto interrupted
		fi
	}

	/* include/kernel/cpu_stack.h: cpu_stack_pop() */
alloc:
pop_1:	atomic { MINE;
#ifndef RANGE_BEGINS_LATE
		BEHIND_START;
#endif
		r = top[c] }				/* insn: load top */
pop_1_second:
pop_2:	SEQ(SENT_BACK_TO(pop_1), BEHIND_START; r = slot[r - 1];
		if
		:: r == NOTHING -> AT_END; goto alloc_slow
		:: else
		fi)					/* insn: load slot */
#ifdef RANGE_ENDS_EARLY
	STEP(AT_END);
#endif
pop_3:	SEQ(SENT_BACK_TO(pop_1), top[c] = top[c] - 1;
		TAKEN(r);
#ifndef REWIND_AT_END
		AT_END;
#endif
		p = r; r = 0)				/* insn: commit top */
#ifdef REWIND_AT_END
	SEQ(pop_1, AT_END);
#endif

	/* mm/slub_fastpath.h: slab_popped() */
alloc_done:
	STEP(IS_HERE(p);
		word[p] = USED;
		where[p] = LIVE;
		goto done);

	/* mm/slub.c: __slab_alloc() */
alloc_slow:
	STEP(r = 0; odd = (main[c] == NO_SHEAF); if :: odd -> goto take_one
						    :: else
						    fi);
	/* mm/slub.c: take_from_arrays() */
take_from_arrays:
#ifdef SLOW_WITH_INTERRUPTS_ON
	STEP(if
#else
	STEP(IRQS_OFF; if
#endif
	:: main[c] == NO_SHEAF -> goto take_one
	:: else ->
		if
		:: top[c] != FIRST(main[c]) -> goto take_top
		:: else ->
			if
			:: avail[spare[c]] -> odd = false; goto swap
			:: else -> skip
			fi
		fi
	fi);
	/* mm/slub.c: main_replace_by_filled() */
	STEP(s = main[c]; avail[s] = 0; MAIN_SET(NO_SHEAF));
	/* mm/slub_stock.c: node_swap() */
	LOCKED(if
	:: full_sheaves ->
		PICK(full_sheaves, e);
		exchange(s, e);
		forget(FIRST(e), e, 1);
		empty_sheaves = empty_sheaves | BIT(e);
		e = 0
	:: else -> skip
	fi);
	STEP(MAIN_SET(s); if
	:: avail[s] -> s = 0; goto take_top
	:: else -> skip
	fi);
	/* mm/slub.c: main_refill() */
	LOCKED(nr = 0;
		do
		:: nr == LIMIT -> break
		:: nr < LIMIT ->
			slab_take(r);
			if
			:: r == NOTHING -> break
			:: else ->
				where[r] = IN_ARRAY;
				slot[FIRST(s) + nr] = r;
				nr++
			fi
		od;
		r = 0; avail[s] = nr);
	STEP(MAIN_SET(s); s = 0; if
	:: nr -> nr = 0; goto take_top
	:: else -> IRQS_ON; goto grow
	fi);
take_top:
	STEP(p = slot[top[c] - 1]; top[c] = top[c] - 1; TAKEN(p);
		IRQS_ON; goto alloc_done);

	/* mm/slub.c: slab_take_one() */
take_one:
	LOCKED(slab_take(p); IRQS_ON; if
	:: p == NOTHING -> goto grow
	:: else -> where[p] = OURS; goto alloc_done
	fi);

	/* mm/slub_node.c: node_grow() */
grow:
	/* mm/slub_slab.c: slab_create() */
	STEP(s = 0;
		do
		:: s == SLABS -> break
		:: s < SLABS && page[s] == GONE -> break
		:: else -> s++
		od;
		if
		:: s == SLABS -> goto done		/* no memory: NULL */
		:: else -> skip
		fi;
		page[s] = FRESH; inuse[s] = 0;
		nr = 1;
		do
		:: nr > PER_SLAB -> break
		:: else ->
			word[s * PER_SLAB + nr] = LINK;
			where[s * PER_SLAB + nr] = IN_SLAB;
			nr++
		od;
		nr = 0);
	LOCKED(page[s] = LISTED; s = 0; if
	:: odd -> goto take_one
	:: else -> goto take_from_arrays
	fi);

	/* include/kernel/cpu_stack.h: cpu_stack_push_back() */
free:
push_back_1:
	atomic { MINE; BEHIND_START; r = top[c] }	/* insn: load top */
push_back_1_second:
push_back_2:
	SEQ(SENT_BACK_TO(push_back_1), if
	:: slot[r] != p -> AT_END; goto free_slow
	:: else
	fi)						/* insn: look slot */
push_back_3:
	SEQ(SENT_BACK_TO(push_back_1), if
	:: word[p] == MARK -> AT_END; goto free_slow
	:: else
	fi)						/* insn: look word */
push_back_4:
	SEQ(SENT_BACK_TO(push_back_1),
		IS_HERE(p); word[p] = MARK)		/* insn: store word */
#ifdef RANGE_ENDS_EARLY
	STEP(AT_END);
#endif
push_back_5:
	SEQ(SENT_BACK_TO(push_back_1), top[c] = top[c] + 1;
		PUSHED(p);
		AT_END;
		goto done)				/* insn: commit top */

	/* mm/slub.c: __slab_free() */
free_slow:
	STEP(r = 0; IS_HERE(p); if
	:: word[p] == MARK -> goto look
	:: else -> word[p] = MARK
	fi);
	/* include/kernel/cpu_stack.h: cpu_stack_push() */
push_1:	atomic { MINE;
#ifndef RANGE_BEGINS_LATE
		BEHIND_START;
#endif
		r = top[c] }				/* insn: load top */
push_1_second:
push_2:	SEQ(SENT_BACK_TO(push_1), BEHIND_START; if
	:: r >= end[c] -> AT_END; r = 0; goto free_full
	:: else
	fi)						/* insn: look end */
#ifdef COMMIT_BEFORE_STORE
	SEQ(SENT_BACK_TO(push_1), top[c] = top[c] + 1; PUSHED(p); AT_END);
	STEP(slot[r] = p; slot[r + 1] = SEAL; goto done);
#endif
push_3:	SEQ(SENT_BACK_TO(push_1), slot[r] = p)		/* insn: store slot */
push_4:	SEQ(SENT_BACK_TO(push_1), slot[r + 1] = SEAL)	/* insn: store slot */
#ifdef RANGE_ENDS_EARLY
	STEP(AT_END);
#endif
push_5:	SEQ(SENT_BACK_TO(push_1), top[c] = top[c] + 1;
		PUSHED(p);
#ifndef REWIND_AT_END
		AT_END;
		goto done;
#endif
		skip)					/* insn: commit top */
#ifdef REWIND_AT_END
	SEQ(push_1, AT_END; goto done);
#endif

	/* mm/slub.c: slab_free_full() */
free_full:
#ifdef SLOW_WITH_INTERRUPTS_ON
	STEP(if
#else
	STEP(IRQS_OFF; if
#endif
	:: main[c] == NO_SHEAF -> goto put_one
	:: else ->
		if
		:: top[c] != end[c] -> goto push_slowly
		:: else -> skip
		fi
	fi);
	/* mm/slub.c: main_make_room() */
	STEP(odd = true; if
	:: !avail[spare[c]] -> goto swap
	:: else -> skip
	fi);
	/* mm/slub.c: main_replace_by_empty() */
	STEP(s = main[c]; avail[s] = LIMIT; MAIN_SET(NO_SHEAF));
	LOCKED(if
	:: empty_sheaves ->
		PICK(empty_sheaves, e);
		exchange(s, e);
		full_sheaves = full_sheaves | BIT(e);
		e = 0
	:: else -> skip
	fi);
	STEP(MAIN_SET(s); if
	:: !avail[s] -> s = 0; goto push_slowly
	:: else -> s = 0
	fi);
#ifdef SPARE_PUT_BEFORE_EMPTIED
	LOCKED(put_slots(FIRST(spare[c]), LIMIT));
	STEP(avail[spare[c]] = 0; goto swap);
#endif
	STEP(avail[spare[c]] = 0);
	LOCKED(put_slots(FIRST(spare[c]), LIMIT));

	/* mm/slub.c: swap_main_and_spare(); odd: of a free */
swap:
	STEP(s = spare[c]; avail[main[c]] = top[c] - FIRST(main[c]));
	STEP(spare[c] = main[c]);
	STEP(MAIN_SET(s); s = 0; if
	:: odd -> goto push_slowly
	:: else -> goto take_top
	fi);
push_slowly:
	STEP(slot[top[c]] = p; slot[top[c] + 1] = SEAL);
	STEP(top[c] = top[c] + 1; PUSHED(p); IRQS_ON; goto done);

	/* mm/slub_odd.c: slab_put_odd() */
put_one:
	LOCKED(slab_put(p); IRQS_ON; goto done);

	/*
	 * mm/slub.c: free_unusual()
	 * mm/slub_check.c: slab_is_free()
	 * The word says free, and it is not: nobody may have it. The lock
	 * keeps arrays with their CPUs, which go on popping and pushing.
	 */
look:
#ifdef MARK_IS_PROOF
	assert(false);
#endif
	LOCKED(locked = true; IRQS_OFF; nr = 0);
	do
	:: WHEN(nr == CPUS, break)
	:: WHEN(nr < CPUS, r = top[nr]);
		/* mm/slub_check.c: stack_has() */
		do
		:: WHEN(slot[r - 1] == NOTHING, break)
		:: WHEN(slot[r - 1] != NOTHING,
			assert(slot[r - 1] != p);	/* refused */
			r--)
		od;
		/* mm/slub_check.c: sheaf_has() */
		STEP(s = spare[nr]);
		STEP(e = avail[s]);
		do
		:: WHEN(e == 0, break)
		:: WHEN(e != 0,
			assert(slot[FIRST(s) + e - 1] != p);	/* refused */
			e--)
		od;
		STEP(nr++)
	od;
	STEP(word[p] = MARK; locked = false; IRQS_ON;
		r = 0; s = 0; e = 0; nr = 0;
		goto free_full);

	/* kernel/smp.c: on_each_cpu() */
ask_all:
#ifdef DRAINED_WITHOUT_IPI
#if CPUS > 1
	/* empties the other CPU's array from here */
	STEP(if
	:: todo == FLUSH && main[1] != NO_SHEAF ->
		nr = top[1] - FIRST(main[1]);
		top[1] = FIRST(main[1]);
		r = FIRST(main[1])
	:: else -> skip
	fi);
	LOCKED(put_slots(r, nr); r = 0; nr = 0; goto done);
#endif
#endif
#if CPUS > 1
	STEP(asked[1] = todo);
#endif
	STEP(IRQS_OFF; goto obey);
wait:
#if CPUS > 1
	WHEN(asked[1] == NOT, skip);
#endif
	/* mm/slub_shrink.c: node_flush_sheaves() */
	do
	:: LOCKED_WHEN(todo == FLUSH && full_sheaves,
		PICK(full_sheaves, s); avail[s] = 0);
		LOCKED(put_slots(FIRST(s), LIMIT));
		LOCKED(forget(FIRST(s), s, 1);
			empty_sheaves = empty_sheaves | BIT(s); s = 0)
	:: LOCKED_WHEN(todo != FLUSH || !full_sheaves, break)
	od;
	/* mm/slub_node.c: node_discard_empty() */
	LOCKED(
		do
		:: todo != FLUSH || nr == SLABS -> break
		:: else ->
			if
			:: page[nr] == LISTED && !inuse[nr] ->
				page[nr] = LEAVING
			:: else -> skip
			fi;
			nr++
		od;
		nr = 0; goto done);

	/* Interrupts off: a handler, or a thread that keeps them out. */
obey:
	/* mm/slub_arrays.c: cpu_unpark() */
	STEP(if
	:: todo == UNPARK ->
		if
		:: main[c] != NO_SHEAF -> goto obeyed
		:: else -> goto unpark
		fi
	:: main[c] == NO_SHEAF -> goto obeyed
	:: else -> skip
	fi);
	/* mm/slub_shrink.c: main_flush() */
#ifdef PARKED_WITHOUT_FLUSH
	if
	:: todo == PARK -> goto park
	:: else
	fi;
#endif
#ifdef PUT_BEFORE_TOP_IS_DOWN
	LOCKED(put_slots(FIRST(main[c]), top[c] - FIRST(main[c])));
	STEP(top[c] = FIRST(main[c]));
#else
	STEP(nr = top[c] - FIRST(main[c]); top[c] = FIRST(main[c]));
	LOCKED(put_slots(FIRST(main[c]), nr); nr = 0);
#endif
	/* mm/slub_shrink.c: spare_flush() */
	STEP(slot[FIRST(main[c])] = SEAL;
		nr = avail[spare[c]]; avail[spare[c]] = 0);
	LOCKED(put_slots(FIRST(spare[c]), nr); nr = 0;
		if
		:: todo == FLUSH -> goto obeyed
		:: else -> skip
		fi);
	/* mm/slub_arrays.c: cpu_park() */
park:
	STEP(s = main[c]; e = spare[c]; spare[c] = NO_SHEAF);
	STEP(MAIN_SET(NO_SHEAF); avail[s] = 0);
	LOCKED(forget(FIRST(s), s, 1);
		empty_sheaves = empty_sheaves | BIT(s); s = 0);
	LOCKED(forget(FIRST(e), e, 1);
		empty_sheaves = empty_sheaves | BIT(e); e = 0; goto obeyed);

	/* mm/slub_stock.c: node_take_sheaf() */
unpark:
	LOCKED(assert(empty_sheaves || full_sheaves);
		s = (both -> MAIN_OF(c) : SPARE_OF(c));
		if
		:: empty_sheaves -> PICK(empty_sheaves, e)
		:: else -> PICK(full_sheaves, e)
		fi;
		if
		:: e != s ->		/* s is in a set */
			exchange(s, e);
			if
			:: full_sheaves & BIT(s) ->
				full_sheaves = full_sheaves ^ (BIT(s) | BIT(e))
			:: else ->
				empty_sheaves = empty_sheaves ^
						(BIT(s) | BIT(e))
			fi
		:: else
		fi;
		e = 0);
	if
	:: WHEN(!both, both = true; spare[c] = s; s = 0; goto unpark)
	:: WHEN(both, both = false; MAIN_SET(s); s = 0)
	fi;
obeyed:
	STEP(if
	:: irq -> asked[c] = NOT
	:: else -> IRQS_ON; goto wait
	fi);

done:
	atomic {
		MINE;
		p = 0; r = 0; s = 0; e = 0; nr = 0; odd = false; both = false;
		todo = NOT;
		AT_REST;
		d_step {
			tidy();
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
		irq && !in_irq[c] && !irqs_off[c] &&
			(HANDLERS || asked[c] != NOT);
		in_irq[c] = true;
		REWIND;
		if
		:: asked[c] != NOT -> todo = asked[c]; AT_WORK; goto obey
		:: HANDLERS -> goto choose
		fi
	}
}

/* mm/slub_slab.c: slab_discard(), whenever its CPU comes to it */
proctype page_allocator(byte slab)
{
	byte i;

	do
	:: atomic {
		page[slab] == LEAVING ->
		i = slab * PER_SLAB + 1;
		do
		:: i > (slab + 1) * PER_SLAB -> break
		:: else ->
			/* else an object in a page that is given back */
			assert(where[i] == IN_SLAB);
			where[i] = NOWHERE;
			word[i] = USED;
			i++
		od;
		page[slab] = GONE;
		i = 0
	   }
	od
}

init {
	atomic {
		byte i, cpu;

		slot[FIRST(NO_SHEAF)] = SEAL;
		i = 1;
		do
		:: i > OBJECTS -> break
		:: else -> word[i] = USED; where[i] = NOWHERE; i++
		od;
		i = 0;
		do
		:: i == SLABS -> break
		:: else -> page[i] = GONE; run page_allocator(i); i++
		od;
		i = 1;
		do
		:: i == SHEAVES -> break
		:: else -> slot[FIRST(i)] = SEAL; i++
		od;
		i = 1;
		do
		:: cpu == CPUS -> break
		:: else ->
			main[cpu] = i;
			spare[cpu] = i + 1;
			top[cpu] = FIRST(i);
			end[cpu] = FIRST(i) + LIMIT;
			asked[cpu] = NOT;
			i = i + 2;
			run context(cpu, 0);
			run context(cpu, 1);
			cpu++
		od;
		do
		:: i == SHEAVES -> break
		:: else -> empty_sheaves = empty_sheaves | BIT(i); i++
		od;
		i = 0;
		cpu = 0
	}
}
