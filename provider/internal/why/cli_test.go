// SPDX-License-Identifier: Apache-2.0

package why

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	tests := []struct {
		name  string
		pairs []string
		args  []string
		code  int
		says  string // on stdout, or in the error
	}{
		{"whole", nil, []string{"--namespace", "app", "heavywork"}, CodeWhole, "app/heavywork: the chain is whole"},
		{"namespace of the context", nil, []string{"heavywork"}, CodeWhole, "app/heavywork: the chain is whole"},
		{"missing", []string{"kind: Deployment, name: heavywork}", "kind: Deployment, name: gone}"}, []string{"-n", "app", "heavywork"}, CodeMissing, "the first link that is missing: pods"},
		{"no name", nil, nil, CodeBadUse, "give the name of one HorizontalPodAutoscaler"},
		{"two names", nil, []string{"one", "two"}, CodeBadUse, "2 arguments"},
		{"output", nil, []string{"--output", "yaml", "heavywork"}, CodeBadUse, `--output is "yaml": it must be text or json`},
		{"flag", nil, []string{"--name", "heavywork"}, CodeBadUse, "-name"},
		{"context", nil, []string{"--context", "nowhere", "heavywork"}, CodeBadUse, "nowhere"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("KUBECONFIG", kubeconfig(t, newWorld(t, tt.pairs...)))
			var stdout, stderr bytes.Buffer
			code, err := Run(t.Context(), tt.args, &stdout, &stderr)
			if said := fmt.Sprint(stdout.String(), err); code != tt.code || !strings.Contains(said, tt.says) {
				t.Errorf("got code %d and %q, want %d and %q", code, said, tt.code, tt.says)
			}
		})
	}
}

func TestJSON(t *testing.T) {
	t.Setenv("KUBECONFIG", kubeconfig(t, newWorld(t, "{port: metrics, path", "{port: metrcs, path", noTarget, gone, noSeries, otherNames)))
	var stdout bytes.Buffer
	code, err := Run(t.Context(), []string{"--output=json", "heavywork"}, &stdout, os.Stderr)
	if code != CodeMissing || err != nil {
		t.Errorf("got code %d, %v", code, err)
	}
	var report Report
	if err := json.Unmarshal(stdout.Bytes(), &report); err != nil {
		t.Fatal(err)
	}
	if report.Autoscaler != "app/heavywork" || report.Missing == nil || report.Missing.Name != "monitor" || report.Missing.State != Missing || len(report.Links) < 15 {
		t.Errorf("got %+v", report)
	}
}

func kubeconfig(t *testing.T, w *world) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config")
	text := fmt.Sprintf(`{apiVersion: v1, kind: Config, current-context: c, contexts: [{name: c, context: {cluster: c, user: u, namespace: app}}],
  clusters: [{name: c, cluster: {server: %q}}], users: [{name: u, user: {}}]}`, w.start(t).Host)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
