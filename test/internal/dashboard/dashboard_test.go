// SPDX-License-Identifier: Apache-2.0

package dashboard

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "dashboard.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReadsPanelsAndVariables(t *testing.T) {
	path := write(t, `{
		"templating": {"list": [
			{"name": "datasource", "type": "datasource", "query": "prometheus"},
			{"name": "hpa", "type": "query", "query": {"query": "label_values(info{namespace=\"$namespace\"}, hpa)"}},
			{"name": "window", "type": "textbox", "query": "15s"}
		]},
		"panels": [
			{"title": "Notes"},
			{"title": "Rate", "targets": [{"expr": "rate(${counter}{namespace=\"$namespace\"}[$window])"}, {"expr": "up"}]},
			{"type": "row", "title": "Below"},
			{"title": "Age", "targets": [{"expr": "age"}]}
		]
	}`)
	got, err := Read(path, map[string]string{"namespace": "app", "counter": "requests_total", "window": "5s"})
	if err != nil {
		t.Fatal(err)
	}
	want := []Query{
		{"", "hpa", `group by (hpa) (info{namespace="app"})`},
		{"", "Rate", `rate(requests_total{namespace="app"}[5s])`},
		{"", "Rate", "up"},
		{"Below", "Age", "age"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestRefusesWhatCannotBeAsked(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"no value", `{"panels": [{"title": "Rate", "targets": [{"expr": "rate(a[$window])"}]}]}`, "Rate: rate(a[$window]): there is no value for $window"},
		{"another query", `{"templating": {"list": [{"name": "hpa", "type": "query", "query": {"query": "metrics(a)"}}]}}`, `variable hpa: the query is "metrics(a)"`},
		{"no JSON", `panels:`, "reading the dashboard"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := Read(write(t, c.text), nil); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want %q in it", err, c.want)
			}
		})
	}
}
