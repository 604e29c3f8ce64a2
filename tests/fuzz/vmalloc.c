/*
 * Fuzz target: vmalloc, with page tables and what CPUs keep at hand
 * (mm/vmalloc.c, vm_*.c, vmap.c), against the model that random streams are
 * compared with: the input takes the place of chance.
 */
#include <kernel/printk.h>
#include <mm/vmalloc.h>

#include "../host/start.h"
#include "../suites/model.h"
#include "fuzz.h"

#define VALIDATE_EVERY 16u

const char model_idle[] = "nothing to do";
void (*model_tell)(const char *line);

void model_tell_line(const char *fmt, ...)
{
}

static void play(struct draws *d)
{
	const char *bad;

	d->takes = draw_byte(d) & 1;
	bad = vmalloc_model.play(d);
	if (bad && bad != model_idle)
		fuzz_fail("%s", bad);
}

void fuzz_begin(void)
{
	start_simulated_kernel(1);
}

void fuzz_one(struct input *in)
{
	struct draws d = { .bytes = in->next, .end = in->end };
	unsigned int n = 0;

	fuzz_valid(vmalloc_model.begin());
	while (d.bytes < d.end) {
		play(&d);
		if (++n % VALIDATE_EVERY == 0)
			fuzz_valid(vmalloc_model.validate());
	}
	fuzz_valid(vmalloc_model.end());
	vm_unmap_aliases();
	fuzz_valid(vmalloc_model.validate());
}
