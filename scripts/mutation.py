"""A copy of the tree in which one thing is wrong: build it, and see who tells.

A worker has a tree of its own, copied with what is built already, so that a
mutant costs the compilation of the files it touches. Its trials run one after
the other, and each only until its first failed case: one is enough.
"""

import contextlib
import os
import re
import resource
import shlex
import shutil
import signal
import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HOST = 'build/host'
KERNEL = 'build/x86_64/strata.elf'
DEBUG_KERNEL = 'build/x86_64/debug2/strata.elf'     # test_debug_build.py's
PROGRAMS = (f'{HOST}/ktest', f'{HOST}/memmap-replay', f'{HOST}/slub-kunit',
            f'{HOST}/fuzz/multiboot2', f'{HOST}/fuzz/memmap',
            f'{HOST}/highmem/ktest',
            f'{HOST}/numa/memblock_contract', f'{HOST}/numa/memblock_model')
SUBTEST = re.compile(r'\s*# Subtest: (\S+)')
NOT_OK = re.compile(r'\s*not ok \d+ -? ?(\S+)')
# What a program, or the kernel, says when it breaks down.
BREAKDOWN = re.compile(
    r'panic: .*|ERROR: AddressSanitizer:? [\w-]+|.*: runtime error: .*|'
    r'.*WARNING: ThreadSanitizer: .*|AddressSanitizer:DEADLYSIGNAL')
# What pytest says at the end.
FAILED = re.compile(r'FAILED (?:\S+::)?(\S+)')

# Short enough to be run for each mutant.
SHORT = 'drain=off restart_rounds=1000 stress_ms=10'


class NotBuilt(Exception):
    """The compiler refuses the mutant, or nothing can be asked about it."""


@dataclass
class Trial:
    """A command, and how long it may take: CPU seconds, seconds."""
    name: str
    command: list
    needs: str                  # what make must have built
    cpu: int = 40
    limit: int = 240
    settings: dict = field(default_factory=dict)


def ktest(glob, *options, cpu=40, limit=240, suites='ktest'):
    name = ' '.join([suites, *options, f"'{glob}'"])
    return Trial(name, [f'{HOST}/{suites}', '--quiet', *options, glob],
                 f'{HOST}/{suites}', cpu, limit)


def boot(words, limit=60, **settings):
    """The kernel, booted directly."""
    name = ' '.join(['boot', *(f'{n}={v}' for n, v in settings.items()),
                     f"'{words}'"])
    return Trial(name, ['scripts/qemu', '--kernel', KERNEL, '--append',
                        f'{words} poweroff', '--ktap'], KERNEL, cpu=0,
                 limit=limit + 30,
                 settings={**settings, 'TIMEOUT': str(limit)})


def replay(table, *options):
    """Corpus of firmware maps, against a table of what must come of it."""
    maps = 'tests/data/memmaps'
    fields = "grep -v '^#' | tr -s ' \\t' '  '"
    script = (f'{HOST}/memmap-replay {" ".join(options)} {maps}/*.txt | '
              f'{fields} | diff <(cat {maps}/{table} | {fields}) - || '
              f"echo 'not ok 1 - maps_give_{table}'")
    return Trial(f'memmap-replay {table}', ['bash', '-c', script],
                 f'{HOST}/memmap-replay')


def program(name):
    return Trial(name, [f'{HOST}/{name}'], f'{HOST}/{name}')


def fuzz(target):
    """As tests/host/run has it: the corpus, and inputs damaged by a seed."""
    program_of = f'{HOST}/fuzz/{target}'
    return Trial(f'fuzz {target}',
                 [program_of, '-runs=20000', '-seed=1',
                  f'tests/fuzz/corpus/{target}'], program_of)


def pytest(arguments, limit=400):
    """Tests that boot: pytest's own words, below tests/qemu."""
    return Trial(f'pytest {arguments}',
                 ['/usr/bin/python3', '-m', 'pytest', '-c',
                  'tests/pytest.ini', '-x', '-q', '--color=no', '-p',
                  'no:cacheprovider', *shlex.split(arguments)], KERNEL,
                 cpu=0, limit=limit)


class Kept:
    """A file as it is now, or that there is none."""

    def __init__(self, file):
        self.file = file
        self.data = file.read_bytes() if file.exists() else None
        self.times = file.stat() if file.exists() else None

    def put_back(self):
        if self.data is None:
            self.file.unlink(missing_ok=True)
            return
        self.file.write_bytes(self.data)
        os.utime(self.file, ns=(self.times.st_atime_ns,
                                self.times.st_mtime_ns))


class Tree:
    """A worker's copy of the tree."""

    def __init__(self, path):
        self.path = path

    @classmethod
    def copy(cls, path):
        """The tree as it stands, with what is built in it."""
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
        files = subprocess.run(
            ['git', 'ls-files', '-z', '--cached', '--others',
             '--exclude-standard'], cwd=ROOT, check=True,
            stdout=subprocess.PIPE).stdout
        for name in filter(None, map(os.fsdecode, files.split(b'\0'))):
            if (ROOT / name).exists():
                (path / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, path / name)
        for built in (HOST, 'build/x86_64'):
            shutil.copytree(ROOT / built, path / built)
        return cls(path)

    def make(self, *targets):
        done = subprocess.run(
            ['make', '--no-print-directory', *targets],
            cwd=self.path, env=environment(), check=False, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode:
            raise NotBuilt(done.stdout[-3000:])

    def objects(self, source):
        if not source.endswith('.c'):
            return []
        hosted = [self.path / HOST / kind / f'{source[:-2]}.o'
                  for kind in ('', 'numa', 'highmem')]
        return [*hosted, *((self.path / kernel).parent / f'{source}.o'
                           for kernel in (KERNEL, DEBUG_KERNEL))]

    @contextlib.contextmanager
    def kept(self, sources):
        """Puts sources, and their objects, back afterwards."""
        saved = [Kept(file) for source in sources for file in
                 (self.path / source, *self.objects(source))]
        try:
            yield
        finally:
            for file in saved:
                file.put_back()
            self.forget(sources)

    def forget(self, sources):
        """Nothing that was made of the mutant must be taken for the tree's."""
        for made in (*PROGRAMS, f'{HOST}/libstrata.a'):
            (self.path / made).unlink(missing_ok=True)
        for kernel in (KERNEL, DEBUG_KERNEL):
            for made in ('strata.elf', 'strata.pass1.elf'):
                (self.path / kernel).with_name(made).unlink(missing_ok=True)
        for source in sources:
            if source.endswith('.h'):       # what includes it is made again
                (self.path / source).touch()

    def try_one(self, trial):
        """None if all is well, else who told."""
        self.make(trial.needs)
        return Run(self.path, trial).verdict()

    def first_failure(self, trials):
        """The trial, and who told; None, None if all is well."""
        for trial in trials:
            verdict = self.try_one(trial)
            if verdict:
                return trial, f'{trial.name}: {verdict}'
        return None, None


class Trust:
    """Who fails without a mutant tells nothing about one.

    Each trial that has killed is run once more, on the tree as it is.
    """

    def __init__(self):
        self.verdicts = {}
        self.lock = threading.Lock()

    def deserved(self, tree, trial):
        with self.lock:
            known = trial.name in self.verdicts
        if not known:
            verdict = tree.try_one(trial)
            with self.lock:
                self.verdicts[trial.name] = verdict
        return self.verdicts[trial.name] is None


def environment(**settings):
    """Ours, without what make or a test run has put there."""
    env = {name: value for name, value in os.environ.items()
           if name not in ('MAKEFLAGS', 'MFLAGS', 'MAKELEVEL', 'MEM', 'SMP',
                           'NODES', 'BUILD', 'ARCH', 'ARCHES', 'SUITE',
                           'CMDLINE', 'QEMU_FLAGS', 'FIRMWARE')}
    env.update(settings, PYTHONDONTWRITEBYTECODE='1')
    return env


class Run:
    """A trial under way."""

    def __init__(self, path, trial):
        self.trial = trial
        self.suite = '?'
        self.late = False
        self.process = subprocess.Popen(
            trial.command, cwd=path, text=True, errors='replace',
            env=environment(**trial.settings), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True, preexec_fn=self.limit_cpu)

    def limit_cpu(self):
        if self.trial.cpu:
            resource.setrlimit(resource.RLIMIT_CPU,
                               (self.trial.cpu, self.trial.cpu))

    def end(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def too_late(self):
        self.late = True
        self.end()

    def trouble(self, line):
        """What a line of output says of a failure."""
        subtest = SUBTEST.match(line)
        if subtest:
            self.suite = subtest[1]
        failed = NOT_OK.match(line)
        if failed:
            nested = line.startswith(' ')
            return f'{self.suite}.{failed[1]}' if nested else failed[1]
        failed = FAILED.match(line)
        if failed:
            return failed[1]
        broken = BREAKDOWN.search(line)
        if broken:
            return f'{self.suite}: {broken[0].strip()}'[:110]
        return None

    def watch(self):
        last = ''
        for line in self.process.stdout:
            found = self.trouble(line)
            if found:
                self.end()
                return found
            last = line.strip() or last
        return self.ending(last)

    def ending(self, last):
        status = self.process.wait()
        if last == '# Totals: pass:0 fail:0 skip:0':
            raise NotBuilt(f'{self.trial.name}: no such case')
        if self.late or status in (124, -signal.SIGXCPU) or \
                (status == -signal.SIGKILL and self.trial.cpu):
            return f'time-out in {self.suite}'
        if status:
            return f'status {status}: {last}'[:110]
        return None

    def verdict(self):
        timer = threading.Timer(self.trial.limit, self.too_late)
        timer.start()
        try:
            return self.watch()
        finally:
            timer.cancel()
            self.end()
            self.process.stdout.close()
            self.process.wait()


def build_first():
    """Programs and kernel of the tree as it is, to be copied."""
    subprocess.run(['make', '--no-print-directory', '-j2', *PROGRAMS, KERNEL],
                   cwd=ROOT, env=environment(), check=True,
                   stdout=subprocess.DEVNULL)


def workers(number, work, todo):
    """Lets each of the workers take jobs until there are none."""
    build_first()
    os.nice(max(0, 10 - os.nice(0)))        # whoever works here comes first
    jobs = list(reversed(todo))
    lock = threading.Lock()
    errors = []

    def take():
        with lock:
            return jobs.pop() if jobs and not errors else None

    def loop(index):
        try:
            tree = Tree.copy(ROOT / f'build/mutants/{index}')
            while (job := take()) is not None:
                work(tree, job)
        except Exception as error:      # told by who waits
            errors.append(error)

    threads = [threading.Thread(target=loop, args=(index,))
               for index in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
