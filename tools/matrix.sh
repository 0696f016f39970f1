#!/bin/sh
# The requirement matrix of this tree; called by make, from the repository root.
#
# Runs the C tests of taps, random taps and the Python tests of single decisions, notes which
# decisions they show both ways, and writes build/matrix.html and build/matrix.csv.
set -eu

BIN=${VENV:-.venv}/bin
SEEN=build/seen
rm -rf "$SEEN"
mkdir -p "$SEEN"

make -s -C kernel_c taps
for test in kernel_c/build/cc/test_tap kernel_c/build/cc/test_flow kernel_c/build/cc/test_p12 kernel_c/build/cc/test_kernels; do
    TAPKERN_SEEN=$SEEN/c.txt "$test" >/dev/null
done
TAPKERN_SEEN=$PWD/$SEEN/python.txt "$BIN/python" -m pytest -q \
    tests/test_entry_point.py tests/test_decisions.py tests/test_precedence.py \
    tests/test_switches.py tests/test_torn.py tests/test_terminal.py tests/test_card_info.py \
    tests/test_near_misses_*.py
"$BIN/python" -m tests.differential.seen "$SEEN/taps.txt" --taps "${TAPS:-500}"
"$BIN/python" tools/matrix.py "$SEEN"/*.txt
