// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestScalar(t *testing.T) {
	tests := map[string]struct {
		answer  string
		want    float64
		failure string
	}{
		"one series":  {`{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"12.5"]}]}}`, 12.5, ""},
		"no series":   {`{"status":"success","data":{"resultType":"vector","result":[]}}`, 0, "0 series, want one"},
		"bad query":   {`{"status":"error","error":"parse error"}`, 0, "parse error"},
		"not a value": {`{"status":"success","data":{"result":[{"value":[1,"many"]}]}}`, 0, `value "many"`},
		"no JSON":     {`<html>`, 0, "status 200"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var asked string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked = r.URL.Query().Get("query")
				_, _ = w.Write([]byte(test.answer))
			}))
			defer server.Close()
			got, err := Prometheus{HTTP: server.Client(), URL: server.URL}.Scalar(t.Context(), `sum(a{b="c"})`)
			if asked != `sum(a{b="c"})` {
				t.Errorf("asked for %q", asked)
			}
			if test.failure == "" && (err != nil || got != test.want) {
				t.Errorf("got %g, %v; want %g", got, err, test.want)
			}
			if test.failure != "" && (err == nil || !strings.Contains(err.Error(), test.failure)) {
				t.Errorf("got %v, want %q", err, test.failure)
			}
		})
	}
}
