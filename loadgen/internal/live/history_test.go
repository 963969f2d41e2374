// SPDX-License-Identifier: Apache-2.0

package live

import (
	"math"
	"testing"
	"time"
)

func TestHistoryGivesRates(t *testing.T) {
	var h History
	if _, known := h.Achieved(0, 1); known {
		t.Error("a rate is known before the first sample")
	}
	for i := range 41 { // ten seconds of 20/s offered, half of them answered
		h.Add(time.Duration(i)*250*time.Millisecond, int64(5*i), int64(5*i/2))
	}
	if offered, achieved := h.Recent(); math.Abs(offered-20) > 1e-9 || math.Abs(achieved-10) > 1 {
		t.Errorf("last second %v offered, %v achieved; want 20 and 10", offered, achieved)
	}
	if rate, known := h.Achieved(2, 4); !known || math.Abs(rate-10) > 0.5 {
		t.Errorf("rate from 2 to 4 s is %v (%t), want 10", rate, known)
	}
	if _, known := h.Achieved(10, 11); known {
		t.Error("a rate is known of the future")
	}
}

func TestHistoryStaysSmallAndNew(t *testing.T) {
	var h History
	const looks = 20 * maxLooks
	for i := range looks + 1 {
		h.Add(time.Duration(i)*time.Second, int64(7*i), int64(7*i))
	}
	if len(h.looks) > maxLooks {
		t.Errorf("%d samples are kept", len(h.looks))
	}
	for _, from := range []float64{0, looks / 2, looks - 100} {
		if rate, known := h.Achieved(from, from+100); !known || math.Abs(rate-7) > 0.01 {
			t.Errorf("rate from %v s is %v (%t), want 7", from, rate, known)
		}
	}
	if last := h.looks[len(h.looks)-1].at; last != looks {
		t.Errorf("the last sample is at %v s, want %d", last, looks)
	}
}
