// SPDX-License-Identifier: Apache-2.0

// Package inventory lists everything a cluster holds, whatever its type, so
// that two states of a cluster can be compared by which objects exist. Contents
// are not compared.
package inventory

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/metadata"
)

// Object identifies one object by type and name. The version is left out: it
// is a way to read an object, not part of it.
type Object struct {
	Group     string // empty for the core API
	Resource  string // plural, lower case
	Namespace string // empty for cluster-scoped objects
	Name      string
}

// String returns the resource and the name, with the namespace if there is one.
func (o Object) String() string {
	text := o.Resource
	if o.Group != "" {
		text += "." + o.Group
	}
	text += " "
	if o.Namespace != "" {
		text += o.Namespace + "/"
	}
	return text + o.Name
}

func compare(a, b Object) int {
	return cmp.Or(
		cmp.Compare(a.Group, b.Group),
		cmp.Compare(a.Resource, b.Resource),
		cmp.Compare(a.Namespace, b.Namespace),
		cmp.Compare(a.Name, b.Name),
	)
}

// Cluster is what an inventory is taken of.
type Cluster struct {
	Discovery discovery.DiscoveryInterface
	Metadata  metadata.Interface
}

// Take lists all objects of all types the API server knows and can list,
// without those an ignore rule covers, in a fixed order. It fails when any part
// of the API cannot be discovered or listed: what cannot be seen cannot be
// counted as absent.
func (c Cluster) Take(ctx context.Context) ([]Object, error) {
	lists, err := c.Discovery.ServerPreferredResources()
	if err != nil {
		return nil, fmt.Errorf("asking the API server for its resource types: %w", err)
	}
	var objects []Object
	var problems []error
	for _, list := range lists {
		gv, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			return nil, fmt.Errorf("resource types of %q: %w", list.GroupVersion, err)
		}
		for _, r := range list.APIResources {
			if !slices.Contains(r.Verbs, "list") {
				continue
			}
			found, err := c.list(ctx, gv.WithResource(r.Name))
			objects = append(objects, found...)
			problems = append(problems, err)
		}
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	slices.SortFunc(objects, compare)
	return objects, nil
}

func (c Cluster) list(ctx context.Context, gvr schema.GroupVersionResource) ([]Object, error) {
	list, err := c.Metadata.Resource(gvr).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("listing %s: %w", gvr.GroupResource(), err)
	}
	var objects []Object
	for _, item := range list.Items {
		object := Object{Group: gvr.Group, Resource: gvr.Resource, Namespace: item.Namespace, Name: item.Name}
		if _, ignored := reasonToIgnore(object); !ignored {
			objects = append(objects, object)
		}
	}
	return objects, nil
}
