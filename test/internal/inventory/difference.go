// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
)

// Difference is what changed from one inventory to a later one.
type Difference struct {
	Added   []Object // in the later one only
	Removed []Object // in the earlier one only
}

// Compare returns what changed between two inventories.
func Compare(before, after []Object) Difference {
	return Difference{Added: without(after, before), Removed: without(before, after)}
}

func without(all, some []Object) []Object {
	known := make(map[Object]bool, len(some))
	for _, o := range some {
		known[o] = true
	}
	return slices.DeleteFunc(slices.Clone(all), func(o Object) bool { return known[o] })
}

// Empty reports whether nothing changed.
func (d Difference) Empty() bool { return len(d.Added) == 0 && len(d.Removed) == 0 }

// String returns one line per object: "+" for an added, "-" for a removed one.
func (d Difference) String() string {
	var b strings.Builder
	for _, o := range d.Added {
		fmt.Fprintf(&b, "+ %s\n", o)
	}
	for _, o := range d.Removed {
		fmt.Fprintf(&b, "- %s\n", o)
	}
	return b.String()
}

// AwaitSame waits until the cluster holds again what it held before. The
// garbage collector and the removal of API groups lag behind a deletion, and
// discovery cannot be watched, so this polls; an inventory that fails is logged
// and retried. When the context ends, it returns the last difference with an
// error that carries the last failure.
func (c Cluster) AwaitSame(ctx context.Context, before []Object, interval time.Duration, log func(format string, args ...any)) (Difference, error) {
	var last Difference
	var lastErr error
	err := wait.PollUntilContextCancel(ctx, interval, true, func(ctx context.Context) (bool, error) {
		now, err := c.Take(ctx)
		if err != nil {
			lastErr = err
			log("inventory: %v", err)
			return false, nil
		}
		last, lastErr = Compare(before, now), nil
		log("inventory: %d objects added, %d removed", len(last.Added), len(last.Removed))
		return last.Empty(), nil
	})
	switch {
	case err == nil:
		return last, nil
	case lastErr != nil:
		return last, fmt.Errorf("the last inventory failed: %w", lastErr)
	}
	return last, fmt.Errorf("the cluster still differs: %w", err)
}
