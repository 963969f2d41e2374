// SPDX-License-Identifier: Apache-2.0

package job

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

const sample = `{"seconds":[{"second":0,"sent":12}]}`

func sealed(t *testing.T, index int) string {
	t.Helper()
	var b bytes.Buffer
	if err := seal(&b, index, []byte(sample+"\n")); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestAResultComesBackOutOfALog(t *testing.T) {
	log := "waiting for 2 other pods\n" + sealed(t, 2)
	got, err := unseal(strings.NewReader(log), 2)
	if err != nil || string(got) != sample {
		t.Errorf("got %q, error %v; want %q", got, err, sample)
	}
}

func TestALogWithoutAWholeResult(t *testing.T) {
	log := "some line\n" + sealed(t, 0)
	whole := strings.Index(log, sample) + len(sample)
	for _, test := range []struct{ name, log, want string }{
		{"empty", "", errNoResult.Error()},
		{"other lines", "panic: no room\n", errNoResult.Error()},
		{"cut off in the header", log[:20], errNoResult.Error()},
		{"cut off in the middle", log[:whole-5], "cut off after 31 of 36 bytes"},
		{"cut off at the end", log[:whole], "does not end"},
		{"another line in between", strings.Replace(log, `"sent"`, "oops\n\"sent\"", 1), "does not end"},
		{"a byte changed", strings.Replace(log, "12", "13", 1), "damaged"},
		{"a size beyond all bounds", strings.Replace(log, "bytes=36", "bytes=99999999999", 1), "claims"},
		{"of another pod", "some line\n" + sealed(t, 1), "that of pod 1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := unseal(strings.NewReader(test.log), 0)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v, want %q", err, test.want)
			}
		})
	}
	if _, err := unseal(strings.NewReader(""), 0); !errors.Is(err, errNoResult) {
		t.Errorf("error is %v, want errNoResult", err)
	}
}

func TestAResultThatALogCannotHoldIsRefused(t *testing.T) {
	var b bytes.Buffer
	if err := seal(&b, 0, bytes.Repeat([]byte("x"), maxResult+1)); err == nil || b.Len() > 0 {
		t.Errorf("error is %v after %d bytes, want one before the first", err, b.Len())
	}
	if err := seal(&b, 0, []byte("{\n}")); err == nil {
		t.Error("a result of two lines was accepted")
	}
}
