// SPDX-License-Identifier: Apache-2.0

package program

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/activator/internal/cluster"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/activator/internal/config"
)

// wakeAll wakes each workload that is at zero by an activator, and waits until the
// activators, which still run, have stepped aside for its pods: without them nothing
// would wake it, and NGINX would keep their addresses. What does not become ready in
// time is left with one replica: a workload that is broken must not keep anybody from
// uninstalling the activator. A zero by hand stays.
func wakeAll(ctx context.Context, limit time.Duration, cfg *config.Config, self cluster.Self, api *rest.Config, log *slog.Logger) error {
	kube, err := kubernetes.NewForConfig(api)
	if err != nil {
		return fmt.Errorf("access to the Kubernetes API: %w", err)
	}
	dyn, err := dynamic.NewForConfig(api)
	if err != nil {
		return fmt.Errorf("access to the Kubernetes API: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	waiting := map[string]*cluster.Client{}
	for _, service := range cfg.Services {
		waiting[service.Namespace+"/"+service.Name] = cluster.New(kube, dyn, service, self)
	}
	for {
		for service, client := range waiting {
			up, err := wakeOnce(ctx, client)
			if err != nil {
				log.Warn("will be tried again", "service", service, "error", err)
			}
			if up {
				log.Info("is up, or at zero by hand", "service", service)
				delete(waiting, service)
			}
		}
		if len(waiting) == 0 {
			return nil
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			log.Warn("not up in time, and left as they are", "services", slices.Sorted(maps.Keys(waiting)))
			return nil
		}
	}
}

// wakeOnce looks once, and reports whether there is nothing to wait for any more.
func wakeOnce(ctx context.Context, client *cluster.Client) (up bool, err error) {
	record, err := client.LeaseNow(ctx)
	if err != nil {
		return false, err
	}
	scale, err := client.Scale(ctx)
	if err != nil {
		return false, err
	}
	if record.Down() && scale.Replicas() == 0 {
		return false, client.WriteScale(ctx, scale, 1)
	}
	slice, err := client.SliceNow(ctx)
	if err != nil {
		return false, err
	}
	return !record.Down() && (scale.Replicas() == 0 || !cluster.Armed(slice)), nil
}
