// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/engine"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/result"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/timeline"
)

// repeatCommand returns the command line that sends the same requests again, or
// one for each generator. It is empty when there is none.
func repeatCommand(document *result.Document) string {
	run := document.Run
	target := targetWords(run)
	if target == nil || len(run.Parts) == 0 || run.MaxInFlight%len(run.Parts) != 0 {
		return ""
	}
	watch := watchWords(document.Timeline)
	lines := make([]string, len(run.Parts))
	for i, part := range run.Parts {
		if lines[i] = strings.Join(slices.Concat(partWords(run, part), watch, target), " "); len(lines[i]) > longestLine {
			return ""
		}
	}
	return strings.Join(lines, "\n")
}

// longestLine is below Linux's limit for one argument; a trace can be longer.
const longestLine = 100_000

// partWords are command and flags of one generator, without those at their defaults.
func partWords(run result.Run, part result.Part) []string {
	profile := run.Profile.Text
	if part.Scale != 1 {
		profile = "scale=" + strconv.FormatFloat(part.Scale, 'g', -1, 64) + ";" + profile
	}
	words := []string{"loadgen", "run", "--profile", shellWord(profile), "--seed", fmt.Sprint(part.Seed)}
	if inFlight := run.MaxInFlight / len(run.Parts); inFlight != engine.DefaultMaxInFlight {
		words = append(words, "--max-in-flight", fmt.Sprint(inFlight))
	}
	if run.TimeoutSeconds != engine.DefaultTimeout.Seconds() {
		words = append(words, "--timeout", plain(run.TimeoutSeconds))
	}
	if part.NewConnections {
		words = append(words, "--new-connections")
	} else if idle := part.IdleTimeoutSeconds; idle != 0 && idle != engine.DefaultIdleTimeout.Seconds() {
		words = append(words, "--idle-timeout", plain(idle))
	}
	if part.InsecureSkipVerify {
		words = append(words, "--insecure-skip-verify")
	}
	return words
}

// watchWords name an autoscaler that run does not find by itself.
func watchWords(line *timeline.Timeline) []string {
	if line == nil || line.Metric == "" || line.Metric == defaultMetric {
		return nil
	}
	return []string{"--metric", shellWord(line.Metric), "--namespace", shellWord(line.Namespace), "--hpa", shellWord(line.HPA)}
}

// targetWords are HOST PORT ENDPOINT, or nil for a target that these can't
// express.
func targetWords(run result.Run) []string {
	u, err := url.Parse(run.Target)
	if err != nil || u.User != nil || u.RawQuery != "" || u.ForceQuery || run.Host != "" {
		return nil
	}
	if !slices.Contains(endpoints(), strings.TrimPrefix(u.EscapedPath(), "/")) {
		return nil
	}
	host, port := u.Hostname(), u.Port()
	switch {
	case host == "":
		return nil
	case u.Scheme == "https":
		if address, err := netip.ParseAddr(host); err == nil && address.Is6() {
			host = "[" + host + "]"
		}
		host = "https://" + host
	case u.Scheme != "http":
		return nil
	}
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return []string{shellWord(host), port, strings.TrimPrefix(u.Path, "/")}
}

// shellWord quotes what a shell would split or expand.
func shellWord(word string) string {
	safe := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:,=@%+", r)
	}
	if word != "" && strings.TrimFunc(word, safe) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
