// SPDX-License-Identifier: Apache-2.0

// Package objects lists the names of objects by their labels. It reads only their
// metadata: with 5,000 pods, everything else takes most of the time.
package objects

import (
	"context"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/metadata"
	"sigs.k8s.io/custom-metrics-apiserver/pkg/provider"
	"sigs.k8s.io/custom-metrics-apiserver/pkg/provider/helpers"
)

// Lister lists objects: pods from a cache if the adapter may watch them, all other
// kinds from the API server.
type Lister struct {
	Mapper meta.RESTMapper
	Client metadata.Interface
	Pods   *Pods // if nil, pods are listed from the API server
}

// Names returns the sorted names of the objects of a kind that a selector matches.
// The namespace is empty for cluster-scoped kinds.
func (l *Lister) Names(ctx context.Context, info provider.CustomMetricInfo, namespace string, selector labels.Selector) ([]string, error) {
	resource, err := helpers.ResourceFor(l.Mapper, info)
	if err != nil {
		return nil, err
	}
	if resource == podResource && l.Pods != nil {
		if names, ok := l.Pods.Names(namespace, selector); ok {
			return names, nil
		}
	}
	var of metadata.ResourceInterface = l.Client.Resource(resource)
	if info.Namespaced {
		of = l.Client.Resource(resource).Namespace(namespace)
	}
	list, err := of.List(ctx, metav1.ListOptions{LabelSelector: selector.String()})
	if err != nil {
		return nil, fmt.Errorf("listing %s in namespace %q: %w", resource.GroupResource(), namespace, err)
	}
	names := make([]string, len(list.Items))
	for i, item := range list.Items {
		names[i] = item.Name
	}
	slices.Sort(names)
	return names, nil
}
