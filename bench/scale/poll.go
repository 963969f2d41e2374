// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
)

// pollInterval is how often a state is looked at that cannot be watched.
const pollInterval = time.Second

// errHopeless is in an error after which there is nothing to wait for.
var errHopeless = errors.New("it cannot come any more")

// poll looks at a state until it is the wanted one, and tells what it saw last if it does not come.
// An error of a look is one of the things that may pass.
func (s *stage) poll(ctx context.Context, limit time.Duration, what string, look func(context.Context) (seen string, done bool, err error)) error {
	var seen string
	var problem error
	err := wait.PollUntilContextTimeout(ctx, pollInterval, limit, true, func(ctx context.Context) (done bool, _ error) {
		seen, done, problem = look(ctx)
		if errors.Is(problem, errHopeless) {
			return false, problem
		}
		return done && problem == nil, nil
	})
	switch {
	case err == nil:
		return nil
	case problem != nil:
		return fmt.Errorf("waited up to %s for %s: %w; the last look: %w", limit, what, err, problem)
	}
	return fmt.Errorf("waited up to %s for %s: %w; last seen: %s", limit, what, err, seen)
}
