/*
 * The first C function. boot/long_mode_64.asm jumps here: long mode, first
 * page tables, boot stack, interrupts off.
 */
#include <asm/setup.h>
#include <asm/traps.h>
#include <mm/kasan.h>

void x86_64_start_kernel(u32 magic, u32 info_phys)
{
	kasan_early_init();
	trap_init();
	start_kernel(magic, info_phys);
}
