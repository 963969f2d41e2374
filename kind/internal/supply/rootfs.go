// SPDX-License-Identifier: Apache-2.0

package supply

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/artefact"
)

// rootfs is a tree of Debian packages.
type rootfs struct {
	name     string
	variant  string // of mmdebstrap: minbase configures a small system, extract only unpacks
	packages []string
	testing  bool // from the suite that is pinned for NGINX, which is not stable yet
}

// The trees that images are made of. What only unpacks needs no package
// manager, so those images hold none of it that counts.
var (
	nodeTree = rootfs{name: "node", variant: "minbase", packages: []string{
		"systemd", "dbus", "conntrack", "iptables", "nftables", "iproute2", "ethtool", "util-linux", "mount", "kmod", "libseccomp2",
		"pigz", "ca-certificates", "curl", "jq", "procps", "containerd", "runc", "containernetworking-plugins", "hostname", "e2fsprogs",
	}}
	// netfilterTree is for what writes rules into the kernel: kube-proxy, and what enforces network policies.
	netfilterTree = rootfs{name: "netfilter", variant: "extract", packages: []string{"iptables", "nftables", "ipset", "conntrack", "kmod"}}
	// NGINX keeps its promise to connections that are in use across a reload
	// since 1.27.4 (docs/adr/0011-nginx-from-a-newer-debian.md).
	nginxTree = rootfs{name: "nginx", variant: "extract", testing: true,
		packages: []string{"nginx", "libnginx-mod-http-js", "libnginx-mod-stream", "dash", "coreutils"}}
)

// treeArchive is the file a tree's artefact holds.
const treeArchive = "rootfs.tar"

// tree returns the artefact of a Debian tree.
func (s *Supply) tree(t rootfs) artefact.Spec {
	args := []string{
		"--variant=" + t.variant, "--hook-dir=/usr/share/mmdebstrap/hooks/maybe-merged-usr",
		"--include=" + strings.Join(t.packages, ","),
	}
	if t.testing {
		// The index of such a suite calls itself valid for a week only, and a
		// mirror may be further behind. It must be signed as ever.
		args = append(args, `--aptopt=Acquire::Check-Valid-Until "false"`, s.Pins.NginxDebianSuite)
	} else {
		args = append(args, s.Pins.DebianSuite)
	}
	return artefact.Spec{Name: "rootfs-" + t.name, Key: artefact.Key(args...), Build: func(ctx context.Context, dir string) error {
		return s.Run.Run(ctx, "mmdebstrap", append(args, filepath.Join(dir, treeArchive))...)
	}}
}
