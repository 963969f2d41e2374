// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"net"
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// route leads to the pods of one node.
type route struct {
	to  netip.Prefix // the node's range of pod addresses
	via netip.Addr   // the node's address
}

// wanted returns one route for each node but self. A node that has no range or no
// address yet gets none, and none leads to an address that is this node's own: a
// node that has stopped goes on claiming the one that it had.
func wanted(nodes []*corev1.Node, self string, own []net.Addr) (routes []route) {
	for _, node := range nodes {
		to, err := netip.ParsePrefix(node.Spec.PodCIDR)
		via := internalAddress(node)
		if node.Name == self || err != nil || !via.IsValid() || to.Addr().Is4() != via.Is4() || isOwn(via, own) {
			continue
		}
		routes = append(routes, route{to.Masked(), via})
	}
	return routes
}

// internalAddress returns the first address of a node on the nodes' link, or
// none.
func internalAddress(node *corev1.Node) netip.Addr {
	for _, address := range node.Status.Addresses {
		if address.Type == corev1.NodeInternalIP {
			if parsed, err := netip.ParseAddr(address.Address); err == nil {
				return parsed.Unmap()
			}
		}
	}
	return netip.Addr{}
}

func isOwn(address netip.Addr, own []net.Addr) bool {
	return slices.ContainsFunc(own, func(a net.Addr) bool {
		network, ok := a.(*net.IPNet)
		return ok && network.IP.Equal(net.IP(address.AsSlice()))
	})
}

// difference returns what to remove and then what to add so that what is there
// becomes what is wanted. A route whose address has changed is replaced at once,
// so it is only added.
func difference(there, want []route) (remove, add []route) {
	for _, r := range there {
		if !slices.ContainsFunc(want, func(w route) bool { return w.to == r.to }) {
			remove = append(remove, r)
		}
	}
	for _, w := range want {
		if !slices.Contains(there, w) {
			add = append(add, w)
		}
	}
	byRange := func(a, b route) int { return cmp.Compare(a.to.String(), b.to.String()) }
	slices.SortFunc(remove, byRange)
	slices.SortFunc(add, byRange)
	return remove, add
}
