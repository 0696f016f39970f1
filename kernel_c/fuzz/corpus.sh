#!/bin/sh
# Replays the corpus and the regressions through the plain targets: corpus.sh DIR TARGET...
# RUN is put before each program: RUN='valgrind -q --error-exitcode=1', RUN=qemu-ppc.
set -u

programs=$1
shift
inputs=0 findings=0
for target in "$@"; do
    set -- "$@" # the list stays, files are named below
    files="fuzz/corpus/$target.pack"
    for file in fuzz/regressions/"$target"-*; do
        [ ! -f "$file" ] || files="$files $file"
    done
    # shellcheck disable=SC2086 # a list of files, a command with its options
    if said=$(${RUN:-} "$programs/$target" $files 2>&1); then
        n=$(echo "$said" | sed -n 's/.*: \([0-9]*\) inputs, 0 findings$/\1/p')
        inputs=$((inputs + ${n:-0}))
    else
        findings=$((findings + 1))
        echo "$target: $(echo "$said" | grep -a -m 1 'FINDING\|ERROR\|runtime error' || echo "$said" | tail -n 1)"
    fi
done
echo "corpus: $# targets, $inputs inputs, $findings findings"
[ "$findings" -eq 0 ]
