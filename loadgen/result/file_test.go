// SPDX-License-Identifier: Apache-2.0

package result

import (
	"encoding/json"
	"errors"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
)

var update = flag.Bool("update", false, "rewrite the files in testdata")

// checkGolden compares text with a file in testdata.
func checkGolden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs, beginning with\n%s\nwhere it had\n%s\nIf that is intended, see SchemaVersion and run: go test ./loadgen/result -update",
			path, firstDifference(got, string(want)), firstDifference(string(want), got))
	}
}

// The form of the document is a promise: a change of this file is a change of
// the schema.
func TestDocumentIsStable(t *testing.T) {
	checkGolden(t, "document.json", written(t, sample(t, 1, noon, line())))
}

func TestTableIsStable(t *testing.T) {
	var b strings.Builder
	if err := sample(t, 1, noon, nil).WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	checkGolden(t, "seconds.csv", b.String())
}

func TestReadGivesBackWhatWasWritten(t *testing.T) {
	merged := mustMerge(t, sample(t, 1, noon, line()), sample(t, 2, noon.Add(time.Second), nil))
	empty := New(&measure.Result{Target: "http://127.0.0.1:80/heavywork", StartedAt: noon}, plan(t, 1, 3), nil)
	for name, document := range map[string]*Document{"one": sample(t, 1, noon, line()), "merged": merged, "nothing sent": empty} {
		t.Run(name, func(t *testing.T) {
			text := written(t, document)
			if back := written(t, reread(t, document)); back != text {
				t.Errorf("read and written again:\n%s\nwant\n%s", firstDifference(back, text), firstDifference(text, back))
			}
		})
	}
}

func TestReadIgnoresWhatANewerLoadgenAdds(t *testing.T) {
	text := written(t, sample(t, 1, noon, nil))
	added := strings.Replace(text, `"run": {`, `"weather": "fine", "run": {"mood": 5,`, 1)
	d, err := Read(strings.NewReader(added))
	if err != nil {
		t.Fatal(err)
	}
	if written(t, d) != text {
		t.Error("an added field changed another one")
	}
}

// Older generators sent credentials, and recorded them.
func TestCredentialsOfATargetAreNotRead(t *testing.T) {
	document := sample(t, 1, noon, nil)
	document.Run.Target = "http://user:secret@10.0.0.7/heavywork"
	if got := reread(t, document).Run.Target; got != "http://xxxxx@10.0.0.7/heavywork" {
		t.Errorf("the target is %s", got)
	}
}

func TestReadRefuses(t *testing.T) {
	text := written(t, sample(t, 1, noon, nil))
	replaced := func(old, new string) string {
		if !strings.Contains(text, old) {
			t.Fatalf("the sample has no %s", old)
		}
		return strings.Replace(text, old, new, 1)
	}
	for _, tt := range []struct {
		name, text string
		is         error
		want       string
	}{
		{"newer", replaced(`"schema_version": 2`, `"schema_version": 3`), ErrVersion, "schema version 3 is newer than the 2 read here; use the loadgen that wrote it"},
		{"older", `{"schema_version": 1, "schedule": {}, "result": {}}`, ErrVersion, "schema version 1 is older than the 2 read here"},
		{"no version", `{"a": 1}`, ErrNotAResult, "it has no schema_version; give a file written by loadgen run --out"},
		{"a version in words", `{"schema_version": "two"}`, ErrNotAResult, "cannot unmarshal string"},
		{"no JSON", "<html>", ErrNotAResult, "invalid character '<'"},
		{"cut off", text[:len(text)/2], ErrNotAResult, "unexpected end of JSON input"},
		{"empty", "", ErrNotAResult, "unexpected end of JSON input"},
		{"wrong type", replaced(`"seed": 1`, `"seed": "one"`), ErrNotAResult, "seed"},
		{"a histogram of other values", replaced(`"histogram": "`, `"histogram": "A`), ErrNotAResult, "histogram"},
		{"a count that was changed", replaced(`"offered": 40`, `"offered": 41`), ErrNotAResult, "requests do not add up"},
		{"a second that was changed", replaced(`"second": 1,`, `"second": 7,`), ErrNotAResult, "seconds[1] has second 7"},
		{"a second that was emptied", replaced(`"dropped": 1,`, `"dropped": 0,`), ErrNotAResult, "the seconds do not add up"},
		{"another duration", replaced(`"duration_seconds": 13.5`, `"duration_seconds": 13`), ErrNotAResult, "run.duration_seconds is 13, the profile lasts 13.5"},
		{"no generators", replaced(`"generators": 1`, `"generators": 0`), ErrNotAResult, "run.generators is 0 with 1 run.parts"},
		{"no scale", replaced("\"scale\": 1,\n      \"segments\"", "\"scale\": 0,\n      \"segments\""), ErrNotAResult, "run.profile.scale is 0"},
		{"no profile", replaced(`"text": "ramp`, `"text": "rmap`), ErrNotAResult, `profile (segment 1) "rmap": is unknown`},
		{"a profile in a file", replaced(`"text": "`, `"text": "trace:file=/etc/hostname;`), ErrNotAResult, "is not read here"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Read(strings.NewReader(tt.text))
			if !errors.Is(err, tt.is) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %v with %q", err, tt.is, tt.want)
			}
		})
	}
	broken := errors.New("disk on fire")
	if _, err := Read(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("error %v, want that of the reader", err)
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

var errFull = errors.New("disk full")

func TestWriteReportsAFailure(t *testing.T) {
	d := sample(t, 1, noon, nil)
	if err := d.Write(fullDisk{}); !errors.Is(err, errFull) {
		t.Errorf("Write = %v", err)
	}
	if err := d.WriteCSV(fullDisk{}); !errors.Is(err, errFull) {
		t.Errorf("WriteCSV = %v", err)
	}
}

// A reader with doubles must still get the exact seed.
func TestSeedsSurviveReadersWithDoubles(t *testing.T) {
	for _, seed := range []Seed{0, 1, 1 << 53, 1<<53 - 1, 1<<53 + 1, math.MaxUint64} {
		d := sample(t, uint64(seed), noon, nil)
		var loose any // numbers become float64
		if err := json.Unmarshal([]byte(written(t, d)), &loose); err != nil {
			t.Fatal(err)
		}
		again, err := json.Marshal(loose)
		if err != nil {
			t.Fatal(err)
		}
		var read Document
		if err := json.Unmarshal(again, &read); err != nil {
			t.Fatal(err)
		}
		if read.Run.Seed != seed || read.Run.Parts[0].Seed != seed {
			t.Errorf("seed %d came back as %d and %d", seed, read.Run.Seed, read.Run.Parts[0].Seed)
		}
	}
}

func TestSeedsOfOlderDocumentsAreRead(t *testing.T) {
	for text, want := range map[string]Seed{"42": 42, `"42"`: 42, "18446744073709551615": math.MaxUint64} {
		var s Seed
		if err := json.Unmarshal([]byte(text), &s); err != nil || s != want {
			t.Errorf("%s is read as %d (%v)", text, s, err)
		}
	}
	for _, text := range []string{"-1", "1.5", `"x"`, "18446744073709551616", "true"} {
		if err := json.Unmarshal([]byte(text), new(Seed)); err == nil {
			t.Errorf("%s is read as a seed", text)
		}
	}
}
