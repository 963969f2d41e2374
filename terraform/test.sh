#!/usr/bin/env bash
# Checks the format of all modules and root configurations, lints, validates and tests them.
# TF_CLI_CONFIG_FILE says where providers come from (make env sets it). Nothing is applied,
# and no cluster is needed.
set -euo pipefail
cd "$(dirname "$0")"

# Called by the last line of this script for one module or root configuration, whose output is printed when it ends.
if [ $# -gt 0 ]; then
  dir=$1 log=$scratch/${1//\//-}
  exec 3>&1 >"$log.out" 2>&1
  trap 'cat "$log.out" >&3' EXIT
  echo "-- $dir"
  files=(main.tf variables.tf outputs.tf versions.tf README.md tests/wiring.tftest.hcl)
  case $dir in modules/[!_]*) files+=(examples/basic/main.tf tests/examples.tftest.hcl) ;; esac
  for file in "${files[@]}"; do
    [ -f "$dir/$file" ] || { echo "$dir has no $file: every module has the same set of files"; exit 1; }
  done
  for example in "$dir"/examples/*/main.tf; do
    example=./examples/$(basename "$(dirname "$example")")
    [ "$example" = './examples/*' ] || grep -qF "\"$example\"" "$dir/tests/examples.tftest.hcl" ||
      { echo "no test of $dir plans $example"; exit 1; }
  done
  cd "$scratch/tree/terraform/$dir"
  export TF_DATA_DIR="$scratch/data/${dir//\//-}"
  terraform init -backend=false -input=false -no-color >"$log.init" 2>&1 || {
    # This root configuration requires current providers. A mirror may have none, because they cannot be compiled from
    # Go modules.
    if [ "$dir" = environments/cluster ] && grep -q "no available releases match" "$log.init"; then
      echo "skipped: needs helm and kubernetes providers 3.x, and none are at hand"
      exit 0
    fi
    cat "$log.init"
    exit 1
  }
  terraform validate -no-color
  terraform test -no-color
  exit
fi

# make env sets these for the root configuration, not for the modules.
unset TF_CLI_ARGS_init "${!TF_VAR_@}"

terraform fmt -check -recursive -diff .

echo "-- tflint" # the version that tools/go.mod pins, compiled at first use, with few garbage collections
GOGC=400 go -C tools tool tflint --chdir="$PWD" --recursive --config="$PWD/.tflint.hcl"

echo "-- terraform-docs" # pinned and compiled likewise
GOGC=400 ./docs.sh --output-check >/dev/null || { echo "the tables of a README are out of date: run make terraform-docs" >&2; exit 1; }

scratch=$(mktemp -d)
export scratch
trap 'rm -rf "$scratch"' EXIT

# A copy keeps lock files and test results out of the checkout. It has everything that modules refer to: each other,
# the charts, and the kinds of load profile.
mkdir -p "$scratch/tree/loadgen/result"
cp -r ../terraform ../app "$scratch/tree/"
cp -r ../loadgen/chart "$scratch/tree/loadgen/"
cp ../loadgen/result/schema.json "$scratch/tree/loadgen/result/"
# A lock file from an earlier apply pins an earlier build of the provider.
find "$scratch/tree" -name .terraform.lock.hcl -delete

# Two at a time: terraform mostly uses one core.
printf '%s\n' environments/* modules/* | xargs -n 1 -P 2 ./test.sh
