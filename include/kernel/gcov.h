/*
 * Coverage: COVERAGE=1 builds mm/, the tag parser and the map cleaner so that
 * the compiler counts which way each branch goes. gcov_dump() hands the
 * counters out at the end of a run. Counterpart: kernel/gcov (6.12), which
 * keeps them in debugfs.
 */
#ifndef KERNEL_GCOV_H
#define KERNEL_GCOV_H

#ifdef CONFIG_GCOV
/* All counters as they are now. Any context; the machine ends soon after. */
void gcov_dump(void);
#else
static inline void gcov_dump(void)
{
}
#endif

#endif
