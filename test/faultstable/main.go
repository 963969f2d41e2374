// SPDX-License-Identifier: Apache-2.0

// Faultstable writes docs/benchmarks/faults.md and its data from the records
// that the fault tests leave in the log folder of a cluster.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/faultlog"
)

// marker lines enclose what is replaced in the page; the text around is written
// by hand.
const (
	begin = "<!-- begin: make bench-faults -->"
	end   = "<!-- end: make bench-faults -->"
)

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintf(os.Stderr, "faultstable: %v\n", err)
		os.Exit(1)
	}
}

func run(args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("faultstable", flag.ContinueOnError)
	flags.SetOutput(stderr)
	records := flags.String("records", "", "folder of the records: log_dir of `go run ./kind env --json`, and below it faults")
	page := flags.String("markdown", "docs/benchmarks/faults.md", "page whose table is replaced")
	data := flags.String("json", "docs/benchmarks/faults.json", "file for the records themselves")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *records == "" {
		return errors.New("-records is missing: name the folder that the fault tests print at their end")
	}
	all, err := faultlog.Load(*records)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(*page)
	if err != nil {
		return fmt.Errorf("reading the page: %w", err)
	}
	replaced, err := replace(string(text), faultlog.Table(all))
	if err != nil {
		return fmt.Errorf("%s: %w", *page, err)
	}
	encoded, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the records: %w", err)
	}
	if err := os.WriteFile(*page, []byte(replaced), 0o644); err != nil {
		return fmt.Errorf("writing the page: %w", err)
	}
	if err := os.WriteFile(*data, append(encoded, '\n'), 0o644); err != nil {
		return fmt.Errorf("writing the records: %w", err)
	}
	fmt.Fprintf(stdout, "%d faults in %s and %s\n", len(all), *page, *data)
	return nil
}

// replace puts a table between the two markers of a page.
func replace(page, table string) (string, error) {
	before, rest, found := strings.Cut(page, begin+"\n")
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		return "", fmt.Errorf("it lacks the lines %q and %q, between which the table goes", begin, end)
	}
	return before + begin + "\n\n" + table + "\n" + end + after, nil
}
