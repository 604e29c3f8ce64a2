/*
 * Where are firmware's ACPI tables?
 *
 *	RSDP --> RSDT (32-bit addresses) or XSDT (64-bit) --> FADT --> DSDT
 *	                                                  --> MADT
 *	                                                  --> SRAT ...
 *
 * Their places are wanted because tables that lie in RAM must not be handed
 * out, and the self-test shows that none was written over; and who needs what
 * is in one finds it here by its name.
 *
 * All of it is somebody else's data: a table counts only if its length is
 * sane, it can be mapped, and its bytes sum to 0. One that does not is passed
 * over, and told to who looks for it. Nothing is followed more than one step
 * down, so a circle ends.
 */
#include <asm/fixmap.h>
#include <kernel/printk.h>
#include <lib/bitops.h>
#include <lib/kernel.h>
#include <lib/string.h>

#include "acpi_tables.h"

#define RSDP_SIZE_V1 20
#define RSDP_SIZE_V2 36

struct rsdp {
	char signature[8];	/* "RSD PTR " */
	u8 checksum;		/* over the first 20 bytes */
	char oem[6];
	u8 revision;		/* 2 and up: the fields below are there */
	u32 rsdt;
	u32 length;
	u64 xsdt;
	u8 checksum_all;
	u8 reserved[3];
} __packed;

struct table_header {
	char signature[4];
	u32 length;		/* with this header */
	u8 revision, checksum;
	char oem[22];
	u32 creator;
} __packed;

_Static_assert(sizeof(struct rsdp) == RSDP_SIZE_V2, "layout of the RSDP");
_Static_assert(sizeof(struct table_header) == 36, "layout of a header");

/* In the FADT: the DSDT's address, in 32 and (revision 2 and up) 64 bits. */
#define FADT_DSDT 40
#define FADT_X_DSDT 140

/* A table that says it is bigger is nonsense, or none of our business. */
#define TABLE_MAX FIXMAP_WINDOW_SIZE

/* Whom to tell of a table, and of an address that names no good one. */
struct walk {
	acpi_table_fn fn;
	void (*damaged)(phys_addr_t pa, void *arg);	/* or NULL */
	void *arg;
};

/*
 * Of a word, in lanes of 16 bits, so that nothing is carried from one to the
 * next: large tables are summed several times in a boot.
 *
 *	b3 b2 b1 b0	->  b3+b2 | b1+b0, times 1 | 1: sum | ...
 */
static u8 sum_of_bytes(unsigned long word)
{
	const unsigned long lanes = ~0UL / 0xffff;	/* 1 in each */

	word = (word & lanes * 0xff) + (word >> 8 & lanes * 0xff);
	return (u8)(word * lanes >> (BITS_PER_LONG - 16));
}

static bool sums_to_zero(const void *p, size_t n)
{
	const u8 *bytes = p;
	unsigned long word;
	u8 sum = 0;

	for (; n >= sizeof(word); n -= sizeof(word), bytes += sizeof(word)) {
		__builtin_memcpy(&word, bytes, sizeof(word));
		sum = (u8)(sum + sum_of_bytes(word));
	}
	while (n--)
		sum = (u8)(sum + *bytes++);
	return sum == 0;
}

/* Maps a table whose length and checksum are right, else NULL. */
static const struct table_header *map_table(phys_addr_t pa)
{
	const struct table_header *h = early_memremap(pa, sizeof(*h));
	u32 length;

	if (!h)
		return NULL;
	length = h->length;
	early_memunmap(h);
	if (length < sizeof(*h) || length > TABLE_MAX)
		return NULL;
	h = early_memremap(pa, length);
	if (h && h->length == length && sums_to_zero(h, length))
		return h;
	early_memunmap(h);
	return NULL;
}

static void visit(const struct table_header *h, phys_addr_t pa,
		  const struct walk *w)
{
	char name[sizeof(h->signature) + 1] = "";

	memcpy(name, h->signature, sizeof(h->signature));
	w->fn(name, pa, h->length, w->arg);
}

/* A little-endian address of width 4 or 8 at p. */
static phys_addr_t read_address(const void *p, unsigned int width)
{
	u64 v = 0;

	memcpy(&v, p, width);
	return v;
}

static void visit_dsdt(const struct table_header *fadt, const struct walk *w)
{
	const char *p = (const char *)fadt;
	const struct table_header *h;
	phys_addr_t pa = 0;

	if (fadt->length >= FADT_X_DSDT + 8)
		pa = read_address(p + FADT_X_DSDT, 8);
	if (!pa && fadt->length >= FADT_DSDT + 4)
		pa = read_address(p + FADT_DSDT, 4);
	h = pa ? map_table(pa) : NULL;
	if (!h)
		return;
	visit(h, pa, w);
	early_memunmap(h);
}

static void visit_entry(phys_addr_t pa, const struct walk *w)
{
	const struct table_header *h = map_table(pa);

	if (!h) {
		if (w->damaged)
			w->damaged(pa, w->arg);
		return;
	}
	visit(h, pa, w);
	if (!memcmp(h->signature, "FACP", 4))
		visit_dsdt(h, w);
	early_memunmap(h);
}

/* The RSDT or XSDT at pa and what it lists; false if it is no such table. */
static bool visit_root(phys_addr_t pa, const char *signature,
		       unsigned int width, const struct walk *w)
{
	const struct table_header *h = pa ? map_table(pa) : NULL;
	const char *p, *end;
	bool ok;

	if (!h)
		return false;
	ok = !memcmp(h->signature, signature, 4);
	if (ok) {
		visit(h, pa, w);
		p = (const char *)(h + 1);
		end = (const char *)h + h->length;
		for (; end - p >= (long)width; p += width)
			visit_entry(read_address(p, width), w);
	}
	early_memunmap(h);
	return ok;
}

/* The RSDP into *rsdp: the loader's copy, or from where the loader says. */
static bool read_rsdp(const struct boot_info *boot, struct rsdp *rsdp)
{
	const void *p;

	memset(rsdp, 0, sizeof(*rsdp));
	if (boot->rsdp_size >= RSDP_SIZE_V1) {
		memcpy(rsdp, boot->rsdp_copy,
		       min_t(size_t, boot->rsdp_size, sizeof(*rsdp)));
	} else {
		p = boot->rsdp ? early_memremap(boot->rsdp, sizeof(*rsdp)) :
				 NULL;
		if (!p)
			return false;
		memcpy(rsdp, p, sizeof(*rsdp));
		early_memunmap(p);
	}
	return !memcmp(rsdp->signature, "RSD PTR ", 8) &&
	       sums_to_zero(rsdp, RSDP_SIZE_V1);
}

static void walk_tables(const struct boot_info *boot, const struct walk *w)
{
	struct rsdp rsdp;

	if (!read_rsdp(boot, &rsdp))
		return;
	if (boot->rsdp)
		w->fn("RSDP", boot->rsdp,
		      rsdp.revision >= 2 ? RSDP_SIZE_V2 : RSDP_SIZE_V1, w->arg);
	if (rsdp.revision >= 2 && rsdp.length >= RSDP_SIZE_V2 &&
	    sums_to_zero(&rsdp, RSDP_SIZE_V2) &&
	    visit_root(rsdp.xsdt, "XSDT", 8, w))
		return;
	visit_root(rsdp.rsdt, "RSDT", 4, w);
}

void acpi_for_each_table(const struct boot_info *boot, acpi_table_fn fn,
			 void *arg)
{
	const struct walk w = { .fn = fn, .arg = arg };

	walk_tables(boot, &w);
}

struct search {
	const char *name;
	phys_addr_t pa;		/* 0: not found */
};

static void match_name(const char *name, phys_addr_t pa, unsigned long size,
		       void *arg)
{
	struct search *s = arg;

	if (!s->pa && !strcmp(name, s->name))
		s->pa = pa;
}

/* Told only if it is, or was once, the table that is looked for. */
static void tell_damaged(phys_addr_t pa, void *arg)
{
	const struct table_header *h = early_memremap(pa, sizeof(*h));
	const struct search *s = arg;

	if (h && !memcmp(h->signature, s->name, sizeof(h->signature)))
		pr_err("ACPI: table %s at %#llx has a wrong length or checksum: "
		       "passed over\n", s->name, pa);
	early_memunmap(h);
}

const void *acpi_find_table(const struct boot_info *boot, const char *name,
			    unsigned long *size)
{
	struct search s = { .name = name };
	const struct walk w = { match_name, tell_damaged, &s };
	const struct table_header *h;

	walk_tables(boot, &w);
	h = s.pa ? map_table(s.pa) : NULL;
	if (h)
		*size = h->length;
	return h;
}
