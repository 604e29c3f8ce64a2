/* The address map as a table: what lies where, and how to say it. */
#ifndef AREAS_H
#define AREAS_H

#include <lib/types.h>

struct area {
	unsigned long start, end;	/* end: the first address behind */
	const char *name;
	void (*describe)(const struct area *r, unsigned long addr, char *buf,
			 size_t size);
};

/* Areas of kernel addresses, and the null page, in order. */
extern struct area address_map[];
extern const unsigned int nr_areas;

/* i386: vmalloc=SIZE has moved a boundary. Boot. */
void address_map_settle(void);

/* What an address outside of all areas is. */
const char *describe_hole(unsigned long addr);

/* The one of n areas that holds addr, or NULL. */
const struct area *find_area(const struct area *areas, unsigned int n,
			     unsigned long addr);

/* Ways to describe, for the tables. */
void area_say_name(const struct area *r, unsigned long addr, char *buf,
		   size_t size);
void area_say_direct_map(const struct area *r, unsigned long addr, char *buf,
			 size_t size);
void area_say_descriptor(const struct area *r, unsigned long addr, char *buf,
			 size_t size);
void area_say_kernel_stack(const struct area *r, unsigned long addr, char *buf,
			   size_t size);
void area_say_vmalloc(const struct area *r, unsigned long addr, char *buf,
		      size_t size);

#endif
