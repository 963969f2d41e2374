#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs targets of the Makefile in the current folder one after the other, even
# if some fail. It keeps the output of each in a file, ends with a table of the
# results and the lines that explain failures, and fails if any target failed.
#
#   test/steps/run.sh TARGET...
#
# MAKE names another make. The script keeps to bash 3.2, which macOS ships.
set -uo pipefail

[ $# -gt 0 ] || { echo "usage: test/steps/run.sh TARGET..." >&2; exit 2; }

# kind/internal/settings has the same rules: a bad name must not become a path.
cluster=${CLUSTER:-hpa} pattern='^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$'
[[ $cluster =~ $pattern ]] || {
  echo "CLUSTER=\"$cluster\": use 1 to 40 lower-case letters, digits and inner hyphens, for example CLUSTER=demo" >&2
  exit 2
}
state=${XDG_STATE_HOME:-${HOME:?neither XDG_STATE_HOME nor HOME is set: set one of them}/.local/state}
case $state in
  /*) ;;
  *) echo "XDG_STATE_HOME=\"$state\": use an absolute path" >&2; exit 2 ;;
esac
logs=$state/nginx-prometheus-hpa/.logs/$cluster/steps
mkdir -p "$logs" && rm -f "$logs"/*.log || exit 1 # logs of an earlier run would be mistaken for this one's

duration() {
  if [ "$1" -lt 60 ]; then echo "$1 s"; else echo "$(($1 / 60)) min $(($1 % 60)) s"; fi
}

# reasons prints what a log says about failures, because CI systems may keep only the
# end of the output. With -v a test logs its reasons before its FAIL line, among much
# else: the first are what went wrong, the last what came of it. Of a log without a known
# word it prints the last lines.
reasons() {
  awk '
    /^=== RUN +[^\/]+$/ { said = 0 }
    /^ +[A-Za-z0-9_]+_test\.go:[0-9]+: |Error: / { why[said++] = $0; more = 2; if (!after) next }
    /^        / && more-- > 0 && !after { why[said - 1] = why[said - 1] "\n" $0; next }
    /^ *(--- FAIL:|FAIL|panic:|WARNING: DATA RACE|Error:|Failure!)/ {
      for (i = 0; i < said; i++) if (i < 5 || i >= said - 5) print why[i]
      said = 0; after = 5
    }
    after && after-- { print }
  ' "$1" | cut -c 1-400 | tail -n 60 | grep . || tail -n 20 "$1"
}

# Ctrl-C reaches the step as well. tee ignores it, so that the step's last lines are kept.
trap 'printf "\ninterrupted in %s, step %d of %d: %s\n" "$step" "$number" "$total" "$log" >&2; exit 130' INT TERM

number=0 total=$# failed='' failures=0 why=''
table=$(printf '%-16s %-8s %-13s %s' step result time log)
for step in "$@"; do
  number=$((number + 1)) log=$logs/$step.log begun=$SECONDS
  printf '== step %d of %d: %s\n' "$number" "$total" "$step"
  "${MAKE:-make}" "$step" 2>&1 | tee -i "$log"
  if [ "${PIPESTATUS[0]}" = 0 ]; then
    result=passed
  else
    result=FAILED failures=$((failures + 1)) failed="$failed${failed:+, }$step"
    why=$why$(printf '== %s, log %s' "$step" "$log")$'\n'$(reasons "$log")$'\n\n'
  fi
  took=$(duration $((SECONDS - begun)))
  printf -- '-- %s %s, %s\n\n' "$step" "$result" "$took"
  table=$table$'\n'$(printf '%-16s %-8s %-13s %s' "$step" "$result" "$took" "$log")
done

printf '%s\n\n' "$table"
if [ "$failures" -gt 0 ]; then
  printf '%s' "$why"
  echo "$failures of $total steps failed: $failed"
  exit 1
fi
echo "all $total steps passed"
