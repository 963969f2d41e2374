// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"strings"
	"testing"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/cluster"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/settings"
)

func TestChosenCharts(t *testing.T) {
	made := func(charts string) cluster.Record { return cluster.Record{Source: "build", Charts: charts} }
	for _, c := range []struct {
		name   string
		wanted settings.Charts
		record cluster.Record
		want   string
		err    string // part of the error; empty if there is none
	}{
		{"unset and no cluster", "", cluster.Record{}, "bundled", ""},
		{"set before there is a cluster", settings.ChartsUpstream, cluster.Record{}, "upstream", ""},
		{"a cluster keeps its charts", "", made("upstream"), "upstream", ""},
		{"the same set again", settings.ChartsUpstream, made("upstream"), "upstream", ""},
		{"a cluster from before the setting existed", "", made(""), "bundled", ""},
		{"other charts than the cluster's", settings.ChartsUpstream, made("bundled"), "", "make down"},
		{"other charts than those of such a cluster", settings.ChartsUpstream, made(""), "", "bundled charts"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := chosenCharts(c.wanted, c.record)
			if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Fatalf("error is %v, want %q", err, c.err)
			}
			if got != c.want {
				t.Errorf("charts are %q, want %q", got, c.want)
			}
		})
	}
}

func TestChosenKubernetes(t *testing.T) {
	pulled := cluster.Record{Source: "registry", NodeImage: "docker.io/kindest/node:v1.36.4"}
	for _, c := range []struct {
		name, wanted string
		record       cluster.Record
		want, err    string
	}{
		{"unset and no cluster", "", cluster.Record{}, "v1.37.0", ""},
		{"set before there is a cluster", "1.35.8", cluster.Record{}, "v1.35.8", ""},
		{"a cluster keeps it", "", pulled, "v1.36.4", ""},
		{"the same set again", "1.36.4", pulled, "v1.36.4", ""},
		{"another one than the cluster's", "1.35.8", pulled, "", "run make down first"},
		{"a cluster that was built", "", cluster.Record{Source: "build", NodeImage: "docker.io/kindest/node:v1.37.2"}, "v1.37.0", ""},
		{"another one than what was built", "1.36.4", cluster.Record{Source: "build", NodeImage: "docker.io/kindest/node:v1.37.2"}, "", "run make down first"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := chosenKubernetes(c.wanted, c.record, "v1.37.0")
			if got != c.want || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("got %q and %v, want %q and %q", got, err, c.want, c.err)
			}
		})
	}
}

func TestChosenNodes(t *testing.T) {
	for _, c := range []struct {
		name   string
		wanted int
		record cluster.Record
		want   int
		err    string // part of the error; empty if there is none
	}{
		{"unset and no cluster", 0, cluster.Record{}, 1, ""},
		{"set before there is a cluster", 3, cluster.Record{}, 3, ""},
		{"a cluster keeps its nodes", 0, cluster.Record{Source: "build", Nodes: 3}, 3, ""},
		{"the same set again", 3, cluster.Record{Source: "build", Nodes: 3}, 3, ""},
		{"a cluster from before the setting existed", 0, cluster.Record{Source: "build"}, 1, ""},
		{"the one that it has", 1, cluster.Record{Source: "build"}, 1, ""},
		{"more than the cluster has", 3, cluster.Record{Source: "build"}, 0, "NODES=3: this cluster has 1, which cannot change while it exists: unset NODES to keep that, or run make down first"},
		{"fewer than the cluster has", 1, cluster.Record{Source: "build", Nodes: 3}, 0, "NODES=1: this cluster has 3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := chosenNodes(c.wanted, c.record)
			if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Fatalf("error is %v, want %q", err, c.err)
			}
			if got != c.want {
				t.Errorf("nodes are %d, want %d", got, c.want)
			}
		})
	}
}

func TestChosenNodeFailure(t *testing.T) {
	for _, c := range []struct {
		name   string
		wanted settings.NodeFailure
		record cluster.Record // with the chosen number of nodes
		want   string
		err    string // part of the error; empty if there is none
	}{
		{"one node", "", cluster.Record{Nodes: 1}, "", ""},
		{"one node, with a choice", "fast", cluster.Record{Nodes: 1}, "", "choose NODES=2"},
		{"three nodes", "", cluster.Record{Nodes: 3}, "fast", ""},
		{"three nodes, with a choice", "defaults", cluster.Record{Nodes: 3}, "defaults", ""},
		{"a cluster keeps it", "", cluster.Record{Source: "build", Nodes: 3, NodeFailure: "defaults"}, "defaults", ""},
		{"a cluster of one node from before the setting existed", "", cluster.Record{Source: "build", Nodes: 1}, "", ""},
		{"another one than the cluster's", "fast", cluster.Record{Source: "build", Nodes: 3, NodeFailure: "defaults"}, "", "make down"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := chosenNodeFailure(c.wanted, c.record)
			if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Fatalf("error is %v, want %q", err, c.err)
			}
			if got != c.want {
				t.Errorf("setting is %q, want %q", got, c.want)
			}
		})
	}
}

func TestManner(t *testing.T) {
	for _, c := range []struct {
		missing int
		created bool
		want    string
	}{
		{2, true, "cold"}, {2, false, "partly cached"}, {1, true, "partly cached"}, {0, true, "warm"}, {0, false, "running"},
	} {
		if got := manner(c.missing, 2, c.created); got != c.want {
			t.Errorf("%d of 2 missing, created %t: %q, want %q", c.missing, c.created, got, c.want)
		}
	}
}
