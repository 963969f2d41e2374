// SPDX-License-Identifier: Apache-2.0

package result

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/engine"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/schedule"
)

const schemaFile = "schema.json"

func compiledSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	compiler.AssertContent()
	schema, err := compiler.Compile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func parsed(t *testing.T, text string) any {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// ran is the document of a real run against a server that sometimes fails.
func ran(t *testing.T) *Document {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusAccepted)
	}))
	t.Cleanup(server.Close)
	p := Plan{Sequence: sequence(t, "constant:rate=200,duration=1.2;decay:arrival_rate=50,duration=1"), Seed: 1, MaxInFlight: 100, Timeout: 10 * time.Second}
	arrivals, err := schedule.NewPoisson(p.Sequence, p.Sequence.Duration(), p.Seed)
	if err != nil {
		t.Fatal(err)
	}
	r, err := engine.Run(t.Context(), engine.Config{Target: server.URL + "/heavywork", Schedule: arrivals, MaxInFlight: p.MaxInFlight, Timeout: p.Timeout})
	if err != nil {
		t.Fatal(err)
	}
	return New(r, p, line())
}

func TestDocumentsFollowTheSchema(t *testing.T) {
	schema := compiledSchema(t)
	real := ran(t)
	for name, document := range map[string]*Document{
		"real run": real,
		"sample":   sample(t, 1, noon, line()),
		"at zero":  waited(t),
		"merged":   mustMerge(t, sample(t, 1, noon, line()), sample(t, 2, noon, nil)),
		"nothing":  New(&measure.Result{Target: "http://127.0.0.1:80/heavywork", StartedAt: noon}, plan(t, 1, 1), nil),
	} {
		t.Run(name, func(t *testing.T) {
			if err := schema.Validate(parsed(t, written(t, document))); err != nil {
				t.Error(err)
			}
		})
	}
	if real.Requests.Completed < 200 {
		t.Errorf("the real run completed %d requests", real.Requests.Completed)
	}
	// One document merged is that document, however the engine stores its
	// histograms.
	if got, want := written(t, mustMerge(t, real)), written(t, real); got != want {
		t.Errorf("a real run merged with nothing:\n%s\nwant\n%s", firstDifference(got, want), firstDifference(want, got))
	}
}

func TestSchemaRefuses(t *testing.T) {
	schema := compiledSchema(t)
	text := written(t, sample(t, 1, noon, line()))
	for name, change := range map[string][2]string{
		"another version":     {`"schema_version": 2`, `"schema_version": 3`},
		"a missing field":     {`"bytes_sent": `, `"bytes_sent_then": `},
		"a negative count":    {`"offered": 40`, `"offered": -40`},
		"a count in words":    {`"offered": 40`, `"offered": "40"`},
		"a local time":        {`"2026-03-01T12:00:00Z"`, `"2026-03-01T12:00:00+01:00"`},
		"an unknown error":    {`"unresolved_host": `, `"host_unknown": `},
		"an unknown profile":  {`"profile": "ramp"`, `"profile": "rmap"`},
		"a status of letters": {`"202": `, `"2xx": `},
		"no base64":           {`"histogram": "`, `"histogram": "!`},
	} {
		t.Run(name, func(t *testing.T) {
			changed := strings.Replace(text, change[0], change[1], 1)
			if changed == text {
				t.Fatalf("the sample has no %s", change[0])
			}
			if err := schema.Validate(parsed(t, changed)); err == nil {
				t.Error("is accepted")
			}
		})
	}
}

// The kinds that profiles can have are those that loadgen knows.
func TestSchemaListsTheKindsOfProfiles(t *testing.T) {
	text, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, kind := range schedule.Kinds() {
		names = append(names, strconv.Quote(kind.Name))
	}
	want := regexp.MustCompile(`"profile": \{ "enum": \[.*?\]`).ReplaceAllLiteralString(string(text), `"profile": { "enum": [`+strings.Join(names, ", ")+"]")
	if *update {
		if err := os.WriteFile(schemaFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if want != string(text) {
		t.Errorf("%s does not list the kinds %s: run go test ./loadgen/result -update", schemaFile, names)
	}
}

// Every field of a document is in the schema, and every field of the schema is
// in a document with all fields and in README.md.
func TestSchemaAndReadmeNameEveryField(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	var schema map[string]any
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	var document any
	whole := sample(t, 1, noon, line())
	whole.Unready = waited(t).Unready
	if err := json.Unmarshal([]byte(written(t, whole)), &document); err != nil {
		t.Fatal(err)
	}
	walk := fieldWalk{t: t, root: schema, seen: make(map[string]bool)}
	walk.compare("", schema, document)
	for _, name := range slices.Sorted(maps.Keys(walk.named(schema))) {
		if !walk.seen[name] {
			t.Errorf("field %s of the schema is in no document", name)
		}
		if !strings.Contains(string(readme), "`"+name+"`") {
			t.Errorf("README.md does not name field %s", name)
		}
	}
	for _, column := range columns() {
		if !strings.Contains(string(readme), "`"+column+"`") && !strings.HasPrefix(column, "errors_") && !strings.HasPrefix(column, "responses_") {
			t.Errorf("README.md does not name column %s", column)
		}
	}
}

type fieldWalk struct {
	t    *testing.T
	root map[string]any
	seen map[string]bool
}

// resolve follows a reference.
func (w fieldWalk) resolve(schema map[string]any) map[string]any {
	if reference, ok := schema["$ref"].(string); ok {
		return w.root["$defs"].(map[string]any)[strings.TrimPrefix(reference, "#/$defs/")].(map[string]any)
	}
	return schema
}

func (w fieldWalk) compare(path string, schema map[string]any, value any) {
	schema = w.resolve(schema)
	switch value := value.(type) {
	case map[string]any:
		properties, _ := schema["properties"].(map[string]any)
		others, isMap := schema["additionalProperties"].(map[string]any)
		for name, field := range value {
			switch property, ok := properties[name].(map[string]any); {
			case ok:
				w.seen[name] = true
				w.compare(path+"."+name, property, field)
			case isMap:
				w.compare(path+"."+name, others, field)
			default:
				w.t.Errorf("field %s.%s is not in the schema", path, name)
			}
		}
	case []any:
		for _, element := range value {
			w.compare(path+"[]", schema["items"].(map[string]any), element)
		}
	}
}

// named returns the names of all properties anywhere in the schema.
func (w fieldWalk) named(schema any) map[string]bool {
	names := make(map[string]bool)
	switch schema := schema.(type) {
	case map[string]any:
		if properties, ok := schema["properties"].(map[string]any); ok {
			for name := range properties {
				names[name] = true
			}
		}
		for _, inner := range schema {
			maps.Copy(names, w.named(inner))
		}
	case []any:
		for _, inner := range schema {
			maps.Copy(names, w.named(inner))
		}
	}
	return names
}
