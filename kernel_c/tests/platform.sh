#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Runs the programs of one build: the C tests, recorded cases and single operations.
#   platform.sh BUILD "RUN" "CASES" TEST...   called by make platform
# RUN is what programs are started with (an emulator, valgrind), CASES a file of tapkern suite export
# or nothing. What went wrong is shown; the last line counts and comes after the digests of what the
# kernel said. 0 when there was no finding.
set -eu
build=$1 cases=$3
export RUN="$2" LOGS="$build/logs" LIMIT="${LIMIT:-600}" # seconds: a hang is a finding
shift 3
rm -rf "$LOGS"
mkdir -p "$LOGS"

# start PROGRAM [ARGUMENT...]: its output into a log, and a mark beside it when it failed.
start='log=$LOGS/$(basename "$1"); timeout "$LIMIT" $RUN "$@" >"$log" 2>&1 || {
  echo "$1: status $?" >>"$log"; : >"$log.failed"; }'
printf '%s\n' "$@" | xargs -P "$(nproc 2>/dev/null || echo 1)" -I '{}' sh -c "$start" start '{}'
tests=$#

number() { # number LOG WORD: what stands before a word in the last line
  sed -n "\$s/.*[^0-9]\\([0-9][0-9]*\\) $2.*/\\1/p" "$LOGS/$1"
}
replayed="no recorded cases"
if [ -n "$cases" ]; then
  sh -c "$start" start "$build/test/replay" "$cases"
  replayed="$(number replay passed) recorded cases"
  grep -E '^(steps and outcomes|decisions): ' "$LOGS/replay" || true
fi
operations="no single operations"
if [ -e ../vectors/primitives/tlv.json ]; then
  sh -c "$start" start "$build/test/primitives" ../vectors/primitives/*.json
  operations="$(number primitives passed) single operations"
fi

findings=0
for failed in "$LOGS"/*.failed; do
  [ -e "$failed" ] || continue
  findings=$((findings + 1))
  tail -n 40 "${failed%.failed}" | cut -c 1-200
done
if [ -n "${WRAPS:-}" ]; then # sanitizer reports that did not end the program
  sh tests/wraps.sh "$WRAPS" "$LOGS" || findings=$((findings + 1))
fi
echo "$tests C tests, $replayed, $operations: $findings findings"
[ "$findings" -eq 0 ]
