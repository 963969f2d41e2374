// SPDX-License-Identifier: Apache-2.0

package rulefile

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"gopkg.in/yaml.v3"
)

const byteOrderMark = "\ufeff"

// splitDocuments cuts a text at the end of its first YAML document, which is all that the adapter reads: before a line that begins
// with ... or, after the document's own, with ---. The document is returned in lines; the last one has a break if there is a rest.
func splitDocuments(text string) (document []string, rest string) {
	lines := splitLines(text)
	started := false
	for i, line := range lines {
		switch {
		case isIndicator(line, "...") && started, isIndicator(line, "---") && started:
			return lines[:i], joinLines(lines[i:])
		case isIndicator(line, "---"), !isFiller(line) && !strings.HasPrefix(line, "%"):
			started = true
		}
	}
	return lines, ""
}

// isIndicator reports whether a line begins with the word, which ends or begins a document wherever it is in valid YAML.
func isIndicator(line, word string) bool {
	rest, ok := strings.CutPrefix(line, word)
	return ok && (rest == "" || strings.TrimLeft(rest, " \t\r\n\u0085\u2028\u2029") != rest)
}

// checkRest refuses further documents, unless they are empty.
func checkRest(rest string, line int) error {
	dec := yaml.NewDecoder(strings.NewReader("first\n" + rest)) // which is needed, because a text cannot begin with ...
	for first := true; ; first = false {
		var node yaml.Node
		err := dec.Decode(&node)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil || !first && !isNull(node.Content[0]) {
			return fmt.Errorf("%w: it has more than one YAML document, but the adapter reads only the first and ignores what follows line %d; "+
				"remove the line to make it one document, or remove what follows", ErrShape, line)
		}
	}
}
