// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestRefusals(t *testing.T) {
	tests := []struct {
		name, values string
		want         []string
	}{
		{"misspelt key", "drainSecond: 5", []string{"drainSecond"}},
		{"misspelt nested key", "serviceMonitor: {intervall: 2s}", []string{"/serviceMonitor", "intervall"}},
		{"misspelt deep key", "httpRoute: {parentRef: {nam: gw}}", []string{"/httpRoute/parentRef", "nam"}},
		{"unknown exposure", "exposure: route", []string{"/exposure", "none", "ingress", "httpRoute"}},
		{"route without a Gateway", "exposure: httpRoute", []string{"httpRoute.parentRef.name is empty: name the Gateway to attach to"}},
		{"same port twice", "ports: {http: 8000}", []string{"ports.http and ports.metrics are both 8000", "for example 8080 and 8000"}},
		{"privileged port", "ports: {http: 80}", []string{"/ports/http", "1,024"}},
		{"port removed", "ports: {http: null}", []string{"/ports", "http"}},
		{"drain as text", "drainSeconds: 5s", []string{"/drainSeconds", "integer"}},
		{"drain too long", "drainSeconds: 601", []string{"/drainSeconds", "600"}},
		{"no time to shut down", "shutdownTimeoutSeconds: 0", []string{"/shutdownTimeoutSeconds", "1"}},
		{"interval without a unit", "serviceMonitor: {interval: 2}", []string{"/serviceMonitor/interval", "string"}},
		{"timeout above the interval", "serviceMonitor: {interval: 2s, scrapeTimeout: 2001ms}",
			[]string{`serviceMonitor.scrapeTimeout "2001ms" is longer than serviceMonitor.interval "2s"`, "shorten it or leave it empty"}},
		{"timeout above the interval in other units", "serviceMonitor: {interval: 59s, scrapeTimeout: 1m}", []string{`scrapeTimeout "1m" is longer`}},
		{"tag with a digest in it", "image: {tag: 'a@sha256:0'}", []string{"/image/tag"}},
		{"short digest", "image: {digest: 'sha256:0'}", []string{"/image/digest"}},
		{"host name with a path", "hostnames: [example.org/work]", []string{"/hostnames/0"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := render(t, release{"heavywork", tt.values})
			if err == nil {
				t.Fatal("rendered; want it refused")
			}
			for _, want := range tt.want {
				if !strings.Contains(strings.ReplaceAll(err.Error(), `\"`, `"`), want) {
					t.Errorf("error lacks %q:\n%v", want, err)
				}
			}
		})
	}
}

func TestTimeoutEqualToTheIntervalIsAllowed(t *testing.T) {
	mustRender(t, release{"heavywork", "serviceMonitor: {interval: 1m, scrapeTimeout: 60s}"})
}

// TestSchemaAndValuesListTheSameKeys holds because a key missing in the schema cannot be set, and
// one missing in values.yaml cannot be found.
func TestSchemaAndValuesListTheSameKeys(t *testing.T) {
	var schema map[string]any
	if err := json.Unmarshal(load(t).Schema, &schema); err != nil {
		t.Fatal(err)
	}
	inSchema := schemaKeys(t, "", schema)
	inSchema = slices.DeleteFunc(inSchema, func(key string) bool { return key == "global" }) // Helm's own
	inValues := valueKeys("", load(t).Values)
	slices.Sort(inSchema)
	slices.Sort(inValues)
	// The schema does not restrict the names of quantities; values.yaml lists those in use.
	inValues = slices.DeleteFunc(inValues, func(key string) bool { return strings.HasPrefix(key, "resources.") })
	inSchema = slices.DeleteFunc(inSchema, func(key string) bool { return strings.HasPrefix(key, "resources.") })
	if !slices.Equal(inSchema, inValues) {
		t.Errorf("keys differ\nschema: %v\nvalues: %v", inSchema, inValues)
	}
}

// schemaKeys lists the dotted keys of a schema, and fails for an object that accepts unknown keys.
func schemaKeys(t *testing.T, prefix string, schema map[string]any) (keys []string) {
	t.Helper()
	if strict, isBool := schema["additionalProperties"].(bool); !isBool || strict {
		t.Errorf("object %q accepts unknown keys; want additionalProperties false", prefix)
	}
	for key, sub := range schema["properties"].(map[string]any) {
		sub := sub.(map[string]any)
		keys = append(keys, prefix+key)
		if _, nested := sub["properties"]; nested {
			keys = append(keys, schemaKeys(t, prefix+key+".", sub)...)
		}
	}
	return keys
}

// valueKeys lists the dotted keys of values.
func valueKeys(prefix string, values map[string]any) (keys []string) {
	for key, value := range values {
		keys = append(keys, prefix+key)
		if nested, isMap := value.(map[string]any); isMap {
			keys = append(keys, valueKeys(prefix+key+".", nested)...)
		}
	}
	return keys
}

// TestReadmeListsEveryValue requires a table row with each key and its default.
func TestReadmeListsEveryValue(t *testing.T) {
	readme, err := os.ReadFile(chartDir + "/README.md")
	if err != nil {
		t.Fatal(err)
	}
	for key, value := range leaves("", load(t).Values) {
		fallback, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		if row := fmt.Sprintf("\n| `%s` | `%s` | ", key, fallback); !strings.Contains(string(readme), row) {
			t.Errorf("README.md lacks the row %q", strings.TrimSpace(row))
		}
	}
}

// leaves returns the dotted keys that a user sets as a whole, with their defaults.
func leaves(prefix string, values map[string]any) map[string]any {
	found := map[string]any{}
	for key, value := range values {
		key = prefix + key
		if nested, isMap := value.(map[string]any); isMap && len(nested) > 0 && key != "resources" {
			maps.Copy(found, leaves(key+".", nested))
			continue
		}
		found[key] = value
	}
	return found
}
