/* The windows of kmap(), as mm/highmem.c needs them. */
#ifndef MM_PKMAP_H
#define MM_PKMAP_H

struct page;

/* The page that kmap() holds at this address (of a page); NULL if none. */
struct page *pkmap_page(const void *p);

#endif
