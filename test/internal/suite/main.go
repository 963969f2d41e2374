// SPDX-License-Identifier: Apache-2.0

package suite

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/environment"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/budget"
)

// Shared passes values from Main to the tests; package testing has no other way.
// It is not written to once the tests run.
var Shared struct {
	ctx    context.Context // ends with an interrupt
	Tool   environment.Tool
	Env    environment.Environment
	Places Places
	Budget budget.Budget
	Full   bool // loads run for their whole length
}

// Main brings the environment up, unless the tests run with -short or are only
// listed, runs them and returns the exit code.
func Main(m *testing.M) int {
	flag.Parse()
	if testing.Short() || flag.Lookup("test.list").Value.String() != "" {
		return m.Run()
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second interrupt ends this process at once, without any cleanup
	if err := bringUp(ctx); err != nil {
		fmt.Fprintf(os.Stderr, "\nerror: %v\n", err)
		return 1
	}
	return m.Run()
}

// bringUp brings the environment up and exports what terraform needs to work
// with it. go test counts this time too: it kills the process one minute after
// -timeout. So bringUp ends by itself in time, with a remedy, and leaves the rest
// of -timeout to the tests.
func bringUp(ctx context.Context) error {
	began := time.Now()
	here, err := os.Getwd()
	if err != nil {
		return err
	}
	root, err := environment.Root(here)
	if err != nil {
		return err
	}
	Shared.ctx = ctx
	Shared.Tool = environment.Tool{Root: root, Environ: os.Environ(), Log: os.Stderr}
	if Shared.Full, err = fullLength(os.Getenv("FULL")); err != nil {
		return err
	}

	timeout := flag.Lookup("test.timeout").Value.(flag.Getter).Get().(time.Duration)
	upCtx := ctx
	if timeout > 0 {
		limit := upShare(timeout)
		remedy := fmt.Errorf("the environment was not up within %s, its share of -timeout %s; "+
			"a first build from source needs up to %s: finished builds are kept, so run `make up`, or repeat this with -timeout 60m", limit, timeout, budget.ColdUp)
		var cancel context.CancelFunc
		upCtx, cancel = context.WithTimeoutCause(ctx, limit, remedy)
		defer cancel()
		fmt.Fprintf(os.Stderr, "bringing the environment up, within %s; a first build from source needs up to %s and -timeout 60m\n", limit, budget.ColdUp)
	}
	if err := Shared.Tool.Up(upCtx); err != nil {
		return err
	}
	if Shared.Env, err = Shared.Tool.Describe(upCtx); err != nil {
		return err
	}
	if err := Shared.Env.Export(); err != nil {
		return err
	}
	if err := readApplied(upCtx); err != nil {
		return err
	}

	// Tests may use what is left of -timeout, which t.Deadline returns.
	if timeout > 0 {
		err = flag.Set("test.timeout", (timeout - time.Since(began)).String())
	}
	// A pass holds for the cluster at that moment only. Without a log of inputs
	// go test does not cache the result.
	return errors.Join(err, flag.Set("test.testlogfile", ""))
}

// readApplied reads the places and delays of what was applied.
func readApplied(ctx context.Context) error {
	outputs, err := Shared.Env.Outputs(ctx)
	if err != nil {
		return err
	}
	if Shared.Places, err = placesOf(outputs); err != nil {
		return err
	}
	config, err := APIServer(Shared.Env)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	var grace [2]time.Duration
	for i, at := range [][2]string{{AppNamespace, AppName}, {Shared.Places.Ingress, Shared.Places.IngressDeployment}} {
		d, err := client.AppsV1().Deployments(at[0]).Get(ctx, at[1], metav1.GetOptions{})
		if err != nil {
			return fmt.Errorf("reading the grace period of Deployment %s/%s: %w", at[0], at[1], err)
		}
		grace[i] = time.Duration(*d.Spec.Template.Spec.TerminationGracePeriodSeconds) * time.Second
	}
	Shared.Budget, err = budget.Of(outputs, Shared.Env.HPASyncPeriod(), grace[0], grace[1])
	return err
}

// upShare is how much of -timeout bringing the environment up may take. With the
// default of ten minutes, five are enough for anything but a first build, and five
// are left for a scenario.
func upShare(timeout time.Duration) time.Duration { return timeout / 2 }
