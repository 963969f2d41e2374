#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The test itself, on what looks like a user's machine: it has Docker, Go, make
# and Terraform, and reaches hosts that serve what is published.
set -euo pipefail
cd /src
# shellcheck source=/dev/null
. /harness/step.sh
umount -l /host
rmdir /host
ip link set lo up

arch=$(go env GOARCH)
caches=(~/.cache/nginx-prometheus-hpa ~/.local/state/nginx-prometheus-hpa)
# The clusters' logs would be lost with this root file system.
trap 'cp -r "${caches[1]}/.logs" /logs/clusters 2> /dev/null || true' EXIT

# serve WAY PORT HOSTS ARGUMENT... starts the registries of one way, with a
# certificate from an authority of their own, WAY.ca.pem.
serve() {
  local way=$1 port=$2 hosts=$3 pem=/run/$1 key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 2) names
  read -ra names <<< "$hosts"
  openssl req -x509 "${key[@]}" -subj "/CN=registry-test $way" -keyout "$pem.ca.key" -out "$pem.ca.pem"
  openssl req -x509 "${key[@]}" -CA "$pem.ca.pem" -CAkey "$pem.ca.key" -subj "/CN=${names[0]}" \
    -addext "subjectAltName=$(printf 'DNS:%s\n' "${names[@]}" | paste -sd,)" -keyout "$pem.pem.key" -out "$pem.pem"
  printf '127.0.0.1 %s\n' localhost "${names[@]}" > /etc/hosts
  registry serve -goods /srv/goods -address "127.0.0.1:$port" -certificate "$pem.pem" "${@:4}" > "/logs/requests-$way.log" 2>&1 &
  echo $! > /run/registry.pid
  until (: < "/dev/tcp/127.0.0.1/$port") 2> /dev/null; do kill -0 $!; sleep 0.1; done
}
cut_network() { kill "$(< /run/registry.pid)"; }

references() { jq -r '.manifests[].annotations[]' /srv/goods/images/index.json; }

serve_names() {
  local hosts=(registry-1.docker.io index.docker.io blobs.example)
  mapfile -t -O ${#hosts[@]} hosts < <(references | cut -d / -f 1 | sort -u; ls /srv/goods/files)
  serve names 443 "${hosts[*]}"
  cp /etc/ssl/certs/ca-certificates.crt /run/system.pem
  cat /run/names.ca.pem >> /etc/ssl/certs/ca-certificates.crt
}

start_docker() {
  dockerd --storage-driver overlay2 --cgroup-parent /registry-test > /logs/dockerd.log 2>&1 &
  until docker info > /dev/null 2>&1; do kill -0 $!; sleep 0.2; done
  docker info --format '{{.ServerVersion}}, cgroup v{{.CgroupVersion}}'
}

# Faults of these registries must not look like faults of what is tested.
check_registries() {
  references | grep -v kindest/ | while read -r ref; do
    docker pull --quiet "$ref"
    docker image rm "$ref" > /dev/null
  done
  mkdir /tmp/providers
  echo '{"terraform": {"required_providers": {"helm": {"source": "hashicorp/helm"}, "kubernetes": {"source": "hashicorp/kubernetes"}}}}' > /tmp/providers/main.tf.json
  terraform -chdir=/tmp/providers init -no-color
  cd /tmp/providers
  curl -fsSL --remote-name-all "https://kind.sigs.k8s.io/$(cd /srv/goods/files/kind.sigs.k8s.io && echo dl/*/kind-linux-"$arch")"{,.sha256sum}
  sha256sum --check kind-linux-"$arch".sha256sum
}

up() { make up SOURCE=registry CLUSTER="$1" HTTP_PORT="$2" PROMETHEUS_PORT="$3"; }
# Compiling the tests is not measured, so they may use a filled build cache.
scenarios() { GOCACHE=/var/cache/go-build SOURCE=registry go test ./test -count=1 -timeout 30m -v -run "^($1)\$"; }

second_without_network() {
  cut_network
  GOPROXY=off up second 8081 9091
}

# Three nodes start from what a single node has pulled, and each accepts requests.
three_nodes_without_network() {
  local port
  NODES=3 second_without_network
  for port in 8081 8082 8083; do curl -fsS -X POST "http://127.0.0.1:$port/heavywork"; done
}

leave_nothing() {
  local cluster left bad=0 what
  for cluster in second hpa; do make down CLUSTER="$cluster"; done
  make clean-cache
  for what in "image ls -aq" "ps -aq" "volume ls -q" "network ls -q --filter type=custom"; do
    # shellcheck disable=SC2086 # words
    left=$(docker $what)
    if [ -n "$left" ]; then bad=1 && echo "docker $what still lists: ${left//$'\n'/ }"; fi
  done
  for what in "${caches[@]}"; do
    if [ -e "$what" ]; then bad=1 && echo "$what is still there"; fi
  done
  return "$bad"
}

# A company's mirror, with a login and an authority that only the settings name.
# kind, kubectl and the providers are installed, as on a company's machines.
serve_mirror() {
  cp /run/system.pem /etc/ssl/certs/ca-certificates.crt
  serve mirror 8443 mirror.example -mirror someone:secret
  mkdir -p ~/.docker
  echo '{"auths": {"mirror.example:8443": {"auth": "'"$(printf someone:secret | base64)"'"}}}' > ~/.docker/config.json
  printf 'provider_installation {\n  filesystem_mirror {\n    path = "/srv/goods/providers"\n  }\n}\n' > ~/.terraformrc
  install /srv/goods/files/kind.sigs.k8s.io/dl/*/kind-linux-"$arch" /usr/local/bin/kind
  install /srv/goods/files/dl.k8s.io/release/*/bin/linux/"$arch"/kubectl /usr/local/bin/kubectl
}

step "registries by the published names" serve_names
step "Docker" start_docker
step "registries serve Docker, Terraform and curl" check_registries
step "pins of what is served" env GOCACHE=/var/cache/go-build go run ./kind pins
step "by names: make up" up hpa 80 9090
first_names=${took:?}
step "by names: scenarios" scenarios 'TestScaleUp|TestNothingLost|TestApplyIsIdempotent'
step "by names: a second cluster without a network" second_without_network
second_names=${took:?}
step "by names: make down and clean-cache leave nothing" leave_nothing

step "a mirror, and no other host" serve_mirror
export REGISTRY_MIRROR=mirror.example:8443/prefix REGISTRY_CA=/run/mirror.ca.pem GOPROXY=file:///root/go/pkg/mod/cache/download
step "by the mirror: make up" up hpa 80 9090
first_mirror=${took:?}
step "by the mirror: scenario" scenarios TestScaleUp
step "by the mirror: a second cluster, of three nodes, without a network" three_nodes_without_network
second_mirror=${took:?}
step "by the mirror: make down and clean-cache leave nothing" leave_nothing

printf '%-24s %-16s %s\n' '' 'first make up' 'second cluster, no network' 'by names' "$first_names" "$second_names" 'by a mirror' "$first_mirror" "$second_mirror"
