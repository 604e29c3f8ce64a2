/* The registers of an interrupted context, in print: x86_64. */
#include <asm/control_regs.h>
#include <asm/traps.h>
#include <kernel/printk.h>

void show_regs(const struct pt_regs *r)
{
	printk(KERN_ERR "ip  %016lx %pS\n", r->ip, (void *)r->ip);
	printk(KERN_ERR "sp  %04lx:%016lx  flags %08lx  cs %04lx  cr2 %016lx  "
	       "cr3 %016lx\n", r->ss, r->sp, r->flags, r->cs, read_cr2(),
	       read_cr3());
	printk(KERN_ERR "ax  %016lx  bx  %016lx  cx  %016lx  dx  %016lx\n",
	       r->ax, r->bx, r->cx, r->dx);
	printk(KERN_ERR "si  %016lx  di  %016lx  bp  %016lx  r8  %016lx\n",
	       r->si, r->di, r->bp, r->r8);
	printk(KERN_ERR "r9  %016lx  r10 %016lx  r11 %016lx  r12 %016lx\n",
	       r->r9, r->r10, r->r11, r->r12);
	printk(KERN_ERR "r13 %016lx  r14 %016lx  r15 %016lx\n",
	       r->r13, r->r14, r->r15);
}
