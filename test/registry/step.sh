# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Runs the steps of make registry-test, outside and inside its namespaces.
# LOGS is the folder for their output, SHOWN_LOGS its path outside.

number=${NUMBER:-0} total=16

duration() {
  if [ "$1" -lt 60 ]; then echo "$1 s"; else echo "$(($1 / 60)) min $(($1 % 60)) s"; fi
}

# step WHAT COMMAND... runs a command, shows and keeps its output, and exits
# when it fails. It sets $took to the duration.
step() {
  local what=$1 log begun=$SECONDS status
  shift && number=$((number + 1))
  log=$(printf '%02d-%s.log' "$number" "$(tr -cs 'a-zA-Z0-9\n' - <<< "$what")")
  printf '== step %d of %d: %s\n' "$number" "$total" "$what"
  set +e # in a condition, the command would continue after an error
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
