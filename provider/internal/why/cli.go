// SPDX-License-Identifier: Apache-2.0

package why

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/connection"
)

// Exit codes.
const (
	CodeWhole   = 0 // no link that could be checked is missing
	CodeMissing = 1
	CodeBadUse  = 2 // or nothing could be checked
)

const usage = `usage: why [flags] AUTOSCALER

Follows the chain from the counter of an application to a replica that gets
requests, for one HorizontalPodAutoscaler, and says which link is missing and
what to do. It only reads. It exits with 0 if the chain is whole, with 1 if a
link is missing, and with 2 if it could not check.

`

// Run is the command.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) (code int, err error) {
	flags := flag.NewFlagSet("why", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprint(stderr, usage); flags.PrintDefaults() }
	loading, overrides := clientcmd.NewDefaultClientConfigLoadingRules(), &clientcmd.ConfigOverrides{}
	flags.StringVar(&loading.ExplicitPath, "kubeconfig", "", "kubeconfig `file`; the same as kubectl's by default")
	flags.StringVar(&overrides.CurrentContext, "context", "", "`name` of the kubeconfig's context; the current one by default")
	flags.StringVar(&overrides.Context.Namespace, "namespace", "", "`name` of the autoscaler's namespace; the context's by default")
	flags.StringVar(&overrides.Context.Namespace, "n", "", "the same as --namespace `name`")
	prometheus := flags.String("prometheus", "", "`URL` of Prometheus; by default the one that the adapter queries, through the API server if it cannot be reached directly")
	output := flags.String("output", "text", "text or json")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return CodeWhole, nil
		}
		return CodeBadUse, err
	}
	switch {
	case flags.NArg() != 1:
		return CodeBadUse, fmt.Errorf("%d arguments: give the name of one HorizontalPodAutoscaler, after the flags, as in: why --namespace app heavywork", flags.NArg())
	case *output != "text" && *output != "json":
		return CodeBadUse, fmt.Errorf("--output is %q: it must be text or json", *output)
	}
	config := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(loading, overrides)
	namespace, _, err := config.Namespace()
	if err != nil {
		return CodeBadUse, fmt.Errorf("reading the kubeconfig: %w", err)
	}
	rest, err := config.ClientConfig()
	if err != nil {
		return CodeBadUse, fmt.Errorf("reading the kubeconfig: %w", err)
	}
	kube, err := connection.New(rest)
	if err != nil {
		return CodeBadUse, err
	}
	report, err := Follow(ctx, Options{Kube: kube, Namespace: namespace, Autoscaler: flags.Arg(0), Prometheus: *prometheus})
	if err != nil {
		return CodeBadUse, err
	}
	if *output == "json" {
		encoder := json.NewEncoder(stdout)
		encoder.SetIndent("", "  ")
		err = encoder.Encode(report)
	} else {
		_, err = io.WriteString(stdout, report.Text())
	}
	if report.Missing != nil {
		return CodeMissing, err
	}
	return CodeWhole, err
}

// Text is the report for people: a line for each link and, below the first missing one, what it means and what to do.
func (r Report) Text() string {
	var b strings.Builder
	explained, unseen := false, 0
	for _, l := range r.Links {
		seen := l.Seen
		if l.State == NotLookedAt {
			unseen++
			seen = "because " + seen
		}
		if l.Metric != "" {
			seen = l.Metric + ": " + seen
		}
		fmt.Fprintf(&b, "%-14s %-12s %s\n", l.State, l.Name, strings.ReplaceAll(seen, "\n", "\n"+strings.Repeat(" ", 28)))
		if l.State == Missing && !explained {
			explained = true
			fmt.Fprintf(&b, "\n    %s\n\n", strings.ReplaceAll(l.Means, "\n", "\n    "))
			for line := range strings.Lines(l.Do) {
				fmt.Fprintf(&b, "      %s\n", strings.TrimSuffix(line, "\n"))
			}
			fmt.Fprintln(&b)
		}
	}
	verdict := "the chain is whole"
	if r.Missing != nil {
		verdict = "the first link that is missing: " + r.Missing.Name
	}
	if unseen > 0 {
		verdict += fmt.Sprintf("; %d of %d links were not looked at", unseen, len(r.Links))
	}
	fmt.Fprintf(&b, "\n%s: %s\n", cmp.Or(r.Autoscaler, "?"), verdict)
	return b.String()
}
