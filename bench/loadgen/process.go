// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// usage is what a process has used.
type usage struct {
	CPUSeconds float64   `json:"cpu_seconds"` // user and system
	PeakMiB    float64   `json:"peak_mib"`    // resident: VmHWM of the kernel
	Resident   []float64 `json:"-"`           // MiB, one sample each sampleEvery
	disturbance
}

const sampleEvery = 100 * time.Millisecond

// execute runs a program that sends to the server until it exits, and returns its
// output, what it used, and how much of the processor it could not use.
func (s *server) execute(ctx context.Context, name string, args ...string) (string, usage, error) {
	var stdout, stderr bytes.Buffer
	command := exec.CommandContext(ctx, name, args...)
	command.Stdout, command.Stderr = &stdout, &stderr
	disturbed, err := watchProcessor(s.command.Process.Pid)
	if err != nil {
		return "", usage{}, err
	}
	if err := command.Start(); err != nil {
		return "", usage{}, err
	}
	var u usage
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	ticker := time.NewTicker(sampleEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			// The maximum in rusage would include that of this process, from which
			// the other one was forked.
			resident, peak := memoryOf(command.Process.Pid)
			if resident > 0 {
				u.Resident = append(u.Resident, resident)
				u.PeakMiB = max(u.PeakMiB, peak)
			}
		case err := <-ended:
			state := command.ProcessState
			u.CPUSeconds = (state.UserTime() + state.SystemTime()).Seconds()
			if err != nil {
				return "", u, fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
			}
			u.disturbance, err = disturbed(u.CPUSeconds)
			return stdout.String(), u, err
		}
	}
}

// memoryOf returns the resident memory of a process and its maximum so far, in
// MiB; 0 when it has ended.
func memoryOf(pid int) (resident, peak float64) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0
	}
	for line := range strings.Lines(string(status)) {
		name, value, _ := strings.Cut(line, ":")
		kB, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 64)
		switch {
		case err != nil:
		case name == "VmRSS":
			resident = kB / 1024
		case name == "VmHWM":
			peak = kB / 1024
		}
	}
	return resident, peak
}
