/*
 * How does this CPU forget a translation?
 *
 * One page at a time costs an instruction per page; from some number on it is
 * cheaper to forget all and reload what is needed. Kernel pages are global
 * and survive a load of CR3: only switching CR4.PGE off forgets them.
 */
#include <asm/control_regs.h>
#include <asm/irqflags.h>
#include <asm/pgtable.h>

/* Linux's tlb_single_page_flush_ceiling. */
#define FLUSH_SINGLE_MAX 33

void flush_tlb_all(void)
{
	unsigned long flags, cr4;

	local_irq_save(flags);
	cr4 = read_cr4();
	if (cr4 & X86_CR4_PGE) {
		write_cr4(cr4 & ~X86_CR4_PGE);
		write_cr4(cr4);
	} else {
		write_cr3(read_cr3());
	}
	local_irq_restore(flags);
}

void flush_tlb_range(unsigned long va, unsigned long size)
{
	unsigned long end = va + size;

	if (size > FLUSH_SINGLE_MAX * PAGE_SIZE) {
		flush_tlb_all();
		return;
	}
	for (; va != end; va += PAGE_SIZE)
		invlpg(va);
}
