// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"strings"
	"testing"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/settings"
)

func TestHelpNamesEverySetting(t *testing.T) {
	var out strings.Builder
	if err := Run(t.Context(), []string{"help"}, nil, &out, &out); err != nil {
		t.Fatal(err)
	}
	names := []string{"CHARTS", "KEEP_BUILD_CACHE"}
	for _, v := range settings.Variables() {
		names = append(names, v.Name)
	}
	for _, name := range names {
		if !strings.Contains(out.String(), "\n  "+name+"=") {
			t.Errorf("help does not name %s:\n%s", name, out.String())
		}
	}
}
