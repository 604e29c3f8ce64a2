/*
 * Streams of operations: making, playing and shrinking them. See model.h.
 *
 * Shrinking (delta debugging):
 *  1. What comes behind the operation that showed the fault is not needed.
 *  2. Perhaps the last 16 operations are enough; or the last 64, 256 ...
 *  3. Cut the list in two halves. Leave out each part in turn, and keep it out
 *     if the rest still fails. Then with parts of half that size; at last with
 *     single operations, again until none can be left out.
 *
 *	. . . . . . T . . T . . . G . x		fails at x
 *	            T . . T . . . G . x		2.
 *	            T     T       G   x		3.
 *
 * Any fault counts, not only the one that was first: it is the same one nearly
 * always, told earlier or later. Each try plays a list from the beginning, so a
 * list is played some hundred times; the tries of step 3 are of the length that
 * step 2 found.
 *
 * Tides: for 1,024 operations at a time a stream would rather take, or rather
 * give, by a number of its own: all is full at times, and all is empty.
 */
#include <kernel/report.h>
#include <lib/compiler.h>
#include <lib/kernel.h>
#include <lib/sprintf.h>
#include <lib/string.h>

#include "model.h"

#define TIDE 1024
#define VALIDATE_EVERY 1000UL

const char model_idle[] = "nothing to do";
void (*model_tell)(const char *line);

const struct model *const models[] = {
	&buddy_model, &slab_model, &kmalloc_model, &vmalloc_model,
	&memblock_model, &mempool_model, &vmap_model, &page_alloc_model, NULL
};

void model_tell_line(const char *fmt, ...)
{
	char line[160];
	va_list args;

	va_start(args, fmt);
	kvsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	model_tell(line);
}

u64 model_op(u64 seed, unsigned long i)
{
	struct rng start = rng_seed(seed), tide, rng;
	u64 from = rng_next(&start), op;

	tide = rng_seed(~from + i / TIDE);
	rng = rng_seed(from + i);
	op = rng_next(&rng);
	return (op & ~1ULL) | (rng_below(&rng, 16) < 2 + rng_below(&tide, 13));
}

static bool goes_on(const struct model_stream *s, const struct model_result *r)
{
	if (r->fault)
		return false;
	if (s->list)
		return r->next < s->length;
	/* a model that has nothing to do for ever is no reason to go on */
	return r->done < s->length && r->next / 64 <= s->length;
}

static unsigned long validate_every(const struct model_stream *s)
{
	if (!s->list)
		return VALIDATE_EVERY;
	return max(s->length / VALIDATE_EVERY, 1UL);
}

static void play_next(const struct model *m, const struct model_stream *s,
		      struct model_result *r)
{
	unsigned int reports = report_uncaptured();
	struct draws d = draws_of(s->list ? s->list[r->next] :
					    model_op(s->seed, r->next));
	const char *answer;

	r->next++;
	answer = m->play(&d);
	if (answer == model_idle)
		return;
	r->done++;
	r->fault = answer;
	if (!answer && r->done % validate_every(s) == 0)
		r->fault = m->validate();
	if (!r->fault && report_uncaptured() != reports)
		r->fault = "a report of wrong use";
}

void model_run(const struct model *m, struct model_stream s,
	       struct model_result *r)
{
	*r = (struct model_result){ m->begin(), 0, 0 };
	if (r->fault)
		return;
	while (goes_on(&s, r))
		play_next(m, &s, r);
	if (!r->fault)
		r->fault = m->validate();
	if (!r->fault)
		r->fault = m->end();
}

/* A fault that only the end shows is one after the last operation. */
static unsigned long last_that_fail(u64 *list, unsigned long nr,
				    model_fails_t *fails, void *arg)
{
	unsigned long len, used;

	for (len = 16; len < nr; len *= 4) {
		used = fails(list + nr - len, len, arg);
		if (!used)
			continue;
		memmove(list, list + nr - len, used * sizeof(*list));
		return used;
	}
	return nr;
}

/* Without the part [at, at + part); the list's new length, or 0: needed. */
static unsigned long leave_out(u64 *list, u64 *spare, unsigned long nr,
			       unsigned long at, unsigned long part,
			       model_fails_t *fails, void *arg)
{
	unsigned long behind = nr - at - part, used;

	memcpy(spare, list, at * sizeof(*list));
	memcpy(spare + at, list + at + part, behind * sizeof(*list));
	used = fails(spare, nr - part, arg);
	if (used)
		memcpy(list, spare, used * sizeof(*list));
	return used;
}

/* Each part of a size in turn. */
static unsigned long leave_out_parts(u64 *list, u64 *spare, unsigned long nr,
				     unsigned long part, model_fails_t *fails,
				     void *arg)
{
	unsigned long at = 0, used;

	while (at < nr && nr > 1) {
		used = leave_out(list, spare, nr, at, min(part, nr - at), fails,
				 arg);
		if (used)
			nr = used;
		else
			at += part;
	}
	return nr;
}

unsigned long model_shrink(u64 *list, u64 *spare, unsigned long nr,
			   model_fails_t *fails, void *arg)
{
	unsigned long part, before;

	nr = last_that_fail(list, nr, fails, arg);
	for (part = nr / 2; part > 1; part /= 2)
		nr = leave_out_parts(list, spare, nr, part, fails, arg);
	do {
		before = nr;
		nr = leave_out_parts(list, spare, nr, 1, fails, arg);
	} while (nr < before);
	return nr;
}
