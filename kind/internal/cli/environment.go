// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/artefact"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/cluster"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/command"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/engine"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/settings"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/supply"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/tf"
)

// environment is one run of one command.
type environment struct {
	settings.Settings
	environ  []string
	out      io.Writer // for what was asked for
	progress io.Writer // for what is going on

	run    command.Runner // the project's own tools are first on its PATH
	supply *supply.Supply
	record cluster.Record
	source settings.Source // registry or build, once decided
	engine *engine.Engine
}

// shared is the folder next to the clusters' states for what they share. No
// cluster's name begins with a dot.
func (e *environment) shared(name string) string {
	return filepath.Join(filepath.Dir(e.State), "."+name)
}

func (e *environment) bin() string  { return filepath.Join(e.State, "bin") }
func (e *environment) logs() string { return filepath.Join(e.shared("logs"), e.Cluster) }
func (e *environment) terraformDir() string {
	return filepath.Join(e.Root, "terraform", "environments", "kind")
}

// prepare sets up what every command needs.
func (e *environment) prepare(ctx context.Context, log io.Writer) (err error) {
	path := ""
	for _, pair := range e.environ {
		if value, ok := strings.CutPrefix(pair, "PATH="); ok {
			path = value
		}
	}
	e.run = command.Runner{Env: e.environ, Log: log, Dir: e.Root}.With("PATH=" + e.bin() + ":" + path)
	if e.supply, err = supply.New(ctx, e.Root, e.Cache, e.run); err != nil {
		return err
	}
	e.record, err = cluster.ReadRecord(e.State)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	// A running cluster answers for itself; what was not chosen stays.
	e.record.HTTPPort, err = chosenPort("HTTP_PORT", e.HTTPPort, e.record.HTTPPort, settings.DefaultHTTPPort)
	if err != nil {
		return err
	}
	e.record.PrometheusPort, err = chosenPort("PROMETHEUS_PORT", e.PrometheusPort, e.record.PrometheusPort, settings.DefaultPrometheusPort)
	if err != nil {
		return err
	}
	e.record.Charts, err = chosenCharts(e.Charts, e.record)
	return err
}

// chosenCharts keeps a cluster to one kind of charts: they bring objects of the
// same names, and neither can take over what the other has installed.
func chosenCharts(wanted settings.Charts, record cluster.Record) (string, error) {
	existing := record.Charts
	if existing == "" && record.Source != "" {
		existing = string(settings.ChartsBundled)
	}
	switch {
	case existing == "" && wanted == "":
		return string(settings.ChartsBundled), nil
	case existing == "":
		return string(wanted), nil
	case wanted != "" && string(wanted) != existing:
		return "", fmt.Errorf("CHARTS=%s: this cluster has the %s charts, which cannot change while it exists: run make down first, or choose another CLUSTER", wanted, existing)
	}
	return existing, nil
}

func chosenPort(name string, wanted, recorded, fallback int) (int, error) {
	switch {
	case wanted != 0 && recorded != 0 && wanted != recorded:
		return 0, fmt.Errorf("%s=%d: this cluster publishes port %d, which cannot change while it exists: run make down first, or choose another CLUSTER", name, wanted, recorded)
	case recorded != 0:
		return recorded, nil
	case wanted != 0:
		return wanted, nil
	}
	return fallback, nil
}

// decideSource says whether things are pulled or built, and why. A cluster
// keeps the source it was made from.
func (e *environment) decideSource(ctx context.Context) (reason string) {
	switch {
	case e.record.Source != "":
		e.source = settings.Source(e.record.Source)
		return "as when the cluster was made"
	case e.Source != settings.SourceAuto:
		e.source = e.Source
		return "as SOURCE says"
	}
	if err := e.supply.RegistriesAnswer(ctx); err != nil {
		e.source = settings.SourceBuild
		return fmt.Sprintf("not every registry answers (%v)", err)
	}
	e.source = settings.SourceRegistry
	return "every registry answers"
}

func (e *environment) build() bool { return e.source == settings.SourceBuild }

// products are the artefacts that a running environment needs at hand.
type products struct {
	tools, mirror, charts, appImage, loadgen, loadgenImage artefact.Spec
	tofu                                                   *artefact.Spec // nil where there is a terraform
	appRef, loadgenRef                                     string
}

func (e *environment) products(ctx context.Context) (p products, err error) {
	if p.tools, err = e.supply.Tools(e.build()); err != nil {
		return p, err
	}
	terraform := "terraform"
	// A terraform in the project's own folder is the OpenTofu put there before.
	if info, err := os.Lstat(filepath.Join(e.bin(), "terraform")); !e.run.Has("terraform") || (err == nil && info.Mode()&fs.ModeSymlink != 0) {
		tofu, err := e.supply.OpenTofu()
		if err != nil {
			return p, err
		}
		p.tofu = &tofu
		terraform = filepath.Join(e.supply.Store.Path(tofu), "tofu")
	}
	if p.mirror, err = e.supply.Mirror(ctx, e.build(), terraform); err != nil {
		return p, err
	}
	if p.loadgen, err = e.supply.Loadgen(ctx); err != nil {
		return p, err
	}
	if p.loadgenImage, p.loadgenRef, err = e.supply.LoadgenImage(ctx); err != nil {
		return p, err
	}
	p.charts = e.supply.Charts()
	p.appImage, p.appRef, err = e.supply.AppImage(ctx)
	return p, err
}

func (e *environment) inputs(p products) tf.Inputs {
	return tf.Inputs{
		State: e.State, Kubeconfig: filepath.Join(e.State, "kubeconfig"),
		Mirror: e.supply.Store.Path(p.mirror), Charts: e.supply.Store.Path(p.charts),
		Images: e.supply.Pins.Images, AppImage: p.appRef, LoadgenImage: p.loadgenRef,
		HTTPNodePort: cluster.HTTPNodePort, PrometheusNodePort: cluster.PrometheusNodePort,
		ChartProfile: e.record.Charts,
	}
}

func (e *environment) httpURL() string { return localURL(e.record.HTTPPort, 80) }

func (e *environment) prometheusURL() string { return localURL(e.record.PrometheusPort, 80) }

func localURL(port, implied int) string {
	if port == implied {
		return "http://127.0.0.1"
	}
	return fmt.Sprintf("http://127.0.0.1:%d", port)
}
