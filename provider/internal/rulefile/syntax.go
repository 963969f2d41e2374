// SPDX-License-Identifier: Apache-2.0

package rulefile

import (
	"fmt"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
	"sigs.k8s.io/prometheus-adapter/pkg/config"
)

var (
	loaderError = regexp.MustCompile(`yaml: (?:line (\d+): )?(.*)$`)
	// grammarError matches errors of the library's parser, as opposed to its scanner: it counts their lines differently.
	grammarError = regexp.MustCompile(`^did not find expected (key$|node content|',' or|'-' indicator|<)|^found (undefined tag|duplicate %|incompatible)`)
)

// reach is how many lines back explainSyntax looks for the beginning of what is not closed.
const reach = 200

// explainSyntax says on which line a YAML document is wrong. The library names the first line of the block that it cannot parse. The
// adapter's library is older and names the line itself. For a quote or a bracket that is not closed that is a later line, so
// explainSyntax looks for the first line at which the text, if cut there, is no longer a document.
func explainSyntax(lines []string, err error) error {
	_, loadErr := config.FromYAML([]byte("\n" + joinLines(lines))) // with an empty line, because it names no line 1
	if loadErr == nil {
		return err
	}
	found := loaderError.FindStringSubmatch(loadErr.Error())
	if found == nil {
		return err
	}
	line, _ := strconv.Atoi(found[1])
	problem := found[2]
	if line == 0 { // it names none: find the first line that causes the error
		before := sort.Search(len(lines), func(n int) bool {
			err := syntaxError(lines[:n+1])
			return err != nil && strings.HasSuffix(err.Error(), problem)
		})
		if before == len(lines) {
			return err
		}
		return fmt.Errorf("line %d: %s", before+1, problem)
	}
	if !grammarError.MatchString(problem) {
		line--
	}
	begin := min(line, len(lines)+1)
	for begin > 1 && line-begin < reach && syntaxError(lines[:begin-1]) != nil {
		begin--
	}
	switch {
	case begin == line || line-begin == reach:
		return fmt.Errorf("line %d: %s; look for a quote inside quotes, a bracket or the indentation", line, problem)
	case line > len(lines):
		return fmt.Errorf("line %d: a quote, a bracket or a key has no end: %s", begin, problem)
	default:
		return fmt.Errorf("line %d: a quote, a bracket or a key has no end, which shows at line %d: %s", begin, line, problem)
	}
}

func syntaxError(lines []string) error {
	var node yaml.Node
	return yaml.Unmarshal([]byte(joinLines(lines)), &node)
}
