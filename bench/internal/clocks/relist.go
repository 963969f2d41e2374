// SPDX-License-Identifier: Apache-2.0

package clocks

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

const (
	adapterNamespace = "monitoring"
	adapterName      = "prometheus-adapter"
	relistFlag       = "--metrics-relist-interval="
)

// SetRelist sets the adapter's relist interval, and waits until only pods that use
// it are left.
func (n Node) SetRelist(ctx context.Context, interval time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	deployments := n.Client.AppsV1().Deployments(adapterNamespace)
	adapter, err := deployments.Get(ctx, adapterName, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("reading the adapter's Deployment: %w", err)
	}
	arguments, found := adapter.Spec.Template.Spec.Containers[0].Args, false
	for i, argument := range arguments {
		if strings.HasPrefix(argument, relistFlag) {
			if argument == relistFlag+interval.String() {
				return nil
			}
			arguments[i], found = relistFlag+interval.String(), true
		}
	}
	if !found {
		return fmt.Errorf("the adapter has no argument %s", relistFlag)
	}
	patch, err := json.Marshal([]map[string]any{{"op": "replace", "path": "/spec/template/spec/containers/0/args", "value": arguments}})
	if err != nil {
		return fmt.Errorf("encoding the adapter's arguments: %w", err)
	}
	changed, err := deployments.Patch(ctx, adapterName, types.JSONPatchType, patch, metav1.PatchOptions{})
	if err != nil {
		return fmt.Errorf("changing the adapter's arguments: %w", err)
	}
	return n.until(ctx, "the adapter with "+relistFlag+interval.String(), func(ctx context.Context) error {
		d, err := deployments.Get(ctx, adapterName, metav1.GetOptions{})
		if err != nil {
			return err
		}
		s := d.Status
		settled := s.ObservedGeneration >= changed.Generation && s.Replicas == s.UpdatedReplicas && s.AvailableReplicas == s.Replicas
		pods, err := n.Client.CoreV1().Pods(adapterNamespace).List(ctx, metav1.ListOptions{LabelSelector: metav1.FormatLabelSelector(d.Spec.Selector)})
		if err == nil && !(settled && len(pods.Items) == int(s.Replicas)) {
			err = fmt.Errorf("of %d replicas %d are new and %d available, and there are %d pods", s.Replicas, s.UpdatedReplicas, s.AvailableReplicas, len(pods.Items))
		}
		return err
	})
}
