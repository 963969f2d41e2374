// SPDX-License-Identifier: Apache-2.0

package environment

import (
	"strings"
	"testing"
	"time"
)

func TestOutputs(t *testing.T) {
	o, err := ParseOutputs([]byte(`{
		"name":{"sensitive":false,"type":"string","value":"demo"}, "window":{"type":"number","value":1.5}, "most":{"value":7},
		"nothing":{"value":null}, "blank":{"value":""}}`))
	if err != nil {
		t.Fatal(err)
	}
	var most int32
	o.Into("most", &most)
	if text, window := o.Text("name"), o.Seconds("window"); text != "demo" || window != 1500*time.Millisecond || most != 7 {
		t.Errorf("outputs are %q, %s and %d, want demo, 1.5s and 7", text, window, most)
	}
	if err := o.Err(); err != nil {
		t.Errorf("error is %v, want none: all were there", err)
	}
	o.Text("absent")
	o.Text("nothing")
	o.Text("blank")
	o.Seconds("name")
	for _, want := range []string{"absent is missing", "nothing is missing", "blank is missing", `name is "demo"`} {
		if err := o.Err(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want it to say %q", err, want)
		}
	}
	if _, err := ParseOutputs([]byte("no state")); err == nil {
		t.Error("invalid JSON was accepted")
	}
}
