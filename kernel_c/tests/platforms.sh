#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The same tests, recorded cases and single operations on other platforms and under other tools; on
# each the kernel has to say the same, byte by byte.
#   platforms.sh [NAME...]              all without a name; called by make platforms
#   platforms.sh --missing [NAME...]    the packages that these would need beside what is here
# CASES: a file of tapkern suite export. A platform whose compiler or emulator is missing is skipped
# with a line of advice; TAPKERN_REQUIRE_PLATFORMS=1 makes that a failure.
set -eu
all="native clang device asan integers msan valgrind m32 m32-asan ppc s390x"

# What each is: compiler, options, how programs are started, what to install.
define() {
  cc=gcc flags=-O2 run='' wraps='' packages="gcc libc6-dev"
  case $1 in
  native) cc=${CC:-cc} ;;
  clang) cc=clang packages=clang ;;
  device) # the code of a small device: 32-bit words, small tables, its compiler's choices for C
    flags="-Os -DTAPK_LIMB32 -DTAPK_SM2_SMALL -DTAPK_SHA1_SMALL -funsigned-char -fshort-enums" ;;
  asan) # out of bounds, after free, leaks, undefined behaviour
    flags="-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all" ;;
  integers) # also what is defined and mostly not meant: unsigned wrap-around, values cut short
    cc=clang packages="clang libclang-rt-14-dev" wraps=tests/wraps.txt
    flags="-O1 -g -fsanitize=undefined,integer,nullability,local-bounds -fno-sanitize=unsigned-shift-base
      -fno-sanitize-recover=all -fsanitize-recover=unsigned-integer-overflow" ;;
  msan) # bytes that were never written
    cc=clang packages="clang libclang-rt-14-dev"
    flags="-O1 -g -fsanitize=memory -fsanitize-memory-track-origins -fno-sanitize-recover=all" ;;
  valgrind) # the same on the code as gcc makes it, and every access to the heap
    flags="-O1 -g" run="valgrind -q --error-exitcode=9 --leak-check=full" packages="valgrind" ;;
  m32) flags="-O2 -m32" packages="gcc-12-multilib libc6-dev-i386" ;;
  m32-asan) packages="gcc-12-multilib libc6-dev-i386"
    flags="-m32 -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all" ;;
  ppc) # 32 bits, big-endian
    cc=powerpc-linux-gnu-gcc flags="-O2 -static" run=qemu-ppc
    packages="gcc-powerpc-linux-gnu libc6-dev-powerpc-cross qemu-user" ;;
  s390x) # 64 bits, big-endian
    cc=s390x-linux-gnu-gcc flags="-O2 -static" run=qemu-s390x
    packages="gcc-s390x-linux-gnu libc6-dev-s390x-cross qemu-user" ;;
  *)
    echo "platforms: no platform '$1'; there are: $all" >&2
    exit 2 ;;
  esac
}

work=build/platform
mkdir -p $work

# Compiles and starts a program with a library call: the tools are all there.
works() {
  printf '#include <stdio.h>\nint main(void) { return puts("") < 0; }\n' >$work/there.c
  # shellcheck disable=SC2086 # lists of words
  $cc $flags $work/there.c -o $work/there && $run $work/there
} >/dev/null 2>&1

# build NAME: its programs made and run; the summary, or what went wrong, in NAME.txt.
build() {
  build=build/platform-$1
  if [ "$(cat "$build/flags" 2>/dev/null)" != "$cc $flags" ]; then # objects of other options
    rm -rf "$build"
    mkdir -p "$build"
    echo "$cc $flags" >"$build/flags"
  fi
  # shellcheck disable=SC2086,SC2116 # on one line
  ${MAKE:-make} -s --no-print-directory -j"$(nproc 2>/dev/null || echo 1)" CC="$cc" BUILD="$build" \
    CFLAGS="$(echo $flags)" TESTING="-DTAPK_TRACE -DTAPK_TEST" RUN="$run" WRAPS="$wraps" \
    CASES="${CASES:-}" QUICK="${QUICK:-}" platform >"$work/$1.txt" 2>&1
}

ran=0 skipped=0 findings=0
finding() {
  findings=$((findings + 1))
  echo "$1: FINDING$2"
}

# one NAME: builds and runs it, and compares what its kernel said with what the first one did.
one() {
  define "$1"
  if ! works; then
    skipped=$((skipped + 1))
    echo "$1: skipped, not installed or not working: apt install $packages"
    return
  fi
  ran=$((ran + 1))
  if ! build "$1"; then
    finding "$1" ""
    cat "$work/$1.txt"
    return
  fi
  grep -E '^(steps and outcomes|decisions): ' "$work/$1.txt" >"$work/$1.said" || true
  if ! cmp -s "$work/native.said" "$work/$1.said"; then
    finding "$1" ": the kernel says something else than natively"
    cat "$work/native.said" "$work/$1.said"
    return
  fi
  tail -n 1 "$work/$1.txt" | sed 's/: .*//' >"$work/$1.good"
  echo "$1: $(tail -n 1 "$work/$1.txt")"
}

# note MEANS NAME...: the result of these platforms for tools/evidence.py, when all of them ran well.
note() {
  means=$1
  shift
  for name in "$@"; do [ -s "$work/$name.good" ] || return 0; done
  python=../.venv/bin/python
  [ -x $python ] || python=python3
  $python ../tools/evidence.py note "$means" --findings 0 \
    --size "$(echo "$@" | sed 's/ /, /g'): $(cat "$work/$1.good")" >/dev/null 2>&1 || true
}

missing=
if [ "${1:-}" = --missing ]; then
  missing=1
  shift
fi
names=${*:-$all}
for name in $names; do # a wrong name ends here
  define "$name"
  [ -z "$missing" ] || works || echo "$packages"
done
[ -z "$missing" ] || exit 0

rm -f $work/*.good $work/*.said
one native
for name in $names; do
  [ "$name" = native ] || one "$name"
done
note sanitizers asan integers msan
note valgrind valgrind
note word-size m32 device
note byte-order ppc s390x
[ -z "${CASES:-}" ] || cat $work/native.said
echo "platforms: $ran run, $skipped skipped, $findings findings"
[ "$findings" -eq 0 ] && { [ "$skipped" -eq 0 ] || [ "${TAPKERN_REQUIRE_PLATFORMS:-}" != 1 ]; }
