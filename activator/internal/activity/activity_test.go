// SPDX-License-Identifier: Apache-2.0

package activity

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/activator/internal/config"
)

func TestIdle(t *testing.T) {
	vector := func(values ...string) string {
		var samples []string
		for i, value := range values {
			samples = append(samples, fmt.Sprintf(`{"metric":{"i":"%d"},"value":[1,%q]}`, i, value))
		}
		return `{"resultType":"vector","result":[` + strings.Join(samples, ",") + `]}`
	}
	for name, tt := range map[string]struct {
		data        string
		idle, known bool
	}{
		"zero":              {vector("0"), true, true},
		"several zeros":     {vector("0", "0"), true, true},
		"a number":          {vector("0.1"), false, true},
		"one of several":    {vector("0", "1", "0"), false, true},
		"a negative number": {vector("-1"), false, true},
		"no number":         {vector("NaN"), false, true},
		"no data":           {vector(), false, false},
		"a scalar":          {`{"resultType":"scalar","result":[1,"0"]}`, true, true},
		"a text":            {`{"resultType":"string","result":[1,"0"]}`, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.FormValue("query") != "sum(x)" {
					t.Errorf("the query is %q", r.FormValue("query"))
				}
				_, _ = io.WriteString(w, `{"status":"success","data":`+tt.data+`}`)
			}))
			defer server.Close()
			query, err := NewQuery(server.URL, "sum(x)")
			if err != nil {
				t.Fatal(err)
			}
			if idle, err := query.Idle(t.Context()); idle != tt.idle || (err == nil) != tt.known {
				t.Errorf("got %v, error %v", idle, err)
			}
		})
	}
	t.Run("no server", func(t *testing.T) {
		query, err := NewQuery("http://127.0.0.1:1", "sum(x)")
		if err != nil {
			t.Fatal(err)
		}
		if idle, err := query.Idle(t.Context()); idle || err == nil {
			t.Errorf("got %v, error %v", idle, err)
		}
	})
}

func TestInFlight(t *testing.T) {
	page, status := "", 200
	pod := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, page)
	}))
	defer pod.Close()
	address := pod.Listener.Addr().String()
	var port int
	if _, err := fmt.Sscanf(address, "127.0.0.1:%d", &port); err != nil {
		t.Fatal(err)
	}
	live := NewLive(config.Live{Port: port, Path: "/metrics", InFlight: "in_flight"})
	for name, tt := range map[string]struct {
		page   string
		status int
		want   float64
		known  bool
	}{
		"several series": {"# TYPE in_flight gauge\nin_flight{a=\"1\"} 2\nin_flight{a=\"2\"} 3\n", 200, 5, true},
		"no type":        {"in_flight 0\n", 200, 0, true},
		"another series": {"other 1\n", 200, 0, false},
		"an error":       {"in_flight 0\n", 503, 0, false},
		"no metrics":     {"<html>", 200, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			page, status = tt.page, tt.status
			// The traffic port does not matter.
			if got, err := live.InFlight(t.Context(), []string{"127.0.0.1:1"}); got != tt.want || (err == nil) != tt.known {
				t.Errorf("got %v, error %v", got, err)
			}
		})
	}
}
