// SPDX-License-Identifier: Apache-2.0

package result

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
)

// classNames are the keys of Second.Classes, each of which has a column. The
// set is closed.
func classNames() []string { return []string{"1xx", "2xx", "3xx", "4xx", "5xx", "other"} }

// WriteCSV writes a table with a line for each second and one for the whole run,
// whose second is "total". README.md of this folder explains the columns; the
// latency columns of a second without answers are empty.
func (d *Document) WriteCSV(w io.Writer) error {
	table := csv.NewWriter(w)
	// The writer keeps the first error for Error.
	_ = table.Write(columns())
	total := Second{ExpectedRate: d.Run.ExpectedRequests, Second: measure.NewSecond()}
	for _, s := range d.Seconds {
		total.Add(s.Second)
		_ = table.Write(row(strconv.Itoa(s.At), s))
	}
	_ = table.Write(row("total", total))
	table.Flush()
	if err := table.Error(); err != nil {
		return fmt.Errorf("writing a table: %w", err)
	}
	return nil
}

func columns() []string {
	names := []string{"second", "expected_requests", "offered", "sent", "dropped", "completed", "succeeded", "failed"}
	for _, class := range classNames() {
		names = append(names, "responses_"+class)
	}
	for _, kind := range measure.ErrorKinds() {
		names = append(names, "errors_"+string(kind))
	}
	return append(names, "bytes_received", "latency_count",
		"latency_min_ms", "latency_mean_ms", "latency_p50_ms", "latency_p90_ms", "latency_p95_ms",
		"latency_p99_ms", "latency_p99_9_ms", "latency_max_ms")
}

func row(name string, s Second) []string {
	count := func(n int64) string { return strconv.FormatInt(n, 10) }
	fields := []string{
		name, strconv.FormatFloat(s.ExpectedRate, 'f', -1, 64),
		count(s.Offered), count(s.Sent), count(s.Dropped), count(s.Completed), count(s.Succeeded), count(s.Failed),
	}
	for _, class := range classNames() {
		fields = append(fields, count(s.Classes[class]))
	}
	for _, kind := range measure.ErrorKinds() {
		fields = append(fields, count(s.Errors[kind]))
	}
	fields = append(fields, count(s.BytesReceived), count(s.Latency.Count()))
	l := s.Latency
	for _, value := range []time.Duration{
		l.Min(), l.Mean(), l.Quantile(0.5), l.Quantile(0.9), l.Quantile(0.95), l.Quantile(0.99), l.Quantile(0.999), l.Max(),
	} {
		text := ""
		if l.Count() > 0 {
			text = strconv.FormatFloat(milli(float64(value)/float64(time.Millisecond)), 'f', -1, 64)
		}
		fields = append(fields, text)
	}
	return fields
}
