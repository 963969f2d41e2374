// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
)

// protocol marks the routes of this program in the kernel's table, so that it
// touches no other. The kernel leaves the numbers above 4 to programs; this one is
// in no list of the kernel's or of iproute2's.
const protocol = 120

// kernelRoutes returns this program's routes.
func kernelRoutes() (routes []route, err error) {
	listed, err := netlink.RouteListFiltered(netlink.FAMILY_ALL, &netlink.Route{Protocol: protocol}, netlink.RT_FILTER_PROTOCOL)
	if err != nil {
		return nil, fmt.Errorf("listing the kernel's routes: %w", err)
	}
	for _, r := range listed {
		if r.Dst == nil {
			continue
		}
		bits, _ := r.Dst.Mask.Size()
		to, okTo := netip.AddrFromSlice(r.Dst.IP)
		via, _ := netip.AddrFromSlice(r.Gw)
		if okTo {
			routes = append(routes, route{netip.PrefixFrom(to.Unmap(), bits), via.Unmap()})
		}
	}
	return routes, nil
}

// addRoute adds a route, or replaces the one to the same range.
func addRoute(r route) error {
	if err := netlink.RouteReplace(kernelRoute(r)); err != nil {
		return fmt.Errorf("adding the route to %s by %s: %w", r.to, r.via, err)
	}
	return nil
}

func deleteRoute(r route) error {
	if err := netlink.RouteDel(kernelRoute(r)); err != nil {
		return fmt.Errorf("removing the route to %s by %s: %w", r.to, r.via, err)
	}
	return nil
}

func kernelRoute(r route) *netlink.Route {
	return &netlink.Route{
		Protocol: protocol, Gw: r.via.AsSlice(),
		Dst: &net.IPNet{IP: r.to.Addr().AsSlice(), Mask: net.CIDRMask(r.to.Bits(), r.to.Addr().BitLen())},
	}
}
