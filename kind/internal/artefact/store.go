// SPDX-License-Identifier: Apache-2.0

// Package artefact keeps build results. Each lives in a folder named after the
// content of everything that went into it, so that equal inputs are never built
// twice, whichever checkout asks.
package artefact

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
)

// Spec describes one artefact.
type Spec struct {
	Name string // folder name, for people
	Key  string // from Key
	// Build writes the artefact's files to dir, an empty folder.
	Build func(ctx context.Context, dir string) error
}

// Store is a folder of artefacts. It is safe for use by several goroutines and
// by several processes.
type Store struct {
	dir      string
	mu       sync.Mutex
	verified map[string]bool // paths whose content this process has checked
}

// NewStore returns the store in dir.
func NewStore(dir string) *Store {
	return &Store{dir: dir, verified: map[string]bool{}}
}

// Path returns where an artefact lives once it is built.
func (s *Store) Path(spec Spec) string {
	return filepath.Join(s.dir, spec.Name, spec.Key)
}

// Has reports whether the artefact is there and finished. It does not read the
// content; Ensure does.
func (s *Store) Has(spec Spec) bool {
	_, err := os.Stat(filepath.Join(s.Path(spec), manifestName))
	return err == nil
}

// Ensure returns the folder of the artefact, and builds it if it is missing or no
// longer matches its manifest. After a build it removes all but keepOlder earlier
// builds, so that the cache does not grow without bound.
func (s *Store) Ensure(ctx context.Context, spec Spec) (string, error) {
	path := s.Path(spec)
	unlock, err := s.Lock(spec.Name)
	if err != nil {
		return "", err
	}
	defer unlock()

	if s.isVerified(path) {
		return path, nil
	}
	switch err := verify(path); {
	case err == nil:
		s.setVerified(path)
		return path, nil
	case !errors.Is(err, fs.ErrNotExist):
		// A new build repairs any damage.
		if err := os.RemoveAll(path); err != nil {
			return "", fmt.Errorf("removing the damaged artefact %s: %w", path, err)
		}
	}

	partial := path + ".partial"
	if err := os.RemoveAll(partial); err != nil {
		return "", fmt.Errorf("removing the unfinished artefact %s: %w", partial, err)
	}
	if err := os.MkdirAll(partial, 0o755); err != nil {
		return "", fmt.Errorf("creating the folder of %s: %w", spec.Name, err)
	}
	if err := spec.Build(ctx, partial); err != nil {
		return "", fmt.Errorf("building %s: %w", spec.Name, err)
	}
	if err := writeManifest(partial); err != nil {
		return "", err
	}
	if err := os.RemoveAll(path); err != nil {
		return "", fmt.Errorf("replacing %s: %w", path, err)
	}
	if err := os.Rename(partial, path); err != nil {
		return "", fmt.Errorf("finishing %s: %w", spec.Name, err)
	}
	s.setVerified(path)
	return path, s.removeOthers(spec)
}

// keepOlder is how many earlier builds of an artefact stay, so that switching
// between two versions of the sources does not rebuild each time.
const keepOlder = 2

func (s *Store) removeOthers(spec Spec) error {
	entries, err := os.ReadDir(filepath.Join(s.dir, spec.Name))
	if err != nil {
		return fmt.Errorf("listing builds of %s: %w", spec.Name, err)
	}
	type build struct {
		path string
		time int64
	}
	var older []build
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil || !entry.IsDir() || entry.Name() == spec.Key {
			continue
		}
		older = append(older, build{filepath.Join(s.dir, spec.Name, entry.Name()), info.ModTime().UnixNano()})
	}
	for len(older) > keepOlder {
		oldest := 0
		for i := range older {
			if older[i].time < older[oldest].time {
				oldest = i
			}
		}
		if err := os.RemoveAll(older[oldest].path); err != nil {
			return fmt.Errorf("removing an old build of %s: %w", spec.Name, err)
		}
		older = append(older[:oldest], older[oldest+1:]...)
	}
	return nil
}

func (s *Store) isVerified(path string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.verified[path]
}

func (s *Store) setVerified(path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.verified[path] = true
}

// Lock keeps other processes from building the same artefact until the returned
// function is called. The kernel releases the lock of a process that ends, however it
// ends.
func (s *Store) Lock(name string) (func(), error) {
	if err := os.MkdirAll(filepath.Join(s.dir, name), 0o755); err != nil {
		return nil, fmt.Errorf("creating the cache folder of %s: %w", name, err)
	}
	file, err := os.OpenFile(filepath.Join(s.dir, name, ".lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("opening the lock of %s: %w", name, err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("locking %s: %w", name, err)
	}
	return func() { _ = file.Close() }, nil
}
