/*
 * The kernel image, from its first byte to its last. All of these are kernel
 * virtual addresses (KERNEL_BASE + physical), the boot part's too, so __pa()
 * works on each; linker.ld draws the picture. Counterpart: asm/sections.h.
 */
#ifndef ASM_SECTIONS_H
#define ASM_SECTIONS_H

#include <lib/types.h>

/* The whole image, and its ELF-visible parts; each starts on a page. */
extern char _start[], _end[];
extern char _stext[], _etext[];
extern char __start_rodata[], __end_rodata[];
extern char __start_ro_after_init[], __end_ro_after_init[];
extern char _sdata[], _edata[];
extern char __bss_start[], __bss_stop[];

/*
 * What free_initmem() gives back, one range at the front of the image:
 *
 *	__init_begin = __boot_begin	first instructions and page tables
 *	__boot_end = _sinittext		__init functions
 *	_einittext			__initdata
 *	__init_end
 */
extern char __init_begin[], __init_end[];
extern char __boot_begin[], __boot_end[];
extern char _sinittext[], _einittext[];

/* Boot stack: grows down from top; the guard page below it is not mapped. */
extern char boot_stack_guard[], boot_stack[], boot_stack_top[];

static inline bool is_kernel_text(unsigned long addr)
{
	return addr >= (unsigned long)_stext && addr < (unsigned long)_etext;
}

static inline bool is_kernel_inittext(unsigned long addr)
{
	return addr >= (unsigned long)_sinittext &&
	       addr < (unsigned long)_einittext;
}

#endif
