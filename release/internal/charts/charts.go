// SPDX-License-Identifier: Apache-2.0

// Package charts packs the charts of a release and pushes them to a registry.
package charts

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/registry"
)

// Folders are the charts' folders, below the root of a checkout. docs/gitops.md says how the charts are used.
var Folders = []string{"app/chart", "loadgen/chart", "terraform/modules/adapter/chart", "terraform/modules/autoscaler/chart", "terraform/modules/activator/chart"}

// Pack packs a chart into dir, with the version of a release, and returns the path of the package. The images of the release
// have the same version, which is the chart's default tag.
func Pack(folder, version, dir string) (string, error) {
	chart, err := loader.Load(folder)
	if err != nil {
		return "", fmt.Errorf("reading the chart in %s: %w", folder, err)
	}
	chart.Metadata.Version, chart.Metadata.AppVersion = version, version
	path, err := chartutil.Save(chart, dir)
	if err != nil {
		return "", fmt.Errorf("packing the chart in %s: %w", folder, err)
	}
	return path, nil
}

// Push pushes a packed chart below to, a host/path in a registry, with docker's login. It returns the reference and the digest.
func Push(_ context.Context, path, to string) (string, string, error) {
	options := []registry.ClientOption{registry.ClientOptWriter(io.Discard)}
	if host, _, _ := strings.Cut(to, "/"); loopback(host) {
		options = append(options, registry.ClientOptPlainHTTP())
	}
	client, err := registry.NewClient(options...)
	if err != nil {
		return "", "", fmt.Errorf("reading the credentials for registries: %w", err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return "", "", fmt.Errorf("reading the packed chart: %w", err)
	}
	chart, err := loader.LoadFile(path)
	if err != nil {
		return "", "", fmt.Errorf("reading the packed chart %s: %w", filepath.Base(path), err)
	}
	reference := to + "/" + chart.Name() + ":" + chart.Metadata.Version
	pushed, err := client.Push(data, reference)
	if err != nil {
		return "", "", fmt.Errorf("pushing the chart %s: %w", reference, err)
	}
	return reference, pushed.Manifest.Digest, nil
}

func loopback(host string) bool {
	name, _, err := net.SplitHostPort(host)
	return err == nil && net.ParseIP(name).IsLoopback()
}
