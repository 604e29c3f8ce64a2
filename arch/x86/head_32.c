/*
 * The first C function. boot/paging_32.asm jumps here: protected mode with
 * paging, first page tables, boot stack, interrupts off.
 */
#include <asm/setup.h>
#include <asm/traps.h>

void i386_start_kernel(u32 magic, u32 info_phys)
{
	trap_init();
	start_kernel(magic, info_phys);
}
