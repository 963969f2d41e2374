// SPDX-License-Identifier: Apache-2.0

// Command release makes the images and charts of a release and pushes them to a registry. Run it in the root of a checkout. Log in
// with docker first.
//
//	go run ./release images -version 0.1.0 -to ghcr.io/nginx-prometheus-hpa
//	go run ./release charts -version 0.1.0 -to ghcr.io/nginx-prometheus-hpa/charts
//
// Each line of output is a reference and its digest.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"strings"
	"syscall"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/release/internal/charts"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/release/internal/images"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "release: %v\n", err)
		os.Exit(1)
	}
}

var versionNumber = regexp.MustCompile(`^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$`)

func run(ctx context.Context, args []string, stdout io.Writer) error {
	if len(args) == 0 || args[0] != "images" && args[0] != "charts" {
		return errors.New("name what to make: images or charts")
	}
	flags := flag.NewFlagSet("release "+args[0], flag.ContinueOnError)
	version := flags.String("version", "", "version of the release, without a leading v; required")
	to := flags.String("to", "", "`host/path` in a registry; required")
	var only, platforms *string
	if args[0] == "images" {
		only = flags.String("only", "", "`name` of one image (default all)")
		platforms = flags.String("platforms", "linux/amd64,linux/arm64", "comma-separated `list`")
	}
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	switch {
	case flags.NArg() > 0:
		return fmt.Errorf("unexpected argument %q: use flags only", flags.Arg(0))
	case !versionNumber.MatchString(*version):
		return fmt.Errorf("-version %q: use a version without a leading v, for example 0.1.0", *version)
	case *to == "":
		return errors.New("-to is not set: use a registry and a path in it, for example ghcr.io/nginx-prometheus-hpa")
	}
	scratch, err := os.MkdirTemp("", "release-")
	if err != nil {
		return fmt.Errorf("creating a temporary folder: %w", err)
	}
	defer os.RemoveAll(scratch)
	if args[0] == "charts" {
		return pushCharts(ctx, scratch, *version, *to, stdout)
	}
	names := slices.Sorted(maps.Keys(images.Packages))
	if *only != "" {
		if !slices.Contains(names, *only) {
			return fmt.Errorf("-only %q: use one of %s", *only, strings.Join(names, ", "))
		}
		names = []string{*only}
	}
	return pushImages(ctx, scratch, names, strings.Split(*platforms, ","), *version, *to, stdout)
}

func pushImages(ctx context.Context, scratch string, names, platforms []string, version, to string, stdout io.Writer) error {
	for _, name := range names {
		files := map[string]string{}
		for _, platform := range platforms {
			file, err := images.Compile(ctx, ".", scratch, name, platform)
			if err != nil {
				return err
			}
			files[platform] = file
		}
		index, err := images.Index(name, version, files)
		if err != nil {
			return err
		}
		reference := to + "/" + name + ":" + version
		digest, err := images.Push(ctx, index, reference)
		if err != nil {
			return err
		}
		fmt.Fprintln(stdout, reference, digest)
	}
	return nil
}

func pushCharts(ctx context.Context, scratch, version, to string, stdout io.Writer) error {
	for _, folder := range charts.Folders {
		packed, err := charts.Pack(folder, version, scratch)
		if err != nil {
			return err
		}
		reference, digest, err := charts.Push(ctx, packed, to)
		if err != nil {
			return err
		}
		fmt.Fprintln(stdout, reference, digest)
	}
	return nil
}
