/*
 * How does a page of high memory come to be seen?
 *
 * By one entry in one of two page tables that are there from boot on:
 *
 *	PKMAP_START       | 0 | 1 | 2 | ...         kmap()
 *	KMAP_LOCAL_START  | 0 | 1 | 2 | ...         kmap_local_page()
 *
 * The entries of kmap() are emptied by the dozen and flushed together; those
 * of kmap_local_page() belong to one CPU, so that one INVLPG there is enough.
 */
#include <asm/control_regs.h>
#include <asm/highmem.h>
#include <asm/paging.h>
#include <kernel/init.h>
#include <lib/kernel.h>

#define KMAP_PROT (PAGE_KERNEL & ~_PAGE_GLOBAL)

_Static_assert(PKMAP_PAGES == PTRS_PER_TABLE, "kmap() has one table");
_Static_assert(KMAP_LOCAL_SLOTS == PTRS_PER_TABLE, "and so have the slots");

static pte_t *pkmap_table __ro_after_init;
static pte_t *slot_table __ro_after_init;

static void show(pte_t *e, phys_addr_t pa)
{
	pte_write(e, pa | (KMAP_PROT & pte_supported_mask));
}

static phys_addr_t shown(const pte_t *e)
{
	pte_t v = pte_read(e);

	return pte_present(v) ? pte_phys(v) : PHYS_ADDR_MAX;
}

void *kmap_slot_map(unsigned int slot, phys_addr_t pa)
{
	show(&slot_table[slot], pa);
	return kmap_slot_address(slot);
}

void kmap_slot_unmap(unsigned int slot)
{
	pte_write(&slot_table[slot], 0);
	invlpg((unsigned long)kmap_slot_address(slot));
}

phys_addr_t kmap_slot_phys(unsigned int slot)
{
	return shown(&slot_table[slot]);
}

void *pkmap_map(unsigned int index, phys_addr_t pa)
{
	show(&pkmap_table[index], pa);
	return pkmap_address(index);
}

void pkmap_unmap(unsigned int index)
{
	pte_write(&pkmap_table[index], 0);
}

void pkmap_flush(void)
{
	flush_tlb_range(PKMAP_START, PKMAP_PAGES * PAGE_SIZE);
}

phys_addr_t pkmap_phys(unsigned int index)
{
	return shown(&pkmap_table[index]);
}

/* The table under va, made by mapping any frame there for a moment. */
static pte_t *__init make_table(unsigned long va)
{
	enum pt_level level;
	pte_t *e;

	kernel_map_or_panic(va, 0, PAGE_SIZE, PAGE_KERNEL_RO, PT_4K);
	e = pgtable_lookup(&kernel_pgtable, va, &level);
	pgtable_unmap(&kernel_pgtable, va, PAGE_SIZE);
	return e;
}

void __init highmem_tables_init(void)
{
	pkmap_table = make_table(PKMAP_START);
	slot_table = make_table(KMAP_LOCAL_START);
}
