// SPDX-License-Identifier: Apache-2.0

// Package program assembles the activator, and runs it until it has shut down
// without losing a request.
package program

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/activator/internal/activity"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/activator/internal/cluster"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/activator/internal/config"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/activator/internal/control"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/activator/internal/metrics"
)

// options are the flags.
type options struct {
	config, kubeconfig, service string
	address                     string
	metricsPort                 int
	drain, shutdown, wakeAll    time.Duration
	level                       slog.Level
}

func parse(args []string, stdout io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("activator", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&o.config, "config", "", "file that lists the Services to manage")
	flags.StringVar(&o.service, "service", "activator", "Service of the activator itself, in the namespace POD_NAMESPACE: its ready endpoints stand in for workloads at zero")
	flags.StringVar(&o.address, "address", "", "address to listen on; all of them by default")
	flags.IntVar(&o.metricsPort, "metrics-port", 9915, "port of /metrics, /healthz and /readyz")
	flags.DurationVar(&o.drain, "drain", 10*time.Second, "how long requests are still accepted after the stop signal")
	flags.DurationVar(&o.shutdown, "shutdown-timeout", 45*time.Second, "how long requests in flight, held ones included, may take after that")
	flags.DurationVar(&o.wakeAll, "wake-all", 0, "wake what the activators have scaled to zero, wait for it for at most this long, and exit; run this before uninstalling them")
	flags.StringVar(&o.kubeconfig, "kubeconfig", "", "kubeconfig file for the Kubernetes API; the pod's service account by default")
	flags.TextVar(&o.level, "log-level", slog.LevelInfo, "least severe level logged: debug, info, warn or error")
	err := flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		flags.SetOutput(stdout)
		flags.PrintDefaults()
		return o, err
	}
	switch {
	case err != nil:
		return o, fmt.Errorf("%w; see --help for the flags", err)
	case flags.NArg() > 0:
		return o, fmt.Errorf("%q: only flags are accepted, not arguments", flags.Args())
	case o.config == "":
		return o, errors.New("--config is missing: name the file that lists the Services to manage")
	case o.drain < 0:
		return o, fmt.Errorf("--drain %s: must be at least 0s", o.drain)
	case o.shutdown <= 0:
		return o, fmt.Errorf("--shutdown-timeout %s: must be more than 0s", o.shutdown)
	}
	return o, nil
}

// Run serves until the context ends and the requests held by then are answered.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stdout)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	cfg, err := config.Load(o.config)
	if err != nil {
		return err
	}
	for i, s := range cfg.Services {
		if s.Port == o.metricsPort {
			return fmt.Errorf("services[%d] (%s/%s): port %d is that of the activator's own metrics: give the Service another targetPort, or set --metrics-port", i, s.Namespace, s.Name, s.Port)
		}
	}
	log := slog.New(slog.NewJSONHandler(stderr, &slog.HandlerOptions{Level: o.level}))
	ctx = klog.NewContext(ctx, logr.FromSlogHandler(log.Handler())) // for what client-go logs while it watches
	self := cluster.Self{Namespace: os.Getenv("POD_NAMESPACE"), Pod: os.Getenv("POD_NAME"), Service: o.service}
	if self.Namespace == "" || self.Pod == "" {
		return errors.New("POD_NAMESPACE and POD_NAME are missing from the environment: set them from the pod's metadata")
	}
	noticeDeadConnections()
	access := rest.InClusterConfig
	if o.kubeconfig != "" {
		access = func() (*rest.Config, error) { return clientcmd.BuildConfigFromFlags("", o.kubeconfig) }
	}
	api, err := access()
	if err != nil {
		return fmt.Errorf("access to the Kubernetes API: %w", err)
	}
	// Many workloads may be woken in the same second.
	api.QPS, api.Burst, api.UserAgent = 100, 200, "activator"
	if o.wakeAll > 0 {
		return wakeAll(ctx, o.wakeAll, cfg, self, api, log)
	}
	a, err := assemble(ctx, o, cfg, self, api, log)
	if err != nil {
		return err
	}
	return a.run(ctx)
}

// noticeDeadConnections makes client-go detect a dead connection to the API server
// within 4 seconds instead of 45.
func noticeDeadConnections() {
	for _, name := range []string{"HTTP2_READ_IDLE_TIMEOUT_SECONDS", "HTTP2_PING_TIMEOUT_SECONDS"} {
		if os.Getenv(name) == "" {
			os.Setenv(name, "2")
		}
	}
}

// activator is one process, with all its ports open.
type activator struct {
	options
	log         *slog.Logger
	controllers []*control.Controller
	traffic     []server
	operations  server
	draining    atomic.Bool
}

type server struct {
	*http.Server
	listener net.Listener
}

func assemble(ctx context.Context, o options, cfg *config.Config, self cluster.Self, api *rest.Config, log *slog.Logger) (a *activator, err error) {
	kube, err := kubernetes.NewForConfig(api)
	if err != nil {
		return nil, fmt.Errorf("access to the Kubernetes API: %w", err)
	}
	dyn, err := dynamic.NewForConfig(api)
	if err != nil {
		return nil, fmt.Errorf("access to the Kubernetes API: %w", err)
	}
	told := metrics.New()
	a = &activator{options: o, log: log}
	defer func() {
		if err != nil {
			a.close()
		}
	}()
	for _, service := range cfg.Services {
		log := log.With("backend_namespace", service.Namespace, "backend_service", service.Name)
		query, err := activity.NewQuery(cfg.PrometheusURL, service.Activity)
		if err != nil {
			return nil, err
		}
		settings := control.Settings{
			Service: service, Cluster: cluster.New(kube, dyn, service, self), Metrics: told.For(service.Namespace, service.Name),
			Log: log, Times: control.DefaultTimes(service.Idle()), Pod: self.Pod, Idle: query.Idle,
		}
		if service.Live != nil {
			settings.InFlight = activity.NewLive(*service.Live).InFlight
		}
		c := control.New(settings)
		s, err := listen(ctx, o.address, service.Port, c.Gate.Server(log))
		if err != nil {
			return nil, err
		}
		a.controllers, a.traffic = append(a.controllers, c), append(a.traffic, s)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(told.Gatherer(), promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if why := a.notReady(); why != "" {
			http.Error(w, why, http.StatusServiceUnavailable)
		}
	})
	a.operations, err = listen(ctx, o.address, o.metricsPort, &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn)})
	return a, err
}

func listen(ctx context.Context, address string, port int, s *http.Server) (server, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(address, strconv.Itoa(port)))
	if err != nil {
		return server{}, fmt.Errorf("opening port %d: %w", port, err)
	}
	return server{s, listener}, nil
}

func (a *activator) close() {
	for _, s := range a.traffic {
		_ = s.listener.Close()
	}
}

// notReady returns why this replica is not ready, or "".
func (a *activator) notReady() string {
	if a.draining.Load() {
		return "the activator is shutting down"
	}
	for _, c := range a.controllers {
		if !c.Cluster.Synced() {
			return "the state of Service " + c.Service.Namespace + "/" + c.Service.Name + " is not known yet"
		}
	}
	return ""
}

// run serves. Requests held when the context ends still need their workloads woken,
// so the controllers run until the servers have shut down.
func (a *activator) run(ctx context.Context) error {
	control, stop := context.WithCancel(context.WithoutCancel(ctx))
	var parts sync.WaitGroup
	defer parts.Wait()
	defer stop()
	failed := make(chan error, len(a.traffic)+1)
	for _, s := range append(a.traffic[:len(a.traffic):len(a.traffic)], a.operations) {
		parts.Go(func() {
			if err := s.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
				failed <- fmt.Errorf("serving on %s: %w", s.listener.Addr(), err)
			}
		})
	}
	for _, c := range a.controllers {
		parts.Go(func() { c.Run(control) })
	}
	a.log.Info("serving", "services", len(a.controllers), "metrics", a.operations.listener.Addr().String())
	err := a.untilStopped(ctx, failed)
	for _, s := range append(a.traffic, a.operations) {
		_ = s.Close() // requests have finished, or timed out
	}
	return err
}

func (a *activator) untilStopped(ctx context.Context, failed <-chan error) error {
	select {
	case <-ctx.Done():
	case err := <-failed:
		return err
	}
	// First become not ready, and keep serving: endpoints and proxies need a moment
	// to drop this replica.
	a.draining.Store(true)
	a.log.Info("draining", "for", a.drain.String())
	select {
	case <-time.After(a.drain):
	case err := <-failed:
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.shutdown)
	defer cancel()
	a.log.Info("waiting for requests in flight", "at_most", a.shutdown.String())
	var ends sync.WaitGroup
	for _, s := range a.traffic {
		ends.Go(func() { _ = s.Shutdown(ctx) })
	}
	ends.Wait()
	for _, c := range a.controllers {
		// Shutdown does not wait for upgraded connections.
		if cut := c.Gate.AwaitIdle(ctx); cut > 0 {
			return fmt.Errorf("cut off %d requests for %s/%s after %s: raise --shutdown-timeout", cut, c.Service.Namespace, c.Service.Name, a.shutdown)
		}
	}
	a.log.Info("stopped")
	return nil
}
