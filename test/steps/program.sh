#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Prints the path of the first given program that exists. If none does, it
# installs the Debian package where that needs no password: as root on Debian.
#
#   test/steps/program.sh PACKAGE PROGRAM...
set -u

package=${1:?name the package} && shift
command -v "$@" | head -n 1 | grep . && exit
if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
  echo "installing $package with apt-get" >&2
  apt-get -qq update -oDPkg::Lock::Timeout=300 >&2 && DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes -oDPkg::Lock::Timeout=300 --no-install-recommends "$package" > /dev/null
  command -v "$@" | head -n 1 | grep . && exit
fi
echo "$1 is missing: install the package $package, for example with: sudo apt-get install $package" >&2
exit 1
