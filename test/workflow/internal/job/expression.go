// SPDX-License-Identifier: Apache-2.0

package job

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

var expression = regexp.MustCompile(`\$\{\{(.*?)\}\}`)

// expand replaces the expressions in a text with their values. Temp is the value of
// runner.temp.
func (j *Job) expand(text, temp string) (string, error) {
	var problems []error
	expanded := expression.ReplaceAllStringFunc(text, func(found string) string {
		name := strings.TrimSpace(expression.FindStringSubmatch(found)[1])
		if name == "runner.temp" {
			return temp
		}
		if key, ok := strings.CutPrefix(name, "matrix."); ok {
			if value, ok := j.matrix[key]; ok {
				return value
			}
		}
		problems = append(problems, fmt.Errorf("%s: only runner.temp and the keys of the job's matrix are known here", found))
		return found
	})
	return expanded, errors.Join(problems...)
}

// due reports whether a step with this condition runs; failed says whether an earlier
// one has failed. A cancelled run ends here at once, so cancelled() never holds.
func due(condition string, failed bool) (bool, error) {
	condition = strings.TrimSpace(condition)
	if inner, ok := strings.CutPrefix(condition, "${{"); ok {
		condition = strings.TrimSpace(strings.TrimSuffix(inner, "}}"))
	}
	if condition == "" {
		return !failed, nil
	}
	holds := false
	for term := range strings.SplitSeq(condition, "||") {
		switch strings.TrimSpace(term) {
		case "success()":
			holds = holds || !failed
		case "failure()":
			holds = holds || failed
		case "always()":
			holds = true
		case "cancelled()":
		default:
			return false, fmt.Errorf("if: %s: only success(), failure(), always() and cancelled(), joined by ||, are known here", condition)
		}
	}
	return holds, nil
}
