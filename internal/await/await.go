// SPDX-License-Identifier: Apache-2.0

// Package await polls what cannot be watched.
package await

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
)

// ErrHopeless ends the wait when a poll's error wraps it: the condition can no longer
// be met.
var ErrHopeless = errors.New("waiting longer would not help")

// Until calls look at once, and then every interval, until it returns nil or the
// context ends. The error says what was awaited, such as "until the pods are ready",
// and wraps the last error of look.
func Until(ctx context.Context, every time.Duration, what string, look func(context.Context) error) error {
	began := time.Now()
	var last error // other than the end of the wait itself
	err := wait.PollUntilContextCancel(ctx, every, true, func(ctx context.Context) (bool, error) {
		err := look(ctx)
		if errors.Is(err, ErrHopeless) {
			last = err
			return false, err
		}
		// A rate-limited client reports the deadline before it has passed.
		if err != nil && (last == nil || ctx.Err() == nil && !strings.Contains(err.Error(), "would exceed context deadline")) {
			last = err
		}
		return err == nil, nil
	})
	switch {
	case err == nil:
		return nil
	case last == nil: // the context ended before the first poll did
		last = context.Cause(ctx)
	}
	return fmt.Errorf("waited %s %s: %w", time.Since(began).Round(time.Second), what, last)
}
