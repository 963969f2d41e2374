// SPDX-License-Identifier: Apache-2.0

// Package podnet opens connections from the network of a pod, on its node and with
// its address. That works with images without a shell, and shows what the pod's own
// process would see.
package podnet

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/node"
)

// patience is how many seconds a connection may take. A refused connection fails
// at once, a dropped one takes this long.
const patience = "2"

// script runs on the node. Its first argument is the pod's address, by which it
// finds the pod's network. For each other argument, a URL, it prints one line with
// the URL and the seconds it took to connect, 0 if there was no connection.
const script = `
for file in /run/netns/*; do
  if nsenter --net="$file" ip -o -4 address show | grep -qwF "inet $1"; then found=$file; fi
done
[ -n "${found:-}" ] || { echo "no network on this node has the address $1" >&2; exit 1; }
shift
for url in "$@"; do
  {
    seconds=$(nsenter --net="$found" curl --silent --insecure --noproxy '*' --output /dev/null --write-out '%{time_connect}' --connect-timeout ` + patience + ` --max-time ` + patience + ` "$url")
    echo "$url $seconds"
  } &
done
wait
`

// Reached reports for each URL whether the pod with this address on the node can
// connect to it. What the other side answers does not matter.
func Reached(ctx context.Context, n node.Node, address string, urls []string) (map[string]bool, error) {
	printed, err := n.Exec(ctx, "sh", append([]string{"-c", script, "sh", address}, urls...)...)
	if err != nil {
		return nil, fmt.Errorf("connecting from %s: %w", address, err)
	}
	return parse(printed, urls)
}

func parse(output string, urls []string) (map[string]bool, error) {
	reached := map[string]bool{}
	for line := range strings.Lines(output) {
		url, text, _ := strings.Cut(strings.TrimSpace(line), " ")
		seconds, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, fmt.Errorf("unexpected line %q from the node: %w", line, err)
		}
		reached[url] = seconds > 0
	}
	for _, url := range urls {
		if _, ok := reached[url]; !ok {
			return nil, fmt.Errorf("the node has not tried %s; it printed %q", url, output)
		}
	}
	return reached, nil
}

// Ask sends a GET from the node itself, with a bearer token, and returns status
// and body of the answer. The certificate is not checked.
func Ask(ctx context.Context, n node.Node, url, token string) (status int, body string, err error) {
	// On standard input, the token is in no list of processes.
	printed, err := n.ExecWith(ctx, strings.NewReader("Authorization: Bearer "+token+"\n"), "curl", "--silent", "--show-error", "--insecure",
		"--noproxy", "*", "--max-time", "10", "--header", "@-", "--write-out", "\n%{http_code}", url)
	if err != nil {
		return 0, "", fmt.Errorf("asking %s: %w", url, err)
	}
	end := strings.LastIndexByte(printed, '\n')
	if status, err = strconv.Atoi(printed[end+1:]); err != nil {
		return 0, "", fmt.Errorf("asking %s: unexpected output %q: %w", url, printed, err)
	}
	return status, printed[:max(end, 0)], nil
}
