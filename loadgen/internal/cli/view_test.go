// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"io"
	"net/http"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/term"
)

// onTerminal runs a command line with stderr on a terminal of 80 by 24 and
// returns that terminal, what is written to it and a function that waits for
// the end.
func onTerminal(t *testing.T, ctx context.Context, stdout io.Writer, env map[string]string, args ...string) (tty *os.File, shown *buffer, wait func() error) {
	t.Helper()
	master, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	if err := pty.Setsize(master, &pty.Winsize{Cols: 80, Rows: 24}); err != nil {
		t.Fatal(err)
	}
	shown = new(buffer)
	read := make(chan struct{})
	go func() {
		defer close(read)
		io.Copy(shown, master) // ends with an error once the other end is closed
	}()
	done := make(chan error, 1)
	c := console{stdout: stdout, stderr: tty, getenv: func(name string) string { return env[name] }, every: time.Minute}
	go func() { done <- dispatch(ctx, c, args) }()
	return tty, shown, func() error {
		err := <-done
		tty.Close()
		<-read
		master.Close()
		return err
	}
}

var unicodeTerminal = map[string]string{"LANG": "C.UTF-8", "TERM": "xterm"}

func TestLiveViewOnATerminal(t *testing.T) {
	host, port, _ := server(t, http.StatusAccepted)
	var stdout buffer
	tty, shown, wait := onTerminal(t, t.Context(), &stdout, unicodeTerminal, append([]string{host, port, "heavywork"}, short...)...)
	before, err := term.GetState(int(tty.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	await(t, shown, `over after`)
	after, err := term.GetState(int(tty.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	if err := wait(); err != nil {
		t.Fatal(err)
	}
	text := shown.String()
	for _, want := range []string{"loadgen", "POST http://" + host, "200/s, 0.1 s", "offered", "achieved", "2xx", "p99", "█"} {
		if !strings.Contains(text, want) {
			t.Errorf("the view lacks %q:\n%q", want, text)
		}
	}
	// However the program ends, even by SIGKILL, the terminal stays usable:
	// there is no mode to reset, and the cursor is where the next line goes.
	if modes := regexp.MustCompile("\x1b\\[\\?[0-9]+[hl]").FindAllString(text, -1); len(modes) == 0 {
		t.Error("frames are not marked as one update")
	} else {
		for _, mode := range modes {
			if !strings.HasPrefix(mode, "\x1b[?2026") {
				t.Errorf("the view sets a mode: %q", mode)
			}
		}
	}
	if !reflect.DeepEqual(before, after) || !strings.HasSuffix(text, "\r\n") {
		t.Errorf("the terminal was %+v and is %+v after %q", before, after, text[max(0, len(text)-40):])
	}
	if !strings.HasPrefix(stdout.String(), "POST ") {
		t.Errorf("stdout is %q", stdout.String())
	}
}

func TestLiveViewFollowsTheSizeOfTheTerminal(t *testing.T) {
	host, port, _ := server(t, http.StatusAccepted)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	env := map[string]string{"TERM": "xterm", "NO_COLOR": "1"}
	tty, shown, wait := onTerminal(t, ctx, new(buffer), env, "--duration=1h", host, port, "heavywork")
	await(t, shown, `in flight`)
	if err := pty.Setsize(tty, &pty.Winsize{Cols: 60, Rows: 20}); err != nil {
		t.Fatal(err)
	}
	// The end of the time axis, 59 columns from the left.
	await(t, shown, `\n     0:00 {21}30:00 {17}1:00:00\x1b`)
	cancel()
	if err := wait(); ExitCode(err) != 130 {
		t.Errorf("exit code %d for %v", ExitCode(err), err)
	}
	await(t, shown, `over after 0:0`)
	if strings.Contains(shown.String(), "█") || regexp.MustCompile("\x1b\\[[0-9]*m").MatchString(shown.String()) {
		t.Error("blocks or colours on a terminal without them")
	}
}

func TestInterruptIsSeenInTheLiveView(t *testing.T) {
	release := make(chan struct{})
	host, port := blocked(t, release)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, shown, wait := onTerminal(t, ctx, new(buffer), unicodeTerminal, "--arrival-rate=500", "--duration=1h", host, port, "heavywork")
	await(t, shown, `in flight .{0,10}[1-9]`)
	cancel()
	await(t, shown, `interrupted: awaiting answers, at most 30 s`)
	close(release)
	if err := wait(); ExitCode(err) != 130 {
		t.Errorf("exit code %d for %v", ExitCode(err), err)
	}
}

func TestPlainLinesOnADumbTerminal(t *testing.T) {
	host, port, _ := server(t, http.StatusAccepted)
	_, shown, wait := onTerminal(t, t.Context(), new(buffer), map[string]string{"TERM": "dumb"}, append([]string{host, port, "heavywork"}, short...)...)
	if err := wait(); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(shown.String(), "\x1b") {
		t.Errorf("control sequences on a dumb terminal: %q", shown.String())
	}
}
