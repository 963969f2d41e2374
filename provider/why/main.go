// SPDX-License-Identifier: Apache-2.0

// Command why says why a HorizontalPodAutoscaler does, or does not, scale: it follows the chain from the counter to a replica that
// gets requests, and names the first link that is missing. It only reads. See docs/why.md.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/why"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	code, err := why.Run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "why:", err)
	}
	stop()
	os.Exit(code)
}
