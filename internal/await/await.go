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

// ErrHopeless is in the error of a poll after which there is nothing to wait for.
var ErrHopeless = errors.New("it cannot come any more")

// Until polls at once, and then every interval, until there is no error or the
// context ends. What names that for the error, such as "until the pods are
// ready", with what the last poll returned.
func Until(ctx context.Context, every time.Duration, what string, look func(context.Context) error) error {
	began := time.Now()
	var last error // that is not the end of the wait itself
	err := wait.PollUntilContextCancel(ctx, every, true, func(ctx context.Context) (bool, error) {
		err := look(ctx)
		if errors.Is(err, ErrHopeless) {
			last = err
			return false, err
		}
		// A client that has to wait for its turn sees the end before it comes.
		if err != nil && (last == nil || ctx.Err() == nil && !strings.Contains(err.Error(), "would exceed context deadline")) {
			last = err
		}
		return err == nil, nil
	})
	switch {
	case err == nil:
		return nil
	case last == nil: // there was no time to look even once
		last = context.Cause(ctx)
	}
	return fmt.Errorf("waited %s %s: %w", time.Since(began).Round(time.Second), what, last)
}
