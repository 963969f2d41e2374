// SPDX-License-Identifier: Apache-2.0

package supply

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/artefact"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/engine"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/gobuild"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/image"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/pins"
)

// KeyLabel marks an image that this project put into an engine's storage with
// the key of its content.
const KeyLabel = "nginx-prometheus-hpa.key"

// kindModule holds the static files of a kind node.
const kindModule = "sigs.k8s.io/kind"

// nodeCleanup are units that make no sense in a container.
var nodeCleanup = []string{
	"etc/systemd/system/*.wants/*",
	"usr/lib/systemd/system/multi-user.target.wants/*",
	"usr/lib/systemd/system/local-fs.target.wants/*",
	"usr/lib/systemd/system/basic.target.wants/*",
	"usr/lib/systemd/system/sockets.target.wants/*udev*",
	"usr/lib/systemd/system/sockets.target.wants/*initctl*",
	"usr/lib/systemd/system/sysinit.target.wants/systemd-tmpfiles-setup.service",
	"usr/share/doc/", "usr/share/man/", "usr/share/locale/", "var/lib/apt/lists/", "var/cache/apt/", "dev/",
}

// nodeSetup runs while the image is made: it starts containerd, imports the
// images of all parts of the cluster and ends containerd again.
const nodeSetup = `set -eu
ctr oci spec | jq '.hooks.createContainer[.hooks.createContainer | length] |= . + {"path": "/kind/bin/mount-product-files.sh"} | del(.process.rlimits)' >/etc/containerd/cri-base.json
containerd >/tmp/containerd.log 2>&1 &
pid=$!
tries=0
until ctr version >/dev/null 2>&1; do
  tries=$((tries + 1))
  if [ "$tries" -gt 300 ] || ! kill -0 "$pid"; then cat /tmp/containerd.log >&2; exit 1; fi
  sleep 0.1
done
for archive in /import/*.tar; do
  ctr --namespace=k8s.io images import --all-platforms --no-unpack "$archive"
done
kill "$pid"
wait "$pid" || true
rm -f /tmp/containerd.log`

// NodeImage makes sure that the engine holds the node image with everything
// that runs in the cluster but the app, and returns its reference.
func (s *Supply) NodeImage(ctx context.Context, e *engine.Engine) (string, error) {
	programs, err := s.programs()
	if err != nil {
		return "", err
	}
	pause, err := s.projectProgram(ctx, "pause", pausePackage, containerSystem)
	if err != nil {
		return "", err
	}
	routes, err := s.projectProgram(ctx, "routes", routesPackage, containerSystem)
	if err != nil {
		return "", err
	}
	trees := []rootfs{nodeTree, netfilterTree, nginxTree}
	pages, err := s.webPages()
	if err != nil {
		return "", err
	}
	inputs := []string{s.recipes, programs.Key, pause.Key, routes.Key, nodeSetup}
	for _, tree := range trees {
		inputs = append(inputs, s.tree(tree).Key)
	}
	keyWith := func(web string) string { return artefact.Key(append(slices.Clone(inputs), web)...) }
	key, ref := keyWith(pages.key()), s.Pins.BuiltNodeImage()
	unlock, err := s.Store.Lock("node-image")
	if err != nil {
		return "", err
	}
	defer unlock()
	label, err := e.Run.Output(ctx, e.Name, "image", "inspect", "--format", `{{index .Config.Labels "`+KeyLabel+`"}}`, ref)
	if err == nil && label == key {
		return ref, nil
	}

	p := parts{trees: map[string]string{}}
	group, groupContext := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		p.programs, err = s.Store.Ensure(groupContext, programs)
		return err
	})
	// Unpacking Debian packages mostly waits for the network: beside the
	// compiler it costs next to nothing, one after the other.
	group.Go(func() error {
		for _, tree := range trees {
			dir, err := s.Store.Ensure(groupContext, s.tree(tree))
			if err != nil {
				return err
			}
			p.trees[tree.name] = filepath.Join(dir, treeArchive)
		}
		return nil
	})
	var web string
	group.Go(func() (err error) {
		p.web, web, err = s.webFiles(groupContext, pages)
		return err
	})
	if err := group.Wait(); err != nil {
		return "", err
	}
	if key = keyWith(web); label == key {
		return ref, nil // the stand-in, once more
	}
	pauseDir, err := s.Store.Ensure(ctx, pause)
	if err != nil {
		return "", err
	}
	p.pause = filepath.Join(pauseDir, "pause")
	routesDir, err := s.Store.Ensure(ctx, routes)
	if err != nil {
		return "", err
	}
	p.routes = filepath.Join(routesDir, "routes")
	if p.fabric, err = s.fabricSources(ctx); err != nil {
		return "", err
	}
	return ref, s.makeNodeImage(ctx, e, p, ref, key)
}

func (s *Supply) makeNodeImage(ctx context.Context, e *engine.Engine, p parts, ref, key string) error {
	scratch := filepath.Join(s.Cache, "work", "node-image")
	if err := os.RemoveAll(scratch); err != nil {
		return fmt.Errorf("emptying %s: %w", scratch, err)
	}
	defer os.RemoveAll(scratch)
	imports := filepath.Join(scratch, "import")
	if err := os.MkdirAll(imports, 0o755); err != nil {
		return fmt.Errorf("making room for images: %w", err)
	}

	s.Detail("images of the control plane, NGINX, Prometheus and the adapter")
	// NGINX's program gets a capability, so it is taken out of its tree.
	p.trees["nginx-unpacked"] = scratch
	if err := s.Run.Run(ctx, "tar", "-xf", p.trees["nginx"], "-C", scratch, "--strip-components=3", "./usr/sbin/nginx"); err != nil {
		return fmt.Errorf("taking NGINX out of its tree: %w", err)
	}
	version := "v" + s.Pins.Module(pins.Kubernetes)
	listed, err := s.Run.Output(ctx, filepath.Join(p.programs, "kubeadm"), "config", "images", "list", "--kubernetes-version", version)
	if err != nil {
		return fmt.Errorf("asking kubeadm which images it needs: %w", err)
	}
	kindFiles, err := gobuild.ModuleDir(ctx, s.goTools(), s.groupDir("cluster"), kindModule)
	if err != nil {
		return err
	}
	nodeFiles, sandbox, err := nodeFiles(filepath.Join(kindFiles, "images", "base", "files"), p.programs, version)
	if err != nil {
		return err
	}
	nodeFiles = append(nodeFiles, s.network()...)
	refs := strings.Fields(listed)
	if !slices.Contains(refs, sandbox) {
		refs = append(refs, sandbox)
	}
	specs, err := s.platformImages(p, refs)
	if err != nil {
		return err
	}
	if err := image.Write(filepath.Join(imports, "platform.tar"), specs...); err != nil {
		return err
	}

	s.Detail("base of the node image")
	const base = "localhost/node-base:1"
	archive := filepath.Join(scratch, "base.tar")
	err = image.Write(archive, image.Spec{
		Ref: base, Tree: &image.Tree{Archive: p.trees["node"], Exclude: nodeCleanup}, Files: nodeFiles,
		Entrypoint: []string{"/usr/local/bin/entrypoint", "/sbin/init"}, StopSignal: "SIGRTMIN+3", Env: []string{"container=docker"},
	})
	if err != nil {
		return err
	}
	if err := e.Load(ctx, archive); err != nil {
		return err
	}
	defer func() { _ = e.Run.Run(context.WithoutCancel(ctx), e.Name, "image", "rm", base) }()

	s.Detail("importing images into the node image")
	// A run that was killed may have left one.
	const container = "nginx-prometheus-hpa-build"
	remove := func(ctx context.Context) { _ = e.Run.Run(ctx, e.Name, "rm", "-f", "-v", container) }
	remove(ctx)
	defer remove(context.WithoutCancel(ctx))
	err = e.Run.Run(ctx, e.Name, "run", "--name", container, "--label", KeyLabel+"="+key, "--privileged", "--network=none",
		"--security-opt", "seccomp=unconfined", "--volume", imports+":/import:ro", "--entrypoint", "sh", base, "-c", nodeSetup)
	if err != nil {
		return fmt.Errorf("importing images into the node image: %w", err)
	}
	s.Detail("committing the node image")
	err = e.Run.Run(ctx, e.Name, "commit", "--change", `ENTRYPOINT ["/usr/local/bin/entrypoint", "/sbin/init"]`,
		"--change", "CMD []", "--change", "LABEL "+KeyLabel+"="+key, container, ref)
	if err != nil {
		return fmt.Errorf("committing the node image: %w", err)
	}
	return nil
}

// nodeFiles lists what a kind node has beside Debian's packages: the static
// files that kind brings, the programs of Kubernetes, and the units to start. It also returns the pause image that
// the configuration of containerd names.
func nodeFiles(kindFiles, programs, version string) (files []image.File, sandbox string, err error) {
	err = filepath.WalkDir(kindFiles, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		relative, err := filepath.Rel(kindFiles, path)
		if err != nil {
			return err
		}
		file := image.File{Path: "/" + relative, Source: path, Mode: 0o644}
		if strings.HasPrefix(relative, "usr/local/bin/") || strings.HasPrefix(relative, "kind/bin/") {
			file.Mode = 0o755
		}
		if relative == "etc/containerd/config.toml" {
			if file.Content, sandbox, err = containerdConfiguration(path); err != nil {
				return err
			}
			file.Source = ""
		}
		files = append(files, file)
		return nil
	})
	if err != nil {
		return nil, "", fmt.Errorf("reading kind's files: %w", err)
	}
	for _, name := range []string{"kubeadm", "kubelet", "kubectl"} {
		files = append(files, image.File{Path: "/usr/bin/" + name, Source: filepath.Join(programs, name)})
	}
	for _, name := range []string{"containerd", "ctr", "containerd-shim-runc-v2"} {
		files = append(files, image.File{Path: "/usr/local/bin/" + name, Link: "/usr/bin/" + name})
	}
	for _, name := range []string{"bridge", "host-local", "loopback", "portmap", "ptp"} {
		files = append(files, image.File{Path: "/opt/cni/bin/" + name, Link: "/usr/lib/cni/" + name})
	}
	const units = "/etc/systemd/system/"
	for _, name := range []string{"kubelet", "containerd", "undo-mount-hacks"} {
		files = append(files, image.File{Path: units + "multi-user.target.wants/" + name + ".service", Link: units + name + ".service"})
	}
	return append(files,
		image.File{Path: units + "systemd-binfmt.service", Link: "/dev/null"},
		image.File{Path: "/etc/systemd/journald.conf.d/kmsg.conf", Content: "[Journal]\nReadKMsg=no\n", Mode: 0o644},
		image.File{Path: "/usr/sbin/init", Link: "/usr/lib/systemd/systemd"},
		image.File{Path: "/etc/kubernetes/manifests", Folder: true},
		image.File{Path: "/kind/version", Content: version, Mode: 0o644},
		image.File{Path: "/kind/manifests/default-storage.yaml", Content: storageClass, Mode: 0o644},
	), sandbox, nil
}

// containerdConfiguration lets pods start where the machine may not lower an
// out-of-memory score, says where the network of the pods is described, and finds
// the pause image.
func containerdConfiguration(path string) (text, sandbox string, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return "", "", err
	}
	const before, network = "restrict_oom_score_adj = false", `[plugins."io.containerd.grpc.v1.cri".cni]`
	text = string(data)
	if !strings.Contains(text, before) {
		return "", "", fmt.Errorf("kind's containerd configuration has no %q: this version needs another adaptation", before)
	}
	if strings.Contains(text, network) {
		return "", "", fmt.Errorf("kind's containerd configuration has a section %s of its own: this version needs another adaptation", network)
	}
	_, after, found := strings.Cut(text, `sandbox_image = "`)
	sandbox, _, closed := strings.Cut(after, `"`)
	if !found || !closed {
		return "", "", fmt.Errorf("kind's containerd configuration names no sandbox_image")
	}
	text = strings.Replace(text, before, "restrict_oom_score_adj = true", 1)
	return fmt.Sprintf("%s\n%s\n  conf_template = %q\n", text, network, networkTemplate), sandbox, nil
}

// storageClass satisfies kind, which applies this file; nothing here asks for a
// persistent volume.
const storageClass = `apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: standard
provisioner: kubernetes.io/no-provisioner
volumeBindingMode: WaitForFirstConsumer
`
