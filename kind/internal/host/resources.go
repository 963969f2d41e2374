// SPDX-License-Identifier: Apache-2.0

// Package host checks the machine that everything runs on: its free disk and memory,
// its ports, its Debian packages. It installs those that are missing.
package host

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

const gib = 1 << 30

// FreeDisk returns how many bytes can be written below path without root. Path need
// not exist yet.
func FreeDisk(path string) (uint64, error) {
	for {
		var stat syscall.Statfs_t
		err := syscall.Statfs(path, &stat)
		if err == nil {
			return stat.Bavail * uint64(stat.Bsize), nil
		}
		if parent := filepath.Dir(path); parent != path {
			path = parent
			continue
		}
		return 0, fmt.Errorf("reading the free disk space of %s: %w", path, err)
	}
}

// FreeMemory returns the bytes that programs can still get without swapping.
// On a system without /proc it returns 0 and no error.
func FreeMemory() (uint64, error) {
	file, err := os.Open("/proc/meminfo")
	if os.IsNotExist(err) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("reading the free memory: %w", err)
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) >= 2 && fields[0] == "MemAvailable:" {
			kib, err := strconv.ParseUint(fields[1], 10, 64)
			if err != nil {
				return 0, fmt.Errorf("reading the free memory: %w", err)
			}
			return kib * 1024, nil
		}
	}
	return 0, fmt.Errorf("reading the free memory: /proc/meminfo has no MemAvailable")
}

// Need is what a piece of work takes from the machine.
type Need struct {
	What   string // "a build from source"
	Disk   uint64 // bytes
	Memory uint64 // bytes
}

// Check returns an error if less than the need is free, on the disk of path or in
// memory. The error gives both figures and a remedy.
func (n Need) Check(path string) error {
	disk, err := FreeDisk(path)
	if err != nil {
		return err
	}
	if disk < n.Disk {
		return fmt.Errorf("%s needs %.0f GiB of free disk below %s, but only %.1f GiB are free: free some, or set XDG_CACHE_HOME to a folder on a larger disk",
			n.What, float64(n.Disk)/gib, path, float64(disk)/gib)
	}
	memory, err := FreeMemory()
	if err != nil {
		return err
	}
	if memory != 0 && memory < n.Memory {
		return fmt.Errorf("%s needs %.0f GiB of free memory, but only %.1f GiB are free: stop other programs first",
			n.What, float64(n.Memory)/gib, float64(memory)/gib)
	}
	return nil
}
