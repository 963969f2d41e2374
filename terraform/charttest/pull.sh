#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Pulls the upstream charts in the versions that the modules pin, for the tests
# in this folder. Needs helm and the chart repositories.
#
#   terraform/charttest/pull.sh DIRECTORY
set -euo pipefail
target=${1:?name the directory to put the charts into}
modules=$(cd "$(dirname "$0")/../modules" && pwd)
mkdir -p "$target"
pinned='.*repository = "\([^"]*\)", name = "\([^"]*\)", version = "\([^"]*\)".*'
sed -n "s|$pinned|\1 \2 \3|p" "$modules"/*/charts.tf | while read -r repository name version; do
  echo "$name $version from $repository"
  case $repository in
    oci://*) helm pull "$repository/$name" --version "$version" --untar --untardir "$target" ;;
    *) helm pull "$name" --repo "$repository" --version "$version" --untar --untardir "$target" ;;
  esac
done
