// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/artefact"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/gobuild"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/image"
)

// The image of the load generator, for load from inside the cluster. As with
// the app, its tag is the content's key.
const (
	loadgenImageName    = "localhost/loadgen"
	loadgenImageArchive = "loadgen.tar"
	// loadgenImageForm changes when the image changes for the same program.
	loadgenImageForm = "1"
)

// loadgenImage returns the archive of the image, and its reference. Program is
// the load generator for this machine: the image is made of the same sources.
func (e *environment) loadgenImage(program artefact.Spec) (artefact.Spec, string) {
	key := artefact.Key(loadgenImageForm, program.Key)
	ref := loadgenImageName + ":" + key
	return artefact.Spec{Name: "loadgen-image", Key: key, Build: func(ctx context.Context, dir string) error {
		// What runs in a container runs on Linux, wherever it is built.
		compile := e.run.With("CGO_ENABLED=0", "GOFLAGS=-mod=readonly", "GOGC=400", "GOWORK=off", "GOOS=linux").In(e.Root)
		work := filepath.Join(dir, "loadgen")
		defer os.Remove(work) // it is in the archive
		if err := compile.Run(ctx, "go", append(append([]string{"build"}, gobuild.Flags()...), "-o", work, "./loadgen")...); err != nil {
			return fmt.Errorf("compiling the load generator for its image: %w", err)
		}
		return image.Write(filepath.Join(dir, loadgenImageArchive), image.Spec{
			Ref: ref, Files: []image.File{{Path: "/loadgen", Source: work}},
			Entrypoint: []string{"/loadgen"}, User: "65532:65532",
		})
	}}, ref
}
