// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/invalid"
)

// maxTraceProblems bounds the lines of a trace that a message names: in a file
// of another format, all of them are wrong.
const maxTraceProblems = 5

// ReadTrace reads the CSV file at path: see [ParseTrace].
func ReadTrace(path string) (*Trace, error) {
	file, err := os.Open(path)
	if err != nil {
		var problems invalid.Values
		var cause *os.PathError
		if errors.As(err, &cause) {
			err = cause.Err
		}
		problems.Add("file", path, "can't be read (%v); give the path of a CSV file of second and rate", err)
		return nil, problems
	}
	defer file.Close() // read-only: closing can't lose data
	return ParseTrace(path, file)
}

// ParseTrace reads a trace, one point per line: the second since the start and
// the rate in requests per second, with a comma between them.
//
//	# morning of a busy day
//	second,rate
//	0,10
//	60,50
//	90,50
//
// Blank lines and lines that begin with # are skipped, and so is a first line
// without any number in it. Values may be quoted (RFC 4180). [NewTrace] says
// which points are valid. The error lists invalid lines by their number in the
// file called name.
func ParseTrace(name string, r io.Reader) (*Trace, error) {
	var (
		problems invalid.Values
		points   []Point
		check    pointCheck
		more     int
		header   = true // the next line may still be one
		lines    = bufio.NewScanner(r)
	)
	for line := 1; lines.Scan(); line++ {
		text := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "\ufeff"))
		if text == "" || text[0] == '#' {
			continue
		}
		if first := header; first {
			header = false
			if isHeader(text) {
				continue
			}
		}
		point, remedy := parseLine(text)
		if remedy == "" {
			remedy = check.next(point)
		}
		switch {
		case remedy == "" && len(points) == MaxPoints:
			problems.Add(name, fmt.Sprintf("line %d", line), "is one too many: a trace has at most %d points", MaxPoints)
			return nil, problems
		case remedy == "":
			points = append(points, point)
		case len(problems) == maxTraceProblems:
			more++
		default:
			problems.Add(fmt.Sprintf("%s line %d", name, line), text, "%s; a line is second,rate, for example 60,20", remedy)
		}
	}
	if err := lines.Err(); err != nil {
		problems.Add("file", name, "can't be read (%v); give a CSV file of second and rate", err)
	}
	if more > 0 {
		problems.Add(name, fmt.Sprintf("%d more lines", more), "have problems too")
	}
	if len(problems) == 0 && len(points) == 0 {
		problems.Add("file", name, "holds no points; a line is second,rate, for example 60,20")
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	return NewTrace(points...)
}

// isHeader reports whether no field of the line is a number, whatever separates
// them.
func isHeader(text string) bool {
	for _, field := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",;\t\"", r) }) {
		if _, err := strconv.ParseFloat(strings.TrimSpace(field), 64); err == nil {
			return false
		}
	}
	return true
}

func parseLine(text string) (p Point, remedy string) {
	switch {
	case strings.Contains(text, ";"):
		return p, `has ";" between its values instead of a comma`
	case strings.Contains(text, "\t") && !strings.Contains(text, ","):
		return p, "has a tab between its values instead of a comma"
	}
	line := csv.NewReader(strings.NewReader(text))
	line.TrimLeadingSpace = true
	fields, err := line.Read()
	if err != nil {
		return p, "has quotes that do not enclose a whole value"
	}
	if len(fields) != 2 {
		return p, fmt.Sprintf("has %d values instead of 2", len(fields))
	}
	for i, field := range fields {
		value, err := strconv.ParseFloat(strings.TrimSpace(field), 64)
		if err != nil && !errors.Is(err, strconv.ErrRange) { // too large is +Inf, which the range check refuses
			return p, fmt.Sprintf("the %s %q is not a number", [2]string{"second", "rate"}[i], strings.TrimSpace(field))
		}
		*[2]*float64{&p.Second, &p.Rate}[i] = value
	}
	return p, ""
}
