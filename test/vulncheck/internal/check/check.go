// SPDX-License-Identifier: Apache-2.0

// Package check runs govulncheck, if a database is reachable.
package check

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// DefaultDatabase is the Go project's own, which is also govulncheck's default.
const DefaultDatabase = "https://vuln.go.dev"

// ErrFindings says that the code calls something vulnerable.
var ErrFindings = errors.New("the code calls functions with known vulnerabilities: see above, and upgrade to the versions named there")

// govulncheck exits with this code when it has found something.
const exitFindings = 3

// Options say what to check, and against what.
type Options struct {
	Database       string   // http, https or file URL; empty means DefaultDatabase
	Required       bool     // fail if there is no database
	Patterns       []string // packages
	Dir            string   // where the patterns are resolved; empty means the working directory
	Stdout, Stderr io.Writer
}

// Required parses the value of VULNCHECK.
func Required(value string) (bool, error) {
	switch value {
	case "", "optional":
		return false, nil
	case "required":
		return true, nil
	}
	return false, fmt.Errorf("VULNCHECK=%q: use VULNCHECK=required to fail without a database, or leave it unset", value)
}

// Run checks the packages. Its error wraps ErrFindings when there are any, and
// ErrNoDatabase when the check is required and there is no database; when it is
// not required, a line on Stdout says that nothing was checked.
func Run(ctx context.Context, o Options) error {
	database := o.Database
	if database == "" {
		database = DefaultDatabase
	}
	if err := reach(ctx, database); err != nil {
		if o.Required || !errors.Is(err, ErrNoDatabase) {
			return err
		}
		fmt.Fprintf(o.Stdout, "vulncheck: nothing was checked, because %v; GOVULNDB names another database, VULNCHECK=required makes this a failure\n", err)
		return nil
	}
	modfile, err := toolModule()
	if err != nil {
		return err
	}
	arguments := append([]string{"tool", "-modfile=" + modfile, "govulncheck", "-db=" + database}, o.Patterns...)
	command := exec.CommandContext(ctx, "go", arguments...)
	command.Dir, command.Stdout, command.Stderr = o.Dir, o.Stdout, o.Stderr
	err = command.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == exitFindings {
		return ErrFindings
	}
	if err != nil {
		return fmt.Errorf("running govulncheck against %s: %w", database, err)
	}
	return nil
}

// toolModule returns the go.mod that pins govulncheck. It is not the project's own,
// whose library versions must not depend on the tool.
func toolModule() (string, error) {
	_, here, _, ok := runtime.Caller(0)
	if !ok {
		return "", errors.New("finding the sources of this program: it was built without them, so use go run ./test/vulncheck")
	}
	path := filepath.Join(filepath.Dir(here), "..", "..", "..", "checks", "go.mod")
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("finding the version of govulncheck: %w", err)
	}
	return path, nil
}
