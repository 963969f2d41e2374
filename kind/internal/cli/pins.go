// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/pins"
)

// pinDigests pins what the registries serve now. Run it when a version changes, and
// commit the result.
func (e *environment) pinDigests(ctx context.Context) error {
	if err := e.prepare(ctx, nil); err != nil {
		return err
	}
	e.supply.Say = func(format string, args ...any) { fmt.Fprintf(e.progress, format+"\n", args...) }
	digests, err := e.supply.Digests(ctx)
	if err != nil {
		return err
	}
	// Keep the digests of other Kubernetes versions, from kind's release notes or a run with KUBERNETES.
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
