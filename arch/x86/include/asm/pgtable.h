/*
 * Page tables: map, unmap, protect and look up ranges of virtual memory with
 * pages of 4 KiB, 2 MiB and 1 GiB. Counterpart: linux/pgtable.h, in one walk
 * for all levels where Linux has a name per level.
 *
 * A range here is whole pages of 4 KiB (else -EINVAL) and does not wrap.
 * Calls for disjoint ranges of one tree may run at the same time; who owns a
 * range says what is in it. Calls may allocate table pages: from the early
 * allocator before the page allocator is up, afterwards with the gfp given, or
 * GFP_KERNEL, or GFP_ATOMIC where the caller must not sleep.
 */
#ifndef ASM_PGTABLE_H
#define ASM_PGTABLE_H

#include <asm/page.h>
#include <lib/types.h>

#ifdef __x86_64__
#include <asm/pgtable_64.h>
#else
#include <asm/pgtable_32.h>
#endif

/*
 * From these: enum pt_level, the levels of tables; pte_t, one entry of any
 * level, 64 bits wide on both targets; pte_read() and pte_write(), which see
 * and show it in one piece.
 */

#define _PAGE_PRESENT	0x001ULL
#define _PAGE_RW	0x002ULL
#define _PAGE_USER	0x004ULL
#define _PAGE_PWT	0x008ULL
#define _PAGE_PCD	0x010ULL
#define _PAGE_ACCESSED	0x020ULL
#define _PAGE_DIRTY	0x040ULL
#define _PAGE_PSE	0x080ULL	/* a page, not a table (above PT_4K) */
#define _PAGE_GLOBAL	0x100ULL
#define _PAGE_NX	(1ULL << 63)

#define PTE_ADDR_MASK	0x000ffffffffff000ULL

/*
 * What kernel memory may be. There is no writable and executable kind.
 * Accessed and dirty are set beforehand: nobody reads them, and the CPU need
 * not write them.
 */
#define PAGE_KERNEL_RX	(_PAGE_PRESENT | _PAGE_ACCESSED | _PAGE_GLOBAL)
#define PAGE_KERNEL_RO	(PAGE_KERNEL_RX | _PAGE_NX)
#define PAGE_KERNEL	(PAGE_KERNEL_RO | _PAGE_RW | _PAGE_DIRTY)
/* Registers of devices: each access goes to them, in order. */
#define PAGE_KERNEL_DEVICE (PAGE_KERNEL | _PAGE_PCD | _PAGE_PWT)

/*
 * Entries that point at tables allow everything, the last level decides; and
 * the root's may have rules of its own.
 */
#define PAGE_TABLE_FLAGS (_PAGE_PRESENT | _PAGE_RW | _PAGE_ACCESSED)

/* Flags this CPU knows (NX may be missing, and then must be 0). */
extern pte_t pte_supported_mask;

/* A tree of tables. */
struct pgtable {
	pte_t *root;
	bool live;		/* CPUs run on it: changes flush the TLB */
	unsigned long nr_tables;	/* pages, root included; atomic */
};

/* The one the kernel runs on. Counterpart: init_mm.pgd. */
extern struct pgtable kernel_pgtable;

static inline unsigned int pt_shift(enum pt_level level)
{
	return PAGE_SHIFT + (unsigned int)level * PT_INDEX_BITS;
}

static inline unsigned long pt_size(enum pt_level level)
{
	return 1UL << pt_shift(level);
}

static inline unsigned int pt_index(unsigned long va, enum pt_level level)
{
	return va >> pt_shift(level) & (PTRS_PER_TABLE - 1);
}

static inline bool pte_present(pte_t e)
{
	return e & _PAGE_PRESENT;
}

/* Does a present entry of this level map a page, rather than a table? */
static inline bool pte_leaf(pte_t e, enum pt_level level)
{
	return level == PT_4K || (e & _PAGE_PSE);
}

static inline phys_addr_t pte_phys(pte_t e)
{
	return e & PTE_ADDR_MASK;
}

/* An empty tree with a root page of its own. 0 or -ENOMEM. */
int pgtable_init(struct pgtable *pt);

/*
 * Gives back every table page, root included, of a tree that no CPU uses.
 * What it mapped is not touched.
 */
void pgtable_destroy(struct pgtable *pt);

/*
 * Maps [va, va + size) to physical memory from pa on, with the biggest pages
 * up to level max that both alignments allow. prot is one of PAGE_KERNEL*.
 * 0; -ENOMEM; -EEXIST if something is mapped there already (it stays; what
 * was mapped before that point of the range stays mapped too).
 */
int pgtable_map(struct pgtable *pt, unsigned long va, phys_addr_t pa,
		unsigned long size, pte_t prot, enum pt_level max);
/* The same; tables are asked for with gfp, which decides about sleep. */
int pgtable_map_gfp(struct pgtable *pt, unsigned long va, phys_addr_t pa,
		    unsigned long size, pte_t prot, enum pt_level max,
		    gfp_t gfp);

/*
 * Puts in the tables above va's entry of that level, so that mapping there
 * needs no memory for them. 0, -ENOMEM; -EEXIST: a bigger page is there.
 */
int pgtable_make_tables(struct pgtable *pt, unsigned long va,
			enum pt_level level, gfp_t gfp);

/*
 * Removes what is mapped in the range; holes are fine. Big pages that stick
 * out are split. Tables stay for the next user, as in Linux. 0 or -ENOMEM
 * (a split failed, only possible at the two ends).
 */
int pgtable_unmap(struct pgtable *pt, unsigned long va, unsigned long size);

/* Clears and sets flags of what is mapped in the range; as pgtable_unmap(). */
int pgtable_protect(struct pgtable *pt, unsigned long va, unsigned long size,
		    pte_t clear, pte_t set);

/*
 * The entry that maps va, and its level; NULL if va is not mapped. Any value
 * may be asked. Any context; where va is not the caller's own, with interrupts
 * off: tables are freed when all CPUs have answered. Counterpart:
 * lookup_address().
 */
pte_t *pgtable_lookup(const struct pgtable *pt, unsigned long va,
		      enum pt_level *level);

/* The entry of the last level for va, present or not; NULL: no table. */
pte_t *pgtable_lookup_small(const struct pgtable *pt, unsigned long va);

/* True if nothing, not even a table, stands at va's entry of that level. */
bool pgtable_entry_empty(const struct pgtable *pt, unsigned long va,
			 enum pt_level level);

/* Physical address that va is mapped to. False if it is not mapped. */
bool pgtable_translate(const struct pgtable *pt, unsigned long va,
		       phys_addr_t *pa);

/*
 * Takes out the tables of the last level whose addresses all lie in the range,
 * in which nothing is mapped and nobody else maps anything, and puts their
 * pages on the list, by lru. CPUs may remember such a table until the range is
 * flushed; then it can be freed. Tables made early in the boot stay.
 */
struct list_head;
void pgtable_take_tables(struct pgtable *pt, unsigned long va,
			 unsigned long size, struct list_head *tables);
/* The same with tables of all levels, as far as nothing is in them. */
void pgtable_take_all_tables(struct pgtable *pt, unsigned long va,
			     unsigned long size, struct list_head *tables);

/*
 * The first table that hangs at an entry of level lowest or above, and could
 * be taken out if nothing of what it spans is anybody's: *va and *size become
 * that. False: there is none whose addresses all lie in [*va, *va + *size). Any
 * context in which no table there comes or goes.
 */
bool pgtable_find_tables(const struct pgtable *pt, enum pt_level lowest,
			 unsigned long *va, unsigned long *size);

/* A stretch of virtual memory, mapped alike from end to end. */
struct pgtable_range {
	unsigned long start;
	unsigned long size;
	pte_t flags;			/* without _PAGE_PSE and address */
	unsigned long pages[PT_TOP];	/* how many of each size */
};

/*
 * Calls fn for every mapped stretch, ascending; stretches are as long as
 * flags stay the same. What comes and goes meanwhile may be missing. Cost: a
 * walk per entry.
 */
void pgtable_for_each_range(const struct pgtable *pt,
			    void (*fn)(const struct pgtable_range *r,
				       void *arg), void *arg);

/*
 * As pgtable_unmap() and pgtable_protect(), but translations are forgotten
 * when the caller flushes the batch: until then CPUs may use the old ones.
 */
struct tlb_batch;
int pgtable_unmap_batched(struct pgtable *pt, unsigned long va,
			  unsigned long size, struct tlb_batch *batch);
int pgtable_protect_batched(struct pgtable *pt, unsigned long va,
			    unsigned long size, pte_t clear, pte_t set,
			    struct tlb_batch *batch);

/*
 * Every CPU forgets its translations of all pages that the range touches; none
 * uses them any more when the call returns. With interrupts on, and without a
 * spinlock that a handler takes, as soon as several CPUs run.
 */
void flush_tlb_range(unsigned long va, unsigned long size);
void flush_tlb_all(void);

/*
 * flush_tlb_all() for who cannot wait with interrupts on. Preemption off; not
 * in an NMI. flush_tlb_if_asked() is the other side, called by each NMI: true
 * if that is what it came for.
 */
void flush_tlb_all_nmi(void);
bool flush_tlb_if_asked(void);

/* The same on this CPU only. Any context. */
void flush_tlb_local_range(unsigned long va, unsigned long size);
void flush_tlb_local_all(void);

/* Ranges whose flushes shall be one: see arch/x86/tlb.c. */
struct tlb_batch {
	unsigned long first, last;	/* lowest and highest page's address */
	unsigned long pages;		/* sum of all ranges; 0: none yet */
};

#define TLB_BATCH_INIT { 0, 0, 0 }

/* All pages that the range touches. Any context; the batch is the caller's. */
void tlb_batch_add(struct tlb_batch *batch, unsigned long va,
		   unsigned long size);
/* flush_tlb_range() for what was added; then the batch is empty again. */
void tlb_batch_flush(struct tlb_batch *batch);

/* Rounds of interrupts to other CPUs since boot. */
unsigned long tlb_shootdowns(void);

#endif
