// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"strings"
	"testing"
)

func TestDescribe(t *testing.T) {
	const wsl1, wsl2 = "Linux version 4.4.0-19041-Microsoft (Microsoft@Microsoft.com)", "Linux version 6.6.87.2-microsoft-standard-WSL2 (root@1)"
	for name, tt := range map[string]struct {
		info, seen, kernel, first string
		want                      Machine
	}{
		"Docker as root": {`{"SecurityOptions":["name=seccomp,profile=builtin","name=cgroupns"],"CgroupVersion":"2","OperatingSystem":"Debian GNU/Linux 13","MemTotal":7}`, `{"disk":5,"inotify_instances":40,"inotify_watches":8192}`, "Linux version 6.12", "1024",
			Machine{FirstPort: 1024, FreeDisk: 5, Memory: 7, InotifyInstances: 40, InotifyWatches: 8192}},
		"rootless Docker":         {`{"SecurityOptions":["name=seccomp","name=rootless","name=cgroupns"],"CgroupVersion":"2"}`, "", "", "80", Machine{Rootless: true, FirstPort: 80}},
		"Docker Desktop":          {`{"CgroupVersion":"2","OperatingSystem":"Docker Desktop"}`, "", "", "", Machine{Own: "the machine of Docker Desktop", FirstPort: 1024}},
		"Docker on cgroup v1":     {`{"CgroupVersion":"1"}`, "", "", "", Machine{CgroupV1: true, FirstPort: 1024}},
		"podman as root":          {`{"host":{"cgroupVersion":"v1","security":{"rootless":false},"serviceIsRemote":false}}`, "", "", "", Machine{CgroupV1: true, FirstPort: 1024}},
		"rootless podman machine": {`{"host":{"cgroupVersion":"v2","security":{"rootless":true},"serviceIsRemote":true}}`, "", "", "", Machine{Own: "the podman machine", Rootless: true, FirstPort: 1024}},
		"WSL 1":                   {"", "", wsl1, "", Machine{WSL1: true, FirstPort: 1024}},
		"WSL 2":                   {"", "", wsl2, "", Machine{FirstPort: 1024}},
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := describe(tt.info, tt.seen, tt.kernel, tt.first); err != nil || got != tt.want {
				t.Errorf("got %+v and %v, want %+v", got, err, tt.want)
			}
		})
	}
}

func TestCheckSaysTheRemedy(t *testing.T) {
	w := Wants{What: "a cluster of 3 nodes", InotifyInstances: 72, InotifyWatches: 6144, Ports: map[string]int{"HTTP_PORT": 80, "PROMETHEUS_PORT": 9090}, Disk: 6 * gib, Memory: 3 * gib}
	for name, tt := range map[string]struct {
		engine  string
		machine Machine
		want    []string // parts of the error; empty if there is none
	}{
		"as root":                     {"docker", Machine{FirstPort: 1024, FreeDisk: 50 * gib, Memory: gib}, nil},
		"nothing is known":            {"docker", Machine{}, nil},
		"rootless":                    {"docker", Machine{Rootless: true, FirstPort: 1024}, []string{"HTTP_PORT=80", "HTTP_PORT=8080"}},
		"rootless, low ports allowed": {"docker", Machine{Rootless: true, FirstPort: 80}, nil},
		"rootless on cgroup v1":       {"podman", Machine{Rootless: true, CgroupV1: true}, []string{"cgroup v1"}},
		"rootless podman machine":     {"podman", Machine{Own: "the podman machine", Rootless: true, FirstPort: 1024}, []string{"podman machine set --rootful"}},
		"WSL 1":                       {"docker", Machine{WSL1: true}, []string{"wsl --set-version"}},
		"a small disk":                {"docker", Machine{FreeDisk: 2 * gib}, []string{"a cluster of 3 nodes needs 6 GiB of free disk where docker keeps", "2.0 GiB are free", "docker system prune"}},
		"few instances of inotify":    {"docker", Machine{InotifyInstances: 71}, []string{"a cluster of 3 nodes needs 72 inotify instances, but only 71 are left", "allow more: sysctl -w fs.inotify.max_user_instances="}},
		"few watches of inotify":      {"docker", Machine{InotifyWatches: 6143}, []string{"needs 6144 inotify watches, but a user may have only 6143", "sysctl -w fs.inotify.max_user_watches="}},
		"few of both in a machine of its own": {"podman", Machine{Own: "the podman machine", InotifyInstances: 1, InotifyWatches: 1}, []string{
			"72 inotify instances in the podman machine", "6144 inotify watches in the podman machine", "there as root: sysctl"}},
		"Docker Desktop with little room": {"docker", Machine{Own: "the machine of Docker Desktop", FreeDisk: gib, Memory: gib}, []string{"in the machine of Docker Desktop", "3 GiB of memory in the machine", "settings"}},
	} {
		t.Run(name, func(t *testing.T) {
			if tt.machine.InotifyInstances == 0 {
				tt.machine.InotifyInstances = w.InotifyInstances
			}
			err := tt.machine.Check(tt.engine, w)
			if (err == nil) != (len(tt.want) == 0) {
				t.Fatalf("got %v", err)
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %q, want %q in it", err, want)
				}
			}
		})
	}
}
