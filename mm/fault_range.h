/* Keys and commands that failslab and fail_page_alloc have in common. */
#ifndef MM_FAULT_RANGE_H
#define MM_FAULT_RANGE_H

#include <mm/fault_inject.h>

static inline unsigned int fault_flags(gfp_t gfp)
{
	return gfp & __GFP_NOWARN ? FAULT_NOWARN : 0;
}

/* "MIN-MAX" or one number; 0 or -EINVAL. */
int fault_range(const char *text, unsigned int *least, unsigned int *most);
/* ignore_wait, ignore_atomic; -EINVAL for any other key. */
int fault_gfp_key(struct fault_gfp_filter *f, const char *key);
/* The shell command: shows, sets, or turns off. */
int fault_command(struct fault_attr *attr, int (*set)(const char *text),
		  int argc, char **argv);

#endif
