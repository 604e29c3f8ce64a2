/* The way from boot/ into the kernel. Counterpart: asm/setup.h. */
#ifndef ASM_SETUP_H
#define ASM_SETUP_H

#include <lib/compiler.h>
#include <lib/types.h>

/* What a boot protocol says of itself; first argument of start_kernel(). */
#define MULTIBOOT2_MAGIC 0x36d76289u
#define PVH_MAGIC 0x336ec578u

/* Called by boot/long_mode_64.asm, boot/paging_32.asm. */
void __noreturn x86_64_start_kernel(u32 magic, u32 info_phys);
void __noreturn i386_start_kernel(u32 magic, u32 info_phys);

/* boot/entry.asm: its clock; at its physical address, gone with the boot. */
extern u64 boot_entry_cycles;

/* kernel/main.c: everything from here on. info_phys: the loader's block. */
void __noreturn start_kernel(u32 magic, u32 info_phys);

#endif
