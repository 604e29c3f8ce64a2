/*
 * In which order may locks be taken? In ascending rank; two of one rank never
 * together. Checked at run time in debug builds (DEBUG=1), for spinlocks and
 * mutexes alike; docs/locking.md says what each protects.
 *
 * Mutexes come first: who holds a spinlock cannot sleep.
 */
#ifndef KERNEL_LOCK_RANK_H
#define KERNEL_LOCK_RANK_H

enum lock_rank {
	RANK_NONE,		/* taken alone: above it reports and the log */
	/* mutexes */
	RANK_CPU_HOTPLUG,	/* which CPUs run */
	RANK_PCP_DISABLE,	/* whether CPUs keep pages at hand */
	RANK_SLAB_CACHES,	/* which caches exist */
	RANK_PCP_DRAIN,		/* one drain of all CPUs' pages at a time */
	RANK_VMALLOC_PURGE,	/* one purge of freed areas at a time */
	RANK_VMALLOC_CHUNKS,	/* one search for empty chunks at a time */
	RANK_VMALLOC_TABLES,	/* one search for empty tables at a time */
	RANK_LAST_MUTEX = RANK_VMALLOC_TABLES,
	/* spinlocks */
	RANK_TEST,		/* tests' own: above it any allocator call */
	RANK_MEMPOOL,		/* reserve and queue of a memory pool */
	RANK_DMA_POOL,
	RANK_PERCPU,		/* per-CPU memory */
	RANK_SLAB_NODE,
	RANK_ZONE,
	RANK_MEMMAP,		/* tables that map descriptors */
	RANK_VMALLOC,		/* addresses and areas of vmalloc */
	RANK_STACK_AREA,	/* addresses of kernel stacks */
	RANK_FIXMAP,
	RANK_PKMAP,
	RANK_CALL_FUNCTION,	/* a CPU's queue of calls from others */
	RANK_TIMER,		/* a CPU's sleepers */
	RANK_WAIT_QUEUE,
	RANK_RUN_QUEUE,
	RANK_KFENCE,		/* guarded objects: a fault may come anywhere */
	RANK_REPORT,
	RANK_LOG,
	NR_LOCK_RANKS
};

#endif
