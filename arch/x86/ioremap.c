/*
 * How does a driver reach the registers of its device?
 *
 *	physical	  . . |==== registers ====| . .
 *			    `--- pages ----.
 *	vmalloc area	| page with first  | ... | guard |
 *			    ^ what the caller gets
 *
 * An area of the vmalloc area shows the pages that the range touches, uncached:
 * each access goes to the device. Never RAM: the direct map shows it cached,
 * and a frame seen both ways is not what either view says.
 *
 * Locks: none. Cost: an area, a walk; iounmap(): a flush on all CPUs.
 * Left out: write-combining, and sharing an area with who has the same page.
 */
#include <asm/cpufeature.h>
#include <asm/ioremap.h>
#include <asm/vmap.h>
#include <kernel/preempt.h>
#include <kernel/report.h>
#include <lib/kernel.h>
#include <mm/memblock.h>
#include <mm/vmalloc.h>

/* Does RAM begin, or go on, between first and last? */
static bool holds_ram(phys_addr_t first, phys_addr_t last)
{
	return memblock_overlaps_region(&memblock.memory, first,
					last - first + 1);
}

static const char *refusal(phys_addr_t phys, unsigned long size)
{
	phys_addr_t last = phys + size - 1;

	if (!size)
		return "nothing";
	if (size > VMALLOC_TOTAL)
		return "more than the vmalloc area";
	if (last < phys)
		return "it wraps";
	if (last >> cpu_features.phys_bits)
		return "this CPU has no such address";
	if (holds_ram(ALIGN_DOWN(phys, (phys_addr_t)PAGE_SIZE),
		      last | (PAGE_SIZE - 1)))
		return "there is RAM";
	return NULL;
}

static void *show(phys_addr_t phys, unsigned long size, const void *caller)
{
	phys_addr_t first = ALIGN_DOWN(phys, (phys_addr_t)PAGE_SIZE);
	unsigned long offset = (unsigned long)(phys - first);
	struct vm_struct *vm;

	size = PAGE_ALIGN(offset + size);
	vm = get_vm_area_caller(size, VM_IOREMAP, caller);
	if (!vm)
		return NULL;
	vm->phys_addr = phys;
	if (vmap_map((unsigned long)vm->addr, first, size, PAGE_KERNEL_DEVICE,
		     false, GFP_KERNEL)) {
		free_vm_area(vm);
		return NULL;
	}
	return (char *)vm->addr + offset;
}

void *ioremap(phys_addr_t phys, unsigned long size)
{
	const char *why = refusal(phys, size);

	might_sleep();
	if (why) {
		report_begin("bad ioremap", "%#llx, %lu bytes: %s",
			     (unsigned long long)phys, size, why);
		report_end();
		return NULL;
	}
	return show(phys, size, __builtin_return_address(0));
}

void iounmap(const void *addr)
{
	unsigned long first = (unsigned long)addr & PAGE_MASK;

	if (addr)
		vunmap((void *)first);
}
