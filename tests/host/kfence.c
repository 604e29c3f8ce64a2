/*
 * <asm/kfence.h> for a process: mprotect() takes pages away, and SIGSEGV is
 * the page fault. The handler runs as an exception does: on the stack of who
 * faulted, with interrupts off. What is no guarded page's fault goes where it
 * would have gone.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <asm/irqflags.h>
#include <asm/kfence.h>
#include <asm/page.h>
#include <lib/kernel.h>
#include <mm/kfence.h>

/* Bit of the page fault's error code: the access was a write. */
#define FAULT_WRITE 0x02

static struct sigaction before;

static bool survives(const siginfo_t *info, void *context)
{
	const ucontext_t *uc = context;
	bool irqs_off = hosted_irqs_off, ok;

	hosted_irqs_off = true;
	ok = kfence_handle_page_fault((unsigned long)info->si_addr,
				      uc->uc_mcontext.gregs[REG_ERR] &
				      FAULT_WRITE, context);
	hosted_irqs_off = irqs_off;
	return ok;
}

static void fault(int signal, siginfo_t *info, void *context)
{
	if (!survives(info, context))
		sigaction(SIGSEGV, &before, NULL);
}

bool kfence_prepare_range(unsigned long addr, unsigned long size)
{
	struct sigaction action = {
		.sa_sigaction = fault,
		.sa_flags = SA_SIGINFO,
	};

	return !sigaction(SIGSEGV, &action, &before);
}

void kfence_protect_page(unsigned long addr, bool protect)
{
	if (!mprotect((void *)addr, PAGE_SIZE,
		      protect ? PROT_NONE : PROT_READ | PROT_WRITE))
		return;
	perror("a guarded page cannot be protected");
	abort();
}

/* All threads of a process see the same at once. */
void kfence_forget_pages(void)
{
}

unsigned long kfence_fault_ip(const struct pt_regs *regs)
{
	const ucontext_t *uc = (const void *)regs;

#ifdef __LP64__
	return (unsigned long)uc->uc_mcontext.gregs[REG_RIP];
#else
	return (unsigned long)uc->uc_mcontext.gregs[REG_EIP];
#endif
}
