/*
 * Marks for code and data used only until free_initmem(). Nothing that stays
 * may call or hold a pointer to them.
 */
#ifndef KERNEL_INIT_H
#define KERNEL_INIT_H

#include <lib/compiler.h>

#ifdef STRATA_HOSTED
#define __init
#define __initdata
#define __ro_after_init
#else
#define __init __section(".init.text") noinline
#define __initdata __section(".init.data")
/* Written during boot, read-only from mark_rodata_ro() on. */
#define __ro_after_init __section(".data..ro_after_init")
#endif

#endif
