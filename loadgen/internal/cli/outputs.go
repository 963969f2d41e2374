// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/invalid"
)

// output is a file that is written when there is something to write to it.
type output struct {
	flag string // that named it, with its dashes
	path string // empty: not wanted
	what string // in a few words, for the list at the end
}

// checkOutputs names the files that could not be written, before anything is
// done whose result they are to hold.
func checkOutputs(problems *invalid.Values, outputs ...output) {
	seen := make(map[string]string)
	for _, o := range outputs {
		if o.path == "" {
			continue
		}
		path := filepath.Clean(o.path)
		if other, twice := seen[path]; twice {
			problems.Add(o.flag, o.path, "is also the file of %s: give another name", other)
			continue
		}
		seen[path] = o.flag
		if err := o.check(); err != nil {
			problems.Add(o.flag, o.path, "%v", err)
		}
	}
}

// check tries what write will do, without a trace.
func (o output) check() error {
	if info, err := os.Stat(o.path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("is a %s: give the name of a file", kindOfFile(info))
	}
	probe, err := os.CreateTemp(filepath.Dir(o.path), ".loadgen-*")
	if err != nil {
		return fmt.Errorf("can't be written: make its folder, or give another one (%w)", err)
	}
	err = probe.Close()
	if removeErr := os.Remove(probe.Name()); err == nil {
		err = removeErr
	}
	return err
}

func kindOfFile(info os.FileInfo) string {
	if info.IsDir() {
		return "folder"
	}
	return "special file"
}

// write puts a new file in place of an old one only when it is complete.
func (o output) write(content func(io.Writer) error) (err error) {
	file, err := os.CreateTemp(filepath.Dir(o.path), ".loadgen-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", o.path, err)
	}
	defer func() {
		if err != nil {
			os.Remove(file.Name())
			err = fmt.Errorf("write %s: %w", o.path, err)
		}
	}()
	buffered := bufio.NewWriter(file)
	if err = content(buffered); err == nil {
		err = buffered.Flush()
	}
	// CreateTemp keeps files from others; a result is like any other file.
	if chmodErr := file.Chmod(0o644); err == nil {
		err = chmodErr
	}
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(file.Name(), o.path)
	}
	return err
}
