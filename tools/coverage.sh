#!/bin/sh
# Branch coverage of the C files that decide; called by make, from the repository root.
#
# Builds the kernel so that it counts its branches, runs the C tests and the Python tests of single
# decisions, of taps and of misuse with these very objects, and tells which branches nothing took.
set -eu

BIN=${VENV:-.venv}/bin
OBJECTS=kernel_c/build/coverage/test/src

command -v gcov >/dev/null || {
    echo "coverage: no gcov: apt install gcc" >&2
    exit 1
}
make -s -C kernel_c coverage
rm -rf build/counted
mkdir -p build
TAPKERN_OBJECTS=$OBJECTS CFLAGS=-O0 "$BIN/python" setup.py -q build_ext \
    --build-lib build/counted --build-temp build/counted/temp >build/counted.log 2>&1 || {
    cat build/counted.log
    exit 1
}
TAPKERN_KERNEL=$PWD/build/counted/tapkern "$BIN/python" -m pytest -q -p no:cacheprovider \
    tests/test_entry_point.py tests/test_decisions.py tests/test_precedence.py \
    tests/test_terminal.py tests/test_kernel_binding.py tests/test_params.py tests/test_keys.py \
    tests/test_switches.py tests/test_torn.py tests/test_card_info.py tests/test_near_misses*.py \
    tests/test_oda_differential.py::test_every_named_fault
"$BIN/python" tools/coverage.py "$OBJECTS"
