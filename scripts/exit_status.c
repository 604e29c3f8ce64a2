/*
 * A function for GNU make: $(exit_status N) ends make with status N; with 0 or
 * nothing it goes on. Make's own status after a recipe that failed is always
 * 2, which `make run` cannot use: its statuses mean something.
 *
 * Needs no C library to be compiled: gcc is installed without its headers on
 * a machine that is only to boot the kernel.
 */
#include <gnumake.h>

int plugin_is_GPL_compatible;

int exit_status_gmk_setup(void);

/*
 * How make itself ends: waits for jobs still running, gives back what it has
 * of the job server. Not part of the interface, thus weak.
 */
extern void die(int status) __attribute__((weak, noreturn));
extern void exit(int status) __attribute__((noreturn));

static char *exit_status(const char *name, unsigned int argc, char **argv)
{
	const char *digit;
	int status = 0;

	for (digit = argv[0]; *digit >= '0' && *digit <= '9'; digit++)
		status = (status * 10 + *digit - '0') & 0xff;
	if (!status)
		return 0;
	if (die)
		die(status);
	exit(status);
}

int exit_status_gmk_setup(void)
{
	gmk_add_function("exit_status", exit_status, 1, 1, GMK_FUNC_DEFAULT);
	return 1;
}
