/* NUMA node numbers. Counterpart: linux/numa.h. */
#ifndef MM_NUMA_H
#define MM_NUMA_H

#ifdef CONFIG_NUMA
#define MAX_NUMNODES (1 << CONFIG_NODES_SHIFT)
#else
#define MAX_NUMNODES 1
#endif

#ifndef NUMA_NO_NODE
#define NUMA_NO_NODE (-1)
#endif

#endif
