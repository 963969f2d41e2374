// SPDX-License-Identifier: Apache-2.0

// Command routes keeps a route to the pods of every other node of a cluster whose
// nodes are on one link, in the node that it runs on: to each node's range of pod
// addresses, by the address that the node has now. It needs the capability
// NET_ADMIN in the node's network, and to list and watch nodes.
//
// A route goes when its node is deleted, not when the node is not ready: the
// connection that is lost may be the one to the API server only, and its pods go
// on.
//
// The environment variable NODE_NAME says which node is its own. On
// 127.0.0.1:20245 /readyz answers with 200 while the routes are as they should be.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

// address is where readiness is told.
const address = "127.0.0.1:20245"

// period is how often the kernel's routes are looked at without a change of a
// node: the kernel drops them when the node's link goes down, and tells nobody.
const period = 2 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil && ctx.Err() == nil {
		slog.Error("routes to the pods of other nodes are not kept any more", "error", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	self := os.Getenv("NODE_NAME")
	if self == "" {
		return errors.New("NODE_NAME is not set: set it to the name of the node that this runs on")
	}
	config, err := rest.InClusterConfig()
	if err != nil {
		return fmt.Errorf("looking for the API server: %w", err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("making a client of the API server: %w", err)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var ready atomic.Bool
	serve(ctx, cancel, &ready)

	factory := informers.NewSharedInformerFactory(client, 0)
	nodes := factory.Core().V1().Nodes()
	changed := make(chan struct{}, 1)
	notify := func() {
		select {
		case changed <- struct{}{}:
		default: // a look that is due already will see this change too
		}
	}
	_, err = nodes.Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: func(any) { notify() }, UpdateFunc: func(any, any) { notify() }, DeleteFunc: func(any) { notify() },
	})
	if err != nil {
		return fmt.Errorf("watching nodes: %w", err)
	}
	factory.Start(ctx.Done())
	defer factory.Shutdown()
	defer cancel(nil) // runs first: Shutdown waits until the watch has ended
	if !cache.WaitForCacheSync(ctx.Done(), nodes.Informer().HasSynced) {
		return context.Cause(ctx)
	}

	ticker := time.NewTicker(period)
	defer ticker.Stop()
	for {
		err := sync(nodes.Lister(), self)
		if err != nil {
			slog.Error("routes are not as they should be", "error", err)
		}
		ready.Store(err == nil)
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-changed:
		case <-ticker.C:
		}
	}
}

// serve tells who asks on the node whether the routes are as they should be.
func serve(ctx context.Context, cancel context.CancelCauseFunc, ready *atomic.Bool) {
	server := &http.Server{Addr: address, ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/readyz" || !ready.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})}
	go func() { cancel(fmt.Errorf("telling readiness: %w", server.ListenAndServe())) }()
	context.AfterFunc(ctx, func() { _ = server.Close() })
}

// sync makes the kernel's routes those that the nodes want.
func sync(lister corelisters.NodeLister, self string) error {
	nodes, err := lister.List(labels.Everything())
	if err != nil {
		return fmt.Errorf("listing nodes: %w", err)
	}
	own, err := net.InterfaceAddrs()
	if err != nil {
		return fmt.Errorf("looking for this node's addresses: %w", err)
	}
	there, err := kernelRoutes()
	if err != nil {
		return err
	}
	remove, add := difference(there, wanted(nodes, self, own))
	var problems []error
	for _, r := range remove {
		slog.Info("removing a route", "to", r.to, "via", r.via)
		problems = append(problems, deleteRoute(r))
	}
	for _, r := range add {
		slog.Info("adding a route", "to", r.to, "via", r.via)
		problems = append(problems, addRoute(r))
	}
	return errors.Join(problems...)
}
