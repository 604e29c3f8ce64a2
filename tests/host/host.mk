# The hosted build: the same sources as the kernel's, compiled for Linux user
# space with sanitizers against tests/host/include/asm, and run as a process.
#
#	build/host/ktest [GLOB]		the suites on a simulated machine
#	build/host/memmap-replay FILE	a firmware map through the whole of mm
#	build/host/fuzz/TARGET		hostile input, against guard pages and
#					naive models: tests/fuzz/fuzz.mk
#	build/host/slub-kunit		what Linux's own tests expect of SLUB
#	build/host/buddy-states		every state of a small zone, exhaustively
#	build/host/models		long random streams next to naive models
#	build/host/numa/memblock_*	foreign programs that know only memblock's
#	build/host/flat/memblock_*	public header; with and without NUMA
#	build/host/highmem/ktest	the suites, with high memory
#	build/host/tsan/ktest		the suites, with the thread sanitizer
#	build/host/m32/ktest		the same, compiled for 32 bits, if the
#					compiler can (Debian: gcc-multilib)
#
# `make test-host` runs them all; each prints KTAP.

HOSTCC ?= $(CC)
HOST_OUT := build/host

# HOST_SANITIZE= builds without, for speed or for a debugger.
HOST_SANITIZE ?= -fsanitize=address,undefined -fno-sanitize-recover=all
HOST_WARN := -Wall -Wextra -Wmissing-prototypes -Wstrict-prototypes \
	-Wold-style-definition -Wshadow -Wpointer-arith -Wvla -Wundef \
	-Wno-unused-parameter $(HOST_WERROR)
HOST_CFLAGS := -std=gnu11 -Og -g $(HOST_WARN) $(HOST_SANITIZE) \
	-fno-omit-frame-pointer -fno-strict-aliasing -D_GNU_SOURCE \
	-DSTRATA_HOSTED -DCONFIG_FASTPATH_IRQSAVE=1 -DCONFIG_NUMA -DCONFIG_NODES_SHIFT=6 \
	-Itests/host/include -Iinclude

# What only a kernel has: its start, its symbol table, its prompt; and its
# threads and clock, which have twins here; and what the C library's
# sanitizers bring themselves.
HOST_WITHOUT := kernel/main.c kernel/kallsyms.c kernel/shell.c \
	kernel/sched.c kernel/task.c kernel/kthread.c kernel/time.c \
	kernel/timer.c kernel/ubsan.c
HOST_COMMON := $(filter-out $(HOST_WITHOUT),$(wildcard mm/*.c lib/*.c \
	kernel/*.c)) $(wildcard boot/*.c arch/x86/e820*.c \
	arch/x86/memmap_param.c arch/x86/madt.c) tests/host/machine.c \
	tests/host/simulate.c \
	tests/host/ram.c tests/host/mapfile.c tests/host/sched.c \
	tests/host/smp.c tests/host/time.c tests/host/kfence.c \
	tests/host/vmap.c tests/host/start.c
HOST_SUITES := $(wildcard tests/suites/*.c tests/host/*_test.c)

HOST_LINK = echo '  HOSTLD  $@'; \
	$(HOSTCC) $(HOST_SANITIZE) -g -rdynamic -o $@ $(filter %.o %.a,$^)
HOST_COMPILE = echo '  HOSTCC  $<'; $(HOSTCC) -MMD -MP -c -o $@ $<

host_obj = $(patsubst %.c,$(HOST_OUT)/%.o,$(1))

HOST_PROGRAMS := $(HOST_OUT)/ktest $(HOST_OUT)/memmap-replay \
	$(HOST_OUT)/slub-kunit $(HOST_OUT)/buddy-states $(HOST_OUT)/models
$(HOST_OUT)/ktest: $(call host_obj,$(HOST_COMMON) $(HOST_SUITES) \
	tests/host/main.c)
# The others take what they need from a library, and run no suites.
$(HOST_OUT)/memmap-replay: $(call host_obj,tests/host/memmap_replay.c) \
	$(HOST_OUT)/libstrata.a
$(HOST_OUT)/slub-kunit: $(call host_obj,tests/host/slub_kunit.c) \
	$(HOST_OUT)/libstrata.a
$(HOST_OUT)/buddy-states: $(call host_obj,tests/host/buddy_states.c \
	tests/suites/zone_fixture.c) $(HOST_OUT)/libstrata.a
HOST_MODELS := $(filter-out tests/suites/model_test.c,\
	$(wildcard tests/suites/model*.c)) tests/suites/zone_fixture.c
$(HOST_OUT)/models: $(call host_obj,tests/host/models.c $(HOST_MODELS)) \
	$(HOST_OUT)/libstrata.a

# As in the Makefile: made anew when compiler, flags or sources change.
$(HOST_OUT)/flags: FORCE
	$(call stamp,$(HOSTCC) $(HOST_M32_FLAGS) $(HOST_CONTRACT_FLAGS) $(HOST_TSAN) \
		$(GUIDED_CC) $(GUIDED_WATCH))
$(HOST_OUT)/link: FORCE
	$(call stamp,$(HOST_COMMON) $(HOST_SUITES) $(HOST_MEMBLOCK))

$(HOST_OUT)/libstrata.a: $(call host_obj,$(HOST_COMMON)) $(HOST_OUT)/link
	@rm -f $@
	@ar rcs $@ $(filter %.o,$^)

$(HOST_PROGRAMS): $(HOST_OUT)/link
	@mkdir -p $(@D)
	@$(HOST_LINK)

$(HOST_OUT)/%.o: %.c $(HOST_OUT)/flags
	@mkdir -p $(@D)
	@$(HOST_COMPILE) $(HOST_CFLAGS)

# A machine with high memory, in 64 bits and in 32: only that its boundary is
# where it is, and the width of a pointer, tell it from the one above.
HOST_HIGHMEM_FLAGS := $(HOST_CFLAGS) -DCONFIG_HIGHMEM=1
HOST_M32_FLAGS := $(HOST_HIGHMEM_FLAGS) -m32 -D_FILE_OFFSET_BITS=64
HOST_KTEST_SOURCES := $(HOST_COMMON) $(HOST_SUITES) tests/host/main.c

$(HOST_OUT)/highmem/%.o: %.c $(HOST_OUT)/flags
	@mkdir -p $(@D)
	@$(HOST_COMPILE) $(HOST_HIGHMEM_FLAGS)
$(HOST_OUT)/m32/%.o: %.c $(HOST_OUT)/flags
	@mkdir -p $(@D)
	@$(HOST_COMPILE) $(HOST_M32_FLAGS)
$(HOST_OUT)/highmem/ktest: $(HOST_KTEST_SOURCES:%.c=$(HOST_OUT)/highmem/%.o) \
		$(HOST_OUT)/link
	@$(HOST_LINK)
$(HOST_OUT)/m32/ktest: $(HOST_KTEST_SOURCES:%.c=$(HOST_OUT)/m32/%.o) \
		$(HOST_OUT)/link
	@$(HOST_LINK) -m32

# Asked of the compiler, and only when somebody wants these programs. Where 32
# bits can be had, the suites run with high memory there alone.
HOST_HIGH_PROGRAMS := $(HOST_OUT)/highmem/ktest
ifneq ($(filter host test-host-run,$(MAKECMDGOALS)),)
ifeq ($(shell echo 'int main(void) { return 0; }' | $(HOSTCC) -m32 \
	$(HOST_SANITIZE) -include stdio.h -x c -o /dev/null - 2>/dev/null && \
	echo yes),yes)
HOST_HIGH_PROGRAMS := $(HOST_OUT)/m32/ktest
endif
endif

# The suites on several CPUs, under the thread sanitizer. It watches accesses,
# not bounds; gcc and clang both can. (clang does not say so itself.)
HOST_TSAN := -fsanitize=thread
HOST_TSAN_PROGRAMS :=
ifneq ($(filter host test-host-run,$(MAKECMDGOALS)),)
ifeq ($(shell echo 'int main(void) { return 0; }' | $(HOSTCC) $(HOST_TSAN) \
	-x c -o /dev/null - 2>/dev/null && echo yes),yes)
HOST_TSAN_PROGRAMS := $(HOST_OUT)/tsan/ktest
endif
endif
HOST_TSAN_FLAGS := $(subst $(HOST_SANITIZE),$(HOST_TSAN),$(HOST_CFLAGS)) \
	-D__SANITIZE_THREAD__=1

$(HOST_OUT)/tsan/%.o: %.c $(HOST_OUT)/flags
	@mkdir -p $(@D)
	@$(HOST_COMPILE) $(HOST_TSAN_FLAGS)
$(HOST_OUT)/tsan/ktest: $(HOST_KTEST_SOURCES:%.c=$(HOST_OUT)/tsan/%.o) \
		$(HOST_OUT)/link
	@$(subst $(HOST_SANITIZE),$(HOST_TSAN),$(HOST_LINK))

# memblock alone, through its public header, the way a stranger would use it.
# The allocator is compiled freestanding; the program against the C library.
HOST_CONTRACT := $(patsubst tests/host/%.c,%,$(wildcard tests/host/memblock_*.c))
HOST_CONTRACT_FLAGS := -std=gnu11 -O2 -g $(HOST_WARN) $(HOST_SANITIZE) \
	-fno-builtin -fno-strict-aliasing -include tests/host/identity.h \
	-DCONFIG_MEMBLOCK_HOST_TEST=1 -DCONFIG_PHYS_ADDR_T_64BIT \
	-Itests/host/include -Iinclude
HOST_NUMA_FLAGS := -DCONFIG_NUMA -DCONFIG_NODES_SHIFT=4

HOST_NUMA_PROGRAMS := $(addprefix $(HOST_OUT)/numa/,$(HOST_CONTRACT))
HOST_FLAT_PROGRAMS := $(addprefix $(HOST_OUT)/flat/,$(HOST_CONTRACT))
HOST_MEMBLOCK := $(wildcard mm/memblock*.c)

$(HOST_OUT)/numa/mm/%.o: mm/%.c $(HOST_OUT)/flags
	@mkdir -p $(@D)
	@$(HOST_COMPILE) -ffreestanding $(HOST_CONTRACT_FLAGS) \
		$(HOST_NUMA_FLAGS)
$(HOST_OUT)/flat/mm/%.o: mm/%.c $(HOST_OUT)/flags
	@mkdir -p $(@D)
	@$(HOST_COMPILE) -ffreestanding $(HOST_CONTRACT_FLAGS)
$(HOST_OUT)/numa/%.o: tests/host/%.c $(HOST_OUT)/flags
	@mkdir -p $(@D)
	@$(HOST_COMPILE) $(HOST_CONTRACT_FLAGS) $(HOST_NUMA_FLAGS)
$(HOST_OUT)/flat/%.o: tests/host/%.c $(HOST_OUT)/flags
	@mkdir -p $(@D)
	@$(HOST_COMPILE) $(HOST_CONTRACT_FLAGS)

$(HOST_NUMA_PROGRAMS): $(HOST_OUT)/numa/%: $(HOST_OUT)/numa/%.o \
		$(patsubst %.c,$(HOST_OUT)/numa/%.o,$(HOST_MEMBLOCK))
	@$(HOST_LINK)
$(HOST_FLAT_PROGRAMS): $(HOST_OUT)/flat/%: $(HOST_OUT)/flat/%.o \
		$(patsubst %.c,$(HOST_OUT)/flat/%.o,$(HOST_MEMBLOCK))
	@$(HOST_LINK)

include tests/fuzz/fuzz.mk

HOST_ALL := $(HOST_PROGRAMS) $(FUZZ_ALL) $(HOST_HIGH_PROGRAMS) \
	$(HOST_TSAN_PROGRAMS) $(HOST_NUMA_PROGRAMS) $(HOST_FLAT_PROGRAMS)
-include $(shell test -d $(HOST_OUT) && find $(HOST_OUT) -name '*.d')

.PHONY: host test-host-run
host: $(HOST_ALL)

test-host-run: $(HOST_ALL)
	SUITE='$(SUITE)' tests/host/run $(HOST_OUT) $(HOST_HIGH_PROGRAMS) \
		'$(HOST_TSAN_PROGRAMS)' $(HOST_CONTRACT)
