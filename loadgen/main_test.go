// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// The test program is loadgen itself when this variable is set, so that signals
// and pipes are those of a real process.
const asProgram = "LOADGEN_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	// A program inherits signals that are ignored here, as under nohup, but not
	// signals that are caught.
	for _, s := range []os.Signal{syscall.SIGINT, syscall.SIGHUP} {
		if signal.Ignored(s) {
			signal.Notify(make(chan os.Signal, 1), s)
		}
	}
	os.Exit(m.Run())
}

// program is a loadgen that has not been started yet.
func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0], args...)
	command.Env = append(os.Environ(), asProgram+"=1", "KUBECONFIG="+os.DevNull)
	return command
}

// unread is the write end of a pipe without a reader.
func unread(t *testing.T) *os.File {
	t.Helper()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	reader.Close()
	t.Cleanup(func() { writer.Close() })
	return writer
}

// target answers like the app; seen is closed at the first request.
func target(t *testing.T) (host, port string, seen <-chan struct{}) {
	t.Helper()
	first := make(chan struct{})
	var once sync.Once
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusAccepted)
		once.Do(func() { close(first) })
	}))
	t.Cleanup(s.Close)
	host, port, err := net.SplitHostPort(s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return host, port, first
}

func exitCode(t *testing.T, err error) int {
	t.Helper()
	var ended *exec.ExitError
	switch {
	case err == nil:
		return 0
	case !errors.As(err, &ended):
		t.Fatal(err)
	}
	if status, ok := ended.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return ended.ExitCode()
}

func wantFiles(t *testing.T, paths ...string) {
	t.Helper()
	for _, path := range paths {
		if info, err := os.Stat(path); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v, want a file with something in it", filepath.Base(path), err)
		}
	}
}

// Each line of progress goes to a standard error without a reader, the summary
// to a standard output without one.
func TestALoadOutlivesItsReaders(t *testing.T) {
	host, port, seen := target(t)
	dir := t.TempDir()
	out, page, table := filepath.Join(dir, "run.json"), filepath.Join(dir, "run.html"), filepath.Join(dir, "run.csv")
	command := program(t, "--duration", "600", "--out", out, "--report", page, "--csv", table, host, port, "heavywork")
	command.Stdout, command.Stderr = unread(t), unread(t)
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	<-seen
	command.Process.Signal(os.Interrupt) // which prints a line on standard error
	if code := exitCode(t, command.Wait()); code != 130 {
		t.Errorf("exit code %d, want 130", code)
	}
	wantFiles(t, out, page, table)
}

func TestAReaderThatGoesAwayIsNoFailure(t *testing.T) {
	host, port, _ := target(t)
	dir := t.TempDir()
	out := filepath.Join(dir, "run.json")
	load := []string{"run", "--profile", "constant:rate=50,duration=0.2", "--out", out, host, port, "heavywork"}
	for _, args := range [][]string{
		load, // writes the file that the others read
		{"help"}, {"version"}, {"plan"}, {"plan", "--json"},
		append([]string{"run", "--json"}, load[1:]...),
		{"report", "-o", "-", out}, {"report", out, "-o", filepath.Join(dir, "run.html")},
		{"compare", out, out}, {"compare", "--json", out, out}, {"compare", "-o", filepath.Join(dir, "both.html"), out, out},
		{"merge", out}, {"merge", "-o", filepath.Join(dir, "all.json"), out}, {"cluster", "--help"},
	} {
		command := program(t, args...)
		command.Stdout, command.Stderr = unread(t), unread(t)
		if code := exitCode(t, command.Run()); code != 0 {
			t.Errorf("%s: exit code %d, want 0", strings.Join(args, " "), code)
		}
	}
	wantFiles(t, out, filepath.Join(dir, "run.html"), filepath.Join(dir, "both.html"), filepath.Join(dir, "all.json"))
}

// A full output is a failure: what should be written to it is lost.
func TestAFullOutputIsAFailure(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("no device that is always full: ", err)
	}
	defer full.Close()
	command := program(t, "plan")
	command.Stdout = full
	if code := exitCode(t, command.Run()); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
}

func TestSignalsThatEndALoad(t *testing.T) {
	for _, tt := range []struct {
		signal syscall.Signal
		code   int
		files  bool
	}{
		{syscall.SIGINT, 130, true},
		{syscall.SIGTERM, 130, true},
		{syscall.SIGHUP, 130, true},
		{syscall.SIGQUIT, 131, false},
	} {
		t.Run(tt.signal.String(), func(t *testing.T) {
			host, port, seen := target(t)
			out := filepath.Join(t.TempDir(), "run.json")
			command := program(t, "--duration", "600", "--out", out, host, port, "heavywork")
			if err := command.Start(); err != nil {
				t.Fatal(err)
			}
			<-seen
			command.Process.Signal(tt.signal)
			if code := exitCode(t, command.Wait()); code != tt.code {
				t.Errorf("exit code %d, want %d", code, tt.code)
			}
			if tt.files {
				wantFiles(t, out)
			} else if _, err := os.Stat(out); err == nil {
				t.Error("a file was written")
			}
		})
	}
}

// A second signal ends the program while answers are still awaited.
func TestASecondSignalEndsTheProgram(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(signal.String(), func(t *testing.T) {
			begun, release := make(chan struct{}), make(chan struct{})
			var once sync.Once
			s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
				once.Do(func() { close(begun) })
				<-release
			}))
			defer s.Close()
			defer close(release)
			host, port, err := net.SplitHostPort(s.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			command := program(t, "--duration", "600", "--timeout", "600", host, port, "heavywork")
			stderr, err := command.StderrPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := command.Start(); err != nil {
				t.Fatal(err)
			}
			<-begun
			command.Process.Signal(signal)
			readUntil(t, stderr, "again to quit at once")
			command.Process.Signal(signal)
			if code, want := exitCode(t, command.Wait()), 128+int(signal); code != want {
				t.Errorf("exit code %d, want %d", code, want)
			}
		})
	}
}

// A program that a script starts in the background, or under nohup, must not
// end with the other programs of its terminal.
func TestSignalsIgnoredAtTheStartStayIgnored(t *testing.T) {
	requests := make(chan struct{}, 1000)
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests <- struct{}{} }))
	defer s.Close()
	host, port, err := net.SplitHostPort(s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "run.json")
	command := program(t)
	command.Path, command.Args = "/bin/sh", []string{"sh", "-c", `trap "" INT HUP; exec "$0" "$@"`,
		os.Args[0], "--duration", "20", "--out", out, host, port, "heavywork"}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	<-requests
	command.Process.Signal(syscall.SIGINT)
	command.Process.Signal(syscall.SIGHUP)
	for range 10 { // more than can already be in flight
		select {
		case <-requests:
		case err := <-ended:
			t.Fatalf("the load ended with exit code %d", exitCode(t, err))
		}
	}
	command.Process.Signal(syscall.SIGTERM)
	if code := exitCode(t, <-ended); code != 130 {
		t.Errorf("exit code %d, want 130", code)
	}
	wantFiles(t, out)
}

func readUntil(t *testing.T, r io.Reader, text string) {
	t.Helper()
	var all []byte
	for b := make([]byte, 256); !bytes.Contains(all, []byte(text)); {
		n, err := r.Read(b)
		if all = append(all, b[:n]...); err != nil {
			t.Fatalf("%q ends (%v) without %q", all, err, text)
		}
	}
}
