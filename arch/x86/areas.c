/* How the areas of the address map are described that every target has. */
#include <asm/kernel_stack.h>
#include <asm/machine.h>
#include <lib/sprintf.h>
#include <mm/kfence.h>
#include <mm/memblock.h>
#include <mm/memory_model.h>
#include <mm/vmalloc.h>

#include "areas.h"

void area_say_name(const struct area *r, unsigned long addr, char *buf,
		   size_t size)
{
	ksnprintf(buf, size, "%s", r->name);
}

void area_say_direct_map(const struct area *r, unsigned long addr, char *buf,
			 size_t size)
{
	bool ram = virt_addr_valid((const void *)addr) ||
		   memblock_is_memory(addr - PAGE_OFFSET);

	if (is_kfence_address((const void *)addr)) {
		ksnprintf(buf, size, "pool of guarded objects, pfn 0x%lx",
			  PFN_DOWN(addr - PAGE_OFFSET));
		return;
	}
	ksnprintf(buf, size, "%s of pfn 0x%lx%s", ram ? r->name :
		  "hole in the direct map", PFN_DOWN(addr - PAGE_OFFSET),
		  ram ? "" : ", which is no RAM");
}

void area_say_descriptor(const struct area *r, unsigned long addr, char *buf,
			 size_t size)
{
	unsigned long pfn = (addr - VMEMMAP_START) / sizeof(struct page);
	const char *missing = "";

	if (!pfn_valid(pfn))
		missing = ", which has none";
	else if (!memmap_is_backed(pfn))
		missing = ", which nobody has used yet";
	ksnprintf(buf, size, "%s, struct page of pfn 0x%lx%s", r->name, pfn,
		  missing);
}

void area_say_vmalloc(const struct area *r, unsigned long addr, char *buf,
		      size_t size)
{
	vmalloc_describe(addr, buf, size);
}

void area_say_kernel_stack(const struct area *r, unsigned long addr, char *buf,
			   size_t size)
{
	unsigned long low, high;

	if (kernel_stack_is_guard(addr))
		ksnprintf(buf, size, "guard page of a thread's stack");
	else if (kernel_stack_bounds(addr, &low, &high))
		ksnprintf(buf, size, "a thread's stack, %lu bytes below its top",
			  high - addr);
	else
		ksnprintf(buf, size, "%s, none here", r->name);
}
