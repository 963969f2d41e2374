// SPDX-License-Identifier: Apache-2.0

package api

import (
	"io"
	"net/http"
	"testing"
)

func TestConnectionEndsOnlyWhileDraining(t *testing.T) {
	p := newPort()
	for _, step := range []struct {
		name string
		to   func()
		want string
	}{
		{"when ready", p.state.SetReady, ""},
		{"while draining", p.state.SetDraining, "close"},
	} {
		t.Run(step.name, func(t *testing.T) {
			step.to()
			w := send(p.traffic, http.MethodPost, "/heavywork", nil)
			if got := w.Header().Get("Connection"); got != step.want {
				t.Errorf("Connection: got %q, want %q", got, step.want)
			}
			wantJSON(t, w, 202, `{"message": "Heavy work started"}`)
		})
	}
}

func TestInFlightFollowsTheRequest(t *testing.T) {
	p := newPort()
	body := &spy{onRead: func() {
		if got := p.inFlight.Count(); got != 1 {
			t.Errorf("while the body is read: got %d in flight, want 1", got)
		}
	}}
	send(p.traffic, http.MethodPost, "/heavywork", body)
	if !body.read {
		t.Error("the body was not read")
	}
	if got := p.inFlight.Count(); got != 0 {
		t.Errorf("after the answer: got %d in flight, want 0", got)
	}
}

// spy is an empty body that reports its reading.
type spy struct {
	onRead func()
	read   bool
}

func (s *spy) Read([]byte) (int, error) {
	s.read = true
	s.onRead()
	return 0, io.EOF
}
