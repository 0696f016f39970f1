#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Compares what a sanitizer reported with the functions whose unsigned numbers are meant to wrap.
#   wraps.sh WRAPS LOGS     from kernel_c/
# A line of WRAPS is FILE FUNCTION, or FILE * for all of them; # begins a reason. A report without an
# entry is a finding, and so is an entry without a report.
set -eu
reports=$(cat "$2"/* | tr -d '\000' |
  sed -n 's/^\([^ :]*\):\([0-9]*\):[0-9]*: runtime error: \(.*\)/\1\t\2\t\3/p' | LC_ALL=C sort -u -k 1,2)

# The function a line is in: its name stands in the last line before it that begins with a letter.
function_at() {
  awk -v line="$2" '
    NR > line { exit }
    /^[a-z].*\(/ { name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name) }
    NR == line { text = $0 }
    END { print (text ~ /-- > 0/ ? "-" : name) }' "$1" # a loop downwards ends one below 0
}

printf '%s\n' "$reports" | while IFS='	' read -r file line what; do
  [ -n "$file" ] || continue
  function=$(function_at "$file" "$line")
  [ "$function" = - ] || printf '%s\t%s\t%s\t%s\n' "$file" "$function" "$line" "$what"
done | awk -F '\t' -v list="$1" '
  BEGIN {
    while ((getline entry < list) > 0)
      if (entry ~ /^[a-z]/) { split(entry, part, " "); place[part[1] "\t" part[2]] = 0 }
  }
  ($1 "\t" $2) in place { place[$1 "\t" $2]++; next }
  ($1 "\t*") in place { place[$1 "\t*"]++; next }
  { print $1 ":" $3 ": in " $2 ": " $4; bad = 1 }
  END {
    for (entry in place)
      if (place[entry] == 0) { print list ": nothing wraps here: " entry; bad = 1 }
    exit bad
  }'
