// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// ParseSeconds reads a time as the text form and the command line take it:
// seconds ("90", "0.5", "1e3") or a Go duration ("1m30s"), to the nanosecond. A
// number that is too large or not finite is returned as a time beyond
// [MaxDuration], and a negative one as it is, so that the caller's range check
// refuses both. For any other text it returns false.
func ParseSeconds(text string) (time.Duration, bool) {
	if d, err := time.ParseDuration(text); err == nil {
		return d, true
	}
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, false
	}
	if d, err := time.ParseDuration(text + "s"); err == nil { // exact, but knows no exponents
		return d, true
	}
	if math.IsNaN(seconds) {
		return MaxDuration + 1, true
	}
	return secondsToDuration(seconds), true
}

// secondsToDuration rounds to the nanosecond. It clamps a value out of range to
// one that is still out of range.
func secondsToDuration(seconds float64) time.Duration {
	limit := MaxDuration.Seconds() + 1
	return time.Duration(math.Round(min(max(seconds, -limit), limit) * float64(time.Second)))
}

// inSeconds returns the float nearest to d, which Duration.Seconds may miss.
// Its shortest decimal form is that of d.
func inSeconds(d time.Duration) float64 { return float64(d) / float64(time.Second) }

// secondsText writes a duration as exact decimal seconds.
func secondsText(d time.Duration) string {
	text := fmt.Sprintf("%d.%09d", d/time.Second, d%time.Second)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}
