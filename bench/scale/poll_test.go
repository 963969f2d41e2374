// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestPollGivesUpOnWhatCannotCome(t *testing.T) {
	looks := 0
	err := (&stage{}).poll(t.Context(), time.Hour, "a thing", func(context.Context) (string, bool, error) {
		looks++
		return "", false, fmt.Errorf("it is gone: %w", errHopeless)
	})
	if !errors.Is(err, errHopeless) || looks != 1 || !strings.Contains(err.Error(), "a thing") {
		t.Errorf("after %d looks: %v", looks, err)
	}
}

// An error may pass; what is seen last is in the message.
func TestPollTellsWhatItSawLast(t *testing.T) {
	looks := 0
	err := (&stage{}).poll(t.Context(), pollInterval/2, "a thing", func(context.Context) (string, bool, error) {
		looks++
		return "3 of 5", false, nil
	})
	if err == nil || !strings.Contains(err.Error(), "3 of 5") || looks == 0 {
		t.Errorf("after %d looks: %v", looks, err)
	}
	failed := false
	if err := (&stage{}).poll(t.Context(), 10*pollInterval, "a thing", func(context.Context) (string, bool, error) {
		if !failed {
			failed = true
			return "", true, errors.New("for a moment")
		}
		return "", true, nil
	}); err != nil {
		t.Errorf("an error that passed ended it: %v", err)
	}
}
