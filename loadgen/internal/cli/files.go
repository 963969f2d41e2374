// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"io"
	"os"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/invalid"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/result"
)

// readResults reads the named result files, "-" for standard input, and names
// each one that can't be used.
func (c console) readResults(paths []string, problems *invalid.Values) []*result.Document {
	var documents []*result.Document
	for _, path := range paths {
		doc, err := c.readResult(path)
		if err != nil {
			problems.Add("RESULT.json", path, "%v", err)
			continue
		}
		documents = append(documents, doc)
	}
	return documents
}

func (c console) readResult(path string) (*result.Document, error) {
	if path == "-" {
		return result.Read(c.stdin)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("can't be read: give a file written by loadgen run --out (%w)", err)
	}
	defer file.Close() // only read: closing can't lose anything
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
	_, err := fmt.Fprintln(c.stderr, "wrote", path)
	return err
}

// checkEmit refuses a path that emit could not write.
func checkEmit(problems *invalid.Values, flag, path string) {
	if path != "-" {
		checkOutputs(problems, output{flag: flag, path: path})
	}
}
