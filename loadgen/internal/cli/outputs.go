// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/invalid"
)

// output is a file to write.
type output struct {
	flag string // that named it, with its dashes
	path string // empty: not wanted
	what string // in a few words, for the list at the end
}

// checkOutputs refuses files that could not be written, before any work is
// done.
func checkOutputs(problems *invalid.Values, outputs ...output) {
	seen := make(map[string]string)
	for _, o := range outputs {
		if o.path == "" {
			continue
		}
		if o.path == "-" {
			problems.Add(o.flag, o.path, "must be a file: standard output gets the summary, or with --json the result (write ./- for a file of that name)")
			continue
		}
		if os.IsPathSeparator(o.path[len(o.path)-1]) {
			problems.Add(o.flag, o.path, "is a folder: give the name of a file")
			continue
		}
		path, err := resolved(o.path)
		if path == os.DevNull {
			continue // has room for everything
		}
		if other, twice := seen[path]; twice {
			problems.Add(o.flag, o.path, "is also the file of %s: give another name", other)
			continue
		}
		seen[path] = o.flag
		if err == nil {
			err = check(path)
		}
		if err != nil {
			problems.Add(o.flag, o.path, "%v", err)
		}
	}
}

// keep refuses outputs that would overwrite an input.
func keep(problems *invalid.Values, inputs []string, outputs ...output) {
	for _, o := range outputs {
		written, err := os.Stat(o.path)
		if err != nil || !written.Mode().IsRegular() {
			continue
		}
		for _, input := range inputs {
			if read, err := os.Stat(input); err == nil && os.SameFile(written, read) {
				problems.Add(o.flag, o.path, "is the file that is read, which would be lost: give another name")
				break
			}
		}
	}
}

// resolved follows symbolic links, so that their target is written and they
// themselves are not replaced. The target need not exist yet. The names of open
// files, such as /dev/stdout, are links that are not followed.
func resolved(path string) (string, error) {
	const most = 40 // as in Linux
	path = filepath.Clean(path)
	for range most {
		if isDescriptor(path) {
			return path, nil
		}
		target, err := os.Readlink(path)
		if err != nil { // the end of the chain: the folder's own links remain
			if folder, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
				path = filepath.Join(folder, filepath.Base(path))
			}
			return path, nil
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(path), target)
		}
		path = filepath.Clean(target)
	}
	return path, errors.New("is part of a loop of symbolic links: give the name of a file")
}

// isDescriptor recognizes the names of the process's own open files.
func isDescriptor(path string) bool {
	switch path {
	case "/dev/stdin", "/dev/stdout", "/dev/stderr":
		return true
	}
	switch filepath.Dir(path) {
	case "/dev/fd", "/proc/self/fd", "/proc/thread-self/fd", "/proc/" + strconv.Itoa(os.Getpid()) + "/fd":
		return true
	}
	return false
}

// check tries what writeFile will do, without leaving a trace.
func check(path string) error {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return errors.New("is a folder: give the name of a file")
	case err == nil && !info.Mode().IsRegular():
		if info.Mode()&fs.ModeSocket != 0 && !isDescriptor(path) || info.Mode()&fs.ModeDevice != 0 && info.Mode()&fs.ModeCharDevice == 0 {
			return errors.New("is a socket or a disk: give the name of a file")
		}
		return nil // opening a pipe would wait for its reader
	case err == nil && isDescriptor(path):
		return nil
	case err == nil:
		file, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return fmt.Errorf("can't be written: make it writable, or give another one (%w)", err)
		}
		return file.Close()
	case isDescriptor(path):
		return errors.New("is not open: give the name of a file")
	case !errors.Is(err, fs.ErrNotExist): // such as a name that is too long
		return fmt.Errorf("can't be written: give another one (%w)", err)
	}
	probe, err := create(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("can't be written: make its folder, or give another one (%w)", err)
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// create makes a new file with a random name in a folder, with the mode that
// any new file has: os.CreateTemp would make it private, whatever the umask.
func create(folder string) (*os.File, error) {
	for {
		name := filepath.Join(folder, ".loadgen-"+strconv.FormatUint(rand.Uint64(), 36))
		file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if !errors.Is(err, fs.ErrExist) {
			return file, err
		}
	}
}

// writeFile replaces an old file only when the new one is complete, and keeps
// its mode. If there can be no file next to the old one, and for pipes and
// devices, it writes directly.
func (c console) writeFile(o output, content func(io.Writer) error) error {
	path, err := resolved(o.path)
	if err == nil {
		err = c.writeTo(path, content)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", o.path, err)
	}
	return nil
}

func (c console) writeTo(path string, content func(io.Writer) error) error {
	switch path {
	case "/dev/stdout", "/proc/self/fd/1", "/dev/fd/1":
		return content(c.stdout)
	case "/dev/stderr", "/proc/self/fd/2", "/dev/fd/2":
		return content(c.stderr)
	}
	old, err := os.Stat(path)
	exists := err == nil
	if exists && (!old.Mode().IsRegular() || isDescriptor(path)) {
		return writeInto(path, os.O_APPEND, content)
	}
	file, err := create(filepath.Dir(path))
	if exists && err != nil {
		return writeInto(path, os.O_TRUNC, content)
	}
	if err != nil {
		return err
	}
	err = fill(file, content)
	if err == nil && exists {
		err = os.Chmod(file.Name(), old.Mode().Perm())
	}
	if err == nil {
		if err = os.Rename(file.Name(), path); err != nil && exists { // a mounted file
			err = writeInto(path, os.O_TRUNC, content)
			os.Remove(file.Name())
		}
	}
	if err != nil {
		os.Remove(file.Name())
	}
	return err
}

// writeInto writes into an existing file.
func writeInto(path string, how int, content func(io.Writer) error) error {
	file, err := os.OpenFile(path, os.O_WRONLY|how, 0)
	if err != nil {
		return err
	}
	return fill(file, content)
}

// fill writes and closes a file.
func fill(file *os.File, content func(io.Writer) error) error {
	buffered := bufio.NewWriter(file)
	err := content(buffered)
	if err == nil {
		err = buffered.Flush()
	}
	return errors.Join(err, file.Close())
}
