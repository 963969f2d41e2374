// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/engine"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/report"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/settings"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/supply"
)

// down deletes the cluster and everything else that up made for it. Build
// results and the node image stay: they are caches.
func (e *environment) down(ctx context.Context) error {
	if err := e.prepare(ctx, nil); err != nil {
		return err
	}
	known, err := e.knownSource()
	if err != nil {
		return err
	}
	if !known {
		fmt.Fprintf(e.progress, "there is no cluster %s\n", e.Cluster)
		return e.forget()
	}
	tools, err := e.supply.Tools(e.build())
	if err != nil {
		return err
	}
	r := report.New(e.progress, report.OpenHistory(filepath.Join(e.Cache, "timings.json")), []string{"container engine", "delete cluster " + e.Cluster})
	if err := r.Step(func() error { return e.findEngine(ctx, r) }); err != nil {
		return err
	}
	err = r.Step(func() error {
		if err := e.ensure(ctx, tools); err != nil {
			return err
		}
		if err := e.link(supply.Products{tools}); err != nil {
			return err
		}
		others, err := e.run.Output(ctx, "kind", "get", "clusters", "--quiet")
		if err != nil {
			return fmt.Errorf("listing clusters: %w", err)
		}
		if err := e.cluster().Delete(ctx); err != nil {
			return err
		}
		// kind creates one network for all clusters and never deletes it.
		if strings.TrimSpace(strings.ReplaceAll("\n"+others+"\n", "\n"+e.Cluster+"\n", "\n")) == "" {
			if e.run.Run(ctx, e.engine.Name, "network", "inspect", "kind") == nil {
				if err := e.run.Run(ctx, e.engine.Name, "network", "rm", "kind"); err != nil {
					return fmt.Errorf("removing the network of kind: %w", err)
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return e.forget()
}

// knownSource sets the source to that of the cluster. Without a record, it takes one
// whose tools are in the cache: kind deletes a cluster without a record, too. It
// reports whether it found one.
func (e *environment) knownSource() (bool, error) {
	if e.source = settings.Source(e.record.Source); e.source != "" {
		return true, nil
	}
	for _, source := range []settings.Source{settings.SourceBuild, settings.SourceRegistry} {
		tools, err := e.supply.Tools(source == settings.SourceBuild)
		if err != nil {
			return false, err
		}
		if e.supply.Store.Has(tools.Spec) {
			e.source = source
			return true, nil
		}
	}
	return false, nil
}

// forget removes the cluster's state and logs, and with the last cluster also what
// clusters share.
func (e *environment) forget() error {
	parent := filepath.Dir(e.State)
	if err := errors.Join(os.RemoveAll(e.State), os.RemoveAll(e.logs())); err != nil {
		return fmt.Errorf("removing the state of %s: %w", e.Cluster, err)
	}
	others, err := e.clusters()
	if err != nil || len(others) > 0 {
		return err
	}
	if err := os.RemoveAll(parent); err != nil {
		return fmt.Errorf("removing %s: %w", parent, err)
	}
	return nil
}

// clusters lists the clusters that have a state folder.
func (e *environment) clusters() ([]string, error) {
	entries, err := os.ReadDir(filepath.Dir(e.State))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("looking for clusters: %w", err)
	}
	var names []string
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), ".") {
			names = append(names, entry.Name())
		}
	}
	return names, nil
}

// cleanCache deletes build results and the images in the engine's storage.
func (e *environment) cleanCache(ctx context.Context) error {
	if err := e.prepare(ctx, nil); err != nil {
		return err
	}
	clusters, err := e.clusters()
	if err != nil {
		return err
	}
	if len(clusters) > 0 {
		return fmt.Errorf("the cluster %q uses the cache: run CLUSTER=%s make down first", clusters[0], clusters[0])
	}
	for _, name := range []string{"docker", "podman"} {
		candidate := &engine.Engine{Name: name, Run: e.run}
		if !e.run.Has(name) || e.run.Run(ctx, name, "info") != nil {
			continue // it is not installed, or does not answer
		}
		for _, ref := range []string{e.supply.Pins.BuiltNodeImage(), e.supply.Pins.PublishedNodeImage(), supply.ProbeImage} {
			if err := candidate.RemoveImage(ctx, ref); err != nil {
				return err
			}
		}
	}
	if err := e.supply.RemoveIntermediates(ctx); err != nil {
		return err
	}
	if err := os.RemoveAll(e.Cache); err != nil {
		return fmt.Errorf("removing the cache %s: %w", e.Cache, err)
	}
	fmt.Fprintf(e.progress, "removed %s\n", e.Cache)
	return nil
}
