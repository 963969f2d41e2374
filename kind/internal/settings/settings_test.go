// SPDX-License-Identifier: Apache-2.0

package settings

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func checkout(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte(modulePath), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestLoadDefaults(t *testing.T) {
	root := checkout(t)
	inner := filepath.Join(root, "a", "b")
	if err := os.MkdirAll(inner, 0o755); err != nil {
		t.Fatal(err)
	}
	s, err := Load([]string{"HOME=/home/ada"}, inner)
	if err != nil {
		t.Fatal(err)
	}
	want := Settings{
		Cluster: "hpa", Source: SourceAuto, Root: root,
		Cache: "/home/ada/.cache/nginx-prometheus-hpa",
		State: "/home/ada/.local/state/nginx-prometheus-hpa/hpa",
		home:  "/home/ada",
	}
	if s != want {
		t.Errorf("got %+v, want %+v", s, want)
	}
}

func TestLoadNamesEveryProblem(t *testing.T) {
	_, err := Load([]string{
		"HOME=/h", "CLUSTER=Big_One", "SOURCE=cloud", "ENGINE=lxc", "CHARTS=stable", "NODES=ten", "NODE_FAILURE=never", "HTTP_PORT=80a", "PROMETHEUS_PORT=70000", "XDG_CACHE_HOME=rel", "REGISTRY_MIRROR=https://mirror.example.org", "REGISTRY_CA=ca.crt",
	}, checkout(t))
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{`CLUSTER="Big_One"`, `SOURCE="cloud"`, `ENGINE="lxc"`, `CHARTS="stable"`, `NODES="ten"`, `NODE_FAILURE="never"`, `HTTP_PORT="80a"`, `PROMETHEUS_PORT="70000"`, `XDG_CACHE_HOME="rel"`, `REGISTRY_MIRROR="https://mirror.example.org"`, `REGISTRY_CA="ca.crt"`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error does not name %s:\n%v", want, err)
		}
	}
}

func TestLoadRefusesOnePortForBoth(t *testing.T) {
	_, err := Load([]string{"HOME=/h", "HTTP_PORT=8080", "PROMETHEUS_PORT=8080"}, checkout(t))
	if err == nil || !strings.Contains(err.Error(), "different ports") {
		t.Errorf("got %v", err)
	}
}

// A build from source has one version only, so a choice needs SOURCE=registry.
func TestLoadKubernetes(t *testing.T) {
	dir := checkout(t)
	if s, err := Load([]string{"HOME=/h", "SOURCE=registry", "KUBERNETES=1.36.4"}, dir); err != nil || s.Kubernetes != "1.36.4" {
		t.Errorf("got %q and %v", s.Kubernetes, err)
	}
	for pair, want := range map[string]string{"SOURCE=registry KUBERNETES=v1.36": `KUBERNETES="v1.36"`, "SOURCE=build KUBERNETES=1.36.4": "SOURCE=registry", "KUBERNETES=1.36.4": "SOURCE=registry"} {
		if _, err := Load(append([]string{"HOME=/h"}, strings.Fields(pair)...), dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error is %v, want %q in it", pair, err, want)
		}
	}
}

func TestLoadNodes(t *testing.T) {
	dir := checkout(t)
	for value, want := range map[string]int{"": 0, "1": 1, "3": 3, "9": 9} {
		if s, err := Load([]string{"HOME=/h", "NODES=" + value}, dir); err != nil || s.Nodes != want {
			t.Errorf("%q: got %d and %v, want %d", value, s.Nodes, err, want)
		}
	}
	for _, value := range []string{"0", "-1", "10", "3.0", "three"} {
		if _, err := Load([]string{"HOME=/h", "NODES=" + value}, dir); err == nil || !strings.Contains(err.Error(), `NODES="`+value+`": use a number from 1 to 9`) {
			t.Errorf("%q: got %v", value, err)
		}
	}
}

// Each node has a port of its own, and none of them may be Prometheus'.
func TestCheckPorts(t *testing.T) {
	for name, test := range map[string]struct {
		http, prometheus, nodes int
		want                    string // part of the error; empty if there is none
	}{
		"one node":               {8080, 8081, 1, ""},
		"nodes unset":            {8080, 8081, 0, ""},
		"three nodes":            {8080, 8083, 3, ""},
		"the same":               {8080, 8080, 1, "different ports"},
		"that of the third node": {8080, 8082, 3, "for example 8083"},
		"below the first":        {8080, 8079, 3, ""},
		"the last three":         {65533, 9090, 3, ""},
		"past the last":          {65534, 9090, 3, "65535 is the last one"},
	} {
		t.Run(name, func(t *testing.T) {
			err := CheckPorts(test.http, test.prometheus, test.nodes)
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestLoadOutsideCheckout(t *testing.T) {
	_, err := Load([]string{"HOME=/h"}, t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "not inside a checkout") {
		t.Errorf("got %v", err)
	}
}

func TestLoadMirrors(t *testing.T) {
	dir := checkout(t)
	for value, want := range map[string]string{
		"": "", "mirror.example.org": "mirror.example.org", "mirror.example.org:8443/a/b/": "mirror.example.org:8443/a/b", "localhost:5000": "localhost:5000",
		filepath.Join(dir, "go.mod"): filepath.Join(dir, "go.mod"), dir: dir,
	} {
		if s, err := Load([]string{"HOME=/h", "REGISTRY_MIRROR=" + value}, dir); err != nil || s.RegistryMirror != want {
			t.Errorf("%q: got %q and %v, want %q", value, s.RegistryMirror, err, want)
		}
	}
	for _, value := range []string{"/no/such/file", "mirror.example.org/UPPER", "user@mirror.example.org", "mirror example"} {
		if _, err := Load([]string{"HOME=/h", "REGISTRY_MIRROR=" + value}, dir); err == nil || !strings.Contains(err.Error(), "REGISTRY_MIRROR=") {
			t.Errorf("%q: got %v", value, err)
		}
	}
}

// The page of settings has a row for each variable, and no other.
func TestThePageListsEveryVariable(t *testing.T) {
	page, err := os.ReadFile("../../../docs/settings.md")
	if err != nil {
		t.Fatal(err)
	}
	var listed, read []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([A-Z_]+)` \\|").FindAllStringSubmatch(string(page), -1) {
		listed = append(listed, row[1])
	}
	for _, v := range Variables() {
		read = append(read, v.Name)
	}
	slices.Sort(listed)
	slices.Sort(read)
	if !slices.Equal(listed, read) {
		t.Errorf("docs/settings.md lists\n%q, want the variables that are read:\n%q", listed, read)
	}
}
