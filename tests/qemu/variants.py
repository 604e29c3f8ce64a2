"""Kernels that are built otherwise than the one under test.

Each has its own build directory below the target's, and warnings are errors
there.
"""

import subprocess

from guest import ARCH, BUILD, ROOT, environment


def build(name, *variables):
    """The kernel that make builds with these variables."""
    directory = f'{BUILD.relative_to(ROOT)}/{name}'
    kernel = f'{directory}/strata.elf'
    done = subprocess.run(
        ['make', '-j2', f'ARCH={ARCH}', f'BUILD={directory}', *variables,
         'WERROR=1', kernel],
        cwd=ROOT, env=environment(), check=False, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout[-4000:]
    return ROOT / kernel


def functions(kernel):
    """Names of all that the kernel's symbol table has."""
    names = subprocess.run(['nm', kernel], check=True, text=True,
                           stdout=subprocess.PIPE).stdout
    return {line.split()[-1] for line in names.splitlines()}
