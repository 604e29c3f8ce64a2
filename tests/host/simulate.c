/*
 * A simulated machine in a process: firmware's map, the address space behind
 * it, and setup_arch(), which does for it what arch/x86 does for a PC.
 *
 * The direct map is reserved as a whole and without access; what the cleaned
 * map calls RAM is made accessible (ram.c). So a stray access to a hole is a
 * fault, as it would be on a machine.
 *
 *	0        4 KiB      1 MiB     image      module     ...   end of RAM
 *	| page 0 | firmware | kernel, init | ...  |####| ...
 *	 `------- early reservations, as on a PC ------'
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <asm/e820.h>
#include <asm/machine.h>
#include <asm/page.h>
#include <kernel/boot_info.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <lib/string.h>
#include <mm/early.h>
#include <mm/memblock.h>
#include <mm/mm.h>

#include "mapfile.h"
#include "ram.h"
#include "simulate.h"

#define IMAGE_BASE 0x100000ULL
#define IMAGE_SIZE 0x34000ULL		/* text and data */
#define INIT_SIZE 0x5000ULL		/* right behind: given back later */
#define MODULE_BASE 0x200400ULL
#define MODULE_SIZE 0x12345ULL		/* odd on purpose */

static struct e820_entry ram_entries[2 * BOOT_MAX_MMAP];
static struct e820_table ram = { ram_entries, 0, ARRAY_SIZE(ram_entries) };
static struct e820_point scratch[2 * BOOT_MAX_MMAP];

static unsigned int nr_nodes = 1;
static const struct map_file *node_table;

void simulate_reserve_area(unsigned long start, unsigned long size, int prot)
{
	void *p = mmap((void *)start, size, prot, MAP_PRIVATE | MAP_ANONYMOUS |
		       MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);

	if (p == (void *)start)
		return;
	perror("no address space for the simulated machine");
	exit(2);
}

void simulate_address_space(void)
{
	ram_reserve();
	simulate_reserve_area(VMEMMAP_START, VMEMMAP_SIZE,
			      PROT_READ | PROT_WRITE);
	simulate_reserve_area(VMALLOC_START, VMALLOC_END - VMALLOC_START,
			      PROT_NONE);
}

static void add_firmware(struct boot_info *boot, u64 base, u64 end, u32 type)
{
	boot->mmap[boot->nr_mmap++] = (struct boot_mmap_entry){
		.base = base, .length = end - base, .type = type };
}

static void begin_firmware(struct boot_info *boot)
{
	memset(boot, 0, sizeof(*boot));
	boot->protocol = "simulated";
	strscpy(boot->loader, "hosted", sizeof(boot->loader));
	boot->modules[0].base = MODULE_BASE;
	boot->modules[0].size = MODULE_SIZE;
	boot->nr_modules = 1;
}

/* Ends in mid-page, holes of all sizes, RAM on both sides of each zone end. */
void simulate_firmware_default(struct boot_info *boot)
{
	begin_firmware(boot);
	add_firmware(boot, 0, 0x9fc00, BOOT_MEM_USABLE);
	add_firmware(boot, 0x9fc00, 0xa0000, BOOT_MEM_RESERVED);
	add_firmware(boot, 0xf0000, 0x100000, BOOT_MEM_RESERVED);
	add_firmware(boot, 0x100000, 0xf00000, BOOT_MEM_USABLE);
	add_firmware(boot, 0xf00800, 0x1233400, BOOT_MEM_USABLE);
	add_firmware(boot, 0x1235000, 0x2c01001, BOOT_MEM_USABLE);
	add_firmware(boot, 0x2800000, 0x2801000, 0x101);
	add_firmware(boot, 0xff7ff000, 0x100000000, BOOT_MEM_USABLE);
	add_firmware(boot, 0x100000000, 0x100c03fff, BOOT_MEM_USABLE);
	add_firmware(boot, 0x100900000, 0x100901000, BOOT_MEM_ACPI);
	add_firmware(boot, 0, 0, 0);
}

void simulate_firmware_size(struct boot_info *boot, u64 size)
{
	u64 low = min(size, 0xc0000000ULL);

	begin_firmware(boot);
	add_firmware(boot, 0, 0x9fc00, BOOT_MEM_USABLE);
	add_firmware(boot, 0x9fc00, 0xa0000, BOOT_MEM_RESERVED);
	add_firmware(boot, 0xf0000, 0x100000, BOOT_MEM_RESERVED);
	add_firmware(boot, 0x100000, low - 0x20000, BOOT_MEM_USABLE);
	add_firmware(boot, low - 0x20000, low, BOOT_MEM_RESERVED);
	add_firmware(boot, 0xfffc0000, 0x100000000, BOOT_MEM_RESERVED);
	if (size > low)
		add_firmware(boot, 0x100000000, 0x100000000 + size - low,
			     BOOT_MEM_USABLE);
}

bool simulate_firmware_map(struct boot_info *boot, const struct map_file *map)
{
	unsigned int i;

	begin_firmware(boot);
	if (map->nr_entries > BOOT_MAX_MMAP)
		return false;
	for (i = 0; i < map->nr_entries; i++)
		add_firmware(boot, map->entries[i].base,
			     map->entries[i].base + map->entries[i].size,
			     map->entries[i].type);
	return true;
}

void simulate_nodes(unsigned int nodes)
{
	nr_nodes = nodes;
}

void simulate_node_table(const struct map_file *map)
{
	node_table = map;
}

bool simulate_is_ram(phys_addr_t pa)
{
	unsigned int i;
	u64 start, end;

	for (i = 0; i < ram.nr; i++)
		if (e820_usable_pfns(&ram.entries[i], &start, &end) &&
		    PFN_DOWN(pa) >= start && PFN_DOWN(pa) < end)
			return true;
	return false;
}

static void clean_memory_map(const struct boot_info *boot)
{
	unsigned int i;

	for (i = 0; i < boot->nr_mmap; i++)
		e820_add(&ram, boot->mmap[i].base, boot->mmap[i].length,
			 boot->mmap[i].type);
	e820_print(&ram, "firmware");
	if (e820_sanitize(&ram, scratch, ARRAY_SIZE(scratch)))
		exit(2);
	e820_print(&ram, "e820");
}

/* What is in use is reserved: the list may move into RAM while it grows. */
static void add_ram(void)
{
	u64 start, end;
	unsigned int i;

	for (i = 0; i < ram.nr; i++) {
		if (!e820_usable_pfns(&ram.entries[i], &start, &end))
			continue;
		ram_power_on(PFN_PHYS(start), PFN_PHYS(end - start));
		memblock_add(PFN_PHYS(start), PFN_PHYS(end - start));
	}
}

/* Nodes in turn, stripes of 2 MiB and a bit, so that no end is aligned. */
static void deal_out_nodes(void)
{
	u64 stripe = 0x203000, at, end = memblock_end_of_DRAM();
	unsigned int nid = 0;

	stripe = max(stripe, ALIGN(end / 16 / nr_nodes, (u64)PAGE_SIZE));
	for (at = 0; at < end; at += stripe, nid = (nid + 1) % nr_nodes)
		memblock_set_node(at, stripe, &memblock.memory, (int)nid);
}

static void assign_nodes(void)
{
	static const struct map_file none;

	if (nr_nodes > 1)
		deal_out_nodes();
	else
		map_assign_nodes(node_table ? node_table : &none);
}

/* RAM's part of a reservation that a PC of any size would make. */
static void reserve(phys_addr_t base, phys_addr_t size, enum early_owner owner)
{
	if (early_reserve(base, size, owner))
		exit(2);
}

void setup_arch(const struct boot_info *boot)
{
	unsigned int i;

	clean_memory_map(boot);
	early_init();
	early_set_limit(min(e820_end_of_ram(&ram), ram_low_end()));
	reserve(0, IMAGE_BASE, EARLY_OTHER);
	reserve(IMAGE_BASE, IMAGE_SIZE, EARLY_KERNEL);
	reserve(IMAGE_BASE + IMAGE_SIZE, INIT_SIZE, EARLY_INIT);
	for (i = 0; i < boot->nr_modules; i++)
		reserve(boot->modules[i].base, boot->modules[i].size,
			EARLY_BOOT);
	add_ram();
	assign_nodes();
	for (i = 0; i < 5; i++)
		if (!early_alloc(PAGE_SIZE, PAGE_SIZE, EARLY_PAGETABLE))
			exit(2);
}

/* The area is there from the start, zeroed by the operating system. */
int vmemmap_populate(unsigned long start_pfn, unsigned long end_pfn, int nid)
{
	return IS_ALIGNED(start_pfn | end_pfn, MAX_ORDER_NR_PAGES) &&
	       start_pfn <= end_pfn ? 0 : -EINVAL;
}

/* All of it can be written from the start. */
bool memmap_is_backed(unsigned long pfn)
{
	return true;
}

void memmap_back_block(unsigned long pfn, struct memmap_supply *supply)
{
}

void memmap_back_descriptor(unsigned long pfn, struct memmap_supply *supply)
{
}

/* What there is has been made accessible as a whole. */
bool map_more_of_ram(void)
{
	return false;
}

void free_initmem(void)
{
	unsigned long pfn = PFN_DOWN(IMAGE_BASE + IMAGE_SIZE);
	unsigned long end = PFN_DOWN(IMAGE_BASE + IMAGE_SIZE + INIT_SIZE);

	for (; pfn < end; pfn++)
		if (simulate_is_ram(PFN_PHYS(pfn)))
			free_reserved_page(pfn_to_page(pfn));
}

static void show_range(const char *what, u64 base, u64 size,
		       void (*fn)(const char *what, const void *p, size_t n,
				  void *arg), void *arg)
{
	u64 at, n;

	for (at = base; at < base + size; at += n) {
		n = min((u64)(PAGE_SIZE - at % PAGE_SIZE), base + size - at);
		if (simulate_is_ram(at))
			fn(what, __va(at), n, arg);
	}
}

void for_each_boot_range(void (*fn)(const char *what, const void *p, size_t n,
				    void *arg), void *arg)
{
	show_range("kernel image", IMAGE_BASE, IMAGE_SIZE, fn, arg);
	show_range("module", MODULE_BASE, MODULE_SIZE, fn, arg);
	fn("boot information", &boot_info, sizeof(boot_info), arg);
}

bool virt_addr_valid(const void *p)
{
	unsigned long va = (unsigned long)p;

	return __pa(va) < ram_low_end() && simulate_is_ram(__pa(va));
}
