// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/draw"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/report"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/result"
)

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func readDocument(t *testing.T, path string) *result.Document {
	t.Helper()
	doc, err := result.Read(strings.NewReader(readFile(t, path)))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// runInto makes a result and returns its file.
func runInto(t *testing.T, path string, extra ...string) string {
	t.Helper()
	host, port, _ := server(t, http.StatusAccepted)
	output1(t, append(append([]string{host, port, "heavywork", "--out", path}, short...), extra...)...)
	return path
}

func TestAllFilesOfARunAreWrittenAndListed(t *testing.T) {
	folder := t.TempDir()
	host, port, seen := server(t, http.StatusAccepted)
	out, html, table := filepath.Join(folder, "run.json"), filepath.Join(folder, "run.html"), filepath.Join(folder, "run.csv")
	got := output1(t, append([]string{"run", host, port, "heavywork", "--out", out, "--report", html, "--csv", table}, short...)...)
	if doc := readDocument(t, out); doc.Requests.Succeeded != seen.Load() {
		t.Errorf("the result has %+v, the server saw %d", doc.Requests, seen.Load())
	}
	if !strings.HasPrefix(readFile(t, html), "<!DOCTYPE html>") {
		t.Error("the report is not HTML")
	}
	if lines := strings.Split(strings.TrimSpace(readFile(t, table)), "\n"); len(lines) < 3 || !strings.HasPrefix(lines[0], "second,") {
		t.Errorf("the table is %q", lines)
	}
	if want := "result  " + out + "\nreport  " + html + "\nseconds " + table + "\n"; !strings.HasSuffix(got, want) {
		t.Errorf("summary ends with\n%s, want\n%s", got, want)
	}
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 3 {
		t.Errorf("the folder holds %v, error %v; want three files", entries, err)
	}
}

func TestAnInterruptedRunWritesItsFiles(t *testing.T) {
	host, port, _ := server(t, http.StatusAccepted)
	out := filepath.Join(t.TempDir(), "run.json")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var stderr buffer
	done := make(chan error)
	go func() {
		done <- execute(ctx, []string{"--arrival-rate=200", "--duration=1h", "--out", out, host, port, "heavywork"}, new(buffer), &stderr, time.Millisecond)
	}()
	await(t, &stderr, `of 3600 s   offered +[1-9]`)
	cancel()
	if err := <-done; ExitCode(err) != 130 {
		t.Errorf("exit code %d for %v", ExitCode(err), err)
	}
	if doc := readDocument(t, out); !doc.Run.Interrupted || doc.Requests.Sent == 0 {
		t.Errorf("the result says interrupted %t, %+v", doc.Run.Interrupted, doc.Requests)
	}
}

// The folder of one file is deleted after the check.
func TestAFileThatFailsDoesNotKeepTheOthersFromBeingWritten(t *testing.T) {
	folder := t.TempDir()
	lost := filepath.Join(folder, "lost")
	if err := os.Mkdir(lost, 0o700); err != nil {
		t.Fatal(err)
	}
	host, port, _ := server(t, http.StatusAccepted)
	opts, problems, _ := parseRun(append([]string{host, port, "heavywork", "--quiet", "--out", filepath.Join(lost, "a.json"), "--csv", filepath.Join(folder, "a.csv")}, short...))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if err := os.Remove(lost); err != nil {
		t.Fatal(err)
	}
	doc := readDocument(t, runInto(t, filepath.Join(folder, "other.json")))
	var stdout buffer
	err := opts.deliver(console{stdout: &stdout, stderr: new(buffer), getenv: os.Getenv}, doc)
	if err == nil || !strings.Contains(err.Error(), "a.json") || ExitCode(err) != 1 {
		t.Errorf("error %v, want one about a.json", err)
	}
	readFile(t, filepath.Join(folder, "a.csv"))
	if !strings.HasPrefix(stdout.String(), "POST ") {
		t.Errorf("no summary: %q", stdout.String())
	}
}

func TestAFailedWriteLeavesTheOldFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "old.json")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	var c console
	if err := check(path); err != nil || readFile(t, path) != "old" {
		t.Errorf("check: %v, and the file holds %q", err, readFile(t, path))
	}
	if err := c.writeFile(output{path: path}, func(io.Writer) error { return os.ErrInvalid }); err == nil {
		t.Error("write did not return the error")
	}
	if readFile(t, path) != "old" {
		t.Errorf("the file holds %q", readFile(t, path))
	}
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 1 {
		t.Errorf("the folder holds %v", entries)
	}
}

func TestReportOfAResult(t *testing.T) {
	path := runInto(t, filepath.Join(t.TempDir(), "run.json"))
	output1(t, "report", path)
	html := strings.TrimSuffix(path, ".json") + ".html"
	if !strings.HasPrefix(readFile(t, html), "<!DOCTYPE html>") {
		t.Error("run.html is not HTML")
	}
	if got := output1(t, "report", path, "-o", "-"); got != readFile(t, html) {
		t.Error("-o - gives another report")
	}
}

func TestCompareShowsBothAndWritesAPage(t *testing.T) {
	folder := t.TempDir()
	a, b := runInto(t, filepath.Join(folder, "a.json")), runInto(t, filepath.Join(folder, "b.json"))
	page := filepath.Join(folder, "c.html")
	got := output1(t, "compare", a, b, "-o", page)
	if !strings.HasPrefix(got, "A  "+a+"\nB  "+b+"\n") || !strings.Contains(got, "\n  p99 ") || !strings.Contains(got, "\n  offered ") {
		t.Errorf("compare prints\n%s", got)
	}
	if !strings.HasPrefix(readFile(t, page), "<!DOCTYPE html>") {
		t.Error("c.html is not HTML")
	}
	if got := output1(t, "compare", "--json", a, b); !strings.HasPrefix(got, "{") {
		t.Errorf("compare --json prints\n%s", got)
	}
}

// The later run had a server that failed, and an autoscaler that scaled
// further.
func TestComparisonOfAWholeStory(t *testing.T) {
	a, b := scripted(t), scripted(t)
	a.Errors, a.Requests.Failed, a.Requests.Completed, a.Run.Interrupted = nil, 0, 3520, false
	b.Statuses, b.Requests.Succeeded = map[int]int64{202: 2500, 503: 1019}, 2500
	for i := range 3000 {
		b.Latency.Record(time.Duration(100+i) * time.Millisecond)
	}
	a.Timeline.Samples = a.Timeline.Samples[:1]
	golden(t, "compare.txt", comparison(report.Compare(a, b), "a.json", "b.json", draw.Style{Unicode: true}))
}

func TestMergeAddsUp(t *testing.T) {
	folder := t.TempDir()
	host, port, seen := server(t, http.StatusAccepted)
	var files []string
	for _, seed := range []string{"1", "2"} {
		path := filepath.Join(folder, seed+".json")
		output1(t, host, port, "heavywork", "--profile=constant:rate=200,duration=0.1", "--seed", seed, "--out", path)
		files = append(files, path)
	}
	merged := filepath.Join(folder, "merged.json")
	summary := output1(t, append([]string{"merge", "-o", merged}, files...)...)
	if doc := readDocument(t, merged); doc.Requests.Succeeded != seen.Load() || doc.Run.Generators != 2 {
		t.Errorf("merged %+v of %d generators, the server saw %d", doc.Requests, doc.Run.Generators, seen.Load())
	}
	if !strings.Contains(summary, "of 2 generators") {
		t.Errorf("summary is\n%s", summary)
	}
	if got := output1(t, append([]string{"merge"}, files...)...); got != readFile(t, merged) {
		t.Error("merge without -o gives another result")
	}
}

// Standard error only says that the file was written.
func TestAFullStandardErrorLosesNothing(t *testing.T) {
	folder := t.TempDir()
	in := runInto(t, filepath.Join(folder, "a.json"))
	for _, args := range [][]string{{"compare", in, in}, {"merge", in}} {
		var stdout buffer
		args = append(args, "-o", filepath.Join(folder, "out"))
		if err := execute(t.Context(), args, &stdout, full{}, 0); err != nil || stdout.String() == "" {
			t.Errorf("%v: %v, standard output has %q", args, err, stdout.String())
		}
	}
}

// A terminal without input, a pipe without a writer.
func TestInterruptEndsTheWaitForAResult(t *testing.T) {
	reader, writer := io.Pipe()
	defer writer.Close()
	for _, args := range [][]string{{"report", "-"}, {"compare", "-", "/nowhere.json"}, {"merge", "-"}} {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		err := dispatch(ctx, console{stdin: reader, stdout: new(buffer), stderr: new(buffer)}, args)
		if ExitCode(err) != 130 {
			t.Errorf("%v: exit code %d, %v", args, ExitCode(err), err)
		}
	}
}

func TestFilesThatCannotBeReadAreNamed(t *testing.T) {
	folder := t.TempDir()
	good := runInto(t, filepath.Join(folder, "a.json"))
	bad, link, asPage := filepath.Join(folder, "bad.json"), filepath.Join(folder, "link.json"), runInto(t, filepath.Join(folder, "run.html"))
	if err := os.Symlink(good, link); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(bad, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		args []string
		want []string
	}{
		{[]string{"report"}, []string{`RESULT.json "": must be 1 of the files`}},
		{[]string{"report", good, good}, []string{`is one too many after RESULT.json`}},
		{[]string{"report", "/nowhere.json"}, []string{`RESULT.json "/nowhere.json": can't be read`}},
		{[]string{"report", bad}, []string{`RESULT.json "` + bad + `": not a result of loadgen`}},
		{[]string{"report", good, "-o", "/nowhere/x.html"}, []string{`-o "/nowhere/x.html": can't be written`}},
		{[]string{"compare", good}, []string{`A.json B.json "` + good + `": must be 2`}},
		{[]string{"report", good, "-o", good}, []string{`-o "` + good + `": is the file that is read`}},
		{[]string{"report", asPage}, []string{`-o "` + asPage + `": is the file that is read`}},
		{[]string{"compare", good, good, "-o", link}, []string{`-o "` + link + `": is the file that is read`}},
		{[]string{"--trace", good, "--csv", good}, []string{`--csv "` + good + `": is the file that is read`}},
		{[]string{"--profile", "constant:rate=1,duration=1; trace:duration=1,file=" + good, "--out", link}, []string{`--out "` + link + `": is the file that is read`}},
		{[]string{"--kubeconfig", good, "--report", good}, []string{`--report "` + good + `": is the file that is read`}},
		{[]string{"cluster", "results", "--kubeconfig", good, "--out", good}, []string{`--out "` + good + `": is the file that is read`}},
		{[]string{"compare", "-", "-"}, []string{`RESULT.json "-": is given twice`}},
		{[]string{"compare", bad, "/nowhere.json"}, []string{`"` + bad + `"`, `"/nowhere.json"`}},
		{[]string{"merge"}, []string{`RESULT.json "": is missing`}},
		{[]string{"merge", good, good}, []string{`can't merge`}},
	} {
		err := execute(t.Context(), tt.args, new(buffer), new(buffer), 0)
		if ExitCode(err) != 2 {
			t.Errorf("%v: exit code %d, %v", tt.args, ExitCode(err), err)
			continue
		}
		for _, want := range tt.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%v: %v lacks %q", tt.args, err, want)
			}
		}
	}
}
