// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/cluster"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/engine"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/host"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/report"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/supply"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/tf"
)

const gib = 1 << 30

// What must be free on the machine. The figures are measured, with room to spare.
var buildNeed = host.Need{What: "a build from source", Disk: 25 * gib, Memory: 6 * gib}

// need returns what a cluster of that many nodes takes. One node runs everything;
// each further one adds its own kubelet, containerd and network, and its share of
// what runs twice.
func need(nodes int) host.Need {
	more := uint64(nodes - 1)
	what := "a cluster"
	if more > 0 {
		what = fmt.Sprintf("a cluster of %d nodes", nodes)
	}
	return host.Need{What: what, Disk: (6 + 2*more) * gib, Memory: (3 + more) * gib}
}

// inotifyNeed returns the inotify instances and watches for a cluster, with room to
// spare. Measured: 26 instances on the control plane's node and 14 on a worker; a few
// hundred watches on each, more with more pods.
func inotifyNeed(nodes int) (instances, watches int) {
	return 32 + 20*(nodes-1), 2048 * nodes
}

// up brings up whatever is missing. Without apply it stops before Terraform.
func (e *environment) up(ctx context.Context, apply bool) error {
	begun := time.Now()
	log, err := e.openLog("up.log")
	if err != nil {
		return err
	}
	defer log.Close()
	if err := e.prepare(ctx, log); err != nil {
		return err
	}
	history := report.OpenHistory(filepath.Join(e.Cache, "timings.json"))
	how, err := e.steps(ctx, history, apply)
	if err != nil {
		return fmt.Errorf("%w\n\nfull log: %s", err, log.Name())
	}
	took := time.Since(begun)
	if apply {
		history.Record("up, "+how, took)
		e.printWelcome(how, took, history)
	}
	return nil
}

func (e *environment) openLog(name string) (*os.File, error) {
	if err := os.MkdirAll(e.logs(), 0o755); err != nil {
		return nil, fmt.Errorf("creating the folder of the logs: %w", err)
	}
	log, err := os.Create(filepath.Join(e.logs(), name))
	if err != nil {
		return nil, fmt.Errorf("opening the log: %w", err)
	}
	return log, nil
}

// manner names how the environment came up. Only times of the same manner compare.
func manner(missing, artefacts int, created bool) string {
	switch {
	case missing > 0 && missing == artefacts && created:
		return "cold"
	case missing > 0:
		return "partly cached"
	case created:
		return "warm"
	}
	return "running"
}

// steps returns the manner in which the environment came up.
func (e *environment) steps(ctx context.Context, history *report.History, apply bool) (how string, err error) {
	reason, err := e.decideSource(ctx)
	if err != nil {
		return "", err
	}
	if e.build() && !host.IsDebianRoot() {
		return "", fmt.Errorf("building from source (%s) needs root on Debian Linux: elsewhere, set SOURCE=registry, which needs registries that answer", reason)
	}
	if e.record.Source == "" {
		// Fail now rather than after a build.
		if err := e.checkPorts(); err != nil {
			return "", err
		}
	}
	p, err := e.products(ctx)
	if err != nil {
		return "", err
	}
	missing, artefacts := 0, 0
	for _, product := range p {
		if product.For != supply.FromClone {
			artefacts++
			if !e.supply.Store.Has(product.Spec) {
				missing++
			}
		}
	}
	cold := missing > 0
	way := "|cached"
	if cold {
		way = "|" + string(e.source)
	}
	plan := []string{"container engine", "programs and images" + way, "Terraform providers and charts" + way, "app image and load generator", "cluster"}
	if apply {
		plan = append(plan, "Terraform", "every pod Ready")
	}
	r := report.New(e.progress, history, plan)
	e.supply.Detail, e.supply.Say = r.Detail, r.Say
	fmt.Fprintf(e.progress, "cluster %s, source %s: %s\n", e.Cluster, e.source, reason)

	node := e.supply.Pins.PublishedNodeImage()
	err = r.Step(func() error {
		if err := e.findEngine(ctx, r); err != nil {
			return err
		}
		return e.checkEngine()
	})
	if err != nil {
		return "", err
	}
	err = r.Step(func() error {
		if e.terraform == "" {
			r.Say("neither terraform nor tofu is installed: using OpenTofu, built from source")
		}
		if cold {
			if err := buildNeed.Check(e.Cache); err != nil && e.build() {
				return err
			}
		}
		if e.build() {
			if err := host.InstallPackages(ctx, e.run, func(names []string) { r.Say("installing %v with apt-get", names) }, "mmdebstrap"); err != nil {
				return err
			}
			if node, err = e.buildAll(ctx, p); err != nil {
				return err
			}
		}
		if err := e.ensure(ctx, p.Of(supply.ForCluster)...); err != nil || e.build() {
			return err
		}
		node := e.supply.PulledNode()
		if err := e.ensure(ctx, node); err != nil {
			return err
		}
		return e.supply.LoadNode(ctx, e.engine, node)
	})
	if err != nil {
		return "", err
	}
	for _, purpose := range []supply.Purpose{supply.ForTerraform, supply.FromClone} {
		if err := r.Step(func() error { return e.ensure(ctx, p.Of(purpose)...) }); err != nil {
			return "", err
		}
	}
	if cold && !e.KeepBuildCache {
		if err := e.supply.RemoveIntermediates(ctx); err != nil {
			return "", err
		}
	}
	err = r.Step(func() error {
		created, err := e.ensureCluster(ctx, r, node, p)
		how = manner(missing, artefacts, created)
		if err != nil {
			return err
		}
		if err := e.linkTools(p); err != nil {
			return err
		}
		if err := tf.Configure(e.inputs(p)); err != nil {
			return err
		}
		for _, product := range p {
			if product.Ref == "" {
				continue
			}
			r.Detail("loading %s", product.Ref)
			if err := e.cluster().LoadImage(ctx, e.supply.ArchivePath(product), product.Ref); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	if !apply {
		return how, nil
	}
	return how, e.apply(ctx, r, p)
}

// checkPorts returns an error that names every port that cannot be published.
func (e *environment) checkPorts() error {
	problems := []error{host.CheckPort("PROMETHEUS_PORT", e.record.PrometheusPort)}
	for _, port := range e.record.HTTPPorts() {
		problems = append(problems, host.CheckPort("HTTP_PORT", port))
	}
	return errors.Join(problems...)
}

// buildAll makes the node image and, as soon as the programs are compiled, what
// the next steps need: assembling the image takes hardly any CPU, and compiling
// takes little else.
func (e *environment) buildAll(ctx context.Context, p supply.Products) (node string, err error) {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		node, err = e.supply.NodeImage(ctx, e.engine)
		return err
	})
	group.Go(func() error { return e.ensure(ctx, p...) })
	err = group.Wait()
	return node, err
}

func (e *environment) ensure(ctx context.Context, products ...supply.Product) error {
	for _, p := range products {
		e.supply.Detail("%s", p.Name)
		if _, err := e.supply.Store.Ensure(ctx, p.Spec); err != nil {
			return err
		}
	}
	return nil
}

// findEngine probes the engines, or takes the one the cluster runs in.
func (e *environment) findEngine(ctx context.Context, r *report.Report) error {
	probe, err := e.supply.Probe(ctx)
	if err != nil {
		return err
	}
	dir, err := e.supply.Store.Ensure(ctx, probe)
	if err != nil {
		return err
	}
	instances := 0 // an existing cluster already has them
	if e.record.Source == "" {
		instances, _ = inotifyNeed(e.record.Nodes)
	}
	e.engine, err = engine.Find(ctx, e.run, engine.Options{
		Want: e.wantedEngine(), Dir: e.shared("engine"), Say: r.Say,
		Probe: engine.Probe{Archive: filepath.Join(dir, "probe.tar"), Image: supply.ProbeImage, Arguments: []string{"-probe", strconv.Itoa(instances)}},
	})
	if err != nil {
		return err
	}
	e.run = e.engine.Run
	r.Detail("%s", e.engine.Name)
	return nil
}

// checkEngine returns an error that lists everything that keeps the engine from
// running a new cluster. It does not check for an existing one.
func (e *environment) checkEngine() error {
	if e.record.Source != "" {
		return nil
	}
	cluster := need(e.record.Nodes)
	instances, watches := inotifyNeed(e.record.Nodes)
	return e.engine.Machine.Check(e.engine.Name, engine.Wants{
		What:  cluster.What, // the first port of the ingress is the lowest
		Ports: map[string]int{"HTTP_PORT": e.record.HTTPPort, "PROMETHEUS_PORT": e.record.PrometheusPort},
		Disk:  cluster.Disk, Memory: cluster.Memory,
		InotifyInstances: instances, InotifyWatches: watches,
	})
}

func (e *environment) wantedEngine() string {
	if e.Engine != "" {
		return e.Engine
	}
	return e.record.Engine
}

func (e *environment) cluster() *cluster.Cluster {
	return &cluster.Cluster{Name: e.Cluster, Nodes: e.record.Nodes, State: e.State, Engine: e.engine, Run: e.run}
}

// ensureCluster reports whether it created the cluster.
func (e *environment) ensureCluster(ctx context.Context, r *report.Report, node string, p supply.Products) (created bool, err error) {
	if err := e.link(p.Of(supply.ForCluster)); err != nil {
		return false, err
	}
	c := e.cluster()
	status, stopped, err := c.Status(ctx)
	if err != nil {
		return false, err
	}
	_, recordErr := cluster.ReadRecord(e.State)
	switch {
	case status == cluster.Running && errors.Is(recordErr, fs.ErrNotExist):
		return false, fmt.Errorf("a cluster called %q is running, but there is no record of it: delete it with make down, or choose another CLUSTER", e.Cluster)
	case status == cluster.Running && len(stopped) > 0:
		r.Detail("starting %s", strings.Join(stopped, ", "))
		return false, c.Start(ctx, stopped)
	case status == cluster.Running:
		r.Detail("already running")
		return false, nil
	case status == cluster.Dead:
		r.Say("the cluster %s exists but does not work: replacing it", e.Cluster)
		fallthrough
	case recordErr == nil:
		// The record is of a cluster that is gone.
		if err := c.Delete(ctx); err != nil {
			return false, err
		}
		if err := e.link(p.Of(supply.ForCluster)); err != nil {
			return false, err
		}
	}
	if err := e.checkPorts(); err != nil {
		return false, err
	}
	if err := need(e.record.Nodes).Check(e.Cache); err != nil {
		return false, err
	}
	e.record.Source, e.record.Engine, e.record.NodeImage = string(e.source), e.engine.Name, node
	e.record.HPASyncSeconds = cluster.NewSync.Seconds()
	mounts, err := e.mounts()
	if err != nil {
		return false, err
	}
	return true, c.Create(ctx, e.record, mounts)
}

// mounts returns the files and folders of this machine that the nodes read.
func (e *environment) mounts() (mounts []cluster.Mount, err error) {
	if e.RegistryMirror != "" {
		hosts := filepath.Join(e.State, "certs.d")
		if err := e.supply.Registry.WriteHosts(hosts, e.RegistryMirror, true); err != nil {
			return nil, err
		}
		mounts = append(mounts, cluster.Mount{Host: hosts, Node: "/etc/containerd/certs.d"})
	}
	if e.RegistryCA != "" {
		// Programs that load the trusted certificates read every file there.
		mounts = append(mounts, cluster.Mount{Host: e.RegistryCA, Node: "/etc/ssl/certs/registry-ca.pem"})
	}
	return mounts, nil
}

// apply runs Terraform and waits until the environment answers.
func (e *environment) apply(ctx context.Context, r *report.Report, p supply.Products) error {
	inputs := e.inputs(p)
	pairs, err := inputs.Environment()
	if err != nil {
		return err
	}
	run := e.run.With(pairs...)
	err = r.Step(func() error {
		r.Detail("terraform init")
		if err := tf.Init(ctx, run, e.terraformDir(), inputs); err != nil {
			return err
		}
		summary, err := tf.Apply(ctx, run, e.terraformDir(), func(text string) { r.Detail("%s", text) })
		r.Detail("%s", summary)
		return err
	})
	if err != nil {
		return err
	}
	return r.Step(func() error { return e.awaitReady(ctx, r, run) })
}
