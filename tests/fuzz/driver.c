/*
 * TARGET [-runs=N] [-seed=S] FILE|DIRECTORY...
 *
 * A fuzz target without libFuzzer: gives it every file, then N inputs made of
 * them by damage, the same ones for a seed, whatever the order of files on the
 * disk. No coverage guides it; so any compiler will do, and a 32-bit one too.
 * Its options are a part of libFuzzer's, its output is KTAP.
 *
 * The input of the moment is written to a file when the process dies of it.
 */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lib/kernel.h>
#include <lib/random.h>

#include "fuzz.h"

#define INPUT_MAX 16384u		/* of what damage makes */
#define RUN_SECONDS 20

struct seed_file {
	char *name;
	u8 *data;
	size_t size;
};

static struct seed_file *files;
static unsigned int nr_files;

static const u8 *current;
static size_t current_size;
static const char *program;
static struct rng rng;

int __attribute__((weak)) LLVMFuzzerInitialize(int *argc, char ***argv)
{
	return 0;
}

static u32 below(size_t bound)
{
	return (u32)rng_below(&rng, bound);
}

/* ----- when it dies ----- */

static void save_input(void)
{
	char name[512];
	FILE *file;

	if (!current)
		return;
	snprintf(name, sizeof(name), "%s.crash-%d", program, (int)getpid());
	file = fopen(name, "w");
	if (!file)
		return;
	fwrite(current, 1, current_size, file);
	fclose(file);
	fprintf(stderr, "# again: %s %s\n", program, name);
	current = NULL;
}

static void on_signal(int number)
{
	save_input();
	signal(number, SIG_DFL);
	raise(number);
}

/* Of the sanitizers' runtime; absent without. */
void __attribute__((weak)) __sanitizer_set_death_callback(void (*fn)(void));

static void watch_for_death(void)
{
	static const int numbers[] = { SIGABRT, SIGALRM };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		signal(numbers[i], on_signal);
	if (__sanitizer_set_death_callback) {
		__sanitizer_set_death_callback(save_input);
		return;
	}
	signal(SIGSEGV, on_signal);
	signal(SIGBUS, on_signal);
}

/* In memory of just its size, so that reading past the input is seen. */
static void run(const u8 *data, size_t size)
{
	u8 *copy = malloc(size ? size : 1);

	if (!copy)
		exit(2);
	memcpy(copy, data, size);
	current = copy;
	current_size = size;
	alarm(RUN_SECONDS);
	LLVMFuzzerTestOneInput(copy, size);
	alarm(0);
	current = NULL;
	free(copy);
}

/* ----- files ----- */

static void add_file(const char *name)
{
	struct seed_file *f;
	struct stat st;
	FILE *in = fopen(name, "r");

	if (!in || fstat(fileno(in), &st)) {
		perror(name);
		exit(2);
	}
	files = realloc(files, (nr_files + 1) * sizeof(*files));
	if (!files)
		exit(2);
	f = &files[nr_files++];
	f->name = strdup(name);
	f->data = malloc((size_t)st.st_size + 1);
	if (!f->data)
		exit(2);
	f->size = fread(f->data, 1, (size_t)st.st_size, in);
	fclose(in);
}

static void add_path(const char *path)
{
	char name[1024];
	struct dirent *entry;
	DIR *dir = opendir(path);

	if (!dir) {
		add_file(path);
		return;
	}
	while ((entry = readdir(dir))) {
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		if (entry->d_name[0] != '.')
			add_file(name);
	}
	closedir(dir);
}

static int by_name(const void *a, const void *b)
{
	const struct seed_file *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* ----- damage ----- */

static u32 odd_value(void)
{
	static const u32 values[] = { 0, 1, 7, 8, 19, 20, 0x7f, 0x80, 0xff,
				      0xfff, 0x1000, 0x7fffffff, 0x80000000,
				      0xfffff000, 0xfffffff8, 0xffffffff };

	return below(2) ? values[below(ARRAY_SIZE(values))] :
			  (u32)rng_next(&rng);
}

static size_t overwrite(u8 *data, size_t size)
{
	static const u8 widths[] = { 1, 1, 2, 4 };
	size_t width = widths[below(ARRAY_SIZE(widths))];
	u32 value = odd_value();

	if (size >= width)
		memcpy(data + below(size - width + 1), &value, width);
	return size;
}

static size_t flip(u8 *data, size_t size)
{
	if (size)
		data[below(size)] ^= (u8)(1 << below(8));
	return size;
}

static size_t cut_out(u8 *data, size_t size)
{
	size_t at = below(size + 1);
	size_t n = below(min_t(size_t, size - at, 64) + 1);

	memmove(data + at, data + at + n, size - at - n);
	return size - n;
}

/* A piece of some file, put in between or on top. */
static size_t splice(u8 *data, size_t size)
{
	const struct seed_file *f = &files[below(nr_files)];
	size_t from = below(f->size + 1), at = below(size + 1);
	size_t n = below(min_t(size_t, f->size - from, 128) + 1);

	if (below(2)) {
		n = min(n, INPUT_MAX - size);
		memmove(data + at + n, data + at, size - at);
		size += n;
	} else {
		n = min(n, size - at);
	}
	memcpy(data + at, f->data + from, n);
	return size;
}

static size_t shorten(u8 *data, size_t size)
{
	return below(size + 1);
}

static void run_damaged(void)
{
	static size_t (*const damage[])(u8 *data, size_t size) = {
		overwrite, overwrite, overwrite, flip, cut_out, splice, splice,
		shorten,
	};
	static u8 data[INPUT_MAX];
	const struct seed_file *f = &files[below(nr_files)];
	size_t size = min_t(size_t, f->size, INPUT_MAX);
	u32 hits = 1 + below(4);

	memcpy(data, f->data, size);
	while (hits--)
		size = damage[below(ARRAY_SIZE(damage))](data, size);
	run(data, size);
}

int main(int argc, char **argv)
{
	unsigned long runs = 0, i;
	u64 seed = 1;
	int a;

	program = argv[0];
	for (a = 1; a < argc; a++) {
		if (!strncmp(argv[a], "-runs=", 6))
			runs = strtoul(argv[a] + 6, NULL, 0);
		else if (!strncmp(argv[a], "-seed=", 6))
			seed = strtoull(argv[a] + 6, NULL, 0);
		else
			add_path(argv[a]);
	}
	if (!nr_files) {
		fputs("usage: TARGET [-runs=N] [-seed=S] FILE...\n", stderr);
		return 2;
	}
	qsort(files, nr_files, sizeof(*files), by_name);
	setvbuf(stdout, NULL, _IOLBF, 0);
	watch_for_death();
	LLVMFuzzerInitialize(&argc, &argv);
	puts("KTAP version 1\n1..2");
	for (i = 0; i < nr_files; i++)
		run(files[i].data, files[i].size);
	printf("# %u inputs\nok 1 - corpus_gives_no_fault\n", nr_files);
	rng = rng_seed(seed);
	for (i = 0; i < runs; i++)
		run_damaged();
	printf("# %lu inputs\nok 2 - damaged_corpus_gives_no_fault\n", runs);
	return 0;
}
