/*
 * Which CPUs does firmware tell of?
 *
 * The MADT is a header and a list of entries, each with its type and length:
 *
 *	|"APIC" length ... | base, flags | 0 8 id.. | 1 12 ... | 9 16 id.. |
 *	0                 36            44
 *
 *	type 0	a CPU with a local APIC, 8-bit number
 *	type 5	the APICs' registers are elsewhere, 64-bit address
 *	type 9	a CPU with an x2APIC, 32-bit number
 *
 * The rest is about interrupt lines. An entry whose length is wrong for its
 * type, or whose number is the one that means "all", is passed over; so is a
 * second one for the same APIC, since a CPU must not be started twice. If the
 * list itself cannot be followed (an entry of no length, or one that leaves
 * the table) nothing in it is to be trusted.
 *
 * Reads nothing outside the table, and every byte as bytes: entries need not
 * be aligned. Cost: entries x CPUs.
 */
#include <asm/madt.h>
#include <lib/compiler.h>
#include <lib/string.h>

#define MADT_LENGTH 4		/* of the table, in its header */
#define MADT_BASE 36
#define MADT_ENTRIES 44

#define TYPE_LOCAL_APIC 0
#define TYPE_ADDRESS 5
#define TYPE_LOCAL_X2APIC 9

#define CPU_ENABLED 1

struct reader {
	struct madt_info *info;
	struct madt_cpu *cpus;
	unsigned int max;
};

static u32 get_u32(const u8 *p)
{
	u32 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static u64 get_u64(const u8 *p)
{
	u64 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static bool is_known(const struct reader *r, u32 apic_id)
{
	unsigned int i;

	for (i = 0; i < r->info->nr_cpus; i++)
		if (r->cpus[i].apic_id == apic_id)
			return true;
	return false;
}

static void add_cpu(struct reader *r, u32 apic_id, u32 flags)
{
	struct madt_info *info = r->info;

	if (!(flags & CPU_ENABLED))
		info->nr_disabled++;
	else if (is_known(r, apic_id))
		info->nr_bad++;
	else if (info->nr_cpus == r->max)
		info->nr_left_out++;
	else
		r->cpus[info->nr_cpus++].apic_id = apic_id;
}

/* Firmware has such an entry for each CPU that could be there. */
static void read_local_apic(struct reader *r, const u8 *e, u8 length)
{
	if (length != 8 || (e[3] == 0xff && get_u32(e + 4) & CPU_ENABLED))
		r->info->nr_bad++;
	else
		add_cpu(r, e[3], get_u32(e + 4));
}

static void read_local_x2apic(struct reader *r, const u8 *e, u8 length)
{
	if (length != 16 || (get_u32(e + 4) == ~0U &&
			     get_u32(e + 8) & CPU_ENABLED))
		r->info->nr_bad++;
	else
		add_cpu(r, get_u32(e + 4), get_u32(e + 8));
}

static void read_address(struct reader *r, const u8 *e, u8 length)
{
	if (length != 12)
		r->info->nr_bad++;
	else
		r->info->apic_base = get_u64(e + 4);
}

static void read_entry(struct reader *r, const u8 *e, u8 length)
{
	switch (e[0]) {
	case TYPE_LOCAL_APIC:
		read_local_apic(r, e, length);
		break;
	case TYPE_ADDRESS:
		read_address(r, e, length);
		break;
	case TYPE_LOCAL_X2APIC:
		read_local_x2apic(r, e, length);
		break;
	}
}

const char *madt_parse(const void *table, size_t size, struct madt_info *info,
		       struct madt_cpu *cpus, unsigned int max)
{
	struct reader r = { info, cpus, max };
	const u8 *t = table;
	size_t at, length;

	memset(info, 0, sizeof(*info));
	if (size < MADT_ENTRIES)
		return "the table is too short";
	if (memcmp(t, "APIC", 4))
		return "the table has another name";
	length = get_u32(t + MADT_LENGTH);
	if (length < MADT_ENTRIES || length > size)
		return "the table's length is wrong";
	info->apic_base = get_u32(t + MADT_BASE);
	for (at = MADT_ENTRIES; at < length; at += t[at + 1]) {
		if (length - at < 2 || t[at + 1] < 2)
			return "an entry has no length";
		if (t[at + 1] > length - at)
			return "an entry leaves the table";
		read_entry(&r, t + at, t[at + 1]);
	}
	return NULL;
}
