/*
 * A plugin of QEMU's TCG: how many locked instructions does a row execute?
 *
 * Every instruction is looked at when it is translated. Those with a lock
 * prefix, and exchanges with memory, which lock without one, get a call that
 * counts while a timed loop runs. Where such loops begin and end say three
 * functions of the kernel's, given by address (scripts/bench asks nm):
 *
 *	-plugin FILE.so,begin=ADDR,start=ADDR,stop=ADDR,out=FILE
 *
 *	bench_begin	a row begins: a line "row"
 *	bench_start	count from here
 *	bench_stop	to here: a line with the number
 *
 * QEMU's header is in no package of Debian's, so the few declarations stand
 * here. PLUGIN_VERSION: 1 up to QEMU 8, 2 from 9 on, where an instruction's
 * bytes are copied out.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef PLUGIN_VERSION
#define PLUGIN_VERSION 1
#endif

#define EXPORT __attribute__((visibility("default")))

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info_t;
typedef void (*exec_cb)(unsigned int vcpu, void *data);

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id,
	void (*cb)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb));
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
	exec_cb cb, int flags, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *
qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
#if PLUGIN_VERSION == 1
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
#else
size_t qemu_plugin_insn_data(const struct qemu_plugin_insn *insn, void *dest,
			     size_t len);
#endif

EXPORT int qemu_plugin_version = PLUGIN_VERSION;
EXPORT int qemu_plugin_install(qemu_plugin_id_t id,
			       const struct qemu_info_t *info, int argc,
			       char **argv);

static uint64_t begin, start, stop;
static FILE *out;
static bool counting;
static uint64_t locked;

static void on_begin(unsigned int vcpu, void *data)
{
	fputs("row\n", out);
}

static void on_start(unsigned int vcpu, void *data)
{
	counting = true;
	locked = 0;
}

static void on_stop(unsigned int vcpu, void *data)
{
	counting = false;
	fprintf(out, "%" PRIu64 "\n", locked);
	fflush(out);
}

static void on_locked(unsigned int vcpu, void *data)
{
	locked += counting;
}

static bool is_legacy_prefix(uint8_t byte)
{
	return byte && strchr("\x66\x67\x2e\x36\x3e\x26\x64\x65\xf2\xf3", byte);
}

/* REX prefixes exist in 64 bits only; there 0x40 to 0x4f are nothing else. */
static bool is_locked(const uint8_t *code, size_t size)
{
	size_t i = 0;

	while (i < size && is_legacy_prefix(code[i]))
		i++;
	if (i < size && code[i] == 0xf0)
		return true;
	if (i < size && (code[i] & 0xf0) == 0x40)
		i++;
	/* xchg with memory, not with a register */
	return i + 1 < size && (code[i] & 0xfe) == 0x86 && code[i + 1] < 0xc0;
}

static bool insn_is_locked(struct qemu_plugin_insn *insn)
{
#if PLUGIN_VERSION == 1
	return is_locked(qemu_plugin_insn_data(insn),
			 qemu_plugin_insn_size(insn));
#else
	uint8_t code[16];

	return is_locked(code, qemu_plugin_insn_data(insn, code, sizeof(code)));
#endif
}

static exec_cb call_for(struct qemu_plugin_insn *insn)
{
	uint64_t vaddr = qemu_plugin_insn_vaddr(insn);

	if (vaddr == begin)
		return on_begin;
	if (vaddr == start)
		return on_start;
	if (vaddr == stop)
		return on_stop;
	return insn_is_locked(insn) ? on_locked : NULL;
}

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t i, n = qemu_plugin_tb_n_insns(tb);

	for (i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		exec_cb call = call_for(insn);

		if (call)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, call, 0,
							       NULL);
	}
}

int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info,
			int argc, char **argv)
{
	int i;

	for (i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "begin=", 6))
			begin = strtoull(argv[i] + 6, NULL, 0);
		else if (!strncmp(argv[i], "start=", 6))
			start = strtoull(argv[i] + 6, NULL, 0);
		else if (!strncmp(argv[i], "stop=", 5))
			stop = strtoull(argv[i] + 5, NULL, 0);
		else if (!strncmp(argv[i], "out=", 4))
			out = fopen(argv[i] + 4, "w");
	}
	if (!out || !begin || !start || !stop)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
	return 0;
}
