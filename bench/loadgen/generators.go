// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// connections is how many wrk and hey use: they have no open loop.
const connections = 50

// outcome is one run of one generator.
type outcome struct {
	Generator string  `json:"generator"`
	Rate      int     `json:"rate,omitempty"` // requested; 0: as fast as possible
	Arrived   int64   `json:"arrived"`        // counted by the server
	Achieved  float64 `json:"achieved_per_second"`
	usage
	PerCPUSecond float64   `json:"requests_per_cpu_second"`
	Deviation    []float64 `json:"deviation_ms,omitempty"`  // of arrivals from the schedule: p50, p99
	SendDelay    []float64 `json:"send_delay_ms,omitempty"` // loadgen's own: p50, p99
	Quantiles    []float64 `json:"quantiles_ms,omitempty"`
	Lost         int64     `json:"lost,omitempty"` // sent, but not answered with a 2xx status
	Error        string    `json:"error,omitempty"`

	arrivals []time.Duration
}

// runOnce makes a generator send to path for a while.
func (b *bench) runOnce(ctx context.Context, generator, path string, rate int, duration time.Duration) (outcome, error) {
	o := outcome{Generator: generator, Rate: rate}
	if _, err := b.server.control(ctx, "reset"); err != nil {
		return o, err
	}
	name, args := b.command(generator, path, rate, duration)
	printed, used, err := b.server.execute(ctx, name, args...)
	if err != nil {
		return o, err
	}
	if o.arrivals, err = b.server.arrivals(ctx); err != nil {
		return o, err
	}
	o.usage, o.Arrived = used, int64(len(o.arrivals))
	o.Achieved = float64(o.Arrived) / duration.Seconds()
	o.PerCPUSecond = float64(o.Arrived) / used.CPUSeconds
	if err := o.read(printed); err != nil {
		return o, fmt.Errorf("reading what %s printed: %w\n%s", generator, err, printed)
	}
	return o, nil
}

// command returns the command line of a generator.
func (b *bench) command(generator, path string, rate int, duration time.Duration) (string, []string) {
	target, seconds := b.server.url(path), strconv.FormatFloat(duration.Seconds(), 'f', -1, 64)
	common := []string{"-target", target, "-rate", strconv.Itoa(rate), "-duration", duration.String()}
	switch generator {
	case loadgen:
		return b.tools.self, append([]string{"generate"}, common...)
	case wrk:
		script := b.tools.wrkScript
		if path == waitPath {
			script = b.tools.wrkApart
		}
		return b.tools.wrk, []string{"-t1", "-c" + strconv.Itoa(b.connections), "-d" + seconds + "s", "-s" + script, target}
	case hey:
		return b.tools.hey, []string{"-m", "POST", "-z", duration.String(), "-c", strconv.Itoa(b.connections), "-q", strconv.Itoa(rate / b.connections), target}
	}
	return b.tools.rivals, append([]string{generator}, common...)
}

// waitPath is answered after a while, see rivals/serve.go.
const waitPath = "/wait"

const (
	loadgen  = "loadgen"
	vegeta   = "vegeta"
	nethttp  = "nethttp"
	fasthttp = "fasthttp"
	wrk      = "wrk"
	hey      = "hey"
)

var (
	wrkQuantile = regexp.MustCompile(`(?m)^percentile (?:50|75|90|99): ([0-9]+) us$`)
	wrkErrors   = regexp.MustCompile(`Socket errors: .*|Non-2xx or 3xx responses: .*`)
)

// read parses what a generator reported about its own run.
func (o *outcome) read(printed string) error {
	switch o.Generator {
	case hey:
		return nil // the server's count is enough
	case wrk:
		for _, line := range wrkQuantile.FindAllStringSubmatch(printed, -1) {
			value, err := strconv.ParseFloat(line[1], 64)
			if err != nil {
				return err
			}
			o.Quantiles = append(o.Quantiles, value/1000)
		}
		o.Error = wrkErrors.FindString(printed)
		if len(o.Quantiles) != len(quantiles) {
			return fmt.Errorf("want %d percentiles", len(quantiles))
		}
		return nil
	}
	var r report
	if err := json.Unmarshal([]byte(printed), &r); err != nil {
		return err
	}
	o.Quantiles, o.SendDelay, o.Error, o.Lost = r.Quantiles, r.SendDelay, r.Error, r.Sent-r.Succeeded
	return nil
}
