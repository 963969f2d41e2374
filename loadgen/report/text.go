// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// grouped writes 31482 as 31,482.
func grouped(n int64) string { return message.NewPrinter(language.English).Sprintf("%d", n) }

// measured writes three significant digits and at most three decimals: 1.60,
// 0.012, 1,234.
func measured(v float64) string {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return "0"
	}
	digits := min(max(2-int(math.Floor(math.Log10(math.Abs(v)))), 0), 3)
	return message.NewPrinter(language.English).Sprintf("%.*f", digits, v)
}

// number is measured without trailing zeros, for numbers that were chosen
// rather than measured.
func number(v float64) string {
	text := measured(v)
	if strings.Contains(text, ".") {
		text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	}
	return text
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// seconds writes a span of time as people say it: 8 min 20 s.
func seconds(v float64) string {
	if v < 60 {
		return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64) + " s"
	}
	whole := int(math.Round(v))
	h, m, s := whole/3600, whole/60%60, whole%60
	var parts []string
	if h > 0 {
		parts = append(parts, fmt.Sprintf("%d h", h))
	}
	if m > 0 {
		parts = append(parts, fmt.Sprintf("%d min", m))
	}
	if s > 0 {
		parts = append(parts, fmt.Sprintf("%d s", s))
	}
	return strings.Join(parts, " ")
}

// unit matches the space between a number and its unit.
var unit = regexp.MustCompile(`(\d) (ms|s|min|h|%)\b|(\d) (%)`)

// unbroken keeps numbers and units on one line.
func unbroken(text string) string { return unit.ReplaceAllString(text, "$1$3\u00a0$2$4") }

// clock writes a moment of the run as the charts do: 2:05.
func clock(v float64) string {
	sign, s := "", int(math.Abs(v))
	if v < 0 && s > 0 {
		sign = "−"
	}
	if s >= 3600 {
		return fmt.Sprintf("%s%d:%02d:%02d", sign, s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%s%d:%02d", sign, s/60, s%60)
}

// percent never rounds a part to 0 or 100 %.
func percent(part, whole int64) string {
	if whole == 0 {
		return "–"
	}
	share := 100 * float64(part) / float64(whole)
	switch {
	case part == 0 || part == whole:
		return fmt.Sprintf("%.0f %%", share)
	case share < 0.01:
		return "< 0.01 %"
	case share > 99.99:
		return "> 99.99 %"
	case share < 1 || share > 99:
		return fmt.Sprintf("%.2f %%", share)
	}
	return fmt.Sprintf("%.1f %%", share)
}

func byteCount(n int64) string {
	v, unit := float64(n), "B"
	for _, next := range []string{"kB", "MB", "GB", "TB"} {
		if v < 1000 {
			break
		}
		v, unit = v/1000, next
	}
	return number(v) + " " + unit
}

// counted puts a number and its noun together.
func counted(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return grouped(n) + " " + many
}
