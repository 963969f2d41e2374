// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/schedule"
)

// describe says in a few words what a segment does, without how long.
func describe(s schedule.Segment) string {
	p := func(name string) string {
		for _, parameter := range s.Profile.Parameters() {
			if parameter.Name == name {
				return plain(parameter.Value)
			}
		}
		return ""
	}
	points := s.Points()
	switch s.Profile.Kind() {
	case "constant":
		return p("rate") + "/s"
	case "decay":
		if p("decay_rate") == "0" {
			return p("arrival_rate") + "/s"
		}
		return p("arrival_rate") + "/s * exp(-" + p("decay_rate") + " t)"
	case "ramp":
		text := "from " + p("from") + "/s to " + p("to") + "/s"
		if over := p("over"); over != plain(s.Duration.Seconds()) {
			text += " over " + over + " s"
		}
		return text
	case "step":
		if len(points) > 0 {
			return fmt.Sprintf("%d rates from %s/s to %s/s, %s s each", len(points), plain(points[0].Rate), plain(points[len(points)-1].Rate), p("every"))
		}
		sign := ""
		if !strings.HasPrefix(p("by"), "-") {
			sign = "+"
		}
		return "from " + p("from") + "/s, " + sign + p("by") + "/s every " + p("every") + " s"
	case "spike":
		return p("base") + "/s, " + p("peak") + "/s at " + p("at") + " s for " + p("width") + " s"
	case "sine":
		return p("mean") + "/s +- " + p("amplitude") + "/s every " + p("period") + " s"
	case "trace":
		return fmt.Sprintf("%d points", len(points))
	}
	return s.String()
}

// describeAll says what a sequence does, in one line.
func describeAll(s schedule.Sequence) string {
	var texts []string
	for _, segment := range s.Segments() {
		texts = append(texts, segment.Profile.Kind()+" "+describe(segment)+", "+seconds(segment.Duration))
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
