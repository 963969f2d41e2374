// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/benchtest"
)

func TestConsequencesProveTheirCauses(t *testing.T) {
	began := time.Unix(1000, 0)
	at := func(ms int) time.Time { return began.Add(time.Duration(ms) * time.Millisecond) }
	// The pod was seen before the wanted replica, and ready after the answer.
	wake := since(began, at(120), at(100), at(150), at(600), at(720), at(700), at(1900))
	if want := [moments]float64{0.1, 0.1, 0.15, 0.6, 0.7, 0.7, 1.9}; wake.Since != want {
		t.Errorf("a wake is %v, want %v", wake.Since, want)
	}
	bare := since(began, began, at(10), at(20), time.Time{}, at(500)) // the running container was not seen
	if want := [moments]float64{0, 0.01, 0.02, 0.5, 0.5}; bare.Since != want {
		t.Errorf("a bare pod is %v, want %v", bare.Since, want)
	}
	if first, last := stage(scaled)(wake), stage(aside)(wake); first != 0.1 || last != 1.9-0.7 {
		t.Errorf("the first stage takes %g and the last %g, want 0.1 and 1.2", first, last)
	}
}

func TestTables(t *testing.T) {
	r := &results{Idle: 5, Warm: &warm{Rate: 200, Seconds: 20, Requests: 4000, Before: 31, After: 31}}
	// Answers after 0.6 s to 1.2 s, and one after 2.6 s; bare pods are ready after half a second.
	for i := range 20 {
		answer := 0.6 + 0.03*float64(i)
		if i >= 18 {
			answer = 2.6
		}
		r.Wakes = append(r.Wakes, start{[moments]float64{0.1, 0.12, 0.15, 0.4, 0.5, answer, answer + 1.25}})
		r.Bare = append(r.Bare, start{[moments]float64{0, 0.02, 0.05, 0.4, 0.5}})
	}
	r.Warm.compare("one", "one")
	text := markdown(r)
	for _, want := range []string{
		"20 wakes and 20 bare pods",
		"| a wake: request to answer | 0.87 | 2.60 | 2.60 |\n",
		"| the floor: a bare pod, request to ready | 0.50 | 0.50 | 0.50 |\n",
		"| p50 of a wake at most 1.5 times the floor's | 1.74 times | **not met** |\n",
		"| p95 of a wake at most 2.5 times the floor's | 5.20 times | **not met** |\n",
		"| replica wanted | 0.10 | 0.10 |  |  |\n",
		"| request answered | 0.37 | 2.10 |  |  |\n",
		"| container started | 0.25 | 0.25 | 0.35 | 0.35 |\n",
		"| activator stepped aside | 1.25 | 1.25 |  |  |\n",
		"is byte for byte the one without it: 3 bytes",
		"Of 4000 requests in 20 s, 200 a second, 0 failed. `activator_requests_total` was 31 before them and 31 after.",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the tables lack %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "wake by") {
		t.Errorf("another activator is shown that was not measured:\n%s", text)
	}
	r.Peer = "another"
	for range r.Wakes {
		r.PeerWakes = append(r.PeerWakes, start{[moments]float64{1, 1.1, 1.2, 1.5, 1.6, 2}})
	}
	text = markdown(r)
	for _, want := range []string{
		"| a wake by another: request to answer | 2.00 | 2.00 | 2.00 |\n",
		"| p50 of a wake at most 0.5 times another's | 0.43 times | met |\n",
		"| p95 of a wake at most 0.5 times another's | 1.30 times | **not met** |\n",
		"| bare pod, p50 | p95 | another, p50 | p95 |\n",
		"| replica wanted | 0.10 | 0.10 |  |  | 1.00 | 1.00 |\n",
		"| container started | 0.25 | 0.25 | 0.35 | 0.35 | 0.30 | 0.30 |\n",
		"| request answered | 0.37 | 2.10 |  |  | 0.40 | 0.40 |\n",
		"| activator stepped aside | 1.25 | 1.25 |  |  |  |  |\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the tables with another activator lack %q:\n%s", want, text)
		}
	}
	r.Peer, r.PeerWakes = "", nil
	r.Wakes, r.Bare = r.Wakes[:1], r.Bare[:1]
	r.Warm.compare("one", "two")
	if text := markdown(r); strings.Count(text, "| met |") != 2 || !strings.Contains(text, "**is not** the one without it") {
		t.Errorf("want both targets met, and another configuration:\n%s", text)
	}
	if r.Warm.Without != "one" || r.Warm.With != "two" {
		t.Errorf("the configurations that differ are %q and %q, want both kept", r.Warm.Without, r.Warm.With)
	}
	r.Warm = nil
	if text := markdown(r); strings.Contains(text, "While a pod is ready") {
		t.Errorf("there is a section about what was not measured:\n%s", text)
	}
}

func TestPeer(t *testing.T) {
	var p peer
	if err := p.parse("http-add-on=peer/heavywork=peer.test"); err != nil || p != (peer{"http-add-on", "peer", "heavywork", "peer.test"}) {
		t.Errorf("error %v, parsed as %+v", err, p)
	}
	for _, wrong := range []string{"", "http-add-on", "=a/b=c", "n=/b=c", "n=a/=c", "n=a/b", "n=a=c"} {
		if err := new(peer).parse(wrong); err == nil {
			t.Errorf("%q is accepted", wrong)
		}
	}
}

func TestBarePodBelongsToNobody(t *testing.T) {
	d := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: "demo"}}
	d.Spec.Template.Labels = map[string]string{"app.kubernetes.io/name": "demo"}
	d.Spec.Template.Spec.Containers = []corev1.Container{{Name: "demo", Image: "localhost/demo:1"}}
	pod := barePod(d)
	if len(pod.Labels) != 1 || pod.Labels[floorLabel] == "" || len(pod.OwnerReferences) > 0 {
		t.Errorf("labels are %v and owners %v, want the label %s alone", pod.Labels, pod.OwnerReferences, floorLabel)
	}
	if len(pod.Spec.Containers) != 1 || pod.Spec.Containers[0].Image != "localhost/demo:1" {
		t.Errorf("containers are %v, want those of the template", pod.Spec.Containers)
	}
}

func TestWithoutAddress(t *testing.T) {
	const file = "server {\n    server_name demo;\n}\n\nupstream app_demo_8080 {\n    random two least_conn;\n    zone app_demo_8080 512k;\n\n" +
		"    server 10.244.0.1:8080;\n}\n\nupstream invalid-backend-ref {\n    server unix:/var/run/nginx/nginx-500-server.sock;\n}\n"
	text, err := withoutAddress(file, "app_demo_", "10.244.0.1")
	if want := strings.Replace(file, "10.244.0.1", "pod", 1); err != nil || text != want {
		t.Errorf("error %v, configuration is\n%s\nwant\n%s", err, text, want)
	}
	for name, c := range map[string]struct{ file, address string }{
		"another pod":        {strings.Replace(file, "10.244.0.1:", "10.244.0.12:", 1), "10.244.0.1"},
		"the activator, too": {strings.Replace(file, "0.1:8080;\n", "0.1:8080;\n    server 10.244.0.7:8080;\n", 1), "10.244.0.1"},
		"no upstream":        {strings.ReplaceAll(file, "app_demo", "app_other"), "10.244.0.1"},
	} {
		if text, err := withoutAddress(c.file, "app_demo_", c.address); err == nil {
			t.Errorf("%s: accepted as\n%s", name, text)
		}
	}
}

func TestPageFollowsResults(t *testing.T) {
	benchtest.PageFollowsResults(t, benchmark())
}
