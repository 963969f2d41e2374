// SPDX-License-Identifier: Apache-2.0

package reload

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
)

// ErrNone is returned when no replica reports anything: the adapter does not, or no longer, load its rules by itself.
var ErrNone = errors.New("no replica of the adapter reports which rules it serves")

// RefusedError says why a replica does not serve a text. It serves the previous one, if there was one.
type RefusedError struct{ Pod, Because string }

func (e *RefusedError) Error() string {
	return fmt.Sprintf("pod %s of the adapter refuses the text: %s", e.Pod, e.Because)
}

// State is what a wait depends on, read again at each poll.
type State struct {
	Text    func(context.Context) (string, error)                          // to be served: others may change it
	Rollout func(context.Context) (ready int32, missing string, err error) // of the adapter's pods
	// Fatal reports whether an error of these two ends the wait.
	Fatal func(error) bool
}

// Wait returns once all replicas serve the text, and there is one for each ready pod. While pods are replaced it waits for that as well:
// the new ones may be of another kind. It fails at once with a RefusedError, with ErrNone, and with a fatal error. After other errors it
// retries until the context ends; the error is then the last one, or says what was missing last.
func (c *Client) Wait(ctx context.Context, name types.NamespacedName, state State) error {
	last := errors.New("no answer from the API server")
	// A text is usually loaded within a fraction of a second.
	backoff := wait.Backoff{Duration: min(c.poll, 50*time.Millisecond), Factor: 2, Steps: 16, Cap: c.poll}
	var final error
	_ = backoff.DelayFunc().Until(ctx, true, true, func(ctx context.Context) (bool, error) {
		missing, err := c.look(ctx, name, state)
		var refused *RefusedError
		switch {
		case err == nil && missing == "":
			final = nil
			return true, nil
		case err == nil:
			last = errors.New(missing)
		case errors.As(err, &refused) || errors.Is(err, ErrNone) || state.Fatal(err):
			final = err
			return true, nil
		case ctx.Err() == nil:
			last = err
		}
		final = fmt.Errorf("reload of deployment %s: %w", name, last)
		return false, nil
	})
	return final
}

// look returns what is missing, or nothing.
func (c *Client) look(ctx context.Context, name types.NamespacedName, state State) (missing string, err error) {
	text, err := state.Text(ctx)
	if err != nil {
		return "", err
	}
	// Read before the Leases, so that a pod that starts in between is not counted as missing.
	ready, replaced, err := state.Rollout(ctx)
	if err != nil {
		return "", err
	}
	replicas, _, err := c.Replicas(ctx, name, 0)
	if err != nil {
		return "", err
	}
	digest := Digest(text)
	for _, r := range replicas {
		if r.Refused == digest && r.Serves != digest {
			return "", &RefusedError{r.Pod, r.Because}
		}
	}
	switch {
	case replaced != "":
		return replaced, nil
	case len(replicas) == 0:
		return "", ErrNone
	}
	return Behind(replicas, digest, int(ready)), nil
}

// Behind says which replicas do not serve a text, or that there are fewer than ready pods; nothing if all do.
func Behind(replicas []Replica, digest string, ready int) string {
	var others []string
	for _, r := range replicas {
		if r.Serves != digest {
			others = append(others, r.Pod)
		}
	}
	switch {
	case len(others) > 0:
		return fmt.Sprintf("%d of %d replicas do not serve the text of the config map: %s", len(others), len(replicas), strings.Join(others, ", "))
	case len(replicas) < max(ready, 1):
		return fmt.Sprintf("%d of %d ready pods report, each in its own Lease, that they serve the text of the config map", len(replicas), max(ready, 1))
	}
	return ""
}
