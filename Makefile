# Strata. "make help" lists the targets and variables.

ARCH ?= x86_64
DEBUG ?= 0
FASTPATH ?= restart
WERROR ?= 0
SANITIZE ?=
COVERAGE ?= 0
directory_coverage_1 := /coverage
BUILD := build/$(ARCH)$(SANITIZE:%=/%)$(directory_coverage_$(COVERAGE))

# What the scripts are told. MEM, FIRMWARE, CMDLINE and the like reach them by
# themselves, from the environment or make's command line.
export ARCH BUILD CC

ifneq ($(filter $(DEBUG),0 1 2),$(DEBUG))
$(error DEBUG is 0, 1 or 2, not "$(DEBUG)")
endif
ifneq ($(filter $(FASTPATH),restart irqsave),$(FASTPATH))
$(error FASTPATH is restart or irqsave, not "$(FASTPATH)")
endif
ifneq ($(filter-out undefined kasan,$(SANITIZE))$(word 2,$(SANITIZE)),)
$(error SANITIZE is kasan or undefined, not "$(SANITIZE)")
endif

ifneq ($(filter $(COVERAGE),0 1),$(COVERAGE))
$(error COVERAGE is 0 or 1, not "$(COVERAGE)")
endif

# ----- the target -----------------------------------------------------------

ifeq ($(ARCH),x86_64)
bits := 64
other_bits := 32
KERNEL_BASE := 0xffffffff80000000
arch_cflags := -m64 -mcmodel=kernel -mno-red-zone
nasm_format := elf64
ld_emulation := elf_x86_64
else ifeq ($(ARCH),i386)
ifeq ($(SANITIZE),kasan)
$(error SANITIZE=kasan needs ARCH=x86_64: the shadow of 4 GiB of addresses is \
	512 MiB, and a 32-bit kernel has 1 GiB of them for everything)
endif
bits := 32
other_bits := 64
KERNEL_BASE := 0xc0000000
arch_cflags := -m32 -march=i686 -DCONFIG_HIGHMEM=1
nasm_format := elf32
ld_emulation := elf_i386
else
$(error ARCH is x86_64 or i386, not "$(ARCH)")
endif

# ----- tools and flags ------------------------------------------------------

ifeq ($(origin CC),default)
CC := gcc
endif
NASM ?= nasm

warnings := -Wall -Wextra -Wmissing-prototypes -Wstrict-prototypes \
	-Wold-style-definition -Wshadow -Wpointer-arith -Wvla -Wundef \
	-Wno-unused-parameter
ifeq ($(WERROR),1)
warnings += -Werror
HOST_WERROR := -Werror
endif

optimise_0 := -O2
optimise_1 := -O2 -DCONFIG_DEBUG=1
optimise_2 := -Og -DCONFIG_DEBUG=2
optimise := $(optimise_$(DEBUG))
# -O2 moves branches away from the lines they were written in, and takes twice
# as long over what SANITIZE=undefined puts in.
ifneq ($(filter 1,$(COVERAGE))$(filter undefined,$(SANITIZE)),)
optimise := -Og $(filter-out -O%,$(optimise))
endif

fastpath_irqsave := -DCONFIG_FASTPATH_IRQSAVE=1

# What only one of the two below has.
not_ := kernel/ubsan.c arch/x86/kasan_init_64.c
not_undefined := arch/x86/kasan_init_64.c
# Under KASAN caches have no arrays, larger places, objects that wait in
# quarantine, and never merge; and what is corrupted on purpose is told before
# it is found. Suites that count on any of it are not built.
not_kasan := kernel/ubsan.c \
	$(wildcard tests/suites/slub*_test.c) \
	$(foreach s,api info merge,tests/suites/slab_$(s)_test.c) \
	tests/suites/x86/restart_alloc_test.c

# SANITIZE=undefined: the compiler looks for what C leaves undefined, and
# kernel/ubsan.c tells of it.
config_undefined := -DCONFIG_UBSAN=1
instrument_undefined := -fsanitize=undefined
plain_undefined := kernel/ubsan.c	# would call itself

# SANITIZE=kasan: each access asks first whether it may (mm/kasan/check.c).
dirs_kasan := mm/kasan
config_kasan := -DCONFIG_KASAN=1
instrument_kasan := -fsanitize=kernel-address \
	-fasan-shadow-offset=0xdffffc0000000000 --param asan-stack=1 \
	--param asan-globals=1 \
	--param asan-instrumentation-with-call-threshold=0
say_plain_kasan := -DKASAN_PLAIN
# Files that are built without: they do the checking, run before there is
# shadow, read stacks, red zones and free memory on purpose, or keep links in
# free objects.
plain_kasan := mm/kasan/%.c lib/string.c lib/hash.c \
	arch/x86/kasan_init_64.c arch/x86/head_64.c arch/x86/stacktrace.c \
	mm/slub.c mm/slub_slab.c mm/slub_check.c mm/slub_odd.c mm/kmalloc.c \
	mm/krealloc.c mm/slub_debug.c mm/slub_debug_report.c \
	mm/slub_validate.c \
	mm/page_poison.c mm/page_debug.c mm/mempool_check.c \
	tests/suites/mempool_check_test.c \
	tests/suites/x86/pgtable_test.c tests/suites/slab_init_on_test.c

# COVERAGE=1: the compiler counts which ways are gone, in what coverage is asked
# of, and arch/x86/gcov.c sends the counters out. Several CPUs count at once.
not_gcov_0 := arch/x86/gcov.c
config_gcov_1 := -DCONFIG_GCOV=1
count_1 := -fprofile-arcs -ftest-coverage -fprofile-info-section=gcov_info
count_x86_64 := -fprofile-update=atomic
count = $(count_$(COVERAGE)) $(and $(count_$(COVERAGE)),$(count_$(ARCH)))
counted := mm/%.c boot/multiboot2.c arch/x86/e820.c

CFLAGS := -std=gnu11 $(optimise) $(fastpath_$(FASTPATH)) \
	$(config_$(SANITIZE)) $(config_gcov_$(COVERAGE)) -g $(warnings) \
	-ffreestanding -fno-pic -fno-pie -mgeneral-regs-only \
	-fno-stack-protector -fcf-protection=none \
	-fno-asynchronous-unwind-tables -fno-omit-frame-pointer \
	-fno-strict-aliasing $(arch_cflags) \
	-DCONFIG_NUMA -DCONFIG_NODES_SHIFT=3 -Iinclude -Iarch/x86/include
# Added for one source.
instrument = $(if $(filter $(plain_$(SANITIZE)),$(1)),\
	$(say_plain_$(SANITIZE)),$(instrument_$(SANITIZE))) \
	$(if $(filter $(counted),$(1)),$(count))
NASMFLAGS := -f $(nasm_format) -DKERNEL_BASE=$(KERNEL_BASE)
LDFLAGS := -m $(ld_emulation) -T linker.ld -nostdlib -static --no-pie \
	--build-id=none -z max-page-size=4096 -z noexecstack \
	--defsym=KERNEL_BASE=$(KERNEL_BASE)

# ----- sources: whatever lies in these directories --------------------------

source_dirs := boot arch/x86 mm kernel lib tests/suites tests/suites/x86 \
	tests/bench $(dirs_$(SANITIZE))
sources := $(foreach d,$(source_dirs),$(wildcard $(d)/*.c $(d)/*.asm))
sources := $(filter-out %_$(other_bits).c %_$(other_bits).asm \
	%_$(other_bits)_test.c,$(sources))
sources := $(filter-out $(not_$(SANITIZE)) $(not_gcov_$(COVERAGE)),$(sources))
asm_includes := $(foreach d,$(source_dirs),$(wildcard $(d)/*.inc))
objects := $(sources:%=$(BUILD)/%.o)

KERNEL := $(BUILD)/strata.elf
ISO := $(BUILD)/strata.iso

# What the image on the ISO does when nobody says otherwise.
ISO_CMDLINE := selftest shell

# ----- targets --------------------------------------------------------------

.PHONY: all run run-guest test test-host test-kernel stress detect mutants \
	mutate bench bench-time bench-baseline coverage soak models lint \
	format debug help clean setup FORCE fuzz prove
.DELETE_ON_ERROR:
.SUFFIXES:

all: $(ISO)

# The sources once more, for user space: build/host/. Brings test-host-run.
-include tests/host/host.mk

# A recipe may end with any status, make then ends with 2. `make run` ends with
# the verdict's: run-guest leaves its status in a file of this make's own, and
# a function loaded into make ends it with that. Where nothing can be loaded
# (no dlopen, no gnumake.h) a bad verdict is 2, as ever.
EXIT_STATUS := $(BUILD)/exit_status.so
dry := $(findstring n,$(firstword -$(MAKEFLAGS)))
ifneq ($(and $(filter run,$(MAKECMDGOALS)),$(filter load,$(.FEATURES)),\
	$(if $(dry),,wet)),)
-load $(EXIT_STATUS)
endif
run_status = $(BUILD)/run.$$PPID.status
with_function = $(filter $(EXIT_STATUS),$(.LOADED))

run: run-guest
	$(if $(with_function),$(exit_status \
		$(shell cat $(run_status); rm -f $(run_status))))

run-guest: $(KERNEL)
	@scripts/run $(if $(with_function),; echo $$? >$(run_status))

# Both targets, unless one is asked for.
ARCHES := $(if $(filter file,$(origin ARCH)),x86_64 i386,$(ARCH))
export ARCHES

test: $(ARCHES:%=kernel-%)
	@scripts/test

test-host: setup
	@$(MAKE) --no-print-directory test-host-run

test-kernel: $(ARCHES:%=kernel-%)
	@scripts/test kernel

kernel-%: setup
	@$(MAKE) --no-print-directory ARCH=$* all

# The stress suites on four CPUs, a new seed each time.
MINUTES ?= 10
stress: $(ARCHES:%=kernel-%)
	@scripts/stress $(MINUTES)

# All allocators for hours in one boot, a census every minute, and a curve of
# fragmentation. MINUTES= instead of HOURS=, and fractions of either.
soak: soak_setup $(KERNEL)
	@scripts/soak $(if $(HOURS),$(HOURS)h,$(MINUTES)m) $(SEED)

.PHONY: soak_setup
soak_setup: setup
	@scripts/setup plots

# Long streams next to models: SEEDS of OPS operations hosted, of BOOT_OPS in
# the kernel.
SEEDS ?= 20
OPS ?= 10000000
BOOT_OPS ?= 100000
models: setup $(ARCHES:%=kernel-%) build/host/models
	@scripts/models $(SEEDS) $(OPS) $(BOOT_OPS)

# Coverage-guided, two at a time, SECONDS each; TARGET=name for one of them.
# MERGE=1: what was found goes to tests/fuzz/corpus instead, if it is new.
SECONDS ?= 60
fuzz: setup
	@$(MAKE) --no-print-directory -j 2 \
		$(if $(TARGET),build/host/guided/$(TARGET),fuzz-programs)
	@scripts/fuzz $(if $(MERGE),merge,$(SECONDS)) $(TARGET)

# How many mistakes of each kind each mode tells: TRIALS of each, OPERATIONS
# valid ones.
TRIALS ?= 1000
OPERATIONS ?= 10000000
detect: setup $(KERNEL)
	@$(MAKE) --no-print-directory SANITIZE=kasan \
		$(KERNEL:%/strata.elf=%/kasan/strata.elf)
	@scripts/detect $(if $(WRITE),--write) $(TRIALS) $(OPERATIONS)

# Bugs that other kernels had, one after the other: each must make a test fail.
MUTANT ?= *
mutants: setup
	@scripts/mutants '$(MUTANT)'

# Small changes at random to the files of mm/, PER_FILE each.
SEED ?= 1
PER_FILE ?= 5
mutate: setup
	@scripts/mutate --seed=$(SEED) --per-file=$(PER_FILE) $(FILES)

# Models walked through, the parsers by abstract interpretation: docs/proof.md.
prove: setup $(KERNEL)
	@scripts/prove

# What calls cost, in instructions: docs/performance.md. WRITE=1 rewrites its
# tables and plots, BENCH=glob narrows.
bench: setup $(KERNEL)
	@scripts/bench $(if $(WRITE),--write)

bench-time: setup $(KERNEL)
	@scripts/bench time

bench-baseline: setup $(KERNEL)
	@scripts/bench baseline

# What no test of mm/, the tag parser and the map cleaner runs: hosted and in
# the kernel, together. HTML in build/coverage/html.
coverage: setup
	@scripts/coverage

lint: setup
	@scripts/lint

format: setup
	@scripts/format

debug: $(KERNEL)
	@scripts/debug

clean:
	rm -rf build

help:
	@echo 'make              kernel and bootable image: $(BUILD)/strata.{elf,iso}'
	@echo 'make run          boot the image in QEMU: self-test, then a shell'
	@echo 'make test         everything: lint, host tests, boots in QEMU'
	@echo 'make test-host    the same sources in user space, with sanitizers'
	@echo 'make test-kernel  boots over memory sizes and firmware'
	@echo 'make stress       stress suites on 4 CPUs, other seeds, MINUTES=10'
	@echo 'make soak         mixed load in one boot, census each minute, HOURS=n'
	@echo 'make models       long random streams next to naive models, SEEDS=20'
	@echo 'make fuzz         hostile input, guided by coverage; SECONDS=60 TARGET=name'
	@echo 'make detect       rate of mistakes told, by kind and mode'
	@echo 'make mutants      tests against classic bugs, MUTANT=GLOB'
	@echo 'make mutate       tests against changes at random, SEED= PER_FILE= FILES='
	@echo 'make prove        models by Spin, parsers by Frama-C'
	@echo 'make bench        instructions per call, next to Linux; WRITE=1 to docs/'
	@echo 'make bench-time   the same in nanoseconds, medians of several boots'
	@echo 'make bench-baseline  what make test compares with, anew'
	@echo 'make coverage     lines and branches of mm/ that no test runs, in HTML'
	@echo 'make lint         layering, style, static analysis'
	@echo 'make format       clang-format over the tree'
	@echo 'make debug        QEMU stopped at its first instruction, gdb attached'
	@echo 'make clean        remove build/'
	@echo
	@echo 'Variables: ARCH=x86_64|i386 CC=gcc|clang DEBUG=0|1|2 WERROR=0|1'
	@echo '  run, test: MEM=128M SMP=1 NODES=1 FIRMWARE=bios|uefi'
	@echo '             CMDLINE="selftest=GLOB shell ..." QEMU_FLAGS="..."'
	@echo '             FASTPATH=restart|irqsave TIMEOUT=seconds'
	@echo '             SANITIZE=kasan|undefined COVERAGE=0|1'
	@echo '  test:      SUITE=GLOB'
	@echo '  bench:     BENCH=GLOB WRITE=1 BOOT_SIZES="1G 64G"; bench-time: RUNS=5'

# Looks for the tools of what was asked for and installs what is missing,
# before anything is built.
setup_for = $(if $(filter $(1),$(MAKECMDGOALS)),$(2))
setup_stage := $(firstword \
	$(call setup_for,coverage,coverage) \
	$(call setup_for,test test-host test-kernel detect lint,test) \
	$(call setup_for,format debug models fuzz mutants mutate,test) \
	$(call setup_for,bench bench-time bench-baseline,bench) \
	$(call setup_for,prove,prove) \
	$(call setup_for,run stress soak,run) build)

setup:
	@scripts/setup $(setup_stage)

# A failure is no error: make goes on without.
$(EXIT_STATUS): scripts/exit_status.c | setup
	@mkdir -p $(@D)
	@$(CC) -O2 -fPIC -shared -nostdlib -o $@ $< 2>/dev/null || rm -f $@

# ----- rules ----------------------------------------------------------------

# A stamp holds the flags of the last build, or its list of objects. It changes,
# and makes what depends on it be made again, only when these do.
stamp = @mkdir -p $(@D); echo '$(1)' | cmp -s - $@ || echo '$(1)' > $@

$(BUILD)/flags: FORCE
	$(call stamp,$(CC) $(CFLAGS) $(instrument_$(SANITIZE)) \
		$(plain_$(SANITIZE)) $(count) $(counted) $(NASM) $(NASMFLAGS))

$(BUILD)/link: FORCE
	$(call stamp,$(LD) $(LDFLAGS) $(objects))

$(BUILD)/%.c.o: %.c $(BUILD)/flags | setup
	@mkdir -p $(@D)
	@echo '  CC      $<'
	@$(CC) $(CFLAGS) $(call instrument,$<) -MMD -MP -c $< -o $@

# NASM 2.16's -MD leaves out what is included; there is not much of it.
$(BUILD)/%.asm.o: %.asm $(asm_includes) $(BUILD)/flags | setup
	@mkdir -p $(@D)
	@echo '  NASM    $<'
	@$(NASM) $(NASMFLAGS) -o $@ $<

# The symbol table needs a linked kernel and is a part of it: link without,
# make the table, link with it, and see that no function has moved.
$(BUILD)/strata.pass1.elf: $(objects) linker.ld $(BUILD)/link
	@$(LD) $(LDFLAGS) -o $@ $(objects)

$(BUILD)/kallsyms.asm: $(BUILD)/strata.pass1.elf scripts/kallsyms
	@echo '  KSYMS   $@'
	@scripts/kallsyms $< > $@

$(BUILD)/kallsyms.o: $(BUILD)/kallsyms.asm
	@$(NASM) $(NASMFLAGS) -o $@ $<

$(KERNEL): $(objects) $(BUILD)/kallsyms.o linker.ld
	@echo '  LD      $@'
	@$(LD) $(LDFLAGS) -o $@ $(objects) $(BUILD)/kallsyms.o
	@scripts/kallsyms $@ | cmp -s - $(BUILD)/kallsyms.asm || \
		{ echo 'kallsyms: functions moved between the links' >&2; \
		  rm -f $@; exit 1; }
	@grub-file --is-x86-multiboot2 $@ || \
		{ echo 'no multiboot2 header in $@' >&2; rm -f $@; exit 1; }

$(ISO): $(KERNEL) scripts/mkiso
	@echo '  ISO     $@'
	@scripts/mkiso $@ $(KERNEL) '$(ISO_CMDLINE)'

-include $(objects:.o=.d)
