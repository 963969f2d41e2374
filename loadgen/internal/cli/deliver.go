// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"io"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/report"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/result"
)

// delivery says where a result goes, and whether errors in it make the command
// fail.
type delivery struct {
	out, report, csv     string // files; empty for none
	json, tolerateErrors bool
}

func (f *flagSet) delivery(d *delivery) {
	f.toggle("json", &d.json)
	f.toggle("tolerate-errors", &d.tolerateErrors)
	f.text("out", "must be a file to write, for example run.json", &d.out)
	f.text("report", "must be a file to write, for example run.html", &d.report)
	f.text("csv", "must be a file to write, for example run.csv", &d.csv)
}

func (d delivery) outputs() []output {
	return []output{
		{"--out", d.out, "result"},
		{"--report", d.report, "report"},
		{"--csv", d.csv, "seconds"},
	}
}

// deliver writes the files, then stdout. If a file fails, the others are still
// written.
func (d delivery) deliver(c console, doc *result.Document) error {
	written, failures := d.files(c, doc, func(w io.Writer) error { return report.Write(w, doc, repeatCommand) })
	if d.json {
		failures = append(failures, doc.Write(c.stdout))
	} else {
		failures = append(failures, write(c.stdout, summary(doc, c.style(c.stdout), c.width(c.stdout), written)))
	}
	if err := errors.Join(failures...); err != nil {
		return fmt.Errorf("deliver the result: %w", err)
	}
	return nil
}

// files writes the files that were asked for.
func (d delivery) files(c console, doc *result.Document, page func(io.Writer) error) (written []output, failures []error) {
	content := map[string]func(io.Writer) error{"--out": doc.Write, "--report": page, "--csv": doc.WriteCSV}
	for _, file := range d.outputs() {
		if file.path == "" {
			continue
		}
		if err := c.writeFile(file, content[file.flag]); err != nil {
			failures = append(failures, err)
			continue
		}
		written = append(written, file)
	}
	return written, failures
}

// verdict turns a result into the error that decides the exit code.
func (d delivery) verdict(doc *result.Document) error {
	counts := measure.Result{Counts: doc.Requests, Statuses: doc.Statuses, Errors: doc.Errors}
	failure := counts.Err()
	switch after := plain(doc.Run.WindowSeconds) + " s"; {
	case doc.Run.Interrupted && failure != nil:
		return fmt.Errorf("%w after %s; %w", ErrInterrupted, after, failure)
	case doc.Run.Interrupted:
		return fmt.Errorf("%w after %s", ErrInterrupted, after)
	case d.tolerateErrors:
		return nil
	}
	return failure
}
