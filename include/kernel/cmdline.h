/*
 * Kernel command line: words separated by blanks, "name" or "name=value";
 * double quotes keep blanks in a value. A file that takes an option says so:
 *
 *	static int __init set_early(const char *value) { ... return 0; }
 *	early_param("early", set_early);
 *
 * value is "" for a bare word. A negative result, and a word nobody takes,
 * are reported; both are survived.
 */
#ifndef KERNEL_CMDLINE_H
#define KERNEL_CMDLINE_H

#include <lib/compiler.h>

struct cmdline_param {
	const char *name;
	int (*set)(const char *value);
};

#define early_param(name_, set_) \
	static const struct cmdline_param __used __aligned(sizeof(void *)) \
	__section("cmdline_params") \
	cmdline_param_##set_ = { name_, set_ }

/* Calls the takers in the order of the words. Once, before setup_arch(). */
void cmdline_parse(const char *cmdline);

#endif
