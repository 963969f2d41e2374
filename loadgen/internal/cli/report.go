// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"io"
	"path/filepath"
	"strings"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/invalid"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/report"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/result"
)

// runReport makes the HTML report of one result.
func runReport(ctx context.Context, c console, args []string) error {
	f := newFlagSet()
	var out string
	f.text("o", "must be a file to write, for example report.html, or - for standard output", &out)
	arguments, understood, help := f.parse(args)
	if help {
		return write(c.stdout, reportUsage())
	}
	if understood {
		exactly(1, "RESULT.json", arguments, &f.problems)
	}
	if len(arguments) == 1 && out == "" {
		out = "-"
		if arguments[0] != "-" && !isDescriptor(arguments[0]) {
			out = strings.TrimSuffix(arguments[0], filepath.Ext(arguments[0])) + ".html"
		}
	}
	documents, err := c.readResults(ctx, arguments[:min(1, len(arguments))], &f.problems)
	if err != nil {
		return err
	}
	checkEmit(&f.problems, "-o", out, arguments...)
	if err := refuse("report", f.problems); err != nil {
		return err
	}
	return c.emit(out, func(w io.Writer) error { return report.Write(w, documents[0], repeatCommand) })
}

// runMerge puts the results of several generators together.
func runMerge(ctx context.Context, c console, args []string) error {
	f := newFlagSet()
	out := "-"
	f.text("o", "must be a file to write, for example merged.json, or - for standard output", &out)
	arguments, understood, help := f.parse(args)
	if help {
		return write(c.stdout, mergeUsage())
	}
	if understood && len(arguments) == 0 {
		f.problems.Add("RESULT.json", "", "is missing: give the files that loadgen run --out wrote")
	}
	documents, err := c.readResults(ctx, arguments, &f.problems)
	if err != nil {
		return err
	}
	checkEmit(&f.problems, "-o", out) // which may be one of them: its requests are in the sum
	var merged *result.Document
	if len(f.problems) == 0 {
		if merged, err = result.Merge(documents...); err != nil {
			f.problems.Add("RESULT.json", strings.Join(arguments, " "), "%v", err)
		}
	}
	if err := refuse("merge", f.problems); err != nil {
		return err
	}
	if err := c.emit(out, merged.Write); err != nil {
		return err
	}
	if out == "-" {
		return nil
	}
	return write(c.stdout, summary(merged, c.style(c.stdout), c.width(c.stdout), nil))
}

// exactly refuses any other number of arguments.
func exactly(count int, names string, arguments []string, problems *invalid.Values) {
	switch {
	case len(arguments) < count:
		problems.Add(names, strings.Join(arguments, " "), "must be %d of the files that loadgen run --out writes", count)
	case len(arguments) > count:
		for _, extra := range arguments[count:] {
			problems.Add("argument", extra, "is one too many after %s", names)
		}
	}
}
