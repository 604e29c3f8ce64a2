"""The drain: every page there is, taken, filled, verified and given back.

The suite `drain` does it inside the kernel, with the kernel's own text, the
modules, boot information and ACPI tables watched; drain=on lets it touch all
memory. Here it is booted at each size, each way, with modules of odd sizes in
the loader's hands. A guest costs its whole size on the host. The largest are
not booted every way: firmware and loader leave their own below 4 GiB, so that
more memory above is all the same to them.
"""

import pytest
from guest import I386, boot, boot_iso, make_iso, mebibytes, module_file

CMDLINE = 'selftest=drain drain=on poweroff'
SIZES = (['16M', '900M', '1G', '2G', '4G'] if I386 else
         ['16M', '128M', '1G', '3.5G', '5G'])
HUGE = '8G'
# What QEMU and firmware need beside the guest's RAM.
OVERHEAD = 256


def seconds(mem):
    return 20 + mebibytes(mem) // 100


def sized(sizes):
    """The sizes as parameters that know their time."""
    return [pytest.param(mem, marks=pytest.mark.cost(seconds(mem)))
            for mem in sizes]


def settings(mem, **more):
    return {'mem': mem, 'cost': mebibytes(mem) + OVERHEAD,
            'timeout': 120 + mebibytes(mem) // 12, **more}


def drained(run):
    run.passed()
    cases = run.cases()
    assert cases and all(case.ok and not case.skipped for case in cases), \
        run.tail()


def modules(directory):
    return [module_file(directory, 'odd', 4097),
            module_file(directory, 'tiny', 1),
            module_file(directory, 'large', 1234567)]


@pytest.mark.parametrize('mem', sized([*SIZES[:3], HUGE]))
def test_direct_boot_drains(mem, tmp_path):
    initrd = module_file(tmp_path, 'initrd', 70001)
    drained(boot(CMDLINE, '--initrd', initrd, **settings(mem)))


@pytest.mark.parametrize('mem', sized([SIZES[0], SIZES[1], SIZES[-1]]))
def test_grub_under_bios_drains(mem, tmp_path):
    iso = make_iso(tmp_path, CMDLINE, modules(tmp_path))
    drained(boot_iso(iso, **settings(mem)))


@pytest.mark.parametrize('mem', sized([SIZES[1], SIZES[-2]]))
def test_grub_under_uefi_drains(mem, tmp_path):
    iso = make_iso(tmp_path, CMDLINE, modules(tmp_path))
    drained(boot_iso(iso, **settings(mem, firmware='uefi')))


@pytest.mark.parametrize('mem', ['16M', SIZES[-2]])
@pytest.mark.cost(30)
def test_bootmem_leaves_the_same_to_drain(mem):
    drained(boot(f'{CMDLINE} early=bootmem', **settings(mem)))


@pytest.mark.parametrize('machine, mem', [
    ('pc,max-ram-below-4g=64M', '1G'), ('q35', '3.5G')])
@pytest.mark.cost(30)
def test_split_memory_drains(machine, mem):
    drained(boot(CMDLINE, **settings(mem, machine=machine)))


@pytest.mark.cost(20)
def test_holes_drain():
    words = ','.join(f'28K${32 + 2 * i}M' for i in range(48))
    drained(boot(f'{CMDLINE} memmap={words}', **settings('256M')))


@pytest.mark.parametrize('way', ['direct', 'grub'])
@pytest.mark.cost(4)
def test_modules_are_kept_in_their_name(way, tmp_path):
    """Not only unchanged since the drain began: nobody else's at all."""
    words = 'selftest=paging poweroff'
    files = modules(tmp_path)
    run = (boot(words, '--initrd', files[0]) if way == 'direct' else
           boot_iso(make_iso(tmp_path, words, files)))
    assert all(case.ok for case in run.passed().cases())


def test_all_memory_is_left_alone_unless_asked_for():
    """Without drain=on a machine of any size must not be filled."""
    run = boot('selftest=drain poweroff', mem='48G', timeout=60).passed()
    assert run.cases()
