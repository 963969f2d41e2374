// SPDX-License-Identifier: Apache-2.0

// Command wake measures how long a first request takes when there is no pod, by
// stage, and, alternating with it in one run, the floor: the start of a bare pod of
// the same template. Then it measures what the activator costs while pods are ready.
// It needs the environment, which scales to zero meanwhile. A second workload, which
// something else scales to zero, can be woken in the same run.
//
//	go run ./bench/wake -json docs/benchmarks/wake.json -markdown docs/benchmarks/wake.md
//	go run ./bench/wake -peer http-add-on=peer/heavywork=peer.test …
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/command"
)

func main() { command.Main(benchmark().Run) }

func benchmark() command.Benchmark[results] {
	var wakes int
	var other peer
	return command.Benchmark[results]{
		Name: "wake",
		Flags: func(flags *flag.FlagSet) {
			flags.IntVar(&wakes, "wakes", 30, "wakes from zero, and as many bare pods")
			flags.Func("peer", "another activator's `name=namespace/deployment=host`: a Deployment that it scales to zero after a few seconds, and the Host header that reaches it through the environment's NGINX", other.parse)
		},
		Check: func() error {
			if wakes < 1 {
				return fmt.Errorf("-wakes is %d: it must be at least 1, such as 30", wakes)
			}
			return nil
		},
		Measure: func(ctx context.Context, log io.Writer) (*results, error) {
			r, err := measure(ctx, wakes, other, log)
			if r == nil || len(r.Bare) == 0 {
				return nil, err
			}
			return r, err
		},
		Markdown: markdown,
	}
}

// peer is another activator, with the workload that it wakes. The zero value is none.
type peer struct{ activator, namespace, deployment, host string }

func (p *peer) parse(text string) error {
	activator, rest, _ := strings.Cut(text, "=")
	workload, host, _ := strings.Cut(rest, "=")
	namespace, deployment, _ := strings.Cut(workload, "/")
	if activator == "" || namespace == "" || deployment == "" || host == "" {
		return fmt.Errorf("%q must be name=namespace/deployment=host, such as http-add-on=peer/heavywork=peer.test", text)
	}
	*p = peer{activator, namespace, deployment, host}
	return nil
}
