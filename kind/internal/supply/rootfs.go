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
}

// The trees that images are made of. What only unpacks needs no package
// manager, so those images hold none of it that counts.
var (
	nodeTree = rootfs{"node", "minbase", []string{
		"systemd", "dbus", "conntrack", "iptables", "nftables", "iproute2", "ethtool", "util-linux", "mount", "kmod", "libseccomp2",
		"pigz", "ca-certificates", "curl", "jq", "procps", "containerd", "runc", "containernetworking-plugins", "hostname", "e2fsprogs",
	}}
	kubeProxyTree = rootfs{"kube-proxy", "extract", []string{"iptables", "nftables", "conntrack", "kmod"}}
	nginxTree     = rootfs{"nginx", "extract", []string{"nginx-core", "libnginx-mod-http-js", "libnginx-mod-stream", "dash", "coreutils"}}
)

// treeArchive is the file a tree's artefact holds.
const treeArchive = "rootfs.tar"

// tree returns the artefact of a Debian tree.
func (s *Supply) tree(t rootfs) artefact.Spec {
	args := []string{
		"--variant=" + t.variant, "--hook-dir=/usr/share/mmdebstrap/hooks/maybe-merged-usr",
		"--include=" + strings.Join(t.packages, ","), s.Pins.DebianSuite,
	}
	return artefact.Spec{Name: "rootfs-" + t.name, Key: artefact.Key(args...), Build: func(ctx context.Context, dir string) error {
		return s.Run.Run(ctx, "mmdebstrap", append(args, filepath.Join(dir, treeArchive))...)
	}}
}
