/*
 * In which order is the machine set up?
 *
 *	1. What the CPU can do: page sizes, protections.
 *	2. Which memory is usable: firmware's map, cleaned.
 *	3. What in it is taken already; then the early allocator may hand out
 *	   the rest, as far as the first page tables show it.
 *	4. On i386: a place for the page descriptors, and no more RAM than they
 *	   can describe.
 *	5. Final page tables, from that allocator. All RAM that can have an
 *	   address has one.
 *	6. Which CPUs there are: firmware's tables again. What these and the
 *	   loader say differs from machine to machine, and goes into what is
 *	   random.
 *
 * Before 3 nothing may be allocated, and nothing is.
 */
#include <asm/cpufeature.h>
#include <asm/machine.h>
#include <asm/paging.h>
#include <asm/restart.h>
#include <kernel/init.h>
#include <mm/early.h>
#include <mm/memblock.h>

#include "cpu_list.h"
#include "setup.h"

static const struct boot_info *boot_data __ro_after_init;

const struct boot_info *setup_boot_info(void)
{
	return boot_data;
}

void __init setup_arch(const struct boot_info *boot)
{
	boot_data = boot;
	restart_check_table();
	cpu_init_features();
	cpu_print_features();

	memory_map_init(boot);
	reserve_boot_ranges(boot);
	memblock_set_current_limit(boot_mapped_end());
	memblock_allow_resize();
	memory_map_add_ram();

	early_init();
	early_set_limit(boot_mapped_end());
	own_boot_ranges(boot);

	mem_map_init();
	paging_init();
	cpu_list_init(boot);
	add_boot_randomness(boot);
}
