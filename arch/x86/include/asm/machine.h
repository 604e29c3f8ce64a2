/*
 * What the rest of the kernel asks of the machine as a whole.
 * Part of the machine contract: hosted tests implement it for a process.
 */
#ifndef ASM_MACHINE_H
#define ASM_MACHINE_H

#include <lib/compiler.h>
#include <lib/types.h>

struct boot_info;
struct memmap_supply;

/* Verdicts, as written to QEMU's isa-debug-exit port. */
enum verdict {
	VERDICT_PASS = 0x10,
	VERDICT_FAIL = 0x11,
	VERDICT_PANIC = 0x12,
};

/* Serial console. Write never sleeps; getc waits, trygetc gives -1 if none. */
void console_init(void);
void console_write(const char *s, size_t n);
int console_getc(void);
int console_trygetc(void);

/*
 * Ends the machine: QEMU's debug exit, else ACPI-less power-off, else halt.
 * The caller has printed its verdict.
 */
void __noreturn machine_exit(enum verdict verdict);
void __noreturn machine_reboot(void);

/*
 * Machine set-up, called once by start_kernel() with the parsed boot data:
 * CPU tables, the cleaned memory map into memblock, early reservations, the
 * direct map. Afterwards what the early allocator gives is reachable through
 * __va(), later what the page allocator gives.
 */
void setup_arch(const struct boot_info *boot);

/*
 * Makes the struct page array readable for [start_pfn, end_pfn): zeroes under
 * pfn_to_page() of that range, of whole blocks of MAX_PAGE_ORDER; each block
 * once. 0 or -ENOMEM. Counterpart: vmemmap_populate().
 *
 * Where MEMMAP_BLOCK_FRAMES is 0 they can be written, too, and all of low RAM
 * is in the direct map. Elsewhere that comes later:
 */
int vmemmap_populate(unsigned long start_pfn, unsigned long end_pfn, int nid);

/*
 * Can the descriptors of pfn's block of MAX_PAGE_ORDER be written, all of
 * them, and its frames be reached through the direct map?
 */
bool memmap_is_backed(unsigned long pfn);

/*
 * Makes it so; at most MEMMAP_BLOCK_FRAMES frames of the supply are used, for
 * descriptors and for tables. The second form is for pfn's own descriptor
 * alone (and those that share its page), and does not map its frame.
 * Interrupts off or boot; one caller per block.
 */
void memmap_back_block(unsigned long pfn, struct memmap_supply *supply);
void memmap_back_descriptor(unsigned long pfn, struct memmap_supply *supply);

/*
 * The early allocator finds nothing: maps more of RAM for it and raises its
 * limit. False: all RAM is there already. Boot.
 */
bool map_more_of_ram(void);

/*
 * Init sections (code, data, first page tables) are done with: makes their
 * memory plain writable RAM again and gives it to the page allocator.
 */
void free_initmem(void);

/* Call stack of here, innermost first; returns the number of entries. */
unsigned int stack_trace_save(unsigned long *entries, unsigned int max,
			      unsigned int skip);

/*
 * What lies at a virtual address, in words, for reports: "null page",
 * "direct map of pfn 0x123", "kernel text", "guard page of the boot stack".
 */
#define DESCRIBE_MAX 320	/* enough for all of it */
void describe_address(unsigned long addr, char *buf, size_t size);

/*
 * Touches one byte and survives a fault: 0, or -EFAULT. For suites and for
 * dumps of memory that may not be there. The write puts back what it read.
 */
int probe_read(const void *addr);
int probe_write(void *addr);

/*
 * Bytes of firmware's tables and of what the loader left, for showing that
 * nobody wrote over them: calls fn for each range, mapped readable for the
 * time of the call. Ranges: kernel text and rodata, boot information,
 * modules, ACPI tables.
 */
void for_each_boot_range(void (*fn)(const char *what, const void *p, size_t n,
				    void *arg), void *arg);

/* True if virtual address p is RAM in the direct map (p may be anything). */
bool virt_addr_valid(const void *p);

#endif
