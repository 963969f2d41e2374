// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/tfdev"
)

// replaceOnce replaces a part of a text, which must be in it.
func replaceOnce(t *testing.T, text, old, fresh string) string {
	t.Helper()
	if !strings.Contains(text, old) {
		t.Fatalf("%q is not in\n%s", old, text)
	}
	return strings.Replace(text, old, fresh, 1)
}

// folder makes a folder with a configuration for Terraform as a process of its own.
func folder(t *testing.T, config string) string {
	t.Helper()
	dir := t.TempDir()
	configure(t, dir, config)
	return dir
}

// configure replaces the configuration in a folder.
func configure(t *testing.T, dir, config string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "main.tf"), []byte(tfdev.RequiredProviders+config), 0o600); err != nil {
		t.Fatal(err)
	}
}

// waitAtMost and awaitIn are arguments of a rule.
func waitAtMost(duration string) string { return fmt.Sprintf("wait_timeout = %q", duration) }

func awaitIn(namespace string) string { return fmt.Sprintf("%s = %q", awaitSeries, namespace) }

const awaitSeries = "await_series_in"

// flat joins the lines into which Terraform breaks its messages.
func flat(output string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(output, "│", " ")), " ")
}

// withoutEnd is a context for the cleanup after the context of the test has ended.
func withoutEnd(t *testing.T) context.Context { return context.WithoutCancel(t.Context()) }
