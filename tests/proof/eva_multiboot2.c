/*
 * For Frama-C: whatever the loader hands over, the parser reads no byte outside
 * of it and writes none outside of struct boot_info.
 *
 * Eva knows for each variable between what bounds it lies, and hardly anything
 * of two variables together: that at + size <= total it forgets. So there are
 * two proofs, and each takes the other's part for granted.
 *
 *	prove_block	the walk: a block of BLOCK bytes of any value. Readers
 *			are called for tags anywhere in it.
 *	prove_tags	the readers: a tag of each size there can be up to
 *			TAG_MOST, that ends where the memory ends; one byte too
 *			many is outside.
 *
 * What joins them, and is argued in alarms.txt: walk_tags() calls a reader only
 * for a tag that lies in the block as a whole.
 */
#include "eva.h"

#include "../../boot/multiboot2.c"

#define BLOCK 256
#define TAG_MOST 96

static u64 block[BLOCK / sizeof(u64)];
static struct boot_info info;

void prove_block(void)
{
	Frama_C_make_unknown((char *)block, sizeof(block));
	multiboot2_parse(block, sizeof(block), &info);
}

/* bi as earlier tags may have left it. */
static void some_tags_were_read(struct boot_info *bi)
{
	bi->nr_mmap = Frama_C_unsigned_int_interval(0, BOOT_MAX_MMAP);
	bi->nr_modules = Frama_C_unsigned_int_interval(0, BOOT_MAX_MODULES);
	bi->nr_sections = Frama_C_unsigned_int_interval(0, BOOT_MAX_SECTIONS);
	bi->rsdp_size = Frama_C_nondet(0, Frama_C_nondet(20, 36));
}

void prove_tags(void)
{
	u8 *end = (u8 *)block + sizeof(block);
	struct tag tag;

	Frama_C_make_unknown((char *)block, sizeof(block));
	/*@ loop unroll TAG_MOST; */
	for (tag.size = HEADER_SIZE; tag.size <= TAG_MOST; tag.size++) {
		tag.data = end - tag.size;
		tag.type = Frama_C_unsigned_int_interval(0, ~0U);
		some_tags_were_read(&info);
		read_tag(&tag, &info);
	}
}
