/*
 * The image and the direct map, i386: one view. The kernel runs where its
 * frames are in the direct map anyway, so its parts only need other rights
 * than plain RAM. Where a part begins or ends inside a page of 2 MiB, that
 * page is split.
 *
 *	phys	0        1 MiB   2 MiB    image end  4 MiB            max_low
 *		| 4 KiB pages    | 4 KiB pages       | 2 MiB pages ... |
 *		| RW-    |init R-X|text R-X R-- RW- ?| RW-             |
 *
 * RAM above max_low_pfn is high memory: nothing maps it for good.
 */
#include <asm/control_regs.h>
#include <asm/desc.h>
#include <asm/highmem.h>
#include <asm/machine.h>
#include <asm/paging.h>
#include <asm/sections.h>
#include <kernel/init.h>
#include <kernel/panic.h>
#include <lib/kernel.h>
#include <mm/memblock.h>

static bool init_released;

phys_addr_t __init boot_mapped_end(void)
{
	return PFN_PHYS(max_low_pfn);
}

/* What pages of [start, end), mapped already, may be used for from now on. */
static void set_rights(const char *start, const char *end, pte_t prot)
{
	const pte_t rights = _PAGE_RW | _PAGE_NX;

	if (pgtable_protect(&kernel_pgtable, (unsigned long)start,
			    (unsigned long)(end - start), rights,
			    prot & rights))
		panic("no memory to split the direct map of the kernel image");
}

void __init map_image(void)
{
	unsigned long guard = (unsigned long)boot_stack_guard;

	set_rights(_sinittext, _einittext, PAGE_KERNEL_RX);
	set_rights(_stext, _etext, PAGE_KERNEL_RX);
	set_rights(__start_rodata, __end_rodata, PAGE_KERNEL_RO);
	if (pgtable_unmap(&kernel_pgtable, guard,
			  (unsigned long)boot_stack - guard))
		panic("no memory to unmap the guard page");
	highmem_tables_init();
}

/* A double fault runs as a task, which has a CR3 of its own. */
void __init load_root_table(phys_addr_t root)
{
	double_fault_set_cr3((unsigned long)root);
	write_cr3((unsigned long)root);
}

/* What low memory there is was there from the start. */
bool __init map_more_of_ram(void)
{
	return false;
}

void __init map_rest_of_ram(void)
{
}

bool direct_map_is_complete(void)
{
	return true;
}

phys_addr_t __init direct_map_bytes(void)
{
	phys_addr_t start, end, bytes = 0, limit = boot_mapped_end();
	u64 i;

	for_each_mem_range(i, &start, &end)
		if (start < limit)
			bytes += min(end, limit) - start;
	return bytes;
}

void release_init_image(void)
{
	set_rights(__init_begin, __init_end, PAGE_KERNEL);
	init_released = true;
}

bool init_image_is_ram(void)
{
	return init_released;
}
