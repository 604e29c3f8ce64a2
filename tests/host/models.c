/*
 * models [OPTIONS] [MODEL...]: long streams of random operations, played to
 * allocators and to naive models of them, under the sanitizers. KTAP; status 1
 * if one failed.
 *
 * Each stream is played by a process of its own, on a machine that has just
 * booted. So a crash is a fault like others: the parent, which never boots,
 * sees how far the child has come, and shrinks the stream by more children.
 * What the kernel draws by chance (secrets, the order of fresh objects) follows
 * from the stream's seed as well: what failed once fails again.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kernel/random.h>
#include <lib/kernel.h>

#include "../suites/model.h"
#include "simulate.h"
#include "start.h"

#define SHRINK_FIRST (1UL << 16)	/* operations tried before all are */
#define SECONDS_TO_SHRINK 120		/* of one try */

static const char usage[] =
	"usage: models [OPTIONS] [MODEL...]\n"
	"  --seed=N     the first stream (1)\n"
	"  --seeds=N    how many (1)\n"
	"  --ops=N      operations of each; some models a tenth (20000)\n"
	"  --jobs=N     streams at a time (1)\n"
	"  --replay=X,X ...  these operations, told one by one\n";

static struct {
	unsigned long long seed;
	unsigned long seeds, ops, jobs;
	char *replay;
	char **names;		/* NULL: all */
} options = { 1, 1, 20000, 1, NULL, NULL };

/* What a child leaves behind. */
struct outcome {
	struct model_result r;
	char fault[128];	/* empty: none */
	bool ended;
};

static struct outcome *outcomes;	/* shared; the last one for tries */

/* ----- chance, instead of kernel/random.c -------------------------------- */

static struct rng chance;		/* of the stream that is played */

void add_device_randomness(const void *data, size_t n)
{
}

u64 get_random_u64(void)
{
	return rng_next(&chance);
}

/* ----- one stream, in a child -------------------------------------------- */

static void tell(const char *line)
{
	printf("#   %s\n", line);
}

static void __noreturn play(const struct model *m, struct model_stream s,
			    struct outcome *out, bool told)
{
	start_simulated_kernel(1);
	if (told) {
		simulate_quietly(stderr);
		model_tell = tell;
	}
	model_run(m, s, &out->r);
	if (out->r.fault)
		strncpy(out->fault, out->r.fault, sizeof(out->fault) - 1);
	out->ended = true;
	fflush(NULL);
	_exit(0);
}

/* A child; 0: we are it. */
static pid_t start(struct outcome *out)
{
	pid_t pid;

	memset(out, 0, sizeof(*out));
	fflush(NULL);
	pid = fork();
	if (pid < 0) {
		perror("fork");
		exit(2);
	}
	return pid;
}

static void note_death(struct outcome *out, int status)
{
	if (out->ended)
		return;
	snprintf(out->fault, sizeof(out->fault), "the process died, %s %d",
		 WIFSIGNALED(status) ? "signal" : "status",
		 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

/* ----- shrinking --------------------------------------------------------- */

/* A try that shows nothing has its time. */
static void __noreturn play_quietly(const struct model *m,
				    struct model_stream s, struct outcome *out)
{
	alarm(SECONDS_TO_SHRINK);
	if (!freopen("/dev/null", "w", stderr))
		_exit(2);
	play(m, s, out, false);
}

static unsigned long try(const struct model *m, struct model_stream s,
			 bool told)
{
	struct outcome *out = outcomes;
	int status;
	pid_t pid = start(out);

	if (!pid && told)
		play(m, s, out, true);
	if (!pid)
		play_quietly(m, s, out);
	if (waitpid(pid, &status, 0) != pid)
		exit(2);
	note_death(out, status);
	return out->fault[0] ? out->r.next : 0;
}

static unsigned long fails(const u64 *list, unsigned long nr, void *arg)
{
	return try(arg, (struct model_stream){ 0, list, nr }, false);
}

static unsigned long last_of(u64 *list, unsigned long long seed,
			     unsigned long next, unsigned long nr)
{
	unsigned long i;

	for (i = 0; i < nr; i++)
		list[i] = model_op(seed, next - nr + i);
	return nr;
}

static void show(const struct model *m, unsigned long long seed,
		 const u64 *list, unsigned long nr)
{
	unsigned long i;

	printf("# %lu operations are enough:\n", nr);
	try(m, (struct model_stream){ 0, list, nr }, true);
	printf("# %s\n# again: build/host/models --seed=%llu --replay=",
	       outcomes->fault, seed);
	for (i = 0; i < nr; i++)
		printf("%s0x%llx", i ? "," : "", (unsigned long long)list[i]);
	printf(" %s\n", m->name);
}

static void explain(const struct model *m, unsigned long long seed,
		    unsigned long next)
{
	u64 *list = calloc(next + 1, sizeof(*list));
	u64 *spare = calloc(next + 1, sizeof(*list));
	unsigned long nr;

	if (!list || !spare)
		exit(2);
	chance = rng_seed(seed);
	nr = last_of(list, seed, next, min(next, SHRINK_FIRST));
	nr = fails(list, nr, (void *)m);
	if (!nr) {
		nr = last_of(list, seed, next, next);
		nr = fails(list, nr, (void *)m);
	}
	if (nr)
		show(m, seed, list,
		     model_shrink(list, spare, nr, fails, (void *)m));
	else
		printf("# it does not fail again\n");
	free(list);
	free(spare);
}

/* ----- all streams of a model -------------------------------------------- */

static pid_t *children;		/* by seed; 0: ended */

static void wait_for_one(void)
{
	unsigned long i;
	int status;
	pid_t pid = wait(&status);

	for (i = 0; i < options.seeds; i++)
		if (children[i] == pid) {
			children[i] = 0;
			note_death(&outcomes[1 + i], status);
		}
}

static unsigned long play_all(const struct model *m)
{
	struct model_stream s = { 0, NULL, options.ops / m->share };
	unsigned long i, running = 0;

	for (i = 0; i < options.seeds; i++) {
		if (running == options.jobs) {
			wait_for_one();
			running--;
		}
		s.seed = options.seed + i;
		chance = rng_seed(s.seed);
		children[i] = start(&outcomes[1 + i]);
		if (!children[i])
			play(m, s, &outcomes[1 + i], false);
		running++;
	}
	while (running--)
		wait_for_one();
	return s.length;
}

/* The first seed that failed is explained. */
static bool check(const struct model *m, unsigned int number)
{
	unsigned long length = play_all(m), i;
	unsigned long long done = 0;
	bool ok = true;

	for (i = 0; i < options.seeds; i++) {
		const struct outcome *out = &outcomes[1 + i];

		done += out->r.done;
		if (!out->fault[0])
			continue;
		printf("# seed %llu, operation %lu: %s\n", options.seed + i,
		       out->r.next, out->fault);
		if (ok)
			explain(m, options.seed + i, out->r.next);
		ok = false;
	}
	printf("# %lu streams, %llu operations\n", options.seeds, done);
	ok &= done == (unsigned long long)length * options.seeds;
	printf("%sok %u - %s_does_as_its_model\n", ok ? "" : "not ", number,
	       m->name);
	return ok;
}

static bool replay(const struct model *m)
{
	unsigned long nr = 0;
	char *end = options.replay;
	u64 *list = calloc(strlen(end) + 1, sizeof(*list));

	if (!list)
		exit(2);
	chance = rng_seed(options.seed);
	do
		list[nr++] = strtoull(end, &end, 16);
	while (*end++ == ',');
	try(m, (struct model_stream){ 0, list, nr }, true);
	printf("# %s\n", outcomes->fault[0] ? outcomes->fault : "no fault");
	free(list);
	return !outcomes->fault[0];
}

/* ----- options ----------------------------------------------------------- */

static bool is_wanted(const struct model *m)
{
	char **name;

	if (!*options.names)
		return true;
	for (name = options.names; *name; name++)
		if (!strcmp(*name, m->name))
			return true;
	return false;
}

static void parse(const char *arg)
{
	char *value = strchr(arg, '=');
	unsigned long long n = value ? strtoull(value + 1, NULL, 0) : 0;

	if (!strncmp(arg, "--replay=", 9)) {
		options.replay = value + 1;
		return;
	}
	if (!strncmp(arg, "--seed=", 7) && value)
		options.seed = n;
	else if (!strncmp(arg, "--seeds=", 8) && n)
		options.seeds = (unsigned long)n;
	else if (!strncmp(arg, "--ops=", 6) && n >= 10)
		options.ops = (unsigned long)n;
	else if (!strncmp(arg, "--jobs=", 7) && n)
		options.jobs = (unsigned long)n;
	else {
		fputs(usage, stderr);
		exit(2);
	}
}

static unsigned int count_wanted(void)
{
	const struct model *const *m;
	unsigned int n = 0;

	for (m = models; *m; m++)
		n += is_wanted(*m);
	return n;
}

int main(int argc, char **argv)
{
	const struct model *const *m;
	unsigned int number = 0;
	bool ok = true;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (argv++; *argv && **argv == '-'; argv++)
		parse(*argv);
	options.names = argv;
	children = calloc(options.seeds, sizeof(*children));
	outcomes = mmap(NULL, (options.seeds + 1) * sizeof(*outcomes),
			PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
			0);
	if (!children || outcomes == MAP_FAILED || !count_wanted())
		return 2;
	printf("KTAP version 1\n1..%u\n", count_wanted());
	for (m = models; *m; m++)
		if (is_wanted(*m))
			ok &= options.replay ? replay(*m) :
					       check(*m, ++number);
	return !ok;
}
