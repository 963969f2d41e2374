// SPDX-License-Identifier: Apache-2.0

package result

import (
	"fmt"
	"strconv"
	"strings"
)

// Seed is a seed of package schedule. In JSON it is a number as long as every
// reader keeps all of its digits, and a string of digits above 2^53 - 1: jq,
// JavaScript and others would round it to a double (RFC 8259, 6).
type Seed uint64

const maxExactSeed = 1<<53 - 1

// MarshalJSON writes a number or a string.
func (s Seed) MarshalJSON() ([]byte, error) {
	digits := strconv.FormatUint(uint64(s), 10)
	if s > maxExactSeed {
		digits = `"` + digits + `"`
	}
	return []byte(digits), nil
}

// UnmarshalJSON reads both: files of before have large numbers too.
func (s *Seed) UnmarshalJSON(text []byte) error {
	digits := string(text)
	if inner, quoted := strings.CutPrefix(digits, `"`); quoted {
		digits = strings.TrimSuffix(inner, `"`)
	}
	seed, err := strconv.ParseUint(digits, 10, 64)
	if err != nil {
		return fmt.Errorf("seed %s: must be a whole number from 0 to 18446744073709551615", text)
	}
	*s = Seed(seed)
	return nil
}
