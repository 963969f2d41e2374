// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/engine"
)

func usage() string {
	return fmt.Sprintf(`loadgen sends POST requests as a Poisson process, in an open loop: requests go
out when they are due, whether or not earlier ones have been answered. The rate
after t seconds is arrival-rate * exp(-decay-rate * t).

usage: loadgen [flags] HOST PORT ENDPOINT      ENDPOINT is heavywork or lightwork

  --arrival-rate N     requests per second at the start           (default %v)
  --decay-rate N       per second; 0 keeps the rate constant      (default %v)
  --duration D         seconds, or a Go duration like 8m20s       (default %v)
  --seed N             repeats a run; every summary names its own (default random)
  --max-in-flight N    unanswered requests at a time, 1 to %d; what is due
                       beyond that is dropped and counted         (default %d)
  --timeout D          for one request, at most 1h                (default %v)
  --tolerate-errors    exit 0 in spite of dropped, failed or non-2xx requests
  --quiet              no progress lines on stderr
  --json               result as JSON on stdout (see loadgen/README.md)

exit codes: 0 all sent and answered with 2xx   1 some were not
            2 bad input, nothing sent          130 interrupted, summary printed

example: loadgen --arrival-rate 80 --decay-rate 0.001 localhost 80 heavywork
`, defaultArrivalRate, defaultDecayRate, defaultDuration.Seconds(),
		engine.LimitMaxInFlight, engine.DefaultMaxInFlight, engine.DefaultTimeout.Seconds())
}
