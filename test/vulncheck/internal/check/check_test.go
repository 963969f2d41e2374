// SPDX-License-Identifier: Apache-2.0

package check

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
)

// The database in testdata was written for this test. Its one entry says that
// every version of golang.org/x/mod has a vulnerable modfile.Parse.
func fileURL(t *testing.T, dir string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("testdata", dir))
	if err != nil {
		t.Fatal(err)
	}
	return "file://" + filepath.ToSlash(path)
}

// Packages of this project: one that calls modfile.Parse, one that does not.
const (
	calls       = "github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/pins"
	doesNotCall = "github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/report"
)

func TestFindingsFail(t *testing.T) {
	out, err := run(t, Options{Database: fileURL(t, "database"), Patterns: []string{calls}})
	if !errors.Is(err, ErrFindings) {
		t.Errorf("error is %v, want ErrFindings; it said\n%s", err, out)
	}
	if !strings.Contains(out, "GO-0000-0001") || !strings.Contains(out, "modfile.Parse") {
		t.Errorf("it said\n%s\nwant the entry and the function that is called", out)
	}
}

func TestWhatIsNotCalledIsNoFinding(t *testing.T) {
	out, err := run(t, Options{Database: fileURL(t, "database"), Required: true, Patterns: []string{doesNotCall}})
	if err != nil || !strings.Contains(out, "No vulnerabilities found") {
		t.Errorf("error is %v, and it said\n%s", err, out)
	}
}

func TestNoDatabaseIsNoFinding(t *testing.T) {
	missing := httptest.NewServer(http.NotFoundHandler())
	defer missing.Close()
	for name, database := range map[string]string{
		"no answer":      "http://127.0.0.1:1",
		"no database":    missing.URL,
		"no such folder": fileURL(t, "nothing"),
	} {
		t.Run(name, func(t *testing.T) {
			out, err := run(t, Options{Database: database, Patterns: []string{calls}})
			if err != nil || strings.Count(out, "\n") != 1 || !strings.Contains(out, "nothing was checked") || !strings.Contains(out, database) {
				t.Errorf("error is %v, want none and one line that names %s; it said\n%s", err, database, out)
			}
			out, err = run(t, Options{Database: database, Required: true, Patterns: []string{calls}})
			if !errors.Is(err, ErrNoDatabase) || errors.Is(err, ErrFindings) || out != "" {
				t.Errorf("required: error is %v, want ErrNoDatabase; it said\n%s", err, out)
			}
		})
	}
}

func TestMistakesAreNamed(t *testing.T) {
	_, err := run(t, Options{Database: "vuln.example", Patterns: []string{calls}})
	if err == nil || !strings.Contains(err.Error(), `GOVULNDB="vuln.example"`) || errors.Is(err, ErrNoDatabase) {
		t.Errorf("error is %v, want it to name GOVULNDB and the value", err)
	}
	if _, err := Required("yes"); err == nil || !strings.Contains(err.Error(), `VULNCHECK="yes"`) {
		t.Errorf("error is %v, want it to name VULNCHECK and the value", err)
	}
	_, err = run(t, Options{Database: fileURL(t, "database"), Patterns: []string{"./no-such-package"}})
	if err == nil || errors.Is(err, ErrFindings) || errors.Is(err, ErrNoDatabase) {
		t.Errorf("error is %v, want one that is neither of the two", err)
	}
}

func run(t *testing.T, o Options) (string, error) {
	t.Helper()
	var out strings.Builder
	o.Stdout, o.Stderr = &out, &out
	err := Run(t.Context(), o)
	return out.String(), err
}
