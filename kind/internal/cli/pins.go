// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/pins"
)

// pinDigests writes down what the registries serve now. It is run when a version
// is raised, and its result committed.
func (e *environment) pinDigests(ctx context.Context) error {
	if err := e.prepare(ctx, nil); err != nil {
		return err
	}
	e.supply.Say = func(format string, args ...any) { fmt.Fprintf(e.progress, format+"\n", args...) }
	digests, err := e.supply.Digests(ctx)
	if err != nil {
		return err
	}
	// Those of other versions of Kubernetes are from kind's notes on its release, or from a run with KUBERNETES.
	for ref, digest := range e.supply.Pins.Digests.Images {
		if strings.HasPrefix(ref, e.supply.Pins.NodeImage.Name+":") && digests.Images[ref] == "" {
			digests.Images[ref] = digest
		}
	}
	if err := digests.Write(filepath.Join(e.Root, pins.DigestsFile)); err != nil {
		return err
	}
	fmt.Fprintf(e.progress, "wrote %s\n", pins.DigestsFile)
	return nil
}
