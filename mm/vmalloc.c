/*
 * Memory that need not be contiguous.
 *
 * The problem: large blocks get rare as memory gets fragmented, and most users
 * of many pages need only consecutive addresses.
 *
 *	addresses	| page 0 | page 1 | page 2 | page 3 | guard |
 *			    |        |        |        |
 *	memory		. . | 7 ...| 8 . . | 3 . . . | 9 . . . .
 *			    `- one block of 2 -'
 *
 *  1. Take an area (mm/vm_area.c).
 *  2. Fill it from its beginning with blocks as large as what is still missing.
 *     Where no block of that size is free, or only by reclaim, take half the
 *     size, and so on, in the end page by page: that may reclaim. A block is
 *     one request and one entry in the books, so 256 pages cost little more
 *     than one.
 *  3. Show each block behind the last one.
 *  4. Whatever fails: what has been done is undone, and NULL.
 *  5. vfree(): the area's owner, if it is one, lets it go (mm/vm_purge.c);
 *     pages go back as the blocks they came as.
 *
 * Blocks hang in a list, by their heads; heads are PAGE_VMALLOC, so that the
 * census can tell them, and a free by any other way is found out. The pages of
 * a block belong to the area: none has a reference of its own. (In Linux each
 * has; there a block is cut into pages.)
 *
 * Pages come from any zone the caller allows, high memory above all. They are
 * asked of the page allocator with the caller's gfp: __GFP_ZERO, and what
 * init_on_alloc and init_on_free want, is done there.
 *
 * Locks: none of its own. The area is its owner's.
 * Invariant: nr_pages == sum of all blocks of areas in use, but for those that
 * are being made or let go.
 * Cost: an area, a walk and a block at least; about ten instructions a page.
 * Left out: several nodes in turn (NUMA interleave).
 */
#include <asm/irqflags.h>
#include <kernel/init.h>
#include <kernel/printk.h>
#include <kernel/ratelimit.h>
#include <kernel/report.h>
#include <lib/kernel.h>
#include <mm/kasan.h>

#include "vmalloc_internal.h"

static unsigned long nr_pages;		/* atomic */

unsigned long vmalloc_nr_pages(void)
{
	return __atomic_load_n(&nr_pages, __ATOMIC_RELAXED);
}

/* ----- pages -------------------------------------------------------------- */

/* For a larger block nobody shall be bothered: smaller ones do as well. */
static gfp_t block_gfp(gfp_t gfp, unsigned int order)
{
	if (!order)
		return gfp;
	return (gfp | __GFP_NOWARN | __GFP_NOMEMALLOC) &
	       ~(__GFP_DIRECT_RECLAIM | __GFP_NOFAIL);
}

static struct page *one_block(gfp_t gfp, int node, unsigned int order)
{
	gfp = block_gfp(gfp, order);
	return node == NUMA_NO_NODE ? alloc_pages(gfp, order) :
				      alloc_pages_node(node, gfp, order);
}

/* Of the order, or the next lower one there is; *order says which. */
static struct page *take_block(gfp_t gfp, int node, unsigned int *order)
{
	struct page *page = one_block(gfp, node, *order);

	while (unlikely(!page) && *order)
		page = one_block(gfp, node, --*order);
	return page;
}

static void give_block(struct page *page)
{
	WRITE_ONCE(page->type, PAGE_ALLOC);
	__free_pages(page, page->order);
}

static void free_callers_pages(struct vm_struct *vm)
{
	unsigned int i;

	for (i = 0; i < vm->nr_pages; i++)
		__free_page(vm->pages[i]);
	kvfree(vm->pages);
}

void vm_free_blocks(struct vm_struct *vm)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, &vm->blocks, lru)
		give_block(page);
	if (unlikely(vm->pages))
		free_callers_pages(vm);
}

/* The block becomes the area's, and is shown at va. */
static int add_block(struct vm_struct *vm, unsigned long va, struct page *page,
		     unsigned int order, pgprot_t prot)
{
	page->order = (u8)order;
	page->private = (unsigned long)vm->caller;
	WRITE_ONCE(page->type, PAGE_VMALLOC);
	list_add_tail(&page->lru, &vm->blocks);
	return vm_show(vm, va, page_to_phys(page), 1UL << order, prot);
}

/* False: no memory; the area has, and shows, a part. */
static bool fill_area(struct vm_struct *vm, gfp_t gfp, int node)
{
	unsigned long va = (unsigned long)vm->addr;
	unsigned long left = vm->nr_pages;
	unsigned int order = MAX_PAGE_ORDER;

	while (left) {
		struct page *page;

		order = min(order, __fls(left));
		page = take_block(gfp, node, &order);
		if (unlikely(!page || add_block(vm, va, page, order,
						PAGE_KERNEL)))
			return false;
		va += PAGE_SIZE << order;
		left -= 1UL << order;
	}
	return true;
}

/* ----- asking ------------------------------------------------------------- */

static bool size_is_sensible(unsigned long size, gfp_t gfp)
{
	if (likely(size && size <= VMALLOC_TOTAL &&
		   PFN_UP(size) <= totalram_pages()))
		return true;
	if (!(gfp & __GFP_NOWARN)) {
		report_begin(size ? "vmalloc too large" : "vmalloc of nothing",
			     "%lu bytes, there are %lu pages of RAM", size,
			     totalram_pages());
		report_end();
	}
	return false;
}

/* Pages from wherever they are, unless the caller says where. */
static gfp_t page_gfp(gfp_t gfp)
{
	return gfp & (__GFP_DMA | __GFP_DMA32) ? gfp : gfp | __GFP_HIGHMEM;
}

static void count_pages(long nr)
{
	__atomic_fetch_add(&nr_pages, (unsigned long)nr, __ATOMIC_RELAXED);
}

static DEFINE_RATELIMIT_STATE(no_memory_rs, DEFAULT_RATELIMIT_INTERVAL,
			      DEFAULT_RATELIMIT_BURST);

static void * noinline no_memory(struct vm_struct *vm, unsigned long size,
				 gfp_t gfp, const void *caller)
{
	if (vm) {
		vm_set_state(vm, VM_LEAVING);
		count_pages(-(long)vm->nr_pages);
		vm_retire_now(vm);
	}
	if (!(gfp & __GFP_NOWARN) && __ratelimit(&no_memory_rs))
		pr_warn("vmalloc: %lu bytes for %pS: no %s\n", size, caller,
			vm ? "pages" : "area");
	return NULL;
}

static void *alloc_area(unsigned long size, unsigned long align, gfp_t gfp,
			int node, unsigned long flags, const void *caller)
{
	struct vm_struct *vm;

	if (gfpflags_allow_blocking(gfp))
		might_sleep();
	if (unlikely(!size_is_sensible(size, gfp)))
		return NULL;
	gfp &= ~__GFP_COMP;
	vm = vm_take(PFN_UP(size), align, VM_ALLOC | flags, gfp, caller);
	if (unlikely(!vm))
		return no_memory(NULL, size, gfp, caller);
	count_pages(vm->nr_pages);
	if (unlikely(!fill_area(vm, page_gfp(gfp), node)))
		return no_memory(vm, size, gfp, caller);
	kasan_unpoison_vmalloc(vm->addr, size, vm_shadowed_bytes(vm));
	return vm->addr;
}

void *__vmalloc_node(unsigned long size, unsigned long align, gfp_t gfp,
		     int node, const void *caller)
{
	return alloc_area(size, align, gfp, node, 0, caller);
}

#define CALLER __builtin_return_address(0)

void *vmalloc(unsigned long size)
{
	return __vmalloc_node(size, PAGE_SIZE, GFP_KERNEL, NUMA_NO_NODE,
			      CALLER);
}

void *vzalloc(unsigned long size)
{
	return __vmalloc_node(size, PAGE_SIZE, GFP_KERNEL | __GFP_ZERO,
			      NUMA_NO_NODE, CALLER);
}

void *vmalloc_node(unsigned long size, int node)
{
	return __vmalloc_node(size, PAGE_SIZE, GFP_KERNEL, node, CALLER);
}

void *vzalloc_node(unsigned long size, int node)
{
	return __vmalloc_node(size, PAGE_SIZE, GFP_KERNEL | __GFP_ZERO, node,
			      CALLER);
}

void *__vmalloc(unsigned long size, gfp_t gfp)
{
	return __vmalloc_node(size, PAGE_SIZE, gfp, NUMA_NO_NODE, CALLER);
}

void *vmalloc_huge(unsigned long size, gfp_t gfp)
{
	unsigned long align = size >= VMAP_TABLE_SIZE ? VMAP_TABLE_SIZE :
							PAGE_SIZE;

	return alloc_area(size, align, gfp, NUMA_NO_NODE, VM_ALLOW_HUGE_VMAP,
			  CALLER);
}

static void free_area(const void *addr, unsigned long caller)
{
	struct vm_struct *vm;

	if (!addr)
		return;
	vm = vm_claim(addr, VM_ALLOC | VM_MAP_PUT_PAGES, "bad vfree", caller);
	if (unlikely(!vm))
		return;
	if (likely(vm->flags & VM_ALLOC))
		count_pages(-(long)vm->nr_pages);
	vm_history_note(vm, caller);
	vm_retire(vm);
}

void vfree(const void *addr)
{
	free_area(addr, _RET_IP_);
}

struct page *vmalloc_to_page(const void *addr)
{
	unsigned long flags;
	phys_addr_t pa;
	bool shown;

	if (!is_vmalloc_addr(addr))
		return NULL;
	local_irq_save(flags);	/* of a stale address the tables may go */
	shown = vmap_translate((unsigned long)addr, &pa);
	local_irq_restore(flags);
	if (!shown)
		return NULL;
	return pfn_valid(PFN_DOWN(pa)) ? phys_to_page(pa) : NULL;
}

unsigned long vmalloc_to_pfn(const void *addr)
{
	struct page *page = vmalloc_to_page(addr);

	return page ? page_to_pfn(page) : 0;
}

/* ----- the other way of kvmalloc() ---------------------------------------- */

static void *kv_alloc(size_t size, gfp_t gfp, int nid)
{
	return alloc_area(size, PAGE_SIZE, gfp, nid, VM_ALLOW_HUGE_VMAP,
			  CALLER);
}

static bool kv_owns(const void *p)
{
	return is_vmalloc_addr(p);
}

static void kv_free(const void *p)
{
	free_area(p, _RET_IP_);
}

static const struct kv_fallback fallback = { kv_alloc, kv_owns, kv_free };

void __init vmalloc_init(void)
{
	static struct vmap_hole own[VM_OWN_HOLES];

	vm_cache = kmem_cache_create("vm_struct", sizeof(struct vm_struct),
				     __alignof__(struct vm_struct),
				     SLAB_HWCACHE_ALIGN | SLAB_NO_MERGE |
				     SLAB_PANIC, NULL);
	vmap_hole_cache = kmem_cache_create("vmap_hole",
					    sizeof(struct vmap_hole),
					    __alignof__(struct vmap_hole),
					    SLAB_SKIP_KFENCE | SLAB_NO_MERGE |
					    SLAB_PANIC, NULL);
	vmap_space_init(&vmap_space, VMALLOC_START, VMALLOC_END, own,
			ARRAY_SIZE(own));
	vm_small_init();
	vm_purge_init();
	kv_fallback = &fallback;
}
