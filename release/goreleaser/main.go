// SPDX-License-Identifier: Apache-2.0

// Command goreleaser reads configurations as goreleaser does, and fails for what it would reject: unknown fields, and values
// of the wrong type.
package main

import (
	"fmt"
	"os"

	"github.com/goreleaser/goreleaser/v2/pkg/config"
)

func main() {
	for _, file := range os.Args[1:] {
		if _, err := config.Load(file); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", file, err)
			os.Exit(1)
		}
	}
}
