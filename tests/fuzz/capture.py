"""For gdb, from tests/fuzz/capture: what the loader left, saved.

Stops in boot_info_read(), where memory below 3 GiB can be read at its physical
addresses, and follows the pointers.
"""

import struct
from pathlib import Path

import gdb

IMAGE = 0x10000         # where tests/fuzz/pvh.c has its image
MULTIBOOT2, PVH = 0x36d76289, 0x336ec578


def save(target, data):
    path = Path(out) / target                           # noqa: F821
    path.mkdir(parents=True, exist_ok=True)
    (path / name).write_bytes(data)                     # noqa: F821


def read(address, size):
    return bytes(gdb.selected_inferior().read_memory(address, size))


def word(address, size=4):
    return int.from_bytes(read(address, size), 'little')


def text(address):
    data = read(address, 64)
    return data[:data.index(0) + 1]


def multiboot2(info):
    data = read(info, word(info))
    save('multiboot2', data)
    at = 8
    found = 0
    while data[at]:
        kind, size = struct.unpack_from('<II', data, at)
        if kind in (14, 15):
            found = data[at + 8:at + size]
        at += (size + 7) & ~7
    return found


def pvh(info):
    """One image of the pieces, and the pointers moved into it."""
    start = list(struct.unpack('<IIIIQQQQII', read(info, 56)))
    image, base = b'', IMAGE + 56
    mods = read(start[4], 32 * start[3]) if start[3] else b''
    rows = read(start[7], 24 * start[8])
    for index, piece in ((4, mods), (5, text(start[5])), (7, rows)):
        start[index] = base + len(image)
        image += piece + bytes(-len(piece) % 8)
    rsdp = read(start[6], 36) if start[6] else b''
    save('pvh', struct.pack('<IIIIQQQQII', *start) + image)
    return rsdp


def chunk(address, data, flags):
    return struct.pack('<IHB', address, len(data), flags) + data


def acpi(rsdp):
    """Tables of at most 4 KiB; of the DSDT only its header is wanted."""
    wide = len(rsdp) >= 36 and rsdp[15] >= 2
    root = int.from_bytes(rsdp[24:32] if wide else rsdp[16:20], 'little')
    width = 8 if wide else 4
    data = read(root, word(root + 4))
    chunks = chunk(root, data, 1)
    for at in range(36, len(data), width):
        address = int.from_bytes(data[at:at + width], 'little')
        size = word(address + 4)
        if read(address, 4) == b'FACP':
            dsdt = word(address + 40)
            chunks += chunk(dsdt, read(dsdt, 4)
                            + struct.pack('<I', 60) + read(dsdt + 8, 52), 1)
        if size <= 4096:
            chunks += chunk(address, read(address, size), 1)
    save('acpi', b'\0' + chunk(0xf5000, rsdp.ljust(36, b'\0'), 2) + chunks)


gdb.execute('hbreak boot_info_read')
gdb.execute('continue')
frame = gdb.newest_frame()
magic = int(frame.read_var('magic')) & 0xffffffff
info = int(frame.read_var('info'))
rsdp = multiboot2(info) if magic == MULTIBOOT2 else pvh(info)
acpi(rsdp)
gdb.execute('kill')
