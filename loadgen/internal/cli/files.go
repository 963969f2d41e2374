// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/invalid"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/result"
)

// readResults reads the named result files, "-" for standard input, and adds a
// problem for each invalid one. It fails only when ctx ends, which does not end
// a read: standard input may be a terminal, a pipe may have no writer yet.
func (c console) readResults(ctx context.Context, paths []string, problems *invalid.Values) ([]*result.Document, error) {
	var documents []*result.Document
	for i, path := range paths {
		if path == "-" && slices.Contains(paths[:i], path) {
			problems.Add("RESULT.json", path, "is given twice: standard input can be read once, give a file for the other one")
			continue
		}
		var (
			doc  *result.Document
			err  error
			done = make(chan struct{})
		)
		go func() {
			defer close(done)
			doc, err = c.readResult(path)
		}()
		select {
		case <-done:
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: nothing was done", ErrInterrupted)
		}
		if err != nil {
			problems.Add("RESULT.json", path, "%v", err)
			continue
		}
		documents = append(documents, doc)
	}
	return documents, nil
}

func (c console) readResult(path string) (*result.Document, error) {
	if path == "-" {
		return result.Read(c.stdin)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("can't be read: give a file written by loadgen run --out (%w)", err)
	}
	defer file.Close() // read-only: closing can't lose data
	return result.Read(file)
}

// emit writes to a file, or to stdout if the path is "-".
func (c console) emit(path string, content func(io.Writer) error) error {
	if path == "-" {
		return content(c.stdout)
	}
	if err := c.writeFile(output{path: path}, content); err != nil {
		return err
	}
	fmt.Fprintln(c.stderr, "wrote", path) // a failure does not matter
	return nil
}

// checkEmit refuses a path that emit could not write, or that is one of the
// inputs.
func checkEmit(problems *invalid.Values, flag, path string, inputs ...string) {
	if path != "-" {
		checkOutputs(problems, output{flag: flag, path: path})
		keep(problems, inputs, output{flag: flag, path: path})
	}
}
