// SPDX-License-Identifier: Apache-2.0

package rule

import "testing"

func TestClash(t *testing.T) {
	perPod := Resources{Overrides: map[string]GroupResource{"namespace": {Resource: "namespace"}, "pod": {Resource: "pod"}}}
	perNode := Resources{Overrides: map[string]GroupResource{"namespace": {Resource: "namespace"}, "node": {Resource: "node"}}}
	any := Resources{Template: "<<.Resource>>"}
	total := Name{Matches: "^(.*)_total$"}
	one := Rule{SeriesQuery: `parcels_total{namespace!="",pod!=""}`, Resources: perPod, Name: total}
	with := func(r Rule, change func(*Rule)) Rule {
		change(&r)
		return r
	}
	query := func(q string) Rule { return Rule{SeriesQuery: q, Resources: any, Name: total} }
	tests := map[string]struct {
		one, other Rule
		want       bool
	}{
		"a pattern with filters": {one, with(query(`{namespace!="",__name__!~"^node_.*"}`), func(r *Rule) { r.SeriesFilters = []Filter{{IsNot: ".*_seconds_total"}} }), true},
		"a regular expression":   {one, query(`{__name__=~"^parcels_.*"}`), true},
		"labels alone":           {one, query(`{pod!="",namespace=~".+"}`), true},
		"some names":             {one, query(`{__name__=~"parcels_total|letters_total"}`), true},
		"a value is not empty":   {with(one, func(r *Rule) { r.SeriesQuery = `parcels_total{job="x"}` }), query(`{job!=""}`), true},
		"one of several values":  {with(one, func(r *Rule) { r.SeriesQuery = `parcels_total{job=~"x|y"}` }), query(`{job=~"x|y|z"}`), true},
		"another of the values":  {with(one, func(r *Rule) { r.SeriesQuery = `parcels_total{job=~"x|y"}` }), query(`{job=~"x|z"}`), false},
		"labels of the object":   {with(one, func(r *Rule) { r.SeriesQuery = "parcels_total" }), query(`{namespace!="",pod!=""}`), true},
		"the same name by as":    {with(one, func(r *Rule) { r.Name = Name{As: "p"} }), with(query(`{pod!=""}`), func(r *Rule) { r.Name = Name{Matches: "^(p)arcels_total$"} }), true},
		"the same pattern":       {query(`{namespace!=""}`), query(`{namespace!=""}`), true},
		"two names, one metric":  {one, with(one, func(r *Rule) { r.SeriesQuery, r.Name = "other", Name{As: "parcels"} }), true},

		"another name":               {one, query(`{__name__=~"^letters_.*"}`), false},
		"the name is excluded":       {one, query(`{__name__!~"^parcels_.*"}`), false},
		"a filter drops it":          {one, with(query(`{namespace!=""}`), func(r *Rule) { r.SeriesFilters = []Filter{{IsNot: "^parcels"}} }), false},
		"a filter keeps others":      {one, with(query(`{namespace!=""}`), func(r *Rule) { r.SeriesFilters = []Filter{{Is: "_seconds_total$"}} }), false},
		"matches does not match":     {one, with(query(`{namespace!=""}`), func(r *Rule) { r.Name.Matches = "^(.*)_seconds$" }), false},
		"another metric":             {one, with(query(`{namespace!=""}`), func(r *Rule) { r.Name = Name{} }), false},
		"another metric by as":       {one, with(query(`{namespace!=""}`), func(r *Rule) { r.Name.As = "${1}_rate" }), false},
		"a further condition":        {one, query(`{namespace!="",container!=""}`), false},
		"a condition on a value":     {one, query(`{namespace="web"}`), false},
		"another value":              {with(one, func(r *Rule) { r.SeriesQuery = `parcels_total{job="x"}` }), query(`{job="y"}`), false},
		"a label must not be there":  {one, query(`{pod=""}`), false},
		"objects of several kinds":   {with(one, func(r *Rule) { r.SeriesQuery = "parcels_total"; r.Resources = any }), query(`{namespace!="",pod!=""}`), false},
		"nodes have no namespace":    {with(one, func(r *Rule) { r.SeriesQuery = "parcels_total"; r.Resources = perNode }), query(`{namespace!=""}`), false},
		"other objects":              {one, with(query(`{namespace!=""}`), func(r *Rule) { r.Resources = perNode }), false},
		"the objects' other label":   {one, with(query(`{namespace!=""}`), func(r *Rule) { r.Resources = Resources{Template: "kubernetes_<<.Resource>>"} }), false},
		"patterns that may overlap":  {query(`{__name__=~"^parcels_.*"}`), query(`{__name__=~".*_total"}`), false},
		"one pattern, other filters": {query(`{namespace!=""}`), with(query(`{namespace!=""}`), func(r *Rule) { r.SeriesFilters = []Filter{{Is: "x"}} }), false},
		"not a query":                {one, query(`{`), false},
		"twice not a query":          {query(`{`), query(`{`), false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			for _, kind := range []Kind{KindCustom, KindExternal} {
				if kind == KindExternal && (!tt.want || name == "labels of the object") { // less has to be the same for these, see below
					continue
				}
				one, other := NamingOf(kind, tt.one), NamingOf(kind, tt.other)
				if one.Clash(other) != tt.want || other.Clash(one) != tt.want {
					t.Errorf("%s: got %v and %v, want %v", kind, one.Clash(other), other.Clash(one), tt.want)
				}
			}
			if NamingOf(KindCustom, tt.one).Clash(NamingOf(KindExternal, tt.other)) {
				t.Error("a custom and an external metric are two")
			}
		})
	}
	// External metrics belong to no object, so their series need no labels of objects, and the mapped labels do not matter.
	external := func(r Rule) Naming { return NamingOf(KindExternal, r) }
	if external(with(one, func(r *Rule) { r.SeriesQuery = "parcels_total" })).Clash(external(query(`{pod!=""}`))) {
		t.Error("an external rule without conditions need not select what has a pod")
	}
	if !external(one).Clash(external(with(query(`{namespace!=""}`), func(r *Rule) { r.Resources = perNode }))) {
		t.Error("external metrics of one name clash whatever the resources")
	}
}

func TestSameObjectsOfAddOns(t *testing.T) {
	of := func(group string) Rule {
		return Rule{SeriesQuery: "hits_total", Resources: Resources{Overrides: map[string]GroupResource{
			"namespace": {Resource: "namespace"}, "gateway": {Group: group, Resource: "gateway"},
		}}}
	}
	for group, want := range map[string]bool{"": true, "gateway.networking.k8s.io": true, "networking.istio.io": false} {
		one, other := of("gateway.networking.k8s.io"), of(group)
		if SameObjects(KindCustom, one, other) != want || SameObjects(KindCustom, other, one) != want {
			t.Errorf("group %q: want %v in both directions", group, want)
		}
		pattern := of(group)
		pattern.SeriesQuery = `{__name__=~"^hits_.*"}`
		if NamingOf(KindCustom, one).Clash(NamingOf(KindCustom, pattern)) != want {
			t.Errorf("group %q: a pattern clashes: want %v", group, want)
		}
	}
}

func TestPatternComparedAsTextNamesNoSeries(t *testing.T) {
	if name, ok := Metric(Rule{SeriesQuery: `{__name__="parcels_.*"}`}); ok {
		t.Errorf("got the metric %q", name)
	}
	if name, ok := Metric(Rule{SeriesQuery: `{__name__="shop.parcels"}`}); !ok || name != "shop.parcels" {
		t.Errorf("got the metric %q, %v", name, ok)
	}
}
