// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/page"
)

type found struct {
	Pods int `json:"pods"`
}

var errBroken = errors.New("it broke")

// example finds a number of pods. It fails without results for 0 pods, and with
// results for 1.
func example() Benchmark[found] {
	var pods int
	return Benchmark[found]{
		Name:  "x",
		Flags: func(flags *flag.FlagSet) { flags.IntVar(&pods, "pods", 7, "") },
		Check: func() error {
			if pods < 0 {
				return fmt.Errorf("-pods is %d", pods)
			}
			return nil
		},
		Measure: func(context.Context, io.Writer) (*found, error) {
			switch pods {
			case 0:
				return nil, errBroken
			case 1:
				return &found{pods}, errBroken
			}
			return &found{pods}, nil
		},
		Markdown: func(f *found) string { return fmt.Sprintf("%d pods\n", f.Pods) },
		SVG:      func(f *found) string { return fmt.Sprintf("<svg pods=%d>", f.Pods) },
	}
}

func TestRunRefusesWhatItCannotUse(t *testing.T) {
	dir := t.TempDir()
	lacking, other := filepath.Join(dir, "page.md"), filepath.Join(dir, "other.json")
	for file, text := range map[string]string{lacking: "no markers", other: `{"nodes": 1}`} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-pods", "-1"}, "-pods is -1"},
		{[]string{"more"}, `"more"`},
		{[]string{"-markdown", lacking}, lacking},
		{[]string{"-from", "nowhere.json"}, "nowhere.json"},
		{[]string{"-from", other}, other},
		{[]string{"-pods", "0"}, errBroken.Error()},
	} {
		var out strings.Builder
		if err := example().Run(t.Context(), c.args, &out, io.Discard); err == nil || !strings.Contains(err.Error(), c.want) || out.Len() > 0 {
			t.Errorf("%v: error %v, want one with %s; it printed %q", c.args, err, c.want, &out)
		}
	}
}

// Results that are written and read back render to the same, so that a page can
// change without measuring again.
func TestResultsSurviveTheirFile(t *testing.T) {
	dir := t.TempDir()
	file, document, picture := filepath.Join(dir, "r.json"), filepath.Join(dir, "r.md"), filepath.Join(dir, "r.svg")
	begin, end := page.Markers("make bench-x")
	if err := os.WriteFile(document, []byte(begin+"\n"+end+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var first, second strings.Builder
	if err := example().Run(t.Context(), []string{"-json", file}, &first, io.Discard); err != nil {
		t.Fatal(err)
	}
	if err := example().Run(t.Context(), []string{"-pods", "9", "-from", file, "-markdown", document, "-svg", picture}, &second, io.Discard); err != nil {
		t.Fatal(err)
	}
	if first.String() != "7 pods\n" || second.String() != first.String() {
		t.Errorf("it was %q and is %q", &first, &second)
	}
	for file, want := range map[string]string{document: begin + "\n\n7 pods\n\n" + end + "\n", picture: "<svg pods=7>"} {
		if text, err := os.ReadFile(file); err != nil || string(text) != want {
			t.Errorf("%s: error %v, and it is\n%s\nwant\n%s", file, err, text, want)
		}
	}
}

func TestWhatWasFoundBeforeAFailureIsWritten(t *testing.T) {
	var out strings.Builder
	if err := example().Run(t.Context(), []string{"-pods", "1"}, &out, io.Discard); !errors.Is(err, errBroken) || out.String() != "1 pods\n" {
		t.Errorf("error %v, and it printed %q", err, &out)
	}
}
