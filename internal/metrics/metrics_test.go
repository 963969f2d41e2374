// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// apiServer returns a client of a server that answers only the given paths.
func apiServer(t *testing.T, answers map[string]string) rest.Interface {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := answers[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	client, err := kubernetes.NewForConfig(&rest.Config{Host: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	return client.CoreV1().RESTClient()
}

const metricPath = "/apis/custom.metrics.k8s.io/v1beta1/namespaces/app/pods/*/rate"

func TestValues(t *testing.T) {
	for _, c := range []struct{ name, path, body, wantErr string }{
		{name: "a list", path: metricPath, body: `{"kind":"MetricValueList","apiVersion":"custom.metrics.k8s.io/v1beta1","items":[
			{"describedObject":{"kind":"Pod","name":"one"},"metricName":"rate","value":"1500m"}]}`},
		{name: "another version", path: metricPath, body: `{"kind":"MetricValueList","apiVersion":"custom.metrics.k8s.io/v1beta2","items":[]}`, wantErr: "v1beta2"},
		{name: "another kind", path: metricPath, body: `{"kind":"Status","apiVersion":"v1"}`, wantErr: `"Status"`},
		{name: "no JSON", path: metricPath, body: `busy`, wantErr: "not JSON"},
		{name: "unknown metric", path: "/elsewhere", wantErr: metricPath},
	} {
		t.Run(c.name, func(t *testing.T) {
			pods := Pods{Client: apiServer(t, map[string]string{c.path: c.body}), Namespace: "app", Metric: "rate"}
			list, err := pods.Values(t.Context())
			if c.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), c.wantErr) {
					t.Fatalf("error is %v, want one with %q", err, c.wantErr)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if len(list.Items) != 1 || list.Items[0].DescribedObject.Name != "one" || list.Items[0].Value.MilliValue() != 1500 {
				t.Errorf("items are %+v, want pod one with 1.5", list.Items)
			}
		})
	}
}

func TestCounterSum(t *testing.T) {
	const proxy = "/api/v1/namespaces/app/pods/"
	client := apiServer(t, map[string]string{
		proxy + "one:8000/proxy/metrics":   "# TYPE work_total counter\nwork_total 7\nother 1\n",
		proxy + "two:8000/proxy/metrics":   "# TYPE work_total counter\nwork_total{code=\"202\"} 2\nwork_total{code=\"500\"} 1\n",
		proxy + "bare:8000/proxy/metrics":  "other 1\n",
		proxy + "gauge:8000/proxy/metrics": "# TYPE work_total gauge\nwork_total 7\n",
		proxy + "page:8000/proxy/metrics":  "<html>\n",
	})
	counter := Counter{Client: client, Namespace: "app", Port: 8000, Name: "work_total"}
	for _, c := range []struct {
		name    string
		pods    []string
		want    float64
		wantErr string
	}{
		{name: "no pod", want: 0},
		{name: "one pod", pods: []string{"one"}, want: 7},
		{name: "label sets and pods add up", pods: []string{"one", "two"}, want: 10},
		{name: "a pod without the counter", pods: []string{"one", "bare"}, wantErr: "app/bare: it is not among the 1 metrics"},
		{name: "not a counter", pods: []string{"gauge"}, wantErr: "GAUGE"},
		{name: "not an exposition", pods: []string{"page"}, wantErr: "does not parse"},
		{name: "a pod that is gone", pods: []string{"gone"}, wantErr: "app/gone"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := counter.Sum(t.Context(), c.pods)
			if c.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), c.wantErr) {
					t.Fatalf("error is %v, want one with %q", err, c.wantErr)
				}
				return
			}
			if err != nil || got != c.want {
				t.Errorf("sum is %v (%v), want %v", got, err, c.want)
			}
		})
	}
}
