// SPDX-License-Identifier: Apache-2.0

package mirror

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/tfdev"
)

// Platforms are those of a release, sorted. provider/.goreleaser.yml has the same ones.
var Platforms = []string{
	"darwin_amd64", "darwin_arm64",
	"freebsd_386", "freebsd_amd64", "freebsd_arm", "freebsd_arm64",
	"linux_386", "linux_amd64", "linux_arm", "linux_arm64",
	"windows_386", "windows_amd64", "windows_arm64",
}

// ParsePlatforms reads a comma-separated list; an empty one means all.
func ParsePlatforms(list string) ([]string, error) {
	if list == "" {
		return Platforms, nil
	}
	chosen := strings.Split(list, ",")
	for _, platform := range chosen {
		if !slices.Contains(Platforms, platform) {
			return nil, fmt.Errorf("platform %q: use one of %s", platform, strings.Join(Platforms, ", "))
		}
	}
	return chosen, nil
}

// Compile builds the provider of the checkout in root for a platform and archives it in dir, as a release does: flags and files
// are those of provider/.goreleaser.yml. It returns the path of the archive.
func Compile(ctx context.Context, root, dir, version, platform string) (string, error) {
	system, architecture, _ := strings.Cut(platform, "_")
	built := filepath.Join(dir, platform)
	env := append(os.Environ(), "CGO_ENABLED=0", "GOOS="+system, "GOARCH="+architecture, "GOARM=6")
	args := []string{"build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -X main.version=" + version, "-o", built, "./provider"}
	if _, err := tfdev.Output(ctx, root, env, "go", args...); err != nil {
		return "", fmt.Errorf("compiling the provider for %s: %w", platform, err)
	}
	return Pack(root, dir, version, platform, built)
}

// Pack archives a built provider. It returns the path of the archive.
func Pack(root, dir, version, platform, built string) (string, error) {
	name := program + "_v" + version
	if strings.HasPrefix(platform, "windows_") {
		name += ".exe"
	}
	path := filepath.Join(dir, ArchiveName(version, platform))
	file, err := os.Create(path)
	if err != nil {
		return "", fmt.Errorf("making an archive: %w", err)
	}
	out := zip.NewWriter(file)
	err = errors.Join(
		add(out, "LICENSE", filepath.Join(root, "LICENSE"), 0o644),
		add(out, "README.md", filepath.Join(root, "provider", "README.md"), 0o644),
		add(out, name, built, 0o755),
		out.Close(), file.Close())
	if err != nil {
		return "", fmt.Errorf("making archive %s: %w", path, err)
	}
	return path, nil
}

func add(out *zip.Writer, name, source string, mode os.FileMode) error {
	in, err := os.Open(source)
	if err != nil {
		return err
	}
	defer in.Close()
	// A fixed time, the earliest that the format has: the same content gives the same archive.
	header := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)}
	header.SetMode(mode)
	entry, err := out.CreateHeader(header)
	if err != nil {
		return err
	}
	_, err = io.Copy(entry, in)
	return err
}
