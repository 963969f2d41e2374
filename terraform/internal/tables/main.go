// SPDX-License-Identifier: Apache-2.0

// Command tables writes the tables of inputs and outputs into the README of
// every Terraform module and root configuration below the folders given.
package main

import (
	"fmt"
	"io"
	"os"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(args []string, stdout io.Writer) error {
	if len(args) != 1 {
		return fmt.Errorf("want one argument, the folder with modules and environments, and not %q", args)
	}
	dirs, err := Folders(args[0])
	if err != nil {
		return err
	}
	for _, dir := range dirs {
		old, fresh, err := README(dir)
		if err != nil {
			return err
		}
		if old == fresh {
			continue
		}
		if err := os.WriteFile(readme(dir), []byte(fresh), 0o644); err != nil {
			return fmt.Errorf("writing the tables of %s: %w", dir, err)
		}
		fmt.Fprintln(stdout, readme(dir))
	}
	return nil
}
