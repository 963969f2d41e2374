#!/usr/bin/env bash
# Writes the tables of inputs and outputs into the README of every module and root configuration, with the
# terraform-docs that tools/go.mod pins; with --output-check it only reports outdated ones, and fails if there are any.
set -euo pipefail
cd "$(dirname "$0")"
for kind in modules environments; do
  go -C tools tool terraform-docs --config="$PWD/.terraform-docs.yml" "$@" "$PWD/$kind"
done
