// SPDX-License-Identifier: Apache-2.0

package host

import (
	"fmt"
	"math"
	"net"
	"path/filepath"
	"strings"
	"testing"
)

func TestCheckPortNamesTheTakenPort(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	port := listener.Addr().(*net.TCPAddr).Port
	err = CheckPort("HTTP_PORT", port)
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("port %d on 127.0.0.1", port)) || !strings.Contains(err.Error(), "HTTP_PORT=") {
		t.Errorf("got %v", err)
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	if err := CheckPort("HTTP_PORT", port); err != nil {
		t.Errorf("a free port is rejected: %v", err)
	}
}

func TestNeedSaysWhatIsMissing(t *testing.T) {
	below := filepath.Join(t.TempDir(), "not", "there", "yet")
	tests := map[string]struct {
		need Need
		want string
	}{
		"enough":    {Need{What: "a build"}, ""},
		"no disk":   {Need{What: "a build", Disk: math.MaxUint64}, "of free disk below " + below},
		"no memory": {Need{What: "a build", Memory: math.MaxUint64}, "of free memory"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := test.need.Check(below)
			if test.want == "" && err != nil {
				t.Errorf("got %v", err)
			}
			if test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}
