/* The registers of an interrupted context, in print: i386. */
#include <asm/control_regs.h>
#include <asm/traps.h>
#include <kernel/printk.h>

void show_regs(const struct pt_regs *r)
{
	printk(KERN_ERR "ip  %08lx %pS\n", r->ip, (void *)r->ip);
	printk(KERN_ERR "sp  %08lx  flags %08lx  cs %04lx  cr2 %08lx  "
	       "cr3 %08lx\n", r->sp, r->flags, r->cs, read_cr2(), read_cr3());
	printk(KERN_ERR "ax  %08lx  bx  %08lx  cx  %08lx  dx  %08lx\n",
	       r->ax, r->bx, r->cx, r->dx);
	printk(KERN_ERR "si  %08lx  di  %08lx  bp  %08lx\n",
	       r->si, r->di, r->bp);
}
