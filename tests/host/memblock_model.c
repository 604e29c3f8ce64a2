/*
 * The model of memblock, played by a program that knows memblock's header and
 * nothing else of the kernel: short streams, so that lists begin empty often.
 * A fuzzer (-DLIBFUZZER) chooses better operations than chance.
 */
#include "memblock_standins.h"

#include "../../lib/random.c"
#include "../suites/model_memblock.c"

#define STREAMS 500
#define STREAM_LENGTH 60

const char model_idle[] = "nothing to do";
void (*model_tell)(const char *line);

void model_tell_line(const char *fmt, ...)
{
}

/* Not in what a stranger links with; the model compares all it looks at. */
const char *memblock_validate(const struct memblock_type *type)
{
	return NULL;
}

static void play_or_abort(struct draws *d)
{
	const char *bad = memblock_model.play(d);

	if (!bad)
		return;
	printf("# %s\n", bad);
	fflush(stdout);
	abort();
}

#ifdef LIBFUZZER
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct draws d = { false, { 0 }, data, data + size };

	memblock_model.begin();
	while (d.bytes < d.end)
		play_or_abort(&d);
	memblock_model.end();
	return 0;
}
#else
int main(void)
{
	struct rng rng = rng_seed(1);
	unsigned int i, j;

	puts("KTAP version 1\n1..1");
	for (i = 0; i < STREAMS; i++) {
		memblock_model.begin();
		for (j = 0; j < STREAM_LENGTH; j++) {
			struct draws d = draws_of(rng_next(&rng));

			play_or_abort(&d);
		}
		memblock_model.end();
	}
	puts("ok 1 - random_operations_match_the_model");
	return 0;
}
#endif
