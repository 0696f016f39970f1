# SPDX-License-Identifier: Apache-2.0
#
# Coverage-guided fuzzing; part of kernel_c/Makefile. docs/hostile.md says what the targets are.
#
#   make corpus             every recorded input through every target, any compiler and platform
#   make fuzz-quick         the same under libFuzzer, and a bounded number of new inputs
#   make fuzz               longer: MINUTES=10 in all, or RUNS=100000 each
#   make fuzz-seeds         the corpus from its sources; KEEP=1 with what long runs have found
#   FUZZ="tap tlv"          these targets alone

FUZZ ?= tap fci tlv dol afl oda_rsa oda_sm2 config
FUZZ_CLANG ?= clang
FUZZ_FLAGS = -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all \
             -DTAPK_TRACE -DTAPK_TEST
FUZZ_BUILD ?= build/libfuzzer
FUZZ_CHUNKS = tap fci oda_rsa oda_sm2 config # inputs of input.h: mutate.c alters them
FUZZ_SHARED = rules provider terminal ride ride_rules earned oda_input
FUZZ_HEADERS := $(wildcard fuzz/*.h)
FUZZ_OBJECTS = $(FUZZ_SHARED:%=$(1)/fuzz/%.o)

# The plain driver.
FUZZ_PLAIN := $(FUZZ:%=$(BUILD)/fuzz/%)

$(BUILD)/fuzz/%.o: fuzz/%.c $(FUZZ_HEADERS) $(HEADERS)
	@mkdir -p $(@D)
	$(CC) $(BASE) $(TESTING) $(CFLAGS) -Ifuzz -c $< -o $@

$(FUZZ_PLAIN): $(BUILD)/fuzz/%: $(BUILD)/fuzz/target_%.o $(BUILD)/fuzz/main.o $(call FUZZ_OBJECTS,$(BUILD)) $(TEST_OBJECTS)
	$(CC) $(BASE) $(TESTING) $(CFLAGS) $^ -o $@

corpus: $(FUZZ_PLAIN)
	@sh fuzz/corpus.sh $(BUILD)/fuzz $(FUZZ)

fuzz-plain: $(FUZZ_PLAIN)

# libFuzzer. Arithmetic is checked and not counted: its branches are no decisions.
$(FUZZ_BUILD)/src/crypto/%.o: src/crypto/%.c $(HEADERS) fuzz/fuzz.mk
	@mkdir -p $(@D)
	$(FUZZ_CLANG) -std=c11 $(WARN) $(INCLUDE) $(FUZZ_FLAGS) -O2 $(DEFINES) -c $< -o $@

$(FUZZ_BUILD)/src/%.o: src/%.c $(HEADERS) fuzz/fuzz.mk
	@mkdir -p $(@D)
	$(FUZZ_CLANG) -std=c11 $(WARN) $(INCLUDE) $(FUZZ_FLAGS) -fsanitize-coverage=inline-8bit-counters,pc-table $(DEFINES) -c $< -o $@

$(FUZZ_BUILD)/fuzz/%.o: fuzz/%.c $(FUZZ_HEADERS) $(HEADERS) fuzz/fuzz.mk
	@mkdir -p $(@D)
	$(FUZZ_CLANG) -std=c11 $(WARN) $(INCLUDE) -Ifuzz $(FUZZ_FLAGS) -DFUZZ_COUNTERS -c $< -o $@

.SECONDEXPANSION:
$(FUZZ:%=$(FUZZ_BUILD)/%): $(FUZZ_BUILD)/%: $(FUZZ_BUILD)/fuzz/target_%.o $$(if $$(filter $$*,$(FUZZ_CHUNKS)),$(FUZZ_BUILD)/fuzz/mutate.o) $(call FUZZ_OBJECTS,$(FUZZ_BUILD)) $(SOURCES:%.c=$(FUZZ_BUILD)/%.o)
	$(FUZZ_CLANG) $(FUZZ_FLAGS) -fsanitize=fuzzer $^ -o $@

$(FUZZ_BUILD)/unpack: fuzz/main.c fuzz/unpack.c $(FUZZ_HEADERS)
	@mkdir -p $(@D)
	$(FUZZ_CLANG) -std=c11 $(WARN) $(INCLUDE) -Ifuzz -O1 fuzz/main.c fuzz/unpack.c -o $@

../build/fuzz/dictionary: tags.def fuzz/seeds.py
	@python3 fuzz/seeds.py dictionary $@

fuzz-targets: $(FUZZ:%=$(FUZZ_BUILD)/%) $(FUZZ_BUILD)/unpack ../build/fuzz/dictionary

# Where there is no libFuzzer the corpus alone is run, and the last line says so.
FUZZ_CAN := $(shell printf 'int LLVMFuzzerTestOneInput(const char *, int); int LLVMFuzzerTestOneInput(const char *p, int n) { return n < 0 && *p; }' | \
	$(FUZZ_CLANG) -fsanitize=fuzzer -x c - -o /dev/null 2>/dev/null && echo yes)

fuzz-quick fuzz:
ifeq ($(FUZZ_CAN),yes)
	@$(MAKE) -s --no-print-directory -j2 fuzz-targets
	@sh fuzz/run.sh $(if $(filter fuzz,$@),long,quick) $(FUZZ)
else
	@echo "no libFuzzer (apt install clang libclang-rt-14-dev): the corpus alone is replayed"
	@$(MAKE) -s --no-print-directory corpus
	@echo "fuzz: $(words $(FUZZ)) targets, 0 runs beyond the corpus, 0 findings"
endif

# One input again, with the whole story.
fuzz-replay: fuzz-targets
	$(FUZZ_BUILD)/$(FUZZ) $(INPUT)

# The corpus again: seeds from vectors/ and tests/data, what they have proved, the smallest set that
# reaches as much, with what long runs found. PY is an interpreter that has tapkern.
PY ?= ../.venv/bin/python
FUZZ_SEEDS = ../build/fuzz/seeds
fuzz-seeds:
	rm -rf $(FUZZ_SEEDS) ../build/fuzz/least
	$(PY) fuzz/seeds.py make $(FUZZ_SEEDS)
	$(MAKE) -s --no-print-directory -j2 fuzz-targets
	@for t in tap oda_rsa oda_sm2; do \
	  TAPKERN_FUZZ_EARN=1 $(FUZZ_BUILD)/$$t -runs=0 $(FUZZ_SEEDS)/$$t 2>/dev/null; done >../build/fuzz/earned
	$(PY) fuzz/seeds.py earned ../build/fuzz/earned
	$(MAKE) -s --no-print-directory -j2 fuzz-targets
	@for t in $(FUZZ); do mkdir -p ../build/fuzz/least/$$t ../build/fuzz/work/$$t; \
	  $(FUZZ_BUILD)/$$t -artifact_prefix=../build/fuzz/ -merge=1 -use_counters=0 -max_len=4096 ../build/fuzz/least/$$t $(FUZZ_SEEDS)/$$t \
	    $(if $(KEEP),../build/fuzz/work/$$t) >../build/fuzz/log-merge-$$t 2>&1 || exit 1; \
	  $(PY) fuzz/seeds.py pack ../build/fuzz/least/$$t fuzz/corpus/$$t.pack; done

.PHONY: fuzz-seeds corpus fuzz-plain fuzz-targets fuzz-quick fuzz fuzz-replay
