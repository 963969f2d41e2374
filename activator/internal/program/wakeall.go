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

// wakeAll wakes each workload that an activator has scaled to zero, and waits until
// the activators, which still run, have stepped aside for its pods: once they are
// gone nothing would wake it, and NGINX would keep their addresses. A workload that
// is not ready in time is left with one replica: a broken workload must not block
// uninstalling the activator. A workload scaled to zero by hand stays at zero.
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
				log.Warn("will retry", "service", service, "error", err)
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

// wakeOnce checks once, and reports whether there is nothing left to wait for.
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
