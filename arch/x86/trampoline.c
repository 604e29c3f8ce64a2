/*
 * Where does another CPU begin?
 *
 * In real mode, at a page below 1 MiB that the boot CPU names in the interrupt
 * that starts it. Two pages are kept for that, whose frames nobody else ever
 * gets:
 *
 *	base	code	trampoline_*.asm	R-X in its own tables,
 *						R-- in the direct map
 *	+ 4096	data	struct trampoline_data	RW- in the direct map
 *
 *  1. The place: the lowest two pages (never page 0, which is firmware's)
 *     that the cleaned memory map calls usable and that hold nothing of the
 *     loader. It is looked for before anything is handed out.
 *  2. The ticket: a CPU goes on only if the ticket in the data has the number
 *     of its APIC, and takes the ticket in one step. A CPU that was given up
 *     and comes late, or one that nobody called, finds no ticket and halts.
 *     Taking the ticket back is one step too, so either the CPU has come or
 *     it never will.
 *  3. The page tables: when a CPU switches paging on it must see the page it
 *     runs in, at its physical address, and the kernel. A root of its own
 *     shares the kernel's half with kernel_pgtable and shows the two pages
 *     1:1. It exists only while a CPU is on its way; the kernel's own tables
 *     never show them there. The root lies below 4 GiB: CR3 has 32 bits until
 *     long mode is on.
 *
 * Locks: the caller's; one CPU at a time is started.
 */
#include <asm/control_regs.h>
#include <asm/cpufeature.h>
#include <asm/e820.h>
#include <asm/pgtable.h>
#include <kernel/init.h>
#include <kernel/panic.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <lib/string.h>
#include <mm/early.h>
#include <mm/gfp.h>
#include <mm/memblock.h>
#include <mm/memory_model.h>

#include "setup.h"
#include "trampoline.h"

#define LOW_MEMORY_END SZ_1M
#define CODE_32 24			/* selector in trampoline_gdt */

_Static_assert(offsetof(struct trampoline_data, entry) == 56 &&
	       offsetof(struct trampoline_data, gdt) == 64 &&
	       offsetof(struct trampoline_data, far32) == 72 &&
	       offsetof(struct trampoline_data, far64) == 80,
	       "trampoline.inc relies on it");

static phys_addr_t base __ro_after_init;
static struct pgtable tree;		/* root NULL: nobody is expected */

phys_addr_t trampoline_phys(void)
{
	return base;
}

static struct trampoline_data *data(void)
{
	return __va(base + PAGE_SIZE);
}

/* The place */

static bool __init is_usable(phys_addr_t pa, phys_addr_t size)
{
	unsigned int i;

	for (i = 0; i < e820_table.nr; i++) {
		const struct e820_entry *e = &e820_table.entries[i];

		if (e->type == E820_TYPE_RAM && pa >= e->base &&
		    pa + size <= e->base + e->size)
			return !memblock_is_region_reserved(pa, size);
	}
	return false;
}

void __init trampoline_reserve(void)
{
	phys_addr_t pa;

	for (pa = PAGE_SIZE; pa + TRAMPOLINE_SIZE <= LOW_MEMORY_END;
	     pa += PAGE_SIZE) {
		if (!is_usable(pa, TRAMPOLINE_SIZE))
			continue;
		if (memblock_reserve(pa, TRAMPOLINE_SIZE))
			panic("cannot reserve the start of other CPUs");
		base = pa;
		return;
	}
	pr_warn("smp: no room below 1 MiB for other CPUs to start in\n");
}

void __init trampoline_own(void)
{
	if (base && early_reserve(base, TRAMPOLINE_SIZE, EARLY_TRAMPOLINE))
		panic("no memory to reserve the start of other CPUs");
}

/* The code */

void __init trampoline_init(void)
{
	size_t size = (size_t)(trampoline_end - trampoline_begin);
	struct trampoline_data *d;

	if (!base)
		return;
	BUG_ON(size > PAGE_SIZE);
	memcpy(__va(base), trampoline_begin, size);
	if (pgtable_protect(&kernel_pgtable, (unsigned long)__va(base),
			    PAGE_SIZE, _PAGE_RW, 0))
		panic("no memory to protect the start of other CPUs");
	d = data();
	memset(d, 0, sizeof(*d));
	d->ticket = TICKET_NOBODY;
	d->entry = (unsigned long)secondary_entry;
	d->gdt.limit = 4 * 8 - 1;
	d->gdt.base = (u32)(base + (trampoline_gdt - trampoline_begin));
	d->far32.offset = (u32)(base + (trampoline_32 - trampoline_begin));
	d->far32.selector = CODE_32;
	trampoline_set_last_mode(d, base);
}

/* The page tables */

/* The kernel's half: the tables below the root are kernel_pgtable's own. */
static void share_kernel_half(pte_t *root, bool share)
{
	unsigned int i;

	for (i = pt_index(PAGE_OFFSET, PT_TOP); i < PTRS_PER_TABLE; i++)
		root[i] = share ? pte_read(&kernel_pgtable.root[i]) : 0;
}

static int map_pages(void)
{
	unsigned long va = (unsigned long)base;
	int err;

	err = pgtable_map(&tree, va, base, PAGE_SIZE,
			  PAGE_KERNEL_RX & ~_PAGE_GLOBAL, PT_4K);
	if (err)
		return err;
	return pgtable_map(&tree, va + PAGE_SIZE, base + PAGE_SIZE, PAGE_SIZE,
			   PAGE_KERNEL_RO & ~_PAGE_GLOBAL, PT_4K);
}

static int make_tree(void)
{
	struct page *page = alloc_page(GFP_KERNEL | __GFP_DMA32 | __GFP_ZERO);

	if (!page)
		return -ENOMEM;
	page->type = PAGE_TABLE;
	tree = (struct pgtable){ .root = page_address(page), .nr_tables = 1 };
	if (map_pages()) {
		pgtable_destroy(&tree);
		return -ENOMEM;
	}
	share_kernel_half(tree.root, true);
	return 0;
}

void trampoline_close(void)
{
	share_kernel_half(tree.root, false);
	pgtable_destroy(&tree);
}

/* Long mode active is the CPU's to say. */
#define EFER_LMA (1ULL << 10)

static u64 efer(void)
{
	return cpu_features.nx || sizeof(long) == 8 ?
	       rdmsr(MSR_EFER) & ~EFER_LMA : 0;
}

int trampoline_open(unsigned int cpu, u32 apic_id, unsigned long stack_top)
{
	struct trampoline_data *d = data();
	int err = make_tree();

	if (err)
		return err;
	d->cpu = cpu;
	d->cr0 = read_cr0();
	d->cr3 = __pa(tree.root);
	d->cr4 = read_cr4();
	d->efer = efer();
	d->kernel_cr3 = __pa(kernel_pgtable.root);
	d->stack = stack_top;
	__atomic_store_n(&d->ticket, apic_id, __ATOMIC_SEQ_CST);
	return 0;
}

bool trampoline_taken(void)
{
	return __atomic_load_n(&data()->ticket, __ATOMIC_ACQUIRE) ==
	       TICKET_TAKEN;
}

bool trampoline_revoke(void)
{
	return __atomic_exchange_n(&data()->ticket, TICKET_NOBODY,
				   __ATOMIC_SEQ_CST) != TICKET_TAKEN;
}
