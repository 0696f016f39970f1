# The newcomer's commands. Everything is set up in .venv on first use and kept there.
#
#   make demo     tap simulated cards, no hardware
#   make test     all tests, with the PC/SC daemon and a virtual reader when they can be had
#
# PYTHON=python3.12 make demo   chooses the interpreter (3.11 or newer).

VENV    := .venv
BIN     := $(VENV)/bin
SETUP   := VENV=$(VENV) PYTHON='$(PYTHON)' tools/setup.sh
STAMPS  := $(VENV)/stamps
# Another PYTHON is another stamp: setup.sh then makes the environment anew where it must.
READY   := $(STAMPS)/venv-$(subst /,_,$(PYTHON))
BUILT   := setup.py $(wildcard src/tapkern/*.pyx src/tapkern/*.pxd src/tapkern/*.pxi kernel_c/*.def) \
           $(shell find kernel_c/include kernel_c/src -name '*.[ch]')

.DEFAULT_GOAL := help
.NOTPARALLEL:
TAPS ?= 2000
SEED ?= 1
ONLY ?=
HOURS ?= 8
PLATFORM ?=
PROOF ?=
QUICK ?=

.PHONY: help demo test replay platforms analyse proofs proofs-quick proofs-planted stack differential matrix coverage mutants replay-mutants tear fuzz fuzz-quick planted night lint vectors vectors-check bench wheel clean

help:
	@echo 'make demo    set up .venv and tap simulated cards (no hardware)'
	@echo 'make test    C tests, Python tests, PC/SC tests with a virtual reader'
	@echo 'make replay  the vector suites through the kernel'
	@echo 'make platforms PLATFORM="m32 ppc" QUICK=1'
	@echo '             C tests and recorded cases under sanitizers, valgrind, other word sizes and byte orders'
	@echo 'make proofs PROOF=tlv'
	@echo '             bounded proofs with CBMC, which is fetched; proofs-quick: a part, without fetching'
	@echo 'make stack   how deep the stack gets, beside its budget'
	@echo 'make analyse clang-tidy, cppcheck and gcc -fanalyzer over the C code'
	@echo 'make differential TAPS=n SEED=s'
	@echo '             random taps through the kernel and the oracle of the tests'
	@echo 'make matrix  build/matrix.html: every requirement, its code, its tests, what a run showed'
	@echo 'make coverage branches of the decisions in C that tests take, the others with a reason'
	@echo 'make mutants ONLY=QP-1'
	@echo '             every marked decision forced, or those of some rules: does a test notice?'
	@echo 'make replay-mutants'
	@echo '             the same for the vector suites: does a case notice?'
	@echo 'make tear    every card leaves at every moment: is a debit doubled or lost?'
	@echo 'make planted ONLY=NAME'
	@echo '             defects put into a copy of the kernel: each is found in two ways at least'
	@echo 'make night HOURS=8'
	@echo '             what looks for a card that breaks the kernel, for hours'
	@echo 'make fuzz-quick'
	@echo '             hostile inputs under libFuzzer, a bounded number; make fuzz MINUTES=10: longer'
	@echo 'make lint    ruff, mypy, clang-format, generated files'
	@echo 'make vectors every suite of vectors/ from its builders; vectors-check compares'
	@echo 'make bench   measure next to other programs'
	@echo 'make wheel   dist/: source distribution and the abi3 wheel built from it'
	@echo 'make clean   remove what the above made'
	@echo 'make -C kernel_c          libtapkern.a, with nothing but a C compiler'
	@echo 'make -C kernel_c check    the C tests alone'

demo: $(STAMPS)/app
	@$(BIN)/tapkern demo

test: $(STAMPS)/app $(STAMPS)/test $(STAMPS)/forced
	@$(SETUP) pcsc
	@$(SETUP) browser
	@$(MAKE) -s --no-print-directory -C kernel_c check
	TAPKERN_FORCED=build/forced $(BIN)/python -m pytest -q -n auto --dist loadfile --ignore tests/pcsc
	$(BIN)/python -m pytest -q tests/pcsc # one daemon, one reader

replay: $(STAMPS)/app
	@$(BIN)/tapkern replay vectors/ --verify

platforms: $(STAMPS)/app
	@$(SETUP) platforms '$(PLATFORM)'
	@$(BIN)/tapkern suite export vectors/ -o build/recorded.jsonl >/dev/null
	@$(MAKE) -s --no-print-directory -C kernel_c platforms PLATFORM='$(PLATFORM)' QUICK='$(QUICK)' \
	  CASES=../build/recorded.jsonl

proofs proofs-planted:
	@$(SETUP) cbmc
	@$(MAKE) -s --no-print-directory -C kernel_c $@ PROOF='$(PROOF)'

proofs-quick:
	@$(MAKE) -s --no-print-directory -C kernel_c $@ PROOF='$(PROOF)'

stack:
	@$(MAKE) -s --no-print-directory -C kernel_c stack

analyse: $(READY)
	@$(SETUP) analyse
	@$(BIN)/python tools/analyse.py

differential: $(STAMPS)/app $(STAMPS)/test
	@$(BIN)/python -m tests.differential --taps $(TAPS) --seed $(SEED)

matrix: $(STAMPS)/app $(STAMPS)/test
	@VENV=$(VENV) TAPS= tools/matrix.sh

coverage: $(STAMPS)/app $(STAMPS)/test
	@VENV=$(VENV) tools/coverage.sh

tear: $(STAMPS)/app $(STAMPS)/test
	@$(BIN)/python -m tests.tear

mutants: $(STAMPS)/app $(STAMPS)/test $(STAMPS)/forced
	@$(BIN)/python -m tests.differential.mutants --seed $(SEED) --only '$(ONLY)'

replay-mutants: $(STAMPS)/app $(STAMPS)/test $(STAMPS)/forced
	@$(BIN)/tapkern replay vectors --mutants --forced build/forced --survivors vectors/survivors.toml

planted: $(STAMPS)/app $(STAMPS)/test
	@$(SETUP) fuzz
	@$(SETUP) cbmc
	@$(BIN)/python -m tests.planted --only '$(ONLY)'

night: $(STAMPS)/app $(STAMPS)/test $(STAMPS)/forced
	@$(BIN)/python tools/night.py --hours $(HOURS) --only '$(ONLY)'

fuzz fuzz-quick:
	@$(SETUP) fuzz
	@$(MAKE) -s --no-print-directory -C kernel_c $@

lint: $(STAMPS)/app $(STAMPS)/lint
	@VENV=$(VENV) tools/lint.sh

vectors: $(STAMPS)/app
	@$(BIN)/python -m vectors.build

vectors-check: $(STAMPS)/app
	@$(BIN)/python -m vectors.build --check

bench: $(STAMPS)/app
	@$(SETUP) peers
	$(BIN)/python -m benches

wheel: $(STAMPS)/wheel
	@$(SETUP) wheel

clean:
	rm -rf $(VENV) build dist benches/latest.json src/*.egg-info src/tapkern/_kernel.c src/tapkern/_kernel*.so
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find src tests tools benches examples vectors -name __pycache__ -prune -exec rm -rf {} +
	$(MAKE) -C kernel_c clean

$(READY): tools/setup.sh
	@$(SETUP) venv
	@mkdir -p $(STAMPS) && touch $@

# The package, installed in place: changes in Python count at once, this target sees the others.
# The stamp has the time of the start, so that what is edited during the build counts as newer.
$(STAMPS)/app: $(READY) pyproject.toml $(BUILT)
	@touch $@.began
	@$(SETUP) app
	@mv $@.began $@

# A kernel whose decisions a test can force, beside the one that is installed.
$(STAMPS)/forced: $(STAMPS)/app
	@$(SETUP) forced
	@touch $@

$(STAMPS)/test $(STAMPS)/lint $(STAMPS)/wheel: $(READY) pyproject.toml
	@$(SETUP) extra $(notdir $@)
	@touch $@
