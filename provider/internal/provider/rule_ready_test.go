// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/configmap"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/connection"
)

// many is a configuration with n rules, each with its own series.
func many(url string, n int) string {
	return strings.NewReplacer(
		`name         = "heavywork"`, fmt.Sprintf("count = %d\n  name = \"heavywork-${count.index}\"", n),
		`heavywork_requests_total`, `heavywork_${count.index}_total`,
	).Replace(heavywork(url))
}

func manySeries(n int) []string {
	var names []string
	for i := range n {
		names = append(names, fmt.Sprintf("heavywork_%d_total", i))
	}
	return names
}

// Terraform itself, at its default parallelism, takes one rollout for 30 rules, and one to destroy them.
func TestRule_oneRolloutForMany(t *testing.T) {
	t.Parallel()
	srv := newServer(t, foreign)
	srv.Adapter.SetSeries(manySeries(30)...)
	runStepsWith(t, cluster.Options{}, resource.TestCase{ // the real waiting times
		Steps: []resource.TestStep{
			{Config: many(srv.URL, 30), Check: expectRollouts(srv, 1)},
			{Config: many(srv.URL, 30), ConfigPlanChecks: emptyPlan()},
		},
		CheckDestroy: resource.ComposeTestCheckFunc(expectText(srv, foreign), expectRollouts(srv, 2)),
	})
}

// Rules without series that were handed over fail the apply, and the next plan shows them.
func TestRule_handedOverAndMissing(t *testing.T) {
	t.Parallel()
	srv := newServer(t, foreign)
	srv.Adapter.SetSeries(manySeries(28)...)
	config := strings.Replace(many(srv.URL, 30), "count =", waitAtMost("8s")+"\n  count =", 1)
	runSteps(t, resource.TestCase{
		Steps: []resource.TestStep{
			{Config: config, ExpectError: regexp.MustCompile(`(?s)heavywork_2[89]_per_second`)},
			{
				PreConfig: func() { srv.Adapter.SetSeries(manySeries(30)...) },
				Config:    config, Check: func(*terraform.State) error {
					for i := range 30 {
						if !strings.Contains(text(srv), fmt.Sprintf("rule heavywork-%d begin", i)) {
							return fmt.Errorf("rule %d is missing", i)
						}
					}
					return nil
				},
			},
			{Config: config, ConfigPlanChecks: emptyPlan()},
		},
	})
}

// An adapter that reloads is not rolled. The plan shows a replica that is behind, and a text that others break meanwhile fails the apply.
func TestRule_adapterReloads(t *testing.T) {
	t.Parallel()
	srv := newServer(t, "rules: []\n")
	srv.PutReloadingAdapter("rules: []\n", "pod-a", "pod-b")
	changed := strings.Replace(heavywork(srv.URL), "15s", "30s", 1)
	good := ""
	runSteps(t, resource.TestCase{
		Steps: []resource.TestStep{
			{Config: heavywork(srv.URL), Check: expectRollouts(srv, 0), ConfigStateChecks: []statecheck.StateCheck{stateHas("ready", knownvalue.Bool(true))}},
			{Config: heavywork(srv.URL), ConfigPlanChecks: emptyPlan()},
			{
				PreConfig: func() { srv.HoldBack("pod-b"); setText(srv, "# by hand\n"+text(srv)) },
				Config:    heavywork(srv.URL), PlanOnly: true, ExpectNonEmptyPlan: true,
			},
			{
				PreConfig: func() {
					srv.HoldBack()
					srv.Intercept(func(r *http.Request) *metav1.Status {
						if now := text(srv); strings.HasSuffix(r.URL.Path, "/leases") && strings.Contains(now, "30s") && good == "" {
							good = now
							setText(srv, now+"rules: []\n")
						}
						return nil
					})
				},
				Config: changed, ExpectError: regexp.MustCompile(`(?s)Adapter refuses the rules.*pod\s+pod-a.*goes\s+on\s+serving\s+the\s+previous\s+rules`),
			},
			{PreConfig: func() { setText(srv, good) }, Config: changed, ConfigPlanChecks: expectAction(plancheck.ResourceActionUpdate)},
			{Config: changed, ConfigPlanChecks: emptyPlan()},
		},
		CheckDestroy: resource.ComposeTestCheckFunc(expectText(srv, "# by hand\nrules: []\n"), expectRollouts(srv, 0)),
	})
}

// Whatever a process leaves undone when it dies, the next plan shows and the next apply completes.
func TestRule_unfinishedShows(t *testing.T) {
	t.Parallel()
	srv := newServer(t, "rules: []\n")
	changed := strings.Replace(heavywork(srv.URL), "15s", "30s", 1)
	note := func(annotation, value string) func() {
		return func() { srv.Annotate("monitoring", "adapter-config", annotation, value) }
	}
	runSteps(t, resource.TestCase{
		Steps: []resource.TestStep{
			{Config: heavywork(srv.URL), Check: expectRollouts(srv, 1)},
			{ // somebody wrote rules, ours among them, and did not roll
				PreConfig: func() {
					setText(srv, strings.Replace(text(srv), "15s", "30s", 1))
					note(connection.RevisionAnnotation, "written")()
				},
				Config: changed, ConfigPlanChecks: expectAction(plancheck.ResourceActionUpdate), Check: expectRollouts(srv, 2),
			},
			{Config: changed, ConfigPlanChecks: emptyPlan()},
			{ // the rollout is complete, but the metric was not awaited
				PreConfig: note(configmap.PendingAnnotation, "config.yaml/heavywork"),
				Config:    changed, ConfigPlanChecks: expectAction(plancheck.ResourceActionUpdate), Check: expectRollouts(srv, 2),
			},
			{Config: changed, ConfigPlanChecks: emptyPlan()},
			{ // the metric of another rule is not ours
				PreConfig: note(configmap.PendingAnnotation, "config.yaml/other"), Config: changed, ConfigPlanChecks: emptyPlan(),
			},
			{ // what others change in their own rules is not ours either
				PreConfig: func() { setText(srv, foreign+strings.TrimPrefix(text(srv), "rules:\n")) }, Config: changed, ConfigPlanChecks: emptyPlan(),
			},
			{ // without permission to read the Deployment there is a warning
				PreConfig: func() {
					srv.Intercept(func(r *http.Request) *metav1.Status {
						if strings.HasSuffix(r.URL.Path, "/deployments/prometheus-adapter") {
							return &metav1.Status{Code: http.StatusForbidden, Reason: metav1.StatusReasonForbidden}
						}
						return nil
					})
				},
				Config: changed, ConfigPlanChecks: emptyPlan(),
			},
			{PreConfig: func() { srv.Intercept(nil) }, Config: changed, ConfigPlanChecks: emptyPlan()},
		},
	})
}
