"""gdb commands that show the allocators' state. `make debug` loads them.

    strata-zones        zones of every node: frames, free pages, watermarks
    strata-buddy        free blocks per zone and order, lists walked
    strata-page PFN     one page frame's descriptor
    strata-caches       slab caches: sizes, slabs, objects
    strata-memblock     the early allocator's two lists

They only read memory: they work at any stop, also after a panic, and believe
no count they can check.
"""

import gdb

PAGE_SHIFT = 12
# VMEMMAP_START of <asm/memory_layout_64.h>; a macro, unknown to gdb. i386 has
# the variable mem_map.
VMEMMAP_64 = 0xffffea0000000000
# A list longer than this is taken for a loop.
LIST_LIMIT = 1 << 22


def symbol(name):
    return gdb.parse_and_eval(name)


def type_of(name):
    return gdb.lookup_type(name)


def enum_name(enum, value, prefix):
    for field in type_of(f'enum {enum}').fields():
        if field.enumval == int(value):
            return field.name.removeprefix(prefix)
    return f'{int(value)}?'


def offset_of(struct, path):
    """Bytes from the start of struct to the member path names."""
    null = gdb.Value(0).cast(struct.pointer()).dereference()
    for member in path.split('.'):
        null = null[member]
    return int(null.address)


def list_entries(head, struct, path):
    """The elements of a list; a broken one ends in a gdb.GdbError."""
    offset = offset_of(struct, path)
    position, previous = head['next'], head.address
    for _ in range(LIST_LIMIT):
        if int(position['prev']) != int(previous):
            raise gdb.GdbError(f'list at {int(head.address):#x}: '
                               f'{int(position):#x} points back wrongly')
        if int(position) == int(head.address):
            return
        yield gdb.Value(int(position) - offset).cast(
            struct.pointer()).dereference()
        previous, position = position, position['next']
    raise gdb.GdbError(f'list at {int(head.address):#x} has no end')


def zones():
    """(node number, zone) of every zone with memory."""
    nodes = symbol('node_data')
    for nid in range(nodes.type.range()[1] + 1):
        zone_array = nodes[nid]['node_zones']
        for index in range(zone_array.type.range()[1] + 1):
            if int(zone_array[index]['present_pages']):
                yield nid, zone_array[index]


def descriptors():
    """Address of the first page descriptor."""
    if gdb.lookup_global_symbol('mem_map'):
        array = int(symbol('mem_map'))
        if not array:
            raise gdb.GdbError('not there (yet): no mem_map')
        return array
    return VMEMMAP_64


def pfn_of(page):
    return (int(page.address) - descriptors()) // page.type.sizeof


class Command(gdb.Command):
    """Base: name and help from the class."""

    def __init__(self):
        super().__init__(self.name, gdb.COMMAND_DATA)

    def invoke(self, argument, _from_tty):
        try:
            self.show(argument)
        except gdb.MemoryError as error:
            raise gdb.GdbError(f'not there (yet): {error}') from error


class Zones(Command):
    """strata-zones: zones of every node, in pages."""
    name = 'strata-zones'

    def show(self, _argument):
        print('node zone     start      spanned    present    managed    '
              'free       min   low   high')
        for nid, zone in zones():
            marks = [int(zone['_watermark'][i]) for i in range(3)]
            numbers = [int(zone[field]) for field in (
                'spanned_pages', 'present_pages', 'managed_pages',
                'nr_free_pages')]
            print(f'{nid:<4} {zone["name"].string():8} '
                  f'{int(zone["zone_start_pfn"]):#010x}',
                  *(f'{number:<10}' for number in numbers),
                  *(f'{mark:<5}' for mark in marks))


class Buddy(Command):
    """strata-buddy: free blocks per zone and order; lists are walked."""
    name = 'strata-buddy'

    def show(self, _argument):
        page = type_of('struct page')
        print('node zone     free blocks of order 0, 1, ...; deferred pages')
        for nid, zone in zones():
            areas = zone['free_area']
            counts = [self.count(areas[order], order, page)
                      for order in range(areas.type.range()[1] + 1)]
            deferred = self.deferred(zone, len(counts) - 1, page)
            print(f'{nid:<4} {zone["name"].string():8}',
                  *(f'{count:>6}' for count in counts), f' {deferred}')
            total = deferred + sum(count << order for order, count
                                   in enumerate(counts))
            if total != int(zone['nr_free_pages']):
                print(f'     nr_free_pages says {zone["nr_free_pages"]}, '
                      f'the lists hold {total}')

    @staticmethod
    def deferred(zone, max_order, page):
        """Pages in ranges that were never touched."""
        blocks = sum(int(head['nr_blocks']) for head in
                     list_entries(zone['deferred'], page, 'buddy_list'))
        if blocks != int(zone['nr_deferred']):
            print(f'     nr_deferred says {zone["nr_deferred"]}, '
                  f'the ranges hold {blocks}')
        return blocks << max_order

    @staticmethod
    def count(area, order, page):
        lists = area['free_list']
        found = 0
        for index in range(lists.type.range()[1] + 1):
            for block in list_entries(lists[index], page, 'buddy_list'):
                found += 1
                if int(block['order']) != order:
                    print(f'     frame {pfn_of(block):#x} of order '
                          f'{int(block["order"])} is on a list of {order}')
        if found != int(area['nr_free']):
            print(f'     order {order}: nr_free says {area["nr_free"]}, '
                  f'the lists hold {found}')
        return found


class Page(Command):
    """strata-page PFN: the descriptor of one page frame."""
    name = 'strata-page'

    def show(self, argument):
        if not argument:
            raise gdb.GdbError('usage: strata-page PFN')
        pfn = int(gdb.parse_and_eval(argument))
        page_type = type_of('struct page')
        address = descriptors() + pfn * page_type.sizeof
        page = gdb.Value(address).cast(page_type.pointer()).dereference()
        kind = enum_name('page_type', page['type'], 'PAGE_')
        zone_id = int(page['zone_id'])
        print(f'frame {pfn:#x}, physical {pfn << PAGE_SHIFT:#x}, '
              f'descriptor {address:#x}')
        print(f'  type {kind}, order {int(page["order"])}, '
              f'node {zone_id >> 2}, zone {zone_id & 3}')
        print(f'  {self.detail(kind, page)}')

    @staticmethod
    def detail(kind, page):
        if kind == 'BUDDY':
            return 'free, list ' + enum_name(
                'migratetype', page['migratetype'], 'MIGRATE_')
        if kind == 'SLAB':
            return (f'cache {page["slab_cache"]["name"].string()}, '
                    f'{int(page["inuse"])} objects not in its freelist')
        if kind == 'TAIL':
            return f'head {pfn_of(page["compound_head"].dereference()):#x}'
        if kind == 'RESERVED':
            return 'owner ' + enum_name('early_owner', page['owner'],
                                        'EARLY_')
        if kind == 'DEFERRED':
            return (f'free, never touched, {int(page["nr_blocks"])} blocks '
                    'of the largest order from here')
        if kind == 'NONE':
            return 'inside of a block, hole, or never touched'
        return (f'{int(page["_refcount"])} users, '
                f'private {int(page["private"]):#x}')


class Caches(Command):
    """strata-caches: slab caches; places = objects their slabs can hold."""
    name = 'strata-caches'

    def show(self, _argument):
        caches = symbol('slab_caches')
        if int(caches['next']) in (0, int(caches.address)):
            raise gdb.GdbError('no caches yet')
        print('name                     size  place  per-slab  slabs  '
              'places  in-arrays')
        for cache in list_entries(caches, type_of('struct kmem_cache'),
                                  'list'):
            nodes = range(int(symbol('slab_node_ids')))
            slabs = sum(int(cache['node'][n]['nr_slabs']) for n in nodes)
            places = sum(int(cache['node'][n]['nr_objects']) for n in nodes)
            print(f'{cache["name"].string():24} '
                  f'{int(cache["object_size"]):<5} {int(cache["size"]):<6} '
                  f'{int(cache["objects"]):<9} {slabs:<6} {places:<7} '
                  f'{self.in_arrays(cache, nodes)}')

    @classmethod
    def in_arrays(cls, cache, nodes):
        count = 0
        for cpu in range(int(symbol('nr_cpu_ids'))):
            own = cls.cpu_copy(cache['cpu'], cpu)
            first = own['main']['objects'][1].address
            count += int(own['stack']['top'] - first)
            count += int(own['spare']['avail'])
        for node in nodes:
            full = cache['node'][node]['full_sheaves']
            while full:
                count += int(full['avail'])
                full = full['next']
        return count

    @staticmethod
    def cpu_copy(pointer, cpu):
        address = int(pointer) + int(symbol('__per_cpu_offset')[cpu])
        width = 8 * pointer.type.sizeof
        return gdb.Value(address % 2 ** width).cast(pointer.type)


class Memblock(Command):
    """strata-memblock: the early allocator's lists, ends exclusive."""
    name = 'strata-memblock'

    def show(self, _argument):
        memblock = symbol('memblock')
        for name in 'memory', 'reserved':
            regions = memblock[name]
            print(f'{name}: {int(regions["cnt"])} regions, '
                  f'{int(regions["total_size"]):#x} bytes')
            for index in range(int(regions['cnt'])):
                region = regions['regions'][index]
                base, size = int(region['base']), int(region['size'])
                print(f'  {base:#014x} - {base + size:#014x} '
                      f'node {int(region["nid"])} '
                      f'flags {int(region["flags"]):#x}')


for command in Zones, Buddy, Page, Caches, Memblock:
    command()
