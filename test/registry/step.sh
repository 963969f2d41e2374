# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Runs the steps of make registry-test, outside and inside of its namespaces.
# LOGS is the folder of their output, SHOWN_LOGS its name outside.

number=${NUMBER:-0} total=16

duration() {
  if [ "$1" -lt 60 ]; then echo "$1 s"; else echo "$(($1 / 60)) min $(($1 % 60)) s"; fi
}

# step WHAT COMMAND... runs a command, shows and keeps its output, and ends
# everything when it fails. $took is how long it took.
step() {
  local what=$1 log begun=$SECONDS status
  shift && number=$((number + 1))
  log=$(printf '%02d-%s.log' "$number" "$(tr -cs 'a-zA-Z0-9\n' - <<< "$what")")
  printf '== step %d of %d: %s\n' "$number" "$total" "$what"
  set +e # a command that is asked whether it failed would go on after an error
  (set -e && "$@") 2>&1 < /dev/null | tee -i "$LOGS/$log"
  status=${PIPESTATUS[0]}
  set -e
  took=$(duration $((SECONDS - begun)))
  if [ "$status" != 0 ]; then
    printf -- '-- FAILED after %s: %s\n   output of this step  %s\n   all logs             %s\n' "$took" "$what" "$SHOWN_LOGS/$log" "$SHOWN_LOGS" >&2
    exit "$status"
  fi
  printf -- '-- done, %s\n\n' "$took"
}
