// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/app/internal/await"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/app/internal/config"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/app/internal/service"
)

// run reads the settings and serves until ctx is cancelled and the drain is over.
// Help and version texts go to stdout, the log goes to stderr.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	cfg, err := config.Parse(args, os.LookupEnv)
	if err != nil {
		return err
	}
	switch cfg.Action {
	case config.ShowHelp:
		_, err = io.WriteString(stdout, config.Usage())
		return err
	case config.ShowVersion:
		_, err = fmt.Fprintf(stdout, "heavywork %s %s %s/%s\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
		return err
	case config.AwaitReady:
		return await.Ready(ctx, cfg.MetricsPort)
	}

	log := slog.New(slog.NewJSONHandler(stderr, &slog.HandlerOptions{Level: cfg.LogLevel}))
	log.Info("starting", "version", version())
	svc, err := service.Listen(ctx, cfg, log)
	if err != nil {
		return err
	}
	return svc.Serve(ctx)
}

// version is what the Go toolchain stamped into the binary: a tag or a commit.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(unknown)"
}
