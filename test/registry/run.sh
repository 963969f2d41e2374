#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Brings the environment up from registries, as most users do: with a real
# Docker, by the published names and through a company's mirror. All of these are
# created for the run, in namespaces without network access. This script prepares
# what is needed inside, namespaces.sh enters them, and inside.sh is the test.
#
#   test/registry/run.sh
#
# PROVIDERS names a folder with the programs terraform-provider-helm and
# terraform-provider-kubernetes to serve in place of those built from source.
set -euo pipefail
cd "$(dirname "$0")/../.."

fail() {
  printf 'registry-test: %s\n' "$*" >&2
  exit 1
}
{ [ "$(id -u)" = 0 ] && grep -qs '^ID=debian' /etc/os-release; } ||
  fail "needs root on Debian Linux, to create namespaces and run Docker in them: run it there, or in a virtual machine"
test/steps/program.sh jq jq > /dev/null

cache=${XDG_CACHE_HOME:-${HOME:?neither XDG_CACHE_HOME nor HOME is set}/.cache}/nginx-prometheus-hpa
state=${XDG_STATE_HOME:-${HOME:?neither XDG_STATE_HOME nor HOME is set}/.local/state}/nginx-prometheus-hpa
work=$cache/registry-test
# The logs are moved to SHOWN_LOGS at the end: before that, make down of the last
# cluster would delete them.
export RUN=$work/run LOGS=$work/run/logs SHOWN_LOGS=$state/.logs/registry-test
mkdir -p "$work"
exec 9> "$work/.lock"
flock --nonblock 9 || fail "another run is in progress: wait until it ends"
rm -rf "$RUN" "$work"/*.partial
mkdir -p "$RUN/bin" "$RUN/docker" "$LOGS"
# shellcheck source=/dev/null
. test/registry/step.sh

pin() { jq -er "$1" kind/pins.json; }
module() { awk -v path="$1" '$1 == path && $2 ~ /^v/ { print substr($2, 2); exit }' kind/tools/cluster/go.mod; }
# The newest finished build of an artefact, or nothing.
artefact() { find "$cache/artefacts/$1"/*/manifest.json -printf '%T@ %h\n' 2> /dev/null | sort -n | tail -n 1 | cut -d ' ' -f 2- || true; }

# What is served comes from a build from source, by whichever engine.
built=$(pin .node_image.name):v$(module k8s.io/kubernetes)
if [ -e "$state/.engine/containers.conf" ]; then export CONTAINERS_CONF=$state/.engine/containers.conf; fi
for engine in podman docker ''; do
  if [ -z "$engine" ] || "$engine" image inspect "$built" > "$RUN/image.json" 2> /dev/null; then break; fi
done
programs=$(artefact programs) providers=${PROVIDERS:-$(artefact providers)}
if [ -z "$engine" ] || [ -z "$programs" ] || [ -z "$providers" ] || ! command -v mmdebstrap > /dev/null; then
  fail "there is no build from source of $built, whose images and programs are served: run SOURCE=build make up first; the cluster itself is not needed"
fi
terraform=$(command -v terraform || command -v tofu) || fail "there is neither terraform nor tofu: install one of them"

packages=docker.io,docker-cli,containerd,runc,iptables,iproute2,ca-certificates,openssl,curl,jq,make
# The index of a suite other than stable expires after a week.
base_options=(--variant=minbase --format=directory --hook-dir=/usr/share/mmdebstrap/hooks/maybe-merged-usr
  '--aptopt=Acquire::Check-Valid-Until "false"' --include="$packages" "$(pin .nginx_debian_suite)")
export BASE GOODS
BASE=$work/base-$(sha256sum <<< "${base_options[*]}" | cut -c 1-16)

# Folders other than the named one are left from earlier runs.
keep_only() { find "$work" -maxdepth 1 -name "$1-*" ! -path "$2" -exec rm -rf {} +; }

go_inputs() {
  # There is no C compiler inside. What is compiled here without one is reused there.
  export CGO_ENABLED=0
  go build -o "$RUN/bin/registry" ./test/registry
  go build -o /dev/null ./kind
  go test -c -o /dev/null ./test
  # Downloads the modules of what is compiled inside, and those that contain charts.
  go list -deps ./app ./kind ./loadgen ./provider > /dev/null
  go -C kind/tools/cluster mod download github.com/nginx/nginx-gateway-fabric sigs.k8s.io/gateway-api github.com/prometheus-operator/prometheus-operator
  cp "$terraform" "$RUN/bin/terraform"
  git clone --quiet --no-local . "$RUN/clone"
  git -C "$RUN/clone" log -1 --format='testing %h %s'
  if [ -n "$(git status --porcelain)" ]; then echo "uncommitted changes are not tested"; fi
}

make_base() {
  keep_only base "$BASE"
  if [ -d "$BASE" ]; then return; fi
  mmdebstrap "${base_options[@]}" "$BASE.partial"
  mv "$BASE.partial" "$BASE"
}

# The published node image contains no pod images, so they are taken out of this one.
make_goods() {
  keep_only goods "$GOODS"
  if [ -d "$GOODS" ]; then return; fi
  local from=$GOODS.partial/from container=nginx-prometheus-hpa-registry-test version references
  mkdir -p "$from/node"
  "$engine" rm -f "$container" > /dev/null 2>&1 || true
  "$engine" create --name "$container" "$built" > /dev/null
  "$engine" export "$container" | tar -x -C "$from/node"
  "$engine" rm "$container" > /dev/null
  jq '.[0].Config' "$RUN/image.json" > "$from/node.json"
  references=$(SOURCE=build CLUSTER=registry-test go run ./kind env --json | jq -r '.env.TF_VAR_images | fromjson[] | sub("@.*"; "")')
  # shellcheck disable=SC2016,SC2086 # the inner shell has the arguments, which are words
  unshare --mount --pid --net --fork --kill-child chroot "$from/node" sh -euc '
    mount -t proc proc /proc
    mount -t devtmpfs devtmpfs /dev
    containerd > /tmp/containerd.log 2>&1 &
    until ctr version > /dev/null 2>&1; do kill -0 $!; sleep 0.1; done
    ctr --namespace=k8s.io images export /pods.tar "$@"
    # Kubernetes keeps each image under a second name, its ID.
    ctr --namespace=k8s.io images rm --sync "$@" $(ctr --namespace=k8s.io images ls --quiet | grep ^sha256:) > /dev/null
    kill $!
    wait
    rm /tmp/containerd.log' - $references
  mv "$from/node/pods.tar" "$from"
  tar -c -C "$from/node" --numeric-owner -f "$from/node.tar" .
  ln -s "$programs"/{kind,kubectl} "$providers"/terraform-provider-{helm,kubernetes} "$from"
  version=$(pin .node_image.published)
  # shellcheck disable=SC2046 # words
  "$RUN/bin/registry" fill -goods "$GOODS.partial" -from "$from" -node "$(pin .node_image.name):$version" -kind "$(module sigs.k8s.io/kind)" \
    -kubectl "${version#v}" $(pin '.registry_providers | to_entries[] | "\(.key)=\(.value.version? // .value)"')
  ln -s /root/go/pkg/mod/cache/download "$GOODS.partial/files/proxy.golang.org"
  rm -rf "$from"
  mv "$GOODS.partial" "$GOODS"
}

GOODS=$work/goods-$({
  jq -r '.[0].Id' "$RUN/image.json"
  declare -f make_goods
  cat test/registry/internal/goods/*.go kind/pins.json "$programs/manifest.json" "$providers"/terraform-provider-{helm,kubernetes}
} | sha256sum | cut -c 1-16)

# Killing the first process of the namespaces ends everything in them. The control
# groups that Docker leaves are outside.
finish() {
  kill -KILL "${child:-}" 2> /dev/null || true
  wait
  for _ in {1..50}; do
    find /sys/fs/cgroup -depth -type d -path '*/registry-test*' -exec rmdir {} + 2> /dev/null
    [ -n "$(find /sys/fs/cgroup -maxdepth 2 -name registry-test)" ] || break
    sleep 0.2
  done
  rm -rf "$SHOWN_LOGS"
  mkdir -p "${SHOWN_LOGS%/*}"
  mv "$LOGS" "$SHOWN_LOGS"
  rm -rf "$RUN"
}
trap finish EXIT
trap 'exit 130' INT TERM

step "Go programs and modules" go_inputs
step "a root folder with Docker" make_base
step "images, providers and programs to serve" make_goods
GOROOT=$(go env GOROOT) GOMODCACHE=$(go env GOMODCACHE) GOCACHE=$(go env GOCACHE) NUMBER=${number:?}
export GOROOT GOMODCACHE GOCACHE NUMBER
unshare --mount --net --pid --fork --kill-child bash test/registry/namespaces.sh &
child=$!
wait "$child"
