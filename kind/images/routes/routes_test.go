// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net"
	"net/netip"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func node(name, podCIDR string, addresses ...string) *corev1.Node {
	n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: corev1.NodeSpec{PodCIDR: podCIDR}}
	n.Status.Addresses = append(n.Status.Addresses, corev1.NodeAddress{Type: corev1.NodeHostName, Address: name})
	for _, address := range addresses {
		n.Status.Addresses = append(n.Status.Addresses, corev1.NodeAddress{Type: corev1.NodeInternalIP, Address: address})
	}
	return n
}

func to(prefix, via string) route {
	return route{netip.MustParsePrefix(prefix), netip.MustParseAddr(via)}
}

func TestWanted(t *testing.T) {
	own := []net.Addr{&net.IPNet{IP: net.IPv4(10, 89, 0, 3), Mask: net.CIDRMask(24, 32)}}
	for name, test := range map[string]struct {
		node *corev1.Node
		want []route
	}{
		"another node":                        {node("w2", "10.244.2.0/24", "10.89.0.4"), []route{to("10.244.2.0/24", "10.89.0.4")}},
		"itself":                              {node("w1", "10.244.1.0/24", "10.89.0.3"), nil},
		"itself, before it says its address":  {node("w1", "10.244.1.0/24", "10.89.0.9"), nil},
		"a node without a range":              {node("w2", "", "10.89.0.4"), nil},
		"a node without an address":           {node("w2", "10.244.2.0/24"), nil},
		"a stopped node with our own address": {node("w2", "10.244.2.0/24", "10.89.0.3"), nil},
		"an address of another family":        {node("w2", "10.244.2.0/24", "fc00::4"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			if got := wanted([]*corev1.Node{test.node}, "w1", own); !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestDifference(t *testing.T) {
	a, moved, b := to("10.244.1.0/24", "10.89.0.3"), to("10.244.1.0/24", "10.89.0.7"), to("10.244.2.0/24", "10.89.0.4")
	for name, test := range map[string]struct{ there, want, remove, add []route }{
		"nothing to do":            {[]route{a, b}, []route{b, a}, nil, nil},
		"a node comes":             {[]route{a}, []route{a, b}, nil, []route{b}},
		"a node is gone":           {[]route{a, b}, []route{a}, []route{b}, nil},
		"a node's address changes": {[]route{a, b}, []route{moved, b}, nil, []route{moved}},
		"the link was down":        {nil, []route{b, a}, nil, []route{a, b}},
	} {
		t.Run(name, func(t *testing.T) {
			remove, add := difference(test.there, test.want)
			if !slices.Equal(remove, test.remove) || !slices.Equal(add, test.add) {
				t.Errorf("removes %v and adds %v, want %v and %v", remove, add, test.remove, test.add)
			}
		})
	}
}
