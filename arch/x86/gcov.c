/*
 * Counters of the coverage build, sent to the host.
 *
 * The problem: gcc's own run-time writes a file per source when the program
 * exits; a kernel has no files. The machine has a port, though, that QEMU's
 * -debugcon copies to a file, byte by byte.
 *
 *	section gcov_info, by -fprofile-info-section:
 *	  | file a | file b | ...
 *	      |
 *	      v
 *	  struct gcov_info --> functions[] --> struct gcov_function
 *	    name, stamp                          checksums, counters --> u64[]
 *
 *	to port 0xe9, for each file:
 *	  "name of the .gcda file\n" "length in decimal\n" that many bytes
 *
 * The bytes are those that gcc's run-time would have written, so that gcov
 * reads them; scripts/coverage_report.py takes the stream apart.
 *
 * The structures are gcc's inside, as of versions 12 to 14 (gcc/gcov-io.h
 * tells of the file, libgcc/libgcov.h of the structures); others are refused.
 *
 * Locks: none; other CPUs may go on counting, a count more or less.
 */
#include <asm/io.h>
#include <kernel/gcov.h>
#include <lib/sprintf.h>
#include <lib/string.h>
#include <lib/types.h>

#if defined(__clang__) || __GNUC__ < 12 || __GNUC__ > 14
#error COVERAGE=1 knows the counters of gcc 12, 13 and 14 only
#endif

#define DEBUG_CONSOLE 0xe9	/* QEMU's -debugcon */

#define GCDA_MAGIC 0x67636461u
#define TAG_FUNCTION 0x01000000u
#define TAG_ARCS 0x01a10000u
#define FUNCTION_BYTES (3 * sizeof(u32))
#define NR_KINDS (__GNUC__ < 14 ? 8 : 9)

struct gcov_counters {
	u32 nr;
	u64 *values;
};

struct gcov_function {
	const struct gcov_info *file;
	u32 ident, lines_checksum, graph_checksum;
	struct gcov_counters arcs;
};

struct gcov_info {
	u32 version;
	struct gcov_info *next;
	u32 stamp, checksum;
	const char *name;
	void (*merge[NR_KINDS])(void);
	u32 nr_functions;
	const struct gcov_function *const *functions;
};

extern const struct gcov_info *const __start_gcov_info[];
extern const struct gcov_info *const __stop_gcov_info[];

/* gcc names the function that would add two files up; nobody calls it. */
void __gcov_merge_add(void);
void __gcov_merge_add(void)
{
}

static void send_bytes(const void *p, size_t n)
{
	const u8 *bytes = p;

	while (n--)
		outb(*bytes++, DEBUG_CONSOLE);
}

static void send_u32(u32 value)
{
	send_bytes(&value, sizeof(value));
}

/* Functions that gcc has merged into another file's keep a place, no more. */
static bool is_ours(const struct gcov_info *file, unsigned int i)
{
	return file->functions[i] && file->functions[i]->file == file;
}

static size_t function_size(const struct gcov_function *f)
{
	return 2 * sizeof(u32) + FUNCTION_BYTES + 2 * sizeof(u32) +
	       f->arcs.nr * sizeof(u64);
}

static size_t file_size(const struct gcov_info *file)
{
	size_t size = 4 * sizeof(u32);
	unsigned int i;

	for (i = 0; i < file->nr_functions; i++)
		if (is_ours(file, i))
			size += function_size(file->functions[i]);
	return size;
}

static void send_function(const struct gcov_function *f)
{
	send_u32(TAG_FUNCTION);
	send_u32(FUNCTION_BYTES);
	send_u32(f->ident);
	send_u32(f->lines_checksum);
	send_u32(f->graph_checksum);
	send_u32(TAG_ARCS);
	send_u32((u32)(f->arcs.nr * sizeof(u64)));
	send_bytes(f->arcs.values, f->arcs.nr * sizeof(u64));
}

static void send_file(const struct gcov_info *file)
{
	char length[24];
	unsigned int i;

	send_bytes(file->name, strlen(file->name));
	ksnprintf(length, sizeof(length), "\n%zu\n", file_size(file));
	send_bytes(length, strlen(length));
	send_u32(GCDA_MAGIC);
	send_u32(file->version);
	send_u32(file->stamp);
	send_u32(file->checksum);
	for (i = 0; i < file->nr_functions; i++)
		if (is_ours(file, i))
			send_function(file->functions[i]);
}

void gcov_dump(void)
{
	const struct gcov_info *const *file;

	for (file = __start_gcov_info; file < __stop_gcov_info; file++)
		send_file(*file);
}
