// SPDX-License-Identifier: Apache-2.0

// Command mirror writes a provider mirror: files that any web server can serve and Terraform and OpenTofu install the provider from.
// Run it in the root of a checkout. It adds a version to those in the mirror.
//
//	go run ./provider/mirror -version 0.1.0 -output provider-mirror
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/mirror"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "mirror: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("mirror", flag.ContinueOnError)
	version := flags.String("version", "", "version of the provider, without a leading v; required")
	output := flags.String("output", "provider-mirror", "`folder` of the mirror")
	platforms := flags.String("platforms", "", "comma-separated `list` of platforms to compile for, such as linux_amd64,darwin_arm64 (default all of a release)")
	archives := flags.String("archives", "", "`folder` of a release's archives, to use instead of compiling")
	link := flags.String("link", "", "`URL` below which the archives are published; the mirror then links to them and holds none")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q: use flags only", flags.Arg(0))
	}
	if err := mirror.CheckVersion(*version); err != nil {
		return fmt.Errorf("-version: %w", err)
	}
	if *archives != "" {
		if *platforms != "" {
			return errors.New("-platforms and -archives exclude each other: with -archives nothing is compiled")
		}
		files, err := filepath.Glob(filepath.Join(*archives, mirror.ArchiveName(*version, "*")))
		if err != nil {
			return fmt.Errorf("-archives: %w", err)
		}
		return mirror.Add(*output, *version, files, *link)
	}
	chosen, err := mirror.ParsePlatforms(*platforms)
	if err != nil {
		return fmt.Errorf("-platforms: %w", err)
	}
	scratch, err := os.MkdirTemp("", "provider-mirror-")
	if err != nil {
		return fmt.Errorf("making a folder for archives: %w", err)
	}
	defer os.RemoveAll(scratch)
	var files []string
	for _, platform := range chosen {
		begun := time.Now()
		file, err := mirror.Compile(ctx, ".", scratch, *version, platform)
		if err != nil {
			return err
		}
		fmt.Fprintf(stdout, "%s  %s\n", filepath.Base(file), time.Since(begun).Round(time.Second))
		files = append(files, file)
	}
	return mirror.Add(*output, *version, files, *link)
}
