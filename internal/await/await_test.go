// SPDX-License-Identifier: Apache-2.0

package await

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestUntilGivesUpOnWhatCannotCome(t *testing.T) {
	looks := 0
	err := Until(t.Context(), time.Hour, "for a thing", func(context.Context) error {
		looks++
		return fmt.Errorf("it is gone: %w", ErrHopeless)
	})
	if !errors.Is(err, ErrHopeless) || looks != 1 || !strings.Contains(err.Error(), "for a thing") {
		t.Errorf("after %d polls: %v", looks, err)
	}
}

func TestUntilForgivesAnError(t *testing.T) {
	looks := 0
	if err := Until(t.Context(), time.Millisecond, "for a thing", func(context.Context) error {
		if looks++; looks == 1 {
			return errors.New("for a moment")
		}
		return nil
	}); err != nil || looks != 2 {
		t.Errorf("after %d polls: %v", looks, err)
	}
}

// The last poll only reports the end of the context; the one before it says why.
func TestUntilTellsWhatItSawBeforeTheEnd(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	looks := 0
	err := Until(ctx, time.Millisecond, "for a thing", func(ctx context.Context) error {
		switch looks++; looks {
		case 1:
			return errors.New("3 of 5")
		case 2:
			return errors.New("client rate limiter Wait returned an error: rate: Wait(n=1) would exceed context deadline")
		}
		cancel()
		return ctx.Err()
	})
	if err == nil || !strings.HasSuffix(err.Error(), "for a thing: 3 of 5") {
		t.Errorf("after %d polls: %v, want the error of the poll before the end", looks, err)
	}
	if err := Until(ctx, time.Hour, "for a thing", func(ctx context.Context) error { return ctx.Err() }); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the end of the context", err)
	}
}
