// SPDX-License-Identifier: Apache-2.0

package podnet

import (
	"maps"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	urls := []string{"http://10.0.0.1:80", "http://10.0.0.2:80", "https://10.0.0.3:443", "http://10.0.0.4:53"}
	got, err := parse("http://10.0.0.2:80 0.000000\nhttp://10.0.0.1:80 0.000083\nhttps://10.0.0.3:443 0.000000\nhttp://10.0.0.4:53 0.100000\n", urls)
	want := map[string]bool{urls[0]: true, urls[1]: false, urls[2]: false, urls[3]: true}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("got %v, error %v, want %v", got, err, want)
	}
}

func TestParseRefusesWhatIsMissing(t *testing.T) {
	for output, want := range map[string]string{
		"http://a 0\n":              "has not tried http://b",
		"http://a 0\nhttp://b no\n": "unexpected line",
	} {
		if _, err := parse(output, []string{"http://a", "http://b"}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error is %v, want %q", output, err, want)
		}
	}
}
