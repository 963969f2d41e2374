// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// ticksPerSecond is the unit of processor time in /proc, on every Linux.
const ticksPerSecond = 100

// ticks are hundredths of a second of all cores together, since boot.
type ticks struct {
	total  float64
	busy   float64 // of programs and the kernel
	stolen float64 // in which the host ran something else in place of this machine
}

// processorTicks reads what the kernel has counted so far.
func processorTicks() (ticks, error) {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return ticks{}, fmt.Errorf("reading processor time: %w", err)
	}
	return parseTicks(string(stat))
}

// parseTicks parses the first line of /proc/stat: "cpu", and then user, nice,
// system, idle, iowait, irq, softirq, steal and more, which user includes already.
func parseTicks(stat string) (t ticks, err error) {
	line, _, _ := strings.Cut(stat, "\n")
	fields := strings.Fields(line)
	if len(fields) < 9 || fields[0] != "cpu" {
		return t, fmt.Errorf("/proc/stat begins with %q: want cpu and at least 8 numbers", line)
	}
	for i, field := range fields[1:9] {
		n, err := strconv.ParseFloat(field, 64)
		if err != nil {
			return t, fmt.Errorf("/proc/stat begins with %q: %w", line, err)
		}
		t.total += n
		switch i {
		case 3, 4: // idle, waiting for a disk
		case 7:
			t.stolen += n
		default:
			t.busy += n
		}
	}
	return t, nil
}

// processTicks returns the processor time of a process so far, 0 when it has ended.
func processTicks(pid int) float64 {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	// The name in brackets may contain anything; user and system time are the
	// 12th and 13th field after it.
	_, rest, _ := strings.Cut(string(stat[strings.LastIndexByte(string(stat), ')'):]), " ")
	fields := strings.Fields(rest)
	var sum float64
	for _, i := range []int{11, 12} {
		if i < len(fields) {
			n, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return 0
			}
			sum += n
		}
	}
	return sum
}

// disturbance is how much of the processor a run could not use, as a share of all
// cores.
type disturbance struct {
	Stolen float64 `json:"stolen_share"` // by the host
	Others float64 `json:"others_share"` // by anything but generator and server
}

// watchProcessor starts counting; the function it returns returns the disturbance
// since then. own is the processor time of the generator in seconds.
func watchProcessor(server int) (func(own float64) (disturbance, error), error) {
	before, err := processorTicks()
	if err != nil {
		return nil, err
	}
	served := processTicks(server)
	return func(own float64) (disturbance, error) {
		after, err := processorTicks()
		total := after.total - before.total
		if err != nil || total <= 0 {
			return disturbance{}, err
		}
		ours := own*ticksPerSecond + processTicks(server) - served
		return disturbance{
			Stolen: (after.stolen - before.stolen) / total,
			Others: max(0, after.busy-before.busy-ours) / total,
		}, nil
	}, nil
}
