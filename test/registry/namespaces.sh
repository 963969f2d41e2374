#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Assembles a root file system from what run.sh has prepared, moves into it and
# runs inside.sh. All mounts end with its namespaces.
set -euo pipefail

root=$RUN/root

# overlay FOLDER TARGET mounts FOLDER; writes last for this run only.
overlay() {
  local own=$RUN/written/${2//\//-}
  mkdir -p "$own/upper" "$own/work" "$2"
  mount -t overlay -o "lowerdir=$1,upperdir=$own/upper,workdir=$own/work" overlay "$2"
}
bind() { mkdir -p "$2" && mount --rbind "$1" "$2"; }

overlay "$BASE" "$root"
overlay "$GOMODCACHE" "$root/root/go/pkg/mod"
overlay "$GOCACHE" "$root/var/cache/go-build"
bind "$GOROOT" "$root/usr/local/go"
bind "$GOODS" "$root/srv/goods"
bind "$RUN/bin" "$root/usr/local/bin"
bind "$RUN/clone" "$root/src"
bind "$RUN/docker" "$root/var/lib/docker" # its layers cannot be stored on an overlay
bind test/registry "$root/harness"
bind "$LOGS" "$root/logs"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
bind /sys/fs/cgroup "$root/sys/fs/cgroup"
bind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/run"
: > "$root/etc/resolv.conf"

# Docker starts containers from the root of the mount namespace, so a chroot is
# not enough.
mkdir -p "$root/host"
cd "$root"
pivot_root . host
exec env -i HOME=/root PATH=/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin LANG=C.UTF-8 \
  GOTOOLCHAIN=local GOSUMDB=off GOPROXY=https://proxy.golang.org LOGS=/logs SHOWN_LOGS="$SHOWN_LOGS" NUMBER="$NUMBER" bash /harness/inside.sh
