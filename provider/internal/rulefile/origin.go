// SPDX-License-Identifier: Apache-2.0

package rulefile

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rule"
)

// A list that was begun with a rule of ours is removed with its last rule, and what was there before is restored. If that cannot be
// derived from the list itself, a comment below its key records it:
//
//	rules:
//	# promadapter_rule list before: none
//	# promadapter_rule heavywork begin

const originWord = "# " + markerWord + " list before: "

var originPattern = regexp.MustCompile(`^[ \t]*` + originWord + `(none|".*")\s*$`)

// beginList returns the lines that begin a list in place of lines that have no rule: a key without a value or with an empty one, or {}.
// It is not ok for other lines.
func beginList(kind rule.Kind, was, br string) (now string, ok bool) {
	lines := splitLines(was)
	root, err := decode(lines)
	if err != nil || root == nil {
		return "", false
	}
	if isFlow(root) {
		line := lines[root.Line-1]
		start := byteOffset(line, root.Column)
		braces := emptyMapping.FindString(line[start:])
		if braces == "" || len(lines) > 1 {
			return "", false
		}
		before, after := line[:start], line[start+len(braces):]
		if strings.TrimSpace(before) == "" {
			return before + kind.Section() + ":" + after, true
		}
		return strings.TrimRight(before, " \t") + after + kind.Section() + ":" + br, true // after ---
	}
	if len(root.Content) != 2 {
		return "", false
	}
	value := root.Content[1]
	text := value.Value
	if !isNull(value) || value.Line == 0 {
		line := lines[value.Line-1]
		if text = emptyBrackets.FindString(line[byteOffset(line, value.Column):]); text == "" {
			return "", false
		}
	}
	if text == "" {
		return was, true
	}
	line := lines[value.Line-1]
	start := byteOffset(line, value.Column)
	if !strings.HasPrefix(line[start:], text) {
		return "", false // an anchor or a tag
	}
	lines[value.Line-1] = strings.TrimRight(line[:start], " \t") + line[start+len(text):]
	return joinLines(lines), true
}

// emptyList returns the line of an empty list for the line with its key, or nothing.
func emptyList(key string) string {
	if len(splitLines(key)) > 1 {
		return ""
	}
	root, err := decode([]string{key})
	if err != nil || root == nil || len(root.Content) != 2 {
		return ""
	}
	after := keyToken(root.Content[0], key)
	if after < 0 {
		return ""
	}
	return key[:after] + " []" + key[after:]
}

// originOf returns the comment that is needed to restore the lines in place of a list, if one is.
func originOf(was, now, indent, br string) string {
	if was == "" {
		return indent + originWord + "none" + br
	}
	if emptyList(now) == was {
		return ""
	}
	return indent + originWord + strconv.QuoteToASCII(was) + br
}

// original returns what was in place of a list before it was begun, and the lines that replace it. A list can be empty without having
// been restored: {} cannot be while there is another key.
func (d *document) original(sec section, kind rule.Kind) (was string, from, to int, ok bool) {
	limit := d.keyAfter(sec.key)
	if len(sec.items) > 0 {
		limit = sec.items[0].dash
	}
	at := sec.key.Line + slices.IndexFunc(d.lines[sec.key.Line:limit], originPattern.MatchString)
	if at < sec.key.Line {
		return "", 0, 0, false
	}
	now := kind.Section() + ":"
	quoted := originPattern.FindStringSubmatch(d.lines[at])[1]
	if quoted == "none" {
		return "", sec.key.Line - 1, at + 1, at == sec.key.Line && strings.TrimSpace(d.lines[at-1]) == now
	}
	was, err := strconv.Unquote(quoted)
	if err != nil {
		return "", 0, 0, false
	}
	now, ok = beginList(kind, was, lineBreak(d.lines))
	lines := splitLines(now)
	from = at - len(lines)
	if n := len(lines); ok && len(sec.items) == 0 {
		lines[n-1] = emptyList(lines[n-1])
		now = joinLines(lines)
	}
	return was, from, at + 1, ok && from >= 0 && joinLines(d.lines[from:at]) == now
}
