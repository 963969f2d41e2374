// SPDX-License-Identifier: Apache-2.0

//go:build unix

package cli

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/invalid"
)

// put writes text as a run writes its result.
func put(t *testing.T, path, text string) (console, error) {
	t.Helper()
	c := console{stdout: new(buffer), stderr: new(buffer), getenv: func(string) string { return "" }}
	o := output{flag: "--out", path: path}
	var problems invalid.Values
	if checkOutputs(&problems, o); len(problems) > 0 {
		return c, problems
	}
	return c, c.writeFile(o, func(w io.Writer) error { _, err := io.WriteString(w, text); return err })
}

func TestFilesHaveTheModeThatTheShellWouldGiveThem(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o022))
	folder := t.TempDir()
	for _, tt := range []struct {
		umask    int
		existing os.FileMode // 0: none
		want     os.FileMode
	}{
		{0o022, 0, 0o644}, {0o077, 0, 0o600}, {0o002, 0, 0o664}, {0o077, 0o644, 0o644}, {0o022, 0o600, 0o600}, {0o022, 0o755, 0o755},
	} {
		path := filepath.Join(folder, "run.json")
		os.Remove(path)
		syscall.Umask(tt.umask)
		if tt.existing != 0 {
			if err := os.WriteFile(path, []byte("old"), tt.existing); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, tt.existing); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := put(t, path, "new"); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != tt.want || readFile(t, path) != "new" {
			t.Errorf("umask %03o, old file %03o: %v (%v), want %03o", tt.umask, tt.existing, info.Mode(), err, tt.want)
		}
	}
}

func TestSymbolicLinksAreWrittenThrough(t *testing.T) {
	folder := t.TempDir()
	in := func(name string) string { return filepath.Join(folder, name) }
	if err := os.Mkdir(in("real"), 0o700); err != nil {
		t.Fatal(err)
	}
	for link, target := range map[string]string{
		"direct": in("real/a"), "relative": "real/b", "chain": "relative2", "relative2": "real/c", "folder": "real",
	} {
		if err := os.Symlink(target, in(link)); err != nil {
			t.Fatal(err)
		}
	}
	for path, file := range map[string]string{"direct": "real/a", "relative": "real/b", "chain": "real/c", "folder/d": "real/d"} {
		for _, text := range []string{"first", "second"} { // into a new file, and into an existing one
			if _, err := put(t, in(path), text); err != nil {
				t.Fatal(err)
			}
			if got := readFile(t, in(file)); got != text {
				t.Errorf("%s: the file holds %q, want %q", path, got, text)
			}
		}
	}
	if info, err := os.Lstat(in("direct")); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is %v (%v)", info, err)
	}
	if err := os.Symlink("circle", in("circle")); err != nil {
		t.Fatal(err)
	}
	if _, err := put(t, in("circle"), "x"); err == nil || !strings.Contains(err.Error(), "circle") {
		t.Errorf("a link to itself: %v", err)
	}
	var problems invalid.Values
	checkOutputs(&problems, output{flag: "--out", path: in("direct")}, output{flag: "--csv", path: in("folder/a")})
	if len(problems) != 1 {
		t.Errorf("two names of one file: %v, want one problem", problems)
	}
}

func TestSpecialFilesAreWrittenInto(t *testing.T) {
	c, err := put(t, "/dev/stdout", "text")
	if got := c.stdout.(*buffer).String(); err != nil || got != "text" {
		t.Errorf("/dev/stdout: %v, standard output has %q", err, got)
	}
	if _, err := put(t, os.DevNull, "text"); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode().IsRegular() {
		t.Fatalf("%s has been replaced: %v, %v", os.DevNull, info, err)
	}
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	read := make(chan string, 1)
	go func() {
		text, _ := os.ReadFile(pipe)
		read <- string(text)
	}()
	if _, err := put(t, pipe, "text"); err != nil {
		t.Fatal(err)
	}
	if got := <-read; got != "text" {
		t.Errorf("the pipe brought %q", got)
	}
	for _, path := range []string{"-", t.TempDir()} {
		if _, err := put(t, path, "text"); err == nil || !strings.Contains(err.Error(), "--out") {
			t.Errorf("%s: %v, want a refusal", path, err)
		}
	}
}

// All of these problems are found before the first request.
func TestNamesThatCannotBeAFileAreRefused(t *testing.T) {
	folder := t.TempDir()
	for path, want := range map[string]string{
		folder + "/new/": "is a folder",
		filepath.Join(folder, strings.Repeat("x", 300)): "can't be written",
		"/dev/fd/987": "is not open",
	} {
		var problems invalid.Values
		if checkOutputs(&problems, output{flag: "--out", path: path}); len(problems) != 1 || !strings.Contains(problems[0].Error(), want) {
			t.Errorf("%s: %v, want a problem with %q", path, problems, want)
		}
	}
	var problems invalid.Values
	checkOutputs(&problems, output{flag: "--out", path: os.DevNull}, output{flag: "--csv", path: os.DevNull})
	if len(problems) > 0 {
		t.Errorf("%s twice: %v", os.DevNull, problems)
	}
}

// As with a single file that is mounted into a container.
func TestAFileIsWrittenIntoWhereThereCanBeNoOther(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may write everywhere")
	}
	folder := t.TempDir()
	path := filepath.Join(folder, "run.json")
	if err := os.WriteFile(path, []byte("an old and longer text"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(folder, 0o500); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(folder, 0o700)
	if _, err := put(t, path, "new"); err != nil || readFile(t, path) != "new" {
		t.Errorf("%v, the file holds %q", err, readFile(t, path))
	}
}
