// SPDX-License-Identifier: Apache-2.0

package invalid

import (
	"net/url"
	"strings"
)

// WithoutCredentials returns text for messages and logs: of a URL without its
// user and password, also if the scheme or one of its slashes is missing, and
// any other text as it is. A password may hold
// characters that a URL has to encode, so of a URL that can't be read all is
// left out up to the last @.
func WithoutCredentials(text string) string {
	scheme, rest, found := strings.Cut(text, "://")
	if !found { // a slip, or what follows the scheme alone
		if at := strings.LastIndexByte(text, '@'); at >= 0 && strings.Contains(text[:at], ":") {
			return "xxxxx" + text[at:]
		}
		return text
	}
	at := strings.LastIndexByte(rest, '@')
	if at < 0 {
		return text
	}
	if u, err := url.Parse(text); err == nil && u.User == nil {
		return text // the @ is in the path or in the query
	}
	return scheme + "://xxxxx@" + rest[at+1:]
}
