// SPDX-License-Identifier: Apache-2.0

package supply

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/gobuild"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/image"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/pins"
)

// fabricModule holds the chart, the CRDs and NGINX's configuration beside the
// program.
const fabricModule = "github.com/nginx/nginx-gateway-fabric"

// nobody is the user of images that need no particular one.
const nobody = "65534:65534"

// unneeded is what Debian packages carry that a container never reads.
var unneeded = []string{
	"usr/share/doc/", "usr/share/man/", "usr/share/locale/", "usr/share/lintian/", "usr/share/perl5/", "usr/share/perl/", "usr/lib/x86_64-linux-gnu/perl",
	"usr/share/bash-completion/", "usr/share/X11/", "usr/share/fontconfig/", "usr/share/vim/",
	"usr/lib/x86_64-linux-gnu/gconv/", "var/lib/apt/", "var/lib/dpkg/", "var/cache/apt/", "dev/",
}

// podImage is an image that runs in pods: its role in pins.json, the package of
// its program, and how it is made.
type podImage struct {
	role, pkg string
	recipe    func(p parts, ref string) (image.Spec, error)
}

// kubeRouter enforces network policies, only in a node that is built here: its
// role is not one of pins.json.
const kubeRouter = "kube_router"

// podImages are those of published parts, besides the control plane.
var podImages = []podImage{
	{"prometheus_operator", operatorModule + "/cmd/operator", plainAs("operator", "/bin/operator")},
	{"prometheus_config_reloader", operatorModule + "/cmd/prometheus-config-reloader", plainAs("prometheus-config-reloader", "/bin/prometheus-config-reloader")},
	{"prometheus_adapter", adapterModule + "/cmd/adapter", plainAs("adapter", "/adapter")},
	{"nginx_gateway_fabric", fabricModule + "/cmd/gateway", parts.gateway},
	{"prometheus", pins.PrometheusModule + "/cmd/prometheus", parts.prometheus},
	{"nginx", "", parts.nginx}, // Debian's program
	{kubeRouter, kubeRouterModule + "/cmd/kube-router", func(p parts, ref string) (image.Spec, error) { return p.netfilter(ref, "kube-router"), nil }},
}

// plainAs is the recipe of an image of one static program that needs no
// particular user.
func plainAs(program, path string) func(parts, string) (image.Spec, error) {
	return func(p parts, ref string) (image.Spec, error) { return p.plain(ref, program, path, nobody), nil }
}

// parts are the artefacts that images are put together from.
type parts struct {
	programs string       // folder of the programs
	pause    string       // the pause program
	routes   string       // the program that keeps routes
	web      []image.File // what Prometheus serves to browsers
	fabric   string       // sources of NGINX Gateway Fabric
	trees    map[string]string
}

// platformImages describes every image of the cluster but the app's, given the
// references that kubeadm asks for.
func (s *Supply) platformImages(p parts, kubeadm []string) ([]image.Spec, error) {
	var specs []image.Spec
	for _, ref := range kubeadm {
		spec, err := p.controlPlane(ref)
		if err != nil {
			return nil, err
		}
		specs = append(specs, spec)
	}
	for _, of := range podImages {
		ref := s.Pins.Images[of.role]
		if of.role == kubeRouter {
			ref = s.kubeRouterImage()
		}
		spec, err := of.recipe(p, ref)
		if err != nil {
			return nil, err
		}
		specs = append(specs, spec)
	}
	// It writes the node's routes, so it is root; the manifest takes the rest away.
	const program = "/routes"
	return append(specs, image.Spec{Ref: routesImage, Entrypoint: []string{program}, Files: []image.File{{Path: program, Source: p.routes}}}), nil
}

// plain is an image of one static program.
func (p parts) plain(ref, program, path, user string) image.Spec {
	return image.Spec{
		Ref: ref, User: user, Entrypoint: []string{path},
		Files: []image.File{
			{Path: path, Source: filepath.Join(p.programs, program)},
			{Path: "/tmp", Folder: true, Mode: 0o1777},
		},
	}
}

// controlPlane is an image that kubeadm starts. Its manifests call the programs
// by name, or, for coredns, by what the image itself starts.
func (p parts) controlPlane(ref string) (image.Spec, error) {
	name := ref[strings.LastIndex(ref, "/")+1:]
	name, _, _ = strings.Cut(name, ":")
	switch name {
	case "kube-apiserver", "kube-controller-manager", "kube-scheduler":
		return p.plain(ref, name, "/usr/local/bin/"+name, ""), nil
	case "etcd":
		return p.plain(ref, "server", "/usr/local/bin/etcd", ""), nil
	case "coredns":
		return p.plain(ref, "coredns", "/coredns", ""), nil
	case "pause":
		return image.Spec{Ref: ref, User: nobody, Entrypoint: []string{"/pause"}, Files: []image.File{{Path: "/pause", Source: p.pause}}}, nil
	case "kube-proxy":
		return p.netfilter(ref, name), nil
	default:
		return image.Spec{}, fmt.Errorf("kubeadm asks for the image %q, and there is no recipe for it", ref)
	}
}

// netfilter is an image of a program that writes rules into the kernel by
// calling iptables and the like.
func (p parts) netfilter(ref, program string) image.Spec {
	spec := p.plain(ref, program, "/usr/local/bin/"+program, "")
	spec.Tree = &image.Tree{Archive: p.trees["netfilter"], Exclude: unneeded}
	// The packages leave these links to their installation scripts.
	for _, command := range []string{"iptables", "iptables-save", "iptables-restore", "ip6tables", "ip6tables-save", "ip6tables-restore"} {
		spec.Files = append(spec.Files, image.File{Path: "/usr/sbin/" + command, Link: "xtables-nft-multi"})
	}
	return spec
}

// gateway is NGINX Gateway Fabric's control plane. It signals NGINX across
// containers of a pod, which takes the capability to.
func (p parts) gateway(ref string) (image.Spec, error) {
	return image.Spec{
		Ref: ref, User: "102:1001", Entrypoint: []string{"/usr/bin/gateway"},
		Files: []image.File{
			{Path: "/usr/bin/gateway", Source: filepath.Join(p.programs, "gateway"), Capabilities: image.CapKill},
			{Path: "/tmp", Folder: true, Mode: 0o1777},
		},
	}, nil
}

// prometheus takes the arguments that the published image takes, so that a
// Prometheus object works with either. Compiled without its web interface,
// Prometheus serves the one below its working directory, if that is called
// prometheus. The published image's working directory is not a place for it:
// in a pod a volume hides it.
func (p parts) prometheus(ref string) (image.Spec, error) {
	const home = "/usr/share/prometheus"
	spec := p.plain(ref, "prometheus", "/bin/prometheus", nobody)
	spec.WorkDir = home
	spec.Command = []string{"--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"}
	spec.Files = append(spec.Files,
		image.File{Path: "/prometheus", Folder: true, UID: 65534, GID: 65534},
		image.File{Path: "/etc/prometheus/consoles", Folder: true},
		image.File{Path: "/etc/prometheus/console_libraries", Folder: true},
	)
	for _, file := range p.web {
		file.Path = home + "/web/ui/static" + file.Path
		spec.Files = append(spec.Files, file)
	}
	return spec, nil
}

// nginx is the data plane: Debian's NGINX with the configuration and the script
// that the control plane expects to find.
func (p parts) nginx(ref string) (image.Spec, error) {
	const owner, group = 101, 1001
	configuration, err := p.nginxConfiguration()
	if err != nil {
		return image.Spec{}, err
	}
	static := filepath.Join(p.fabric, "internal", "mode", "static", "nginx")
	own := func(f image.File) image.File {
		f.UID, f.GID = owner, group
		return f
	}
	files := []image.File{
		// With the capability on the file, a process without privileges can
		// listen on port 80.
		{Path: "/usr/sbin/nginx", Source: filepath.Join(p.trees["nginx-unpacked"], "nginx"), Capabilities: image.CapNetBindService},
		own(image.File{Path: "/etc/nginx", Folder: true}),
		own(image.File{Path: "/etc/nginx/nginx.conf", Content: configuration, Mode: 0o644}),
		{Path: "/usr/lib/nginx/modules/njs/httpmatches.js", Source: filepath.Join(static, "modules", "src", "httpmatches.js"), Mode: 0o644},
		{Path: "/var/log/nginx/access.log", Link: "/dev/stdout"},
		{Path: "/var/log/nginx/error.log", Link: "/dev/stderr"},
		own(image.File{Path: "/var/cache/nginx", Folder: true}),
		own(image.File{Path: "/var/run/nginx", Folder: true}),
	}
	for _, name := range []string{"grpc-error-locations.conf", "grpc-error-pages.conf"} {
		files = append(files, own(image.File{Path: "/etc/nginx/" + name, Source: filepath.Join(static, "conf", name), Mode: 0o644}))
	}
	return image.Spec{
		Ref: ref, User: fmt.Sprintf("%d:%d", owner, group), StopSignal: "SIGQUIT",
		Tree:  &image.Tree{Archive: p.trees["nginx"], Exclude: append([]string{"usr/sbin/nginx", "etc/nginx/sites-", "etc/nginx/nginx.conf", "etc/nginx/modules-enabled/", "var/log/nginx", "var/run", "run/"}, unneeded...)},
		Files: files,
		// Sockets of a container that was killed would keep the next one from
		// listening: the folder outlives the container.
		Command: []string{"sh", "-c", "rm -f /var/run/nginx/*.sock && exec nginx -g 'daemon off;'"},
	}, nil
}

// nginxConfiguration adapts the configuration that the control plane ships to
// Debian's build of NGINX: the stream module is loadable there and not built
// in, and its temporary folders are elsewhere.
func (p parts) nginxConfiguration() (string, error) {
	path := filepath.Join(p.fabric, "internal", "mode", "static", "nginx", "conf", "nginx.conf")
	data, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("reading NGINX's configuration: %w", err)
	}
	text := string(data)
	const block = "\nhttp {\n"
	if strings.Count(text, block) != 1 {
		return "", fmt.Errorf("NGINX's configuration %s has no single http block: this version needs another adaptation", path)
	}
	var folders strings.Builder
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		fmt.Fprintf(&folders, "  %s_temp_path /var/cache/nginx/%s_temp;\n", kind, kind)
	}
	return "load_module /usr/lib/nginx/modules/ngx_stream_module.so;\n" + strings.Replace(text, block, block+folders.String(), 1), nil
}

// fabricSources downloads NGINX Gateway Fabric and returns its folder.
func (s *Supply) fabricSources(ctx context.Context) (string, error) {
	return gobuild.ModuleDir(ctx, s.goTools(), s.groupDir("cluster"), fabricModule)
}
