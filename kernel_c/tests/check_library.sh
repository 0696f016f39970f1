#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Facts about the built library: what it needs from outside, and that a mark costs nothing without
# TAPK_TRACE.   check_library.sh BUILD CC [sanitize]
set -eu
build=$1
cc=$2
[ "${3:-}" = "" ] || exit 0

# Only these four functions may come from outside.
own=$(nm -g --defined-only "$build/libtapkern.a" | awk 'NF == 3 {print $3}' | sort -u)
foreign=$(nm -u "$build/libtapkern.a" | awk 'NF == 2 {print $2}' | sort -u |
  grep -vxE 'memcpy|memmove|memset|memcmp|_GLOBAL_OFFSET_TABLE_' || true)
for symbol in $foreign; do
  if ! printf '%s\n' "$own" | grep -qx "$symbol"; then
    echo "libtapkern.a needs $symbol from outside"
    exit 1
  fi
done

# No writable data (the data and bss columns).
if size "$build/libtapkern.a" | awk 'NR > 1 && $3 != 0 {print; bad = 1} END {exit bad}'; then :; else
  echo "libtapkern.a has writable globals"
  exit 1
fi

# Without TAPK_TRACE a mark is its condition: the files where most decisions stand are as large as
# with marks that are nothing but their condition, and smaller than with the trace.
text_of() {
  "$cc" -std=c11 -Os -Iinclude -Isrc $2 -c "$1" -o "$build/size.o"
  size "$build/size.o" | awk 'NR == 2 {print $1}'
}
for source in src/kernels/qpboc/cvm.c src/kernels/qpboc/decision.c src/entry/preprocess.c; do
  plain=$(text_of "$source" "")
  bare=$(text_of "$source" "-include tests/bare_marks.h")
  traced=$(text_of "$source" "-DTAPK_TRACE")
  if [ "$plain" -ne "$bare" ] || [ "$traced" -le "$plain" ]; then
    echo "$source: $plain bytes, $bare without marks, $traced with the trace"
    exit 1
  fi
done
echo "libtapkern.a: no foreign symbols, no writable globals, marks cost nothing"
