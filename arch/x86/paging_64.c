/*
 * The image and the direct map, x86_64: two views of the kernel's frames. The
 * image has addresses of its own, near the top, where code can be addressed
 * with 32 bits; in the direct map the same frames are seen as RAM, without
 * the right to write what is executable or constant.
 *
 * RAM beyond what the first tables show is mapped in steps that raise the
 * limit of early allocation: tables for one step may already lie in the step
 * before, so a machine with little RAM below 4 GiB can map a lot above.
 */
#include <asm/control_regs.h>
#include <asm/paging.h>
#include <asm/sections.h>
#include <kernel/init.h>
#include <kernel/panic.h>
#include <lib/kernel.h>
#include <mm/early.h>
#include <mm/memblock.h>

/* RAM mapped at a time above 4 GiB: at most 64 tables of 2 MiB pages. */
#define MAP_STEP (64ULL << 30)

static struct {
	char *start, *end;
	pte_t prot;
} image_parts[] __initdata = {
	{ _sinittext, _einittext, PAGE_KERNEL_RX },
	{ _einittext, __init_end, PAGE_KERNEL },
	{ _stext, _etext, PAGE_KERNEL_RX },
	{ __start_rodata, __end_rodata, PAGE_KERNEL_RO },
	{ __start_ro_after_init, __end_ro_after_init, PAGE_KERNEL },
	{ _sdata, _edata, PAGE_KERNEL },
	{ __bss_start, __bss_stop, PAGE_KERNEL },
	{ boot_stack, boot_stack_top, PAGE_KERNEL },
};

phys_addr_t __init boot_mapped_end(void)
{
	return SZ_4G;
}

void __init map_image(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(image_parts); i++) {
		char *start = image_parts[i].start;
		char *end = image_parts[i].end;

		kernel_map_or_panic((unsigned long)start, __pa(start),
				    (unsigned long)(end - start),
				    image_parts[i].prot, PT_4K);
	}
	direct_map_protect_image(_sinittext, _einittext, false);
	direct_map_protect_image(_stext, _etext, false);
	direct_map_protect_image(__start_rodata, __end_rodata, false);
}

void __init load_root_table(phys_addr_t root)
{
	write_cr3(root);
}

void __init map_rest_of_ram(void)
{
	phys_addr_t start, end, ram_end = memblock_end_of_DRAM();

	for (start = boot_mapped_end(); start < ram_end; start = end) {
		end = min(start + MAP_STEP, ram_end);
		direct_map_ram(start, end);
		early_set_limit(end);
	}
	early_set_limit(ram_end);
}

phys_addr_t __init direct_map_bytes(void)
{
	return memblock_phys_mem_size();
}

void release_init_image(void)
{
	unsigned long size = (unsigned long)(__init_end - __init_begin);

	if (pgtable_unmap(&kernel_pgtable, (unsigned long)__init_begin, size))
		panic("the image is mapped with big pages");
	direct_map_protect_image(__init_begin, __init_end, true);
}

bool init_image_is_ram(void)
{
	return false;	/* what is RAM again is the other view */
}
