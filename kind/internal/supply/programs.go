// SPDX-License-Identifier: Apache-2.0

package supply

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/artefact"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/gobuild"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/pins"
)

// clusterTools are the programs a person and this project call. They are built
// from source whatever the source of the images is.
var clusterTools = []string{"sigs.k8s.io/kind", "k8s.io/kubernetes/cmd/kubectl"}

// clusterPrograms run in the cluster. One list in one module compiles what they
// share, which is most of it, once.
var clusterPrograms = []string{
	"github.com/coredns/coredns",
	"github.com/nginx/nginx-gateway-fabric/cmd/gateway",
	"github.com/prometheus-operator/prometheus-operator/cmd/operator",
	"github.com/prometheus-operator/prometheus-operator/cmd/prometheus-config-reloader",
	"github.com/prometheus/prometheus/cmd/prometheus",
	"go.etcd.io/etcd/server/v3",
	"k8s.io/kubernetes/cmd/kube-apiserver",
	"k8s.io/kubernetes/cmd/kube-controller-manager",
	"k8s.io/kubernetes/cmd/kube-proxy",
	"k8s.io/kubernetes/cmd/kube-scheduler",
	"k8s.io/kubernetes/cmd/kubeadm",
	"k8s.io/kubernetes/cmd/kubelet",
	adapterPackage,
}

// adapterModule's main package still passes a stop channel where the API server
// library it is linked with here wants a context, and names the models of its
// OpenAPI document as that library no longer does, while the library of the
// metrics API has a document of its own. The rest of it works unchanged.
// adapterEdits, pairs of before and after, bring the main package up to date in
// the workspace.
const (
	adapterModule  = "sigs.k8s.io/prometheus-adapter"
	adapterPackage = "./prometheus-adapter"
)

var adapterEdits = []string{
	"stopCh := genericapiserver.SetupSignalHandler()", "ctx := genericapiserver.SetupSignalContext()\n\tstopCh := ctx.Done()",
	"cmd.Run(stopCh)", "cmd.Run(ctx)",
	"if cmd.OpenAPIConfig == nil {", "if cmd.OpenAPIConfig != nil {",
	"if cmd.OpenAPIV3Config == nil {", "if cmd.OpenAPIV3Config != nil {",
}

// Tools returns kind and kubectl. With everything set they come out of one
// build with the programs that run in the cluster.
func (s *Supply) Tools(everything bool) (artefact.Spec, error) {
	name, packages := "tools", clusterTools
	if everything {
		name, packages = "programs", append(append([]string{}, clusterPrograms...), clusterTools...)
	}
	sources, err := artefact.Tree(s.Root, nil, "kind/tools/cluster")
	if err != nil {
		return artefact.Spec{}, err
	}
	ldflags := s.ldflags()
	inputs := append([]string{s.toolchain, sources}, packages...)
	inputs = append(append(inputs, ldflags...), adapterEdits...)
	return artefact.Spec{Name: name, Key: artefact.Key(inputs...), Build: func(ctx context.Context, dir string) error {
		module, err := s.workspace("cluster")
		if err != nil {
			return err
		}
		s.Detail("downloading modules")
		if everything {
			if err := s.prepareAdapter(ctx, module); err != nil {
				return err
			}
		}
		return gobuild.Build(ctx, s.goTools(), gobuild.Request{
			Dir: module, Packages: packages, Output: dir, LDFlags: ldflags, Progress: s.progress("programs"),
		})
	}}, nil
}

func (s *Supply) progress(what string) func(done, total int) {
	return func(done, total int) {
		// Packages that an interrupted build has left behind are not compiled,
		// and not counted, again.
		s.Detail("%s: compiled %d of at most %d packages", what, done, total)
	}
}

// ldflags tell the programs their versions; kubeadm refuses to work without.
func (s *Supply) ldflags() []string {
	version := s.Pins.Module(pins.Kubernetes)
	parts := strings.Split(version, ".")
	const at = "-X k8s.io/component-base/version."
	kubernetes := fmt.Sprintf("-s -w %sgitVersion=v%s %sgitMajor=%s %sgitMinor=%s %sgitTreeState=clean", at, version, at, parts[0], at, parts[1], at)
	gateway := fmt.Sprintf("-s -w -X main.version=%s -X main.telemetryReportPeriod=24h -X main.telemetryEndpointInsecure=false", s.Pins.Module("github.com/nginx/nginx-gateway-fabric"))
	prometheus := "-s -w -X github.com/prometheus/common/version.Version=" + s.Pins.Prometheus()
	return []string{"k8s.io/kubernetes/cmd/...=" + kubernetes, "github.com/prometheus/prometheus/cmd/prometheus=" + prometheus, "github.com/nginx/nginx-gateway-fabric/cmd/gateway=" + gateway}
}

// prepareAdapter puts an edited copy of the adapter's main package into the
// workspace.
func (s *Supply) prepareAdapter(ctx context.Context, module string) error {
	sources, err := gobuild.ModuleDir(ctx, s.goTools(), module, adapterModule)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(filepath.Join(sources, "cmd", "adapter", "adapter.go"))
	if err != nil {
		return fmt.Errorf("reading the adapter's main package: %w", err)
	}
	text := string(data)
	for i := 0; i < len(adapterEdits); i += 2 {
		if strings.Count(text, adapterEdits[i]) != 1 {
			return fmt.Errorf("the adapter's main package does not hold %q exactly once: this version needs other edits", adapterEdits[i])
		}
		text = strings.Replace(text, adapterEdits[i], adapterEdits[i+1], 1)
	}
	target := filepath.Join(module, path.Base(adapterPackage))
	if err := os.MkdirAll(target, 0o755); err != nil {
		return fmt.Errorf("making room for the adapter's main package: %w", err)
	}
	if err := os.WriteFile(filepath.Join(target, "adapter.go"), []byte(text), 0o644); err != nil {
		return fmt.Errorf("writing the adapter's main package: %w", err)
	}
	return nil
}
