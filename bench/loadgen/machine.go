// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"runtime"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/program"
)

// machine says where the measurement ran, and with which versions.
type machine struct {
	Processor string            `json:"processor"`
	Cores     int               `json:"cores"`
	Kernel    string            `json:"kernel"`
	Go        string            `json:"go"`
	Versions  map[string]string `json:"versions"`
	Date      string            `json:"date"`
}

func thisMachine(ctx context.Context, t tools) (machine, error) {
	m := machine{
		Cores: runtime.NumCPU(), Go: runtime.Version(), Versions: make(map[string]string),
		Date: time.Now().UTC().Format(time.DateOnly),
	}
	for into, command := range map[*string][]string{
		&m.Kernel:    {"uname", "-sr"},
		&m.Processor: {"sh", "-c", "sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1"},
	} {
		text, err := program.Output(ctx, "", nil, command[0], command[1:]...)
		if err != nil {
			return m, err
		}
		*into = text
	}
	for name, command := range map[string][]string{
		wrk:      {"dpkg-query", "-W", "-f", "${Version}", "wrk"},
		hey:      {"dpkg-query", "-W", "-f", "${Version}", "hey"},
		vegeta:   {"sh", "-c", "go version -m " + t.rivals + " | awk '$2 == \"github.com/tsenart/vegeta/v12\" {print $3}'"},
		fasthttp: {"sh", "-c", "go version -m " + t.rivals + " | awk '$2 == \"github.com/valyala/fasthttp\" {print $3}'"},
	} {
		text, err := program.Output(ctx, "", nil, command[0], command[1:]...)
		if err != nil {
			text = "unknown" // not installed as a package
		}
		m.Versions[name] = text
	}
	return m, nil
}
