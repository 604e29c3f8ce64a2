/*
 * Fuzz target: firmware's ACPI tables, from the RSDP to the CPUs in the MADT
 * (arch/x86/acpi_tables.c, madt.c).
 *
 *	byte 0		how the kernel was told of the RSDP: bit 0 by a copy,
 *			bit 1 of the first version
 *	then chunks	address (4 bytes), size (2), flags (1), the bytes
 *
 * The chunks are memory, later ones over earlier ones; elsewhere it reads as
 * ff. Flag 1 has the checksum of the table made right that begins there, flag
 * 2 those of the RSDP: no mutation would come by them. Windows on memory are
 * copies of their size before a guard page, seven at a time.
 */
#include <stdlib.h>
#include <string.h>

#include <asm/fixmap.h>
#include <asm/madt.h>
#include <kernel/boot_info.h>
#include <lib/kernel.h>

#include "../../arch/x86/acpi_tables.h"
#include "fuzz.h"

#define MAX_CHUNKS 32
#define WINDOWS_AT_MOST 4	/* during a walk: acpi_tables.h */
#define CPUS 16
#define CPUS_SLOT FIXMAP_WINDOWS

_Static_assert(CPUS_SLOT < GUARD_SLOTS, "a slot for each window, and one");
_Static_assert(FIXMAP_WINDOW_SIZE <= GUARD_ROOM, "room for a window");

enum { FIX_TABLE = 1, FIX_RSDP = 2 };

struct chunk {
	u64 pa;
	size_t size;
	u8 *bytes;		/* malloc'ed */
};

static struct chunk chunks[MAX_CHUNKS];
static unsigned int nr_chunks;
static const void *windows[FIXMAP_WINDOWS];
static unsigned int most_open;
static struct boot_info info;

/* ----- <asm/fixmap.h> ----- */

static void read_memory(u64 pa, u8 *dst, size_t size)
{
	unsigned int i;

	memset(dst, 0xff, size);
	for (i = 0; i < nr_chunks; i++) {
		const struct chunk *c = &chunks[i];
		u64 start = max(pa, c->pa), end = min(pa + size,
						      c->pa + c->size);

		if (start < end)
			memcpy(dst + (start - pa), c->bytes + (start - c->pa),
			       (size_t)(end - start));
	}
}

unsigned int fixmap_windows_open(void)
{
	unsigned int i, nr = 0;

	for (i = 0; i < FIXMAP_WINDOWS; i++)
		nr += windows[i] != NULL;
	return nr;
}

const void *early_memremap(phys_addr_t phys, unsigned long size)
{
	unsigned int slot = 0;
	void *p;

	while (slot < FIXMAP_WINDOWS && windows[slot])
		slot++;
	if (slot == FIXMAP_WINDOWS || !size || size > FIXMAP_WINDOW_SIZE ||
	    phys + size < phys)
		return NULL;
	p = guard_open(slot, size, 1);
	read_memory(phys, p, size);
	windows[slot] = p;
	most_open = max(most_open, fixmap_windows_open());
	return p;
}

void early_memunmap(const void *p)
{
	unsigned int slot;

	for (slot = 0; p && slot < FIXMAP_WINDOWS; slot++)
		if (windows[slot] == p) {
			windows[slot] = NULL;
			guard_close(slot);
			return;
		}
	if (p)
		fuzz_fail("a window is closed that is not open");
}

/* ----- what the input says ----- */

static u8 sum(const u8 *p, size_t n)
{
	u8 total = 0;

	while (n--)
		total = (u8)(total + *p++);
	return total;
}

/* Makes n bytes sum to 0 by the one at `at`. */
static void fix_sum(struct chunk *c, size_t n, size_t at)
{
	if (at < n && n <= c->size)
		c->bytes[at] = (u8)(c->bytes[at] - sum(c->bytes, n));
}

static void fix_checksums(struct chunk *c, u8 flags)
{
	u32 length;

	if (flags & FIX_RSDP) {
		fix_sum(c, 20, 8);
		fix_sum(c, 36, 32);
	} else if (flags & FIX_TABLE && c->size >= 8) {
		memcpy(&length, c->bytes + 4, 4);
		fix_sum(c, length, 9);
	}
}

static void read_chunk(struct input *in)
{
	struct chunk *c = &chunks[nr_chunks++];
	u8 flags;

	c->pa = take(in, 4);
	c->size = (size_t)take(in, 2);
	flags = take_byte(in);
	c->size = min(c->size, input_left(in));
	c->bytes = malloc(c->size + 1);
	if (!c->bytes)
		abort();
	memcpy(c->bytes, in->next, c->size);
	in->next += c->size;
	fix_checksums(c, flags);
}

/* The first chunk is the RSDP. */
static void read_input(struct input *in)
{
	u8 how = take_byte(in);

	memset(&info, 0, sizeof(info));
	while (nr_chunks < MAX_CHUNKS && input_left(in))
		read_chunk(in);
	if (!nr_chunks)
		return;
	info.rsdp = chunks[0].pa;
	if (!(how & 1))
		return;
	info.rsdp = 0;
	info.rsdp_size = how & 2 ? 20 : 36;
	memcpy(info.rsdp_copy, chunks[0].bytes,
	       min_t(size_t, info.rsdp_size, chunks[0].size));
}

/* ----- what must come of it ----- */

static bool saw_madt;

/*
 * A table that is told has the name and the size, and sums to 0. (Firmware may
 * call a table RSDP, too.)
 */
static void visited(const char *name, phys_addr_t pa, unsigned long size,
		    void *arg)
{
	u8 *bytes = malloc(size);
	u32 length;

	if (!bytes)
		abort();
	read_memory(pa, bytes, size);
	if (info.rsdp && pa == info.rsdp && !strcmp(name, "RSDP")) {
		if (memcmp(bytes, "RSD PTR ", 8) || sum(bytes, 20))
			fuzz_fail("not an RSDP");
	} else {
		memcpy(&length, bytes + 4, 4);
		if (memcmp(bytes, name, strlen(name)) || length != size ||
		    size < 36 || sum(bytes, size))
			fuzz_fail("not a table: %s", name);
	}
	saw_madt |= !strcmp(name, "APIC");
	free(bytes);
}

static void check_cpus(const struct madt_info *madt,
		       const struct madt_cpu *cpus, unsigned int max)
{
	unsigned int i, j;

	if (madt->nr_cpus > max || (madt->nr_left_out && madt->nr_cpus < max))
		fuzz_fail("%u CPUs of %u", madt->nr_cpus, max);
	for (i = 0; i < madt->nr_cpus; i++) {
		if (cpus[i].apic_id == ~0U)
			fuzz_fail("all CPUs taken for one");
		for (j = 0; j < i; j++)
			if (cpus[j].apic_id == cpus[i].apic_id)
				fuzz_fail("APIC %u twice", cpus[i].apic_id);
	}
}

/* With room for CPUs and with less; the first ones are the same. */
static void check_madt(const void *table, unsigned long size)
{
	unsigned int max = size % CPUS;
	struct madt_info all, some;
	struct madt_cpu cpus[CPUS], *few;

	few = guard_open(CPUS_SLOT, max * sizeof(*few), sizeof(*few));
	if (madt_parse(table, size, &all, cpus, CPUS))
		return;
	check_cpus(&all, cpus, CPUS);
	if (madt_parse(table, size, &some, few, max))
		fuzz_fail("refused the second time");
	check_cpus(&some, few, max);
	if (some.nr_cpus != min(all.nr_cpus, max) ||
	    memcmp(cpus, few, some.nr_cpus * sizeof(*few)) ||
	    some.apic_base != all.apic_base ||
	    some.nr_disabled != all.nr_disabled)
		fuzz_fail("less room changes more than the number of CPUs");
}

void fuzz_begin(void)
{
}

void fuzz_one(struct input *in)
{
	unsigned long size = 0;
	const void *table;

	read_input(in);
	saw_madt = false;
	most_open = 0;
	acpi_for_each_table(&info, visited, NULL);
	if (most_open > WINDOWS_AT_MOST)
		fuzz_fail("%u windows open", most_open);
	table = acpi_find_table(&info, "APIC", &size);
	if (!!table != saw_madt)
		fuzz_fail("the MADT is found by one walk only");
	if (table)
		check_madt(table, size);
	early_memunmap(table);
	if (fixmap_windows_open())
		fuzz_fail("%u windows left open", fixmap_windows_open());
	while (nr_chunks)
		free(chunks[--nr_chunks].bytes);
}
