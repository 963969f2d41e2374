// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"strings"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/engine"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/job"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/schedule"
)

// loadUsage are the flags that run and plan share.
func loadUsage() string {
	return fmt.Sprintf(`the load:
  --arrival-rate N     requests per second at the start           (default %v)
  --decay-rate N       per second; 0 keeps the rate constant      (default %v)
  --duration D         seconds, or a Go duration like 8m20s       (default %v)
  --profile P          another shape than that decay; give it several times, or
                       separate with ";", for one after the other. The
                       shapes and their parameters: loadgen help plan
  --trace FILE         the rate is in a CSV file of second,rate
  --seed N             repeats a run; every summary names its own (default random)
`, schedule.DefaultArrivalRate, schedule.DefaultDecayRate, schedule.DefaultDuration.Seconds())
}

// profileUsage lists the profiles.
func profileUsage() string {
	var b strings.Builder
	b.WriteString("profiles: kind:name=value,name=value,...  (defaults in brackets)\n")
	for _, kind := range schedule.Kinds() {
		fmt.Fprintf(&b, "  %-10s %s\n  %10s %s\n", kind.Name, kind.Parameters(), "", kind.Curve)
	}
	b.WriteString(`Rates are requests per second; times, such as duration and every, are seconds or
Go durations. Each takes a duration, which a single profile may leave out.
`)
	return b.String()
}

func runUsage() string {
	return fmt.Sprintf(`loadgen run sends POST requests as a Poisson process, in an open loop: requests
go out when they are due, whether or not earlier ones have been answered.

usage: loadgen [run] [flags] HOST PORT ENDPOINT      ENDPOINT is %s
                                                     HOST may be https://HOST
%s
how it is sent:
  --max-in-flight N    unanswered requests at a time, 1 to %d; what is due
                       beyond that is dropped and counted         (default %d)
  --timeout D          for one request, at most 1h                (default %v)
  --idle-timeout D     a connection is closed after being idle this long; keep
                       it below the server's                      (default %v)
  --new-connections    a new connection for each request
  --insecure-skip-verify
                       with https: accept any certificate

what is shown:
  --quiet              nothing but the summary
  --json               the whole result as JSON on stdout, instead of the summary
  --tolerate-errors    exit 0 despite dropped, failed or non-2xx requests

what is kept:
  --out FILE           the whole result as JSON, for report, compare and merge
  --report FILE        one HTML file with all curves
  --csv FILE           one line per second

the autoscaler, shown and recorded along with the load:
  --cluster MODE       auto: if one is found; on: do not start without; off
                       (default auto, on if one of the following is given)
  --kubeconfig FILE    (default KUBECONFIG, or ~/.kube/config)
  --context NAME       of the kubeconfig                  (default its current one)
  --namespace NAME     of the autoscaler                  (default all)
  --hpa NAME           the autoscaler                     (default the only one on the metric)
  --metric NAME        (default %s)
  --hpa-sync-period D  of its controller     (default what kube-controller-manager's
                       pod says; recorded, and used by compare)

exit codes: 0 all sent and answered with 2xx   1 some were not
            2 bad input, nothing sent          130 interrupted, files written
SIGINT (Ctrl-C), SIGTERM or SIGHUP interrupts; a second one ends the program.

example: loadgen --arrival-rate 80 --decay-rate 0.001 localhost 80 heavywork
`, strings.Join(endpoints(), " or "), loadUsage(), engine.LimitMaxInFlight, engine.DefaultMaxInFlight, engine.DefaultTimeout.Seconds(), engine.DefaultIdleTimeout.Seconds(), defaultMetric)
}

func planUsage() string {
	return `loadgen plan draws the load over time and says how many requests are expected in
each part of it. It sends nothing.

usage: loadgen plan [flags]

` + loadUsage() + `  --json               the plan as JSON on stdout

It accepts all flags and arguments of run, so you can put "plan" in front of
those of a run.

` + profileUsage() + `
example: loadgen plan --profile 'ramp:from=1,to=50,duration=60; constant:rate=50,duration=2m'
`
}

func rampUsage() string {
	d := defaultRamp()
	return fmt.Sprintf(`loadgen ramp finds the request rate that one pod takes, and proposes the target of
its autoscaler. It doubles a constant rate, step by step, until answers become slow
or fail, and bisects from there until it knows the rate to %v %%.

usage: loadgen ramp [flags] HOST PORT PATH      any path; HOST may be https://HOST

Keep the application at one pod while it runs: minReplicas and maxReplicas 1.

  --from N             requests per second of the first step        (default %v)
  --max-rate N         never more than this                         (default %v)
  --step D             how long a step lasts; longer if it would have fewer
                       requests than the quantile needs             (default %v)
  --max-time D         for all steps together                       (default %v)
  --method M           POST or GET, without a body                  (default POST)
  --host-header NAME                                                (default HOST)

limits; a step that exceeds one is sent again, and counts if it does so twice:
  --quantile Q         of the latency                               (default %v)
  --latency-factor N   times its value in the first step            (default %v)
  --latency D          or this value, for example 250ms
  --errors S           share of requests that fail, or are answered without 2xx
                                                                    (default %v)
what is proposed:
  --utilization S      target, as a share of what one pod takes     (default %v)
  --usual-rate N       of all pods: gives min_replicas
  --peak-rate N        of all pods: gives max_replicas

All other flags of run are accepted, except those of the load. --timeout is
%v s by default. --json writes what was found; --out, --report and --csv have all
steps on one time axis. If the autoscaler is named (--namespace, --hpa), it is
watched, to check that there is one pod.

exit codes: 0 a target is proposed    1 none is    2 bad input    130 interrupted

example: loadgen ramp --namespace app --hpa heavywork 127.0.0.1 80 heavywork
`, 100*d.limits.Precision, d.limits.From, d.limits.Max, d.limits.Step.Seconds(), d.limits.MaxTime.Seconds(),
		d.limits.Quantile, d.limits.Factor, d.limits.Lost, d.wish.Utilization, rampTimeout.Seconds())
}

func reportUsage() string {
	return `loadgen report makes one HTML file of a result: load, latency, errors, replicas
and metric on one time axis. The file needs no network.

usage: loadgen report [-o FILE] RESULT.json

  -o FILE    to write; - for stdout       (default RESULT.html)

RESULT.json is a file that run --out wrote, or - for standard input.

example: loadgen report run.json -o run.html
`
}

func compareUsage() string {
	return `loadgen compare shows what differs between two results, and which differences are
more than chance.

usage: loadgen compare [flags] A.json B.json

  -o FILE    an HTML file that overlays both runs
  --json     the differences as JSON on stdout, instead of the table

example: loadgen compare before.json after.json -o compare.html
`
}

func mergeUsage() string {
	return `loadgen merge merges the results of generators that shared one load, as if one
had sent all of it: counts and histograms are added, so percentiles are exact.

usage: loadgen merge [-o FILE] RESULT.json...

  -o FILE    to write, and print a summary        (default - for stdout)

example: loadgen merge -o merged.json pod-0.json pod-1.json
`
}

func clusterUsage() string {
	return fmt.Sprintf(`loadgen cluster works with a load that several pods of a cluster send together.
The chart in loadgen/chart, or the Terraform module loadgen, starts one.

usage: loadgen cluster results [flags] [NAME]
       loadgen cluster worker [flags]

cluster results waits for the end of the load, adds up the results of all pods
exactly, and shows them as run does. NAME is that of the release or of its Job,
by default the latest one. Ctrl-C ends the waiting, not the load.

  --namespace NAME     of the load       (default the one of the context)
  --kubeconfig FILE    (default KUBECONFIG, or ~/.kube/config)
  --context NAME       of the kubeconfig (default its current one)
  --out FILE           the whole result as JSON
  --report FILE        one HTML file with all curves
  --csv FILE           one line per second
  --json               the whole result as JSON on stdout, instead of the summary
  --quiet              nothing but the summary
  --tolerate-errors    exit 0 despite dropped, failed or non-2xx requests

cluster worker is what each pod runs; it only works in an Indexed Job.

  --target URL         requests are sent to
  --profile P          of all pods together; no files
  --seed N             of all pods together
  --pods N             that share the load, at most %d
  --index N            of this pod, from 0        (default %s)
  --meet HOST:PORT     of the pod with index 0
  --meet-timeout D     for all pods to connect            (default %v)
  --max-in-flight N    of this pod                        (default %d)
  --timeout D          for one request                    (default %v)

example: loadgen cluster results load --namespace app --report load.html
`, job.MaxPods, job.IndexVariable, defaultMeetTimeout, engine.DefaultMaxInFlight, engine.DefaultTimeout.Seconds())
}
