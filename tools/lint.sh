#!/bin/sh
# Everything that `make lint` checks; called by make, from the repository root.
#
# TAPKERN_REQUIRE_LINT=1   a tool that is missing is a failure, not a skipped check
# TAPKERN_DIGEST=FOLDER    also compare kernel_c/rules.def with the specification digest there
set -eu

BIN=${VENV:-.venv}/bin
failed=

run() {
    echo "lint: $*"
    "$@" || failed="$failed, $(basename "$1") ${2:-}"
}

skip() {
    if [ "${TAPKERN_REQUIRE_LINT:-}" = 1 ]; then
        echo "lint: $*" >&2
        failed="$failed, a tool is missing"
    else
        echo "lint: skipped: $*"
    fi
}

format_c() {
    if ! command -v clang-format >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "lint: installing clang-format"
        { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y \
            --no-install-recommends clang-format; } >/dev/null 2>&1 || true
    fi
    if command -v clang-format >/dev/null; then
        echo "lint: clang-format kernel_c"
        wrong=$(find kernel_c -name build -prune -o -name '*.[ch]' -print | sort |
            xargs clang-format --dry-run -Werror 2>&1 | sed -n 's/^\([^ :]*\):[0-9].*/\1/p' | uniq)
        if [ -n "$wrong" ]; then
            echo "not formatted; the cure is clang-format -i on these:"
            echo "$wrong"
            failed="$failed, clang-format"
        fi
    else
        skip "no clang-format: apt install clang-format"
    fi
}

run "$BIN/ruff" check .
run "$BIN/ruff" format --check .
run "$BIN/mypy"
run "$BIN/python" tools/generate.py --check
run "$BIN/python" -m tests.secrets
if [ -n "${TAPKERN_DIGEST:-}" ]; then
    run "$BIN/python" tools/check_rules.py "$TAPKERN_DIGEST"
fi
format_c
run "$BIN/python" tools/evidence.py check

if [ -n "$failed" ]; then
    echo "lint: failed: ${failed#, }" >&2
    exit 1
fi
echo "lint: clean"
