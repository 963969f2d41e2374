// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"strings"
)

// command is one of loadgen's subcommands.
type command struct {
	name    string
	summary string // for the list of commands
	usage   func() string
	run     func(context.Context, console, []string) error
}

// commands is a function because a usage text may refer to other commands.
func commands() []command {
	return []command{
		{"run", "send load to HOST PORT ENDPOINT and summarize the results", runUsage, runLoad},
		{"plan", "draw the load and count its requests, without sending any", planUsage, runPlan},
		{"ramp", "find the rate that one pod takes, and propose the autoscaler's target", rampUsage, runRamp},
		{"report", "make an HTML file of a result", reportUsage, runReport},
		{"compare", "show what differs between two results", compareUsage, runCompare},
		{"merge", "merge the results of several generators", mergeUsage, runMerge},
		{"cluster", "collect the result of a load that pods of a cluster send", clusterUsage, runCluster},
	}
}

func lookup(name string) (command, bool) {
	for _, c := range commands() {
		if c.name == name {
			return c, true
		}
	}
	return command{}, false
}

func commandNames() (names []string) {
	for _, c := range commands() {
		names = append(names, c.name)
	}
	return append(names, "help", "version")
}

// help prints the usage of one command, or the list of all.
func help(c console, args []string) error {
	if len(args) == 0 {
		return write(c.stdout, overview())
	}
	known, found := lookup(args[0])
	if !found {
		remedy := "must be one of " + strings.Join(commandNames(), ", ")
		if near := nearest(args[0], commandNames()); near != "" {
			remedy = "is unknown: did you mean " + near + "?"
		}
		return usageErrorf("COMMAND", args[0], "%s", remedy)
	}
	return write(c.stdout, known.usage())
}

func overview() string {
	var list strings.Builder
	for _, c := range commands() {
		fmt.Fprintf(&list, "  %-9s %s\n", c.name, c.summary)
	}
	return `loadgen sends POST requests as a Poisson process, in an open loop: requests go
out when they are due, whether or not earlier ones have been answered.

usage: loadgen [run] [flags] HOST PORT ENDPOINT
       loadgen COMMAND [flags] [arguments]

` + list.String() + `  help      explain a command: loadgen help run
  version   print the version

Without a command, loadgen runs: 20 requests/s that decay by 0.02/s, for 500 s.

  loadgen localhost 80 heavywork
  loadgen --arrival-rate 80 --decay-rate 0.001 --report run.html localhost 80 heavywork
  loadgen plan --profile ramp:from=1,to=50,duration=60

exit codes: 0 all well                      1 not all requests went well, or a
            2 bad input, nothing was done     result could not be written
                                            130 interrupted, files written
`
}
