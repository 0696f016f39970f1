#!/bin/sh
# Runs targets under libFuzzer; called by make, from kernel_c.
#
#   sh fuzz/run.sh quick TARGET...   the corpus, and a fixed number of new inputs from a fixed seed
#   sh fuzz/run.sh long TARGET...    RUNS=n inputs each, or MINUTES=n for all; new inputs are kept
#                                    in build/fuzz/work for the next run and for make fuzz-keep
#
# A finding is made small and kept in build/fuzz/findings with the command that replays it. The last
# line counts; 1 with a finding.
set -u

HERE=build/libfuzzer
OUT=../build/fuzz
MODE=$1
shift
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1}

# New inputs of the quick run: what two cores do in some 20 seconds, all targets together.
quick_runs() {
    case $1 in
    tap) echo 5000 ;;
    fci) echo 8000 ;;
    tlv) echo 40000 ;;
    dol) echo 10000 ;;
    afl) echo 40000 ;;
    config) echo 6000 ;;
    *) echo 3000 ;;
    esac
}

# Seconds of a long run for one target: the tap gets half of all, the others share the rest.
long_seconds() {
    all=$((${MINUTES:-10} * 60 * 2)) # two at a time
    case $1 in
    tap) [ $# -gt 1 ] && echo $((all / 2)) || echo $((all / 2)) ;;
    *) echo $((all / 14)) ;;
    esac
}

# The inputs of the packed files and the regressions of a target, a file each.
unpack() {
    rm -rf "$OUT/corpus/$1"
    mkdir -p "$OUT/corpus/$1" "$OUT/findings" "$OUT/work/$1" "$OUT/log"
    "$HERE/unpack" --unpack "$OUT/corpus/$1" "fuzz/corpus/$1.pack" >/dev/null || exit 2
    for file in fuzz/regressions/"$1"-*; do
        [ ! -f "$file" ] || cp "$file" "$OUT/corpus/$1/"
    done
}

one() {
    unpack "$1"
    rm -f "$OUT/findings/$1-"*
    words=""
    case $1 in tlv | dol | afl) ;; *) words="-dict=$OUT/dictionary" ;; esac
    limits="-runs=$(quick_runs "$1")"
    grows=""
    if [ "$MODE" = long ]; then
        limits="-max_total_time=$(long_seconds "$1")"
        [ -z "${RUNS:-}" ] || limits="-runs=$RUNS"
        grows="$OUT/work/$1"
    fi
    # shellcheck disable=SC2086 # options
    "$HERE/$1" -seed="${SEED:-1}" -max_len=4096 -timeout=20 -print_final_stats=1 $words $limits \
        -artifact_prefix="$OUT/findings/$1-" $grows "$OUT/corpus/$1" >"$OUT/log/$1" 2>&1
    for file in "$OUT/findings/$1-"*; do
        [ ! -f "$file" ] || smaller "$1" "$file"
    done
}

# In place; the run that makes it small says the same as the one that found it, or less.
smaller() {
    "$HERE/$1" -minimize_crash=1 -runs=20000 -max_total_time=15 -exact_artifact_path="$2.min" "$2" \
        >>"$OUT/log/$1" 2>&1
    [ ! -s "$2.min" ] || mv "$2.min" "$2"
}

if [ "$MODE" = one ]; then
    MODE=$FUZZ_MODE
    one "$1"
    exit 0
fi

FUZZ_MODE=$MODE
export FUZZ_MODE
printf '%s\n' "$@" | xargs -P 2 -I '{}' sh fuzz/run.sh one '{}'

runs=0 findings=0
for target in "$@"; do
    done_runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$OUT/log/$target" | head -n 1)
    runs=$((runs + ${done_runs:-0}))
    for file in "$OUT/findings/$target-"*; do
        [ -f "$file" ] || continue
        findings=$((findings + 1))
        why=$(grep -a -m 1 -o 'FINDING .*\|ERROR: [^(]*\|runtime error: .*' "$OUT/log/$target")
        echo "$target: $why"
        echo "  replay: make -C kernel_c fuzz-replay FUZZ=$target INPUT=$file"
    done
    if [ -z "$done_runs" ] && ! ls "$OUT/findings/$target-"* >/dev/null 2>&1; then
        findings=$((findings + 1))
        echo "$target: ended early, see $OUT/log/$target"
    fi
done
echo "fuzz: $# targets, $runs runs, $findings findings"
python=../.venv/bin/python
[ -x "$python" ] || python=python3
[ $# -ne 8 ] || "$python" ../tools/evidence.py note fuzz --size "$# targets, $runs runs" \
    --findings "$findings" >/dev/null 2>&1 || true
[ "$findings" -eq 0 ]
