/*
 * Forced into memblock's sources and its foreign test programs: there a
 * physical address is a pointer.
 */
#ifndef TESTS_HOST_IDENTITY_H
#define TESTS_HOST_IDENTITY_H

#define __va(pa) ((void *)(unsigned long)(pa))
#define __pa(va) ((unsigned long long)(unsigned long)(va))
#define phys_to_virt(pa) __va(pa)
#define virt_to_phys(va) __pa(va)

#endif
