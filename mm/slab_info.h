/* What slabinfo counts in one cache. */
#ifndef MM_SLAB_INFO_H
#define MM_SLAB_INFO_H

struct kmem_cache;

struct slab_info {
	unsigned long active_objects;	/* held by somebody */
	unsigned long objects;		/* places in all slabs */
	unsigned long active_slabs;	/* with objects not in the freelist */
	unsigned long slabs;
	unsigned long pages;		/* of all slabs, whatever their order */
};

void slab_get_info(struct kmem_cache *s, struct slab_info *info);
/* Pages of all slabs, those of destroyed caches included. Threads. */
unsigned long slab_total_pages(void);

#endif
