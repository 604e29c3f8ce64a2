# The fuzz targets, each built several times:
#
#	build/host/fuzz/TARGET		the hosted library as it is, and a driver
#	build/host/m32/fuzz/TARGET	of ours: replays inputs, and damages them
#	build/host/guided/TARGET	everything with clang and libFuzzer
#
# `make test-host` runs the former for a moment, `make fuzz` the latter for long.

FUZZ_TARGETS := multiboot2 pvh acpi memmap cmdline buddy pages slab vmap \
	vmalloc mempool memblock
FUZZ_WHOLE := $(filter-out memblock,$(FUZZ_TARGETS))

# What a target has beyond its own file and the library.
FUZZ_COMMON := tests/fuzz/fuzz.c
FUZZ_WITH_acpi := arch/x86/acpi_tables.c
FUZZ_WITH_buddy := tests/suites/zone_fixture.c
FUZZ_WITH_vmalloc := tests/suites/model_vmalloc.c
# Everybody who takes a word of the command line, whether somebody else calls
# him or not; what start_kernel() calls is not here, and never called.
FUZZ_WITH_cmdline := kernel/main.c tests/suites/census_observer.c $(HOST_COMMON)
FUZZ_LINK_cmdline := -Wl,--unresolved-symbols=ignore-all
FUZZ_MAIN := $(HOST_OUT)/kernel/main.o $(HOST_OUT)/guided/kernel/main.o
$(FUZZ_MAIN): HOST_CFLAGS += -Dboot_entry_cycles=0ULL -Wno-missing-prototypes

# fuzz_objects DIRECTORY,TARGET
fuzz_objects = $(patsubst %.c,$(1)/%.o,tests/fuzz/$(2).c $(FUZZ_WITH_$(2)) \
	$(FUZZ_COMMON))

FUZZ_PROGRAMS := $(FUZZ_TARGETS:%=$(HOST_OUT)/fuzz/%)
fuzz_driver := $(HOST_OUT)/tests/fuzz/driver.o

# memblock is played alone, as its model is elsewhere: tests/host.
fuzz_memblock = $(1)/tests/fuzz/memblock.o \
	$(patsubst %.c,$(1)/%.o,$(HOST_MEMBLOCK))

$(foreach t,$(FUZZ_WHOLE),$(eval $(HOST_OUT)/fuzz/$(t): \
	$(call fuzz_objects,$(HOST_OUT),$(t)) $(fuzz_driver) \
	$(HOST_OUT)/libstrata.a))
$(HOST_OUT)/fuzz/memblock: $(call fuzz_memblock,$(HOST_OUT)/numa) \
	$(fuzz_driver) $(HOST_OUT)/libstrata.a

$(FUZZ_PROGRAMS): $(HOST_OUT)/link
	@mkdir -p $(@D)
	@$(HOST_LINK) $(FUZZ_LINK_$(@F))

$(HOST_OUT)/numa/tests/fuzz/%.o: tests/fuzz/%.c $(HOST_OUT)/flags
	@mkdir -p $(@D)
	@$(HOST_COMPILE) $(HOST_CONTRACT_FLAGS) $(HOST_NUMA_FLAGS)

# Parsers once more where a size has 32 bits, if the compiler can.
FUZZ_PARSERS := multiboot2 pvh acpi memmap
FUZZ_M32_PROGRAMS := $(FUZZ_PARSERS:%=$(HOST_OUT)/m32/fuzz/%)
$(foreach t,$(FUZZ_PARSERS),$(eval $(HOST_OUT)/m32/fuzz/$(t): \
	$(call fuzz_objects,$(HOST_OUT)/m32,$(t)) \
	$(HOST_OUT)/m32/tests/fuzz/driver.o \
	$(HOST_COMMON:%.c=$(HOST_OUT)/m32/%.o)))
$(FUZZ_M32_PROGRAMS): $(HOST_OUT)/link
	@mkdir -p $(@D)
	@$(HOST_LINK) -m32

FUZZ_ALL := $(FUZZ_PROGRAMS) $(if $(filter %/m32/ktest,$(HOST_HIGH_PROGRAMS)),\
	$(FUZZ_M32_PROGRAMS))

# ----- guided ---------------------------------------------------------------

GUIDED := $(HOST_OUT)/guided
GUIDED_CC ?= clang
GUIDED_SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all
# Told apart: an object is made to be watched, a program has libFuzzer's main.
GUIDED_WATCH := $(GUIDED_SANITIZE) -fsanitize=fuzzer-no-link
guided_flags = $(patsubst -fsanitize=%,,$(filter-out -fno-sanitize-recover=%,\
	$(1))) $(GUIDED_WATCH)
GUIDED_PROGRAMS := $(FUZZ_TARGETS:%=$(GUIDED)/%)

$(foreach t,$(FUZZ_WHOLE),$(eval $(GUIDED)/$(t): \
	$(call fuzz_objects,$(GUIDED),$(t)) $(GUIDED)/libstrata.a))
$(GUIDED)/memblock: $(call fuzz_memblock,$(GUIDED)/numa)

$(GUIDED)/libstrata.a: $(HOST_COMMON:%.c=$(GUIDED)/%.o) $(HOST_OUT)/link
	@rm -f $@
	@ar rcs $@ $(filter %.o,$^)

$(GUIDED_PROGRAMS): $(HOST_OUT)/link
	@echo '  FUZZLD  $@'
	@$(GUIDED_CC) $(GUIDED_SANITIZE) -fsanitize=fuzzer -g -rdynamic -o $@ \
		$(filter %.o %.a,$^) $(FUZZ_LINK_$(@F))

GUIDED_COMPILE = echo '  FUZZCC  $<'; $(GUIDED_CC) -MMD -MP -c -o $@ $<

$(GUIDED)/numa/%.o: %.c $(HOST_OUT)/flags
	@mkdir -p $(@D)
	@$(GUIDED_COMPILE) $(if $(filter mm/%,$<),-ffreestanding) \
		$(call guided_flags,$(HOST_CONTRACT_FLAGS)) $(HOST_NUMA_FLAGS)
$(GUIDED)/%.o: %.c $(HOST_OUT)/flags
	@mkdir -p $(@D)
	@$(GUIDED_COMPILE) $(call guided_flags,$(HOST_CFLAGS))
# What a model does is no reason to keep an input.
$(GUIDED)/tests/fuzz/%.o: tests/fuzz/%.c $(HOST_OUT)/flags
	@mkdir -p $(@D)
	@$(GUIDED_COMPILE) $(filter-out -fsanitize=fuzzer%,\
		$(call guided_flags,$(HOST_CFLAGS))) -O2

.PHONY: fuzz-programs
fuzz-programs: $(GUIDED_PROGRAMS)
