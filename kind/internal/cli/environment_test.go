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
		err    string // part of the error; none means there is none
	}{
		{"nothing said and no cluster", "", cluster.Record{}, "bundled", ""},
		{"said before the cluster is there", settings.ChartsUpstream, cluster.Record{}, "upstream", ""},
		{"a cluster keeps its charts", "", made("upstream"), "upstream", ""},
		{"the same said again", settings.ChartsUpstream, made("upstream"), "upstream", ""},
		{"a cluster from before there was a choice", "", made(""), "bundled", ""},
		{"other charts than the cluster's", settings.ChartsUpstream, made("bundled"), "", "make down"},
		{"other charts than those of before the choice", settings.ChartsUpstream, made(""), "", "bundled charts"},
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
