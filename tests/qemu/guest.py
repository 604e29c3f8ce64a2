"""Booting the kernel for a test: one guest, its console, its exit status.

Everything goes through scripts/qemu. The environment of whoever runs the
tests does not: a MEM=16M left in a shell must not change what is tested.

Guests share the host's memory. A test says how much its guest will really
touch; it starts when that fits beside the guests of the other workers.
"""

import contextlib
import fcntl
import json
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import ktap
import pytest

ROOT = Path(__file__).resolve().parents[2]
ARCH = os.environ.get('ARCH') or 'x86_64'
I386 = ARCH == 'i386'
BUILD = ROOT / (os.environ.get('BUILD') or f'build/{ARCH}')
KERNEL = BUILD / 'strata.elf'
QEMU = ROOT / 'scripts' / 'qemu'
MKISO = ROOT / 'scripts' / 'mkiso'
LEDGER = BUILD / 'guest-memory.json'

VARIABLES = ('MEM', 'SMP', 'NODES', 'FIRMWARE', 'MACHINE', 'CMDLINE',
             'QEMU_FLAGS', 'TIMEOUT', 'ICOUNT', 'DEBUG', 'SUITE', 'BENCH',
             'MAKEFLAGS', 'MFLAGS', 'MAKELEVEL')

# The long sweeps, shortened, for boots that differ in something else. All of
# them are swept at length in test_matrix.py's boot of every suite, on x86_64 on
# four CPUs (test_smp.py), and further in test_restart.py and make stress.
SHORT = 'restart_rounds=3000 stress_ms=20 test_vmalloc_loops=3 model_ops=200'

# What asks about the machine: its CPU, its interrupts, its page tables.
MACHINE = ('acpi,apic,cpu*,fault,highmem,irq,k*,madt,pag*,percpu,pgtable,'
           'sched*,set_memory,slub,smp*,stress*,timer,tlb,traps,ubsan,vm*')

# What a guest costs that does not fill its memory, MiB.
USUAL_COST = 768


def host_memory():
    """MiB all guests together may touch."""
    with open('/proc/meminfo', encoding='ascii') as file:
        sizes = {line.split(':')[0]: int(line.split()[1]) // 1024
                 for line in file if line.rstrip().endswith('kB')}
    return sizes['MemTotal'] * 5 // 6


def alive(pid):
    return Path(f'/proc/{pid}').exists()


@contextlib.contextmanager
def ledger():
    """The shared account {pid: MiB}, locked; changes are kept."""
    LEDGER.parent.mkdir(parents=True, exist_ok=True)
    with open(LEDGER, 'a+', encoding='ascii') as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        text = file.read()
        entries = {pid: cost for pid, cost in json.loads(text or '{}').items()
                   if alive(pid)}
        yield entries
        file.seek(0)
        file.truncate()
        json.dump(entries, file)


@contextlib.contextmanager
def memory(cost):
    """Waits until cost MiB are free for this process's guest."""
    limit = host_memory()
    if cost > limit:
        pytest.skip(f'needs {cost} MiB, this host has {limit} to give')
    me = str(os.getpid())
    while True:
        with ledger() as entries:
            if sum(entries.values()) + cost <= limit:
                entries[me] = cost
                break
        time.sleep(0.5)
    try:
        yield
    finally:
        with ledger() as entries:
            entries.pop(me, None)


def mebibytes(size):
    return int(float(size[:-1]) * {'M': 1, 'G': 1024}[size[-1]])


@dataclass
class Run:
    """How a guest ended."""
    status: int
    log: str            # the serial line
    errors: str         # what scripts/qemu had to say

    @property
    def lines(self):
        return ktap.clean(self.log)

    def cases(self):
        return ktap.cases(self.log)

    def failed(self, before=8):
        """Each line that tells of a failed case, and what led up to it."""
        lines = self.lines
        return [line for number, bad in enumerate(lines)
                if bad.lstrip().startswith('not ok')
                for line in lines[max(0, number - before):number + 1]]

    def tail(self, count=40):
        return '\n'.join([*self.failed(), '...', *self.lines[-count:],
                          self.errors])

    def passed(self):
        """The test's own assertion that all went well; the run itself."""
        assert self.status == 0, self.tail()
        assert self.lines[-2:] == ['strata: verdict pass', ''], self.tail()
        return self


def environment(**settings):
    env = {name: value for name, value in os.environ.items()
           if name not in VARIABLES}
    env.update({name.upper(): str(value) for name, value in settings.items()
                if value is not None})
    return env


def qemu(*args, stdin=None, cost=USUAL_COST, **settings):
    """Runs scripts/qemu; settings are its variables in small letters."""
    with memory(cost):
        done = subprocess.run(
            [QEMU, *args], env=environment(**settings), check=False,
            input=stdin, stdin=None if stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return Run(done.returncode, done.stdout.decode(errors='replace'),
               done.stderr.decode(errors='replace'))


def boot(cmdline, *args, **settings):
    """Boots the kernel directly (PVH)."""
    return qemu('--kernel', KERNEL, '--append', cmdline, *args, **settings)


def boot_iso(iso, *args, **settings):
    """Boots through firmware and GRUB."""
    return qemu('--iso', iso, *args, **settings)


def make_iso(directory, cmdline, modules=()):
    iso = directory / 'strata.iso'
    subprocess.run([MKISO, iso, KERNEL, cmdline, *modules], check=True)
    return iso


def make_iso_with(directory, cmdline, grub_lines):
    """An ISO whose GRUB runs some lines of its own before the kernel."""
    tree = directory / 'iso'
    (tree / 'boot/grub').mkdir(parents=True)
    subprocess.run(['objcopy', '--strip-all', KERNEL,
                    tree / 'boot/strata.elf'], check=True)
    (tree / 'boot/grub/grub.cfg').write_text('\n'.join(
        ['insmod mmap', *grub_lines, f'multiboot2 /boot/strata.elf {cmdline}',
         'boot', '']), encoding='ascii')
    iso = directory / 'strata.iso'
    subprocess.run(['grub-mkrescue', '-o', iso, '--locales=', '--fonts=',
                    '--themes=', tree], check=True, capture_output=True)
    return iso


def module_file(directory, name, size):
    """A file of size bytes that are not all alike."""
    path = directory / name
    path.write_bytes(bytes((index * 167 + 13) & 0xff
                           for index in range(size)))
    return path
