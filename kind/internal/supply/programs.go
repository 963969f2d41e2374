// SPDX-License-Identifier: Apache-2.0

package supply

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/artefact"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/gobuild"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/pins"
)

// clusterTools are the programs a person and this project call.
var clusterTools = []string{"sigs.k8s.io/kind", "k8s.io/kubernetes/cmd/kubectl"}

// controlPlane is what kubeadm and the node start.
var controlPlane = []string{
	"github.com/coredns/coredns",
	"go.etcd.io/etcd/server/v3",
	"k8s.io/kubernetes/cmd/kube-apiserver",
	"k8s.io/kubernetes/cmd/kube-controller-manager",
	"k8s.io/kubernetes/cmd/kube-proxy",
	"k8s.io/kubernetes/cmd/kube-scheduler",
	"k8s.io/kubernetes/cmd/kubeadm",
	"k8s.io/kubernetes/cmd/kubelet",
}

// Modules that are compiled with newer libraries than they were released with,
// which takes the edits to them.
const (
	adapterModule    = "sigs.k8s.io/prometheus-adapter"
	labelProxyModule = "github.com/prometheus-community/prom-label-proxy" // the operator parses queries with it
)

// edit is one replacement in a file of a module.
type edit struct{ module, file, before, after string }

var edits = []edit{
	// The API server library runs until a context ends, no longer until a channel
	// is closed.
	{adapterModule, "cmd/adapter/adapter.go", "stopCh := genericapiserver.SetupSignalHandler()", "ctx := genericapiserver.SetupSignalContext()\n\tstopCh := ctx.Done()"},
	{adapterModule, "cmd/adapter/adapter.go", "cmd.Run(stopCh)", "cmd.Run(ctx)"},
	// It also names the models of an OpenAPI document in another way. The library
	// of the metrics API has a document of its own with the current names: leaving
	// the adapter's out selects that one.
	{adapterModule, "cmd/adapter/adapter.go", "if cmd.OpenAPIConfig == nil {", "if cmd.OpenAPIConfig != nil {"},
	{adapterModule, "cmd/adapter/adapter.go", "if cmd.OpenAPIV3Config == nil {", "if cmd.OpenAPIV3Config != nil {"},
	// Requests now carry a deadline, and the time left until it was computed with
	// the wrong sign; Prometheus 3 refuses a negative timeout.
	{adapterModule, "pkg/client/api.go", "time.Since(deadline)", "time.Until(deadline)"},
	// Prometheus 3.16 parses duration expressions and extended range selectors
	// without being told to.
	{operatorModule, "pkg/prometheus/server/rules.go", "parserOptions.ExperimentalDurationExpr = true", ""},
	{operatorModule, "pkg/prometheus/server/rules.go", "parserOptions.EnableExtendedRangeSelectors = true", ""},
	{labelProxyModule, "injectproxy/routes.go", "o.parserOptions.ExperimentalDurationExpr = true", ""},
	{labelProxyModule, "injectproxy/routes.go", "o.parserOptions.EnableExtendedRangeSelectors = true", ""},
}

// programs returns all that runs in the cluster, and kind and kubectl, out of
// one build.
func (s *Supply) programs() (artefact.Spec, error) {
	// One build of all compiles what they share, which is most of it, once.
	packages := slices.Clone(controlPlane)
	for _, of := range podImages {
		if of.pkg != "" {
			packages = append(packages, of.pkg)
		}
	}
	slices.Sort(packages)
	packages = append(packages, clusterTools...)
	sources, err := artefact.Tree(s.Root, nil, "kind/tools/cluster")
	if err != nil {
		return artefact.Spec{}, err
	}
	ldflags := s.ldflags()
	inputs := append([]string{s.toolchain, sources}, packages...)
	inputs = append(append(inputs, ldflags...), fmt.Sprint(edits))
	return artefact.Spec{Name: "programs", Key: artefact.Key(inputs...), Build: func(ctx context.Context, dir string) error {
		module, err := s.workspace("cluster")
		if err != nil {
			return err
		}
		s.Detail("downloading modules")
		if err := s.applyEdits(ctx, module); err != nil {
			return err
		}
		return gobuild.Build(ctx, s.goTools(), gobuild.Request{
			Dir: module, Packages: packages, Output: dir, LDFlags: ldflags, Progress: s.progress("programs"),
		})
	}}, nil
}

// compiled returns programs of the tool group of that name.
func (s *Supply) compiled(group string, packages ...string) (artefact.Spec, error) {
	sources, err := artefact.Tree(s.Root, nil, "kind/tools/"+group)
	if err != nil {
		return artefact.Spec{}, err
	}
	return artefact.Spec{Name: group, Key: artefact.Key(s.toolchain, sources), Build: func(ctx context.Context, dir string) error {
		module, err := s.workspace(group)
		if err != nil {
			return err
		}
		s.Detail("downloading modules")
		return gobuild.Build(ctx, s.goTools(), gobuild.Request{Dir: module, Packages: packages, Output: dir, Progress: s.progress(group)})
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

// applyEdits puts edited copies of modules into the workspace and lets the
// workspace's module use them.
func (s *Supply) applyEdits(ctx context.Context, workspace string) error {
	for _, e := range edits {
		folder := path.Base(e.module)
		dir := filepath.Join(workspace, folder)
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			sources, err := gobuild.ModuleDir(ctx, s.goTools(), workspace, e.module)
			if err != nil {
				return err
			}
			if err := copyTree(dir, sources); err != nil {
				return err
			}
			if err := s.goTools().In(workspace).Run(ctx, "go", "mod", "edit", "-replace", e.module+"=./"+folder); err != nil {
				return fmt.Errorf("using the edited %s: %w", e.module, err)
			}
		}
		if err := e.apply(dir); err != nil {
			return err
		}
	}
	return nil
}

func (e edit) apply(dir string) error {
	file := filepath.Join(dir, e.file)
	data, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("reading what is to be edited: %w", err)
	}
	if bytes.Count(data, []byte(e.before)) != 1 {
		return fmt.Errorf("%s does not hold %q exactly once: this version needs another edit", e.file, e.before)
	}
	data = bytes.Replace(data, []byte(e.before), []byte(e.after), 1)
	if err := os.WriteFile(file, data, 0o644); err != nil {
		return fmt.Errorf("editing %s: %w", e.file, err)
	}
	return nil
}
