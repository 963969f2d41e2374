// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"strings"
	"testing"
	"time"
)

func TestCheckReachable(t *testing.T) {
	s := newServer(t, accept)
	for _, tt := range []struct {
		name, target, want string
	}{
		{"listening", s.URL + "/heavywork", ""},
		{"closed port", closedPort(t), "nothing listens there"},
		{"no URL", "localhost:80", "must be an http or https URL"},
		{"unknown host", "http://nowhere.invalid", "check"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := CheckReachable(t.Context(), tt.target, 5*time.Second)
			if tt.want == "" && err != nil {
				t.Errorf("CheckReachable = %v, want nil", err)
			}
			if tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("CheckReachable = %v, want %q", err, tt.want)
			}
		})
	}
	if seen := s.seen.Load(); seen != 0 {
		t.Errorf("the check sent %d requests", seen)
	}
}
