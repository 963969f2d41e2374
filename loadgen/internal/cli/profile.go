// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"strconv"
	"strings"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/schedule"
)

// describeAll says what a sequence does, in one line.
func describeAll(s schedule.Sequence) string {
	var texts []string
	for _, segment := range s.Segments() {
		texts = append(texts, segment.Profile.Kind()+" "+segment.Profile.Describe(segment.Duration)+", "+seconds(segment.Duration))
	}
	text := strings.Join(texts, "; ")
	if factor := s.Factor(); factor != 1 {
		text += " (times " + strconv.FormatFloat(factor, 'g', 4, 64) + ")"
	}
	return text
}

func plain(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// seconds formats a duration the way the flags take it, to the millisecond.
func seconds(d time.Duration) string {
	return plain(d.Round(time.Millisecond).Seconds()) + " s"
}
