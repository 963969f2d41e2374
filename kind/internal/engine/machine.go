// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

// Machine is what the containers run on: this machine, or the engine's own virtual
// machine, as on macOS. Unknown fields are zero.
type Machine struct {
	Own       string // name of the engine's own machine; empty if containers run on this one
	Rootless  bool
	CgroupV1  bool
	WSL1      bool   // Windows' first subsystem for Linux, which has no kernel of its own
	FirstPort int    // lowest port that may be published without root
	FreeDisk  uint64 // free bytes where the engine keeps its containers
	Memory    uint64 // bytes in total

	// Inotify, for the user that nodes run as: how many of the requested instances the
	// probe got, and the limit of watches.
	InotifyInstances, InotifyWatches int
}

// Wants is what a cluster needs of the machine.
type Wants struct {
	What   string         // "a cluster"
	Ports  map[string]int // ports to publish, by setting
	Disk   uint64         // bytes
	Memory uint64         // bytes

	InotifyInstances, InotifyWatches int
}

const gib = 1 << 30

// Check returns an error that lists everything that keeps a kind node from running on
// the machine, with remedies.
func (m Machine) Check(engine string, w Wants) error {
	var problems []error
	add := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if m.WSL1 {
		add("this is WSL 1, which cannot run containers: change the distribution to WSL 2 with: wsl --set-version <distribution> 2")
	}
	if m.Rootless && m.CgroupV1 {
		add("%s is rootless, and this machine has cgroup v1, where a rootless engine cannot limit what a node uses: run %s as root, or boot with systemd.unified_cgroup_hierarchy=1", engine, engine)
	}
	if m.Rootless && m.Own != "" && engine == "podman" {
		add("the podman machine is rootless, and kind needs a rootful one: podman machine stop; podman machine set --rootful; podman machine start")
	}
	settings := make([]string, 0, len(w.Ports))
	for setting := range w.Ports {
		settings = append(settings, setting)
	}
	slices.Sort(settings)
	for _, setting := range settings {
		if port := w.Ports[setting]; m.Rootless && m.Own == "" && port < m.FirstPort {
			add("%s=%d: %s is rootless and may publish ports from %d on: choose one, for example %s=%d, or lower net.ipv4.ip_unprivileged_port_start", setting, port, engine, m.FirstPort, setting, port+8000)
		}
	}
	where, more := "where "+engine+" keeps its containers", "free some with: "+engine+" system prune"
	if m.Own != "" {
		where, more = "in "+m.Own, "give it more in its settings, or free some with: "+engine+" system prune"
	}
	if m.FreeDisk != 0 && m.FreeDisk < w.Disk {
		add("%s needs %.0f GiB of free disk %s, but only %.1f GiB are free: %s", w.What, float64(w.Disk)/gib, where, float64(m.FreeDisk)/gib, more)
	}
	if m.Own != "" && m.Memory != 0 && m.Memory < w.Memory {
		add("%s needs %.0f GiB of memory %s, which has only %.1f GiB: give it more in its settings", w.What, float64(w.Memory)/gib, where, float64(m.Memory)/gib)
	}
	on, there := "", ""
	if m.Own != "" {
		on, there = " in "+m.Own, ", there as root"
	}
	if m.InotifyInstances < w.InotifyInstances {
		add("%s needs %d inotify instances%s, but only %d are left for this user (fs.inotify.max_user_instances): allow more%s: sysctl -w fs.inotify.max_user_instances=1024",
			w.What, w.InotifyInstances, on, m.InotifyInstances, there)
	}
	if m.InotifyWatches != 0 && m.InotifyWatches < w.InotifyWatches {
		add("%s needs %d inotify watches%s, but a user may have only %d (fs.inotify.max_user_watches): allow more%s: sysctl -w fs.inotify.max_user_watches=524288",
			w.What, w.InotifyWatches, on, m.InotifyWatches, there)
	}
	return errors.Join(problems...)
}

// machine asks the engine what it runs on. Seen is what the probe printed.
func (e *Engine) machine(ctx context.Context, seen string) (m Machine, err error) {
	text, err := e.Run.Output(ctx, e.Name, "info", "--format", "json")
	if err != nil {
		return m, fmt.Errorf("reading the info of %s: %w", e.Name, err)
	}
	kernel, _ := os.ReadFile("/proc/version")
	first, _ := os.ReadFile("/proc/sys/net/ipv4/ip_unprivileged_port_start")
	return describe(text, seen, string(kernel), strings.TrimSpace(string(first)))
}

// describe reads an engine's info, whose fields differ between Docker and podman, and
// the probe's output.
func describe(info, seen, kernel, firstPort string) (m Machine, err error) {
	var said struct {
		// Docker
		SecurityOptions []string
		CgroupVersion   string
		OperatingSystem string
		MemTotal        uint64
		// podman
		Host struct {
			CgroupVersion   string `json:"cgroupVersion"`
			ServiceIsRemote bool   `json:"serviceIsRemote"`
			MemTotal        uint64 `json:"memTotal"`
			Security        struct {
				Rootless bool `json:"rootless"`
			} `json:"security"`
		} `json:"host"`
	}
	if info != "" {
		if err := json.Unmarshal([]byte(info), &said); err != nil {
			return m, fmt.Errorf("reading the engine's info: %w", err)
		}
	}
	if seen != "" {
		var found struct {
			Disk      uint64 `json:"disk"`
			Instances int    `json:"inotify_instances"`
			Watches   int    `json:"inotify_watches"`
		}
		if err := json.Unmarshal([]byte(seen), &found); err != nil {
			return m, fmt.Errorf("reading the probe's output: %w", err)
		}
		m.FreeDisk, m.InotifyInstances, m.InotifyWatches = found.Disk, found.Instances, found.Watches
	}
	m.Rootless = said.Host.Security.Rootless || slices.ContainsFunc(said.SecurityOptions, func(o string) bool { return strings.HasPrefix(o, "name=rootless") })
	m.CgroupV1 = said.CgroupVersion == "1" || said.Host.CgroupVersion == "v1"
	switch {
	case said.Host.ServiceIsRemote:
		m.Own = "the podman machine"
	case strings.Contains(said.OperatingSystem, "Docker Desktop"):
		m.Own = "the machine of Docker Desktop"
	}
	// WSL 2 has a kernel built by Microsoft; WSL 1 emulates one.
	m.WSL1 = strings.Contains(kernel, "Microsoft") && !strings.Contains(kernel, "WSL2")
	m.FirstPort = 1024
	if n, err := strconv.Atoi(firstPort); err == nil {
		m.FirstPort = n
	}
	m.Memory = max(said.MemTotal, said.Host.MemTotal)
	return m, nil
}
