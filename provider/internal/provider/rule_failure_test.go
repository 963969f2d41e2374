// SPDX-License-Identifier: Apache-2.0

package provider

import (
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
)

// A failing API server must not look like a rule that is gone.
func TestRule_stateSurvivesAPIFailure(t *testing.T) {
	t.Parallel()
	srv := newServer(t, "rules: []\n")
	failWith := func(code int32, reason metav1.StatusReason) func() {
		return func() {
			srv.Intercept(func(*http.Request) *metav1.Status {
				return &metav1.Status{Code: code, Reason: reason, Message: "go away"}
			})
		}
	}
	runSteps(t, resource.TestCase{
		Steps: []resource.TestStep{
			{Config: heavywork(srv.URL)},
			{
				PreConfig: failWith(http.StatusInternalServerError, metav1.StatusReasonInternalError), Config: heavywork(srv.URL),
				ExpectError: regexp.MustCompile(`(?s)Config map not accessible.*go away`),
			},
			{
				PreConfig: failWith(http.StatusForbidden, metav1.StatusReasonForbidden), Config: heavywork(srv.URL),
				ExpectError: regexp.MustCompile(`(?s)grant\s+the\s+verb\s+"get"\s+on\s+the\s+resource\s+"configmaps"`),
			},
			{Config: heavywork("http://127.0.0.1:1"), ExpectError: regexp.MustCompile(`connection refused`)},
			{
				PreConfig: func() { srv.Intercept(nil); setText(srv, "rules: none\n") }, Config: heavywork(srv.URL),
				ExpectError: regexp.MustCompile(`(?s)Config map was left alone.*must\s+be\s+a\s+list`),
			},
			{PreConfig: func() { setText(srv, "rules:\n"+heavyworkText) }, Config: heavywork(srv.URL), ConfigPlanChecks: emptyPlan()},
		},
	})
}

// When the rule does not take effect in the adapter, the apply fails, and the next one retries.
func TestRule_takeUpFails(t *testing.T) {
	t.Parallel()
	srv := newServer(t, "rules: []\n")
	changed := strings.Replace(heavywork(srv.URL), "15s", "30s", 1)
	runSteps(t, resource.TestCase{
		Steps: []resource.TestStep{
			{
				PreConfig: func() { srv.Adapter.SetSeries("up") }, Config: heavywork(srv.URL, waitAtMost("100ms")),
				ExpectError: regexp.MustCompile(`(?s)Metric not served: no series.*series_query =.*heavywork_requests_per_second`),
			},
			{
				PreConfig: func() { srv.Adapter.SetSeries("heavywork_requests_total") }, Config: heavywork(srv.URL),
				ConfigPlanChecks: expectAction(plancheck.ResourceActionDestroyBeforeCreate), // Terraform replaces what failed on creation
			},
			{
				PreConfig: func() {
					srv.Intercept(func(r *http.Request) *metav1.Status {
						if r.Method != http.MethodPatch {
							return nil
						}
						return &metav1.Status{Code: http.StatusForbidden, Reason: metav1.StatusReasonForbidden}
					})
				},
				Config: changed, ExpectError: regexp.MustCompile(`(?s)Adapter not rolled.*"patch"\s+on\s+the\s+resource\s+"deployments"`),
			},
			{
				PreConfig: func() { srv.Intercept(nil) }, Config: changed, ConfigPlanChecks: expectAction(plancheck.ResourceActionUpdate),
				Check:             expectText(srv, "rules:\n"+strings.Replace(heavyworkText, "15s", "30s", 1)),
				ConfigStateChecks: []statecheck.StateCheck{stateHas("ready", knownvalue.Bool(true))},
			},
		},
	})
}

func TestRule_deploymentIsMissing(t *testing.T) {
	t.Parallel()
	srv := newServer(t, "rules: []\n")
	runSteps(t, resource.TestCase{
		Steps: []resource.TestStep{
			{Config: heavywork(srv.URL, `deployment = "nope"`), ExpectError: regexp.MustCompile(`(?s)Adapter not found.*monitoring/nope`)},
			{Config: heavywork(srv.URL, `deployment = ""`, `wait = false`), Check: expectRollouts(srv, 0)},
			{ // the rule can be deleted when the adapter is gone
				Config: heavywork(srv.URL, `wait = false`),
				Check:  func(*terraform.State) error { srv.DeleteDeployment("monitoring", "prometheus-adapter"); return nil },
			},
		},
		CheckDestroy: expectText(srv, "rules: []\n"),
	})
}

func TestRule_deleteWithoutConfigMap(t *testing.T) {
	t.Parallel()
	srv := newServer(t, "rules: []\n")
	runSteps(t, resource.TestCase{
		Steps: []resource.TestStep{
			{Config: heavywork(srv.URL)},
			{
				PreConfig: func() {
					n := 0
					srv.Intercept(func(r *http.Request) *metav1.Status { // there for the refresh, gone for the deletion
						if strings.HasSuffix(r.URL.Path, "/adapter-config") && r.Method == http.MethodGet {
							if n++; n == 1 {
								return nil
							}
							return &metav1.Status{Code: http.StatusNotFound, Reason: metav1.StatusReasonNotFound}
						}
						return nil
					})
				},
				Config: providerBlock(srv.URL), Check: func(*terraform.State) error { srv.Intercept(nil); return nil },
			},
		},
	})
}

func TestRule_existsAlready(t *testing.T) {
	t.Parallel()
	srv := newServer(t, "rules:\n"+heavyworkText)
	runSteps(t, resource.TestCase{
		Steps: []resource.TestStep{
			{
				Config:      heavywork(srv.URL),
				ExpectError: regexp.MustCompile(`(?s)Rule exists already.*terraform\s+import\s+promadapter_rule.<name>\s+monitoring/adapter-config/heavywork`),
			},
			{Config: heavywork(srv.URL), ResourceName: address, ImportState: true, ImportStateId: "heavywork", ImportStatePersist: true},
			{Config: heavywork(srv.URL), ConfigPlanChecks: emptyPlan()},
		},
	})
}

func TestRule_importOfNothing(t *testing.T) {
	t.Parallel()
	expectImportErrors(t, newServer(t, foreign).URL, map[string]string{
		"heavywork": `Cannot import non-existent`, "a/b": `Invalid import id.*namespace/config_map/NAME`,
	})
}
