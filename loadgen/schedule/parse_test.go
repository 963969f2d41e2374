// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{" constant : rate = 5 , duration = 1m30s ; ", "constant:rate=5,duration=90"},
		{"ramp:from=1,to=50,duration=60;constant:rate=0,duration=0.5", "ramp:from=1,to=50,duration=60;constant:rate=0,duration=0.5"},
		{"scale=0.25; decay", "scale=0.25;decay:arrival_rate=20,decay_rate=0.02,duration=500"},
		{"scale=1;decay", "decay:arrival_rate=20,decay_rate=0.02,duration=500"},
	} {
		t.Run(tt.text, func(t *testing.T) {
			if got := mustParse(t, tt.text).String(); got != tt.want {
				t.Errorf("Parse(%q) is %q, want %q", tt.text, got, tt.want)
			}
			if got := mustParse(t, tt.want).String(); got != tt.want {
				t.Errorf("%q comes back as %q", tt.want, got)
			}
		})
	}
}

func TestParseNamesEveryProblem(t *testing.T) {
	_, _, kinds := kindNamed("")
	for _, tt := range []struct {
		name, text string
		want       []string // one fragment for each problem
	}{
		{"empty", " ; ", []string{`profile " ; ": is empty; an example is constant:rate=20,duration=60`}},
		{"only a scale", "scale=0.5", []string{`profile "scale=0.5": is empty`}},
		{"unknown profile", "rmap:from=1", []string{`profile "rmap": is unknown; known are ` + strings.Join(kinds, ", ")}},
		{"unknown parameter", "ramp:from=1,two=2,duration=9,to=5", []string{`profile ramp:two "2": is unknown; ramp takes duration, from, over, to`}},
		{"no pair", "constant:20", []string{`profile constant "20": is not written name=value`, `profile constant:rate "": is missing; add for example rate=20`}},
		{"twice", "constant:rate=1,rate=2", []string{`profile constant:rate "2": is given twice`}},
		{"missing", "ramp:duration=5", []string{`profile ramp:from "": is missing`, `profile ramp:to "": is missing`}},
		{"not a number", "constant:rate=many", []string{`profile constant:rate "many": must be a number, for example 20`}},
		{"NaN", "constant:rate=NaN", []string{`profile constant:rate "NaN": must be from 0 to 1000000`}},
		{"Inf", "constant:rate=Inf", []string{`profile constant:rate "Inf": must be from 0 to 1000000`}},
		{"out of range of a number", "constant:rate=1e999", []string{`profile constant:rate "1e999": must be from 0 to 1000000`}},
		{"negative", "constant:rate=-1", []string{`profile constant:rate "-1": must be from 0`}},
		{"too large", "constant:rate=1e7", []string{`profile constant:rate "1e7": must be from 0 to 1000000`}},
		{"nothing to send", "constant:rate=0", []string{`profile "constant:rate=0,duration=500": expects no request at all`}},
		{"no time", "constant:rate=1,duration=0", []string{`profile constant:duration "0": must be above 0`}},
		{"negative time", "constant:rate=1,duration=-1s", []string{`profile constant:duration "-1s": must be above 0`}},
		{"NaN time", "constant:rate=1,duration=nan", []string{`profile constant:duration "nan": must be above 0 and at most 8760h0m0s`}},
		{"endless", "constant:rate=1,duration=Inf", []string{`profile constant:duration "Inf": must be above 0 and at most`}},
		{"too long", "constant:rate=1,duration=1e300", []string{`profile constant:duration "1e300": must be above 0 and at most`}},
		{"no duration at all", "constant:rate=1,duration=soon", []string{`profile constant:duration "soon": must be seconds or a Go duration`}},
		{"one without a duration", "constant:rate=1;decay:duration=5", []string{`profile constant:duration (segment 1) "": is missing; add for example duration=60`}},
		{"all at once", "ramp:from=-1,to=x,durtion=5;step:from=x,by=7,every=0,duration=-3", []string{
			`profile ramp:to (segment 1) "x"`, `profile ramp:durtion (segment 1) "5"`, `profile ramp:duration (segment 1) "": is missing`,
			`profile ramp:from (segment 1) "-1"`,
			`profile step:from (segment 2) "x"`, `profile step:every (segment 2) "0"`, `profile step:duration (segment 2) "-3"`}},
		{"scale", "scale=-1;decay", []string{`profile scale "-1": must be a number above 0`}},
		{"scale of nothing", "scale=x;rmap", []string{`profile scale "x"`, `profile "rmap"`}},
		{"scale too large", "scale=1e9;decay", []string{`profile scale "1e9": must be a number above 0 and at most 1000`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse(tt.text)
			if err == nil {
				t.Fatal("no error")
			}
			checkProblems(t, err, tt.want)
		})
	}
}

func TestParseSeconds(t *testing.T) {
	for _, tt := range []struct {
		text string
		want time.Duration
	}{
		{"500", 500 * time.Second},
		{"0.1", 100 * time.Millisecond},
		{"8m20s", 500 * time.Second},
		{"1e3", 1000 * time.Second},
		{"1001e-3", 1001 * time.Millisecond}, // times 1e9, as floats, is less than that
		{"0.000000001", 1},
		{"31535999.999999999", MaxDuration - 1},
		{"0", 0},
		{"-5", -5 * time.Second},
		{"1e300", MaxDuration + time.Second},
		{"1e999", MaxDuration + time.Second},
		{"-1e300", -MaxDuration - time.Second},
		{"Inf", MaxDuration + time.Second},
		{"NaN", MaxDuration + 1},
	} {
		if got, ok := ParseSeconds(tt.text); !ok || got != tt.want {
			t.Errorf("ParseSeconds(%q) = %s, %t, want %s", tt.text, got, ok, tt.want)
		}
	}
	for _, text := range []string{"", "soon", "5 minutes", "1m30", "1h30", "0x"} {
		if got, ok := ParseSeconds(text); ok {
			t.Errorf("ParseSeconds(%q) = %s", text, got)
		}
	}
}

func TestParserSettings(t *testing.T) {
	s, err := Parser{Duration: time.Minute}.Parse("decay")
	if err != nil || s.Duration() != time.Minute {
		t.Errorf("a lone segment lasts %s (%v), want 1m", s.Duration(), err)
	}
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("word\npass"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = Parser{NoFiles: true}.Parse("trace:file=" + file)
	if err == nil || strings.Contains(err.Error(), "pass") || !strings.Contains(err.Error(), "is not read here") {
		t.Errorf("with NoFiles a file gives %v", err)
	}
}

// Every sequence is restored from its text form, to the last bit.
func TestStringRoundTrip(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		s := randomSequence(t, random)
		back, err := Parse(s.String())
		if err != nil {
			t.Fatalf("%s: %v", s, err)
		}
		if back.String() != s.String() || back.Duration() != s.Duration() || back.Expected() != s.Expected() {
			t.Fatalf("%s\ncomes back as\n%s\nduration %s and %s, expected %g and %g", s, back, s.Duration(), back.Duration(), s.Expected(), back.Expected())
		}
		for range 20 {
			at := random.Float64() * s.Duration().Seconds()
			if a, b := s.Rate(at), back.Rate(at); a != b {
				t.Fatalf("%s: rate at %g is %g, and %g when it comes back", s, at, a, b)
			}
		}
	}
}

// randomSequence has values of every kind that the parser accepts.
func randomSequence(t *testing.T, random *rand.Rand) Sequence {
	t.Helper()
	rate := func() float64 { return random.Float64() * random.ExpFloat64() * 100 }
	length := func() time.Duration { return time.Duration(1 + random.Int64N(int64(10*time.Minute))) }
	segment := func() Segment {
		kind := Kinds()[random.IntN(len(Kinds()))]
		text := kind.Name + ":duration=" + secondsText(length())
		for _, f := range kind.fields {
			if f.number != nil {
				text += "," + f.name + "=" + number(rate()*float64(1-2*(random.IntN(4)/3)))
			} else {
				text += "," + f.name + "=" + secondsText(length())
			}
		}
		if s, err := Parse(text); err == nil {
			return s.Segments()[0]
		}
		var shape Shape
		var err error
		if random.IntN(2) == 0 {
			shape, err = NewSteps(length(), rate(), rate(), rate())
		} else {
			shape, err = NewTrace(Point{0, rate()}, Point{random.Float64(), rate()}, Point{1 + random.Float64(), rate()})
		}
		if err != nil {
			t.Fatal(err)
		}
		return Segment{shape, length()}
	}
	segments := []Segment{{Constant{1}, time.Second}}
	for range 1 + random.IntN(4) {
		segments = append(segments, segment())
	}
	s, err := NewSequence(segments...)
	if err != nil {
		t.Fatal(err)
	}
	return s.Scale(0.1 + random.Float64())
}

// No text makes the parser panic, and every sequence that it accepts is
// restored from its text form.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"decay", "ramp:from=10,to=500,over=5,duration=20;step:from=500,by=-120,every=15,duration=100", "step:rates=300/10/0/700,every=20", "scale=1e-300;decay", "constant:rate=5e-324", "trace:points=0:1/0:2/1e-9:3", "spike:base=1,peak=9,at=1,width=1", "sine:mean=1,amplitude=1,period=1ns"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parser{NoFiles: true}.Parse(text)
		if err != nil {
			return
		}
		back, err := Parse(s.String())
		if err != nil || back.String() != s.String() {
			t.Fatalf("%q is %q, which comes back as %q (%v)", text, s, back, err)
		}
		p, err := NewPoisson(s, s.Duration(), 1)
		if err != nil {
			t.Fatal(err)
		}
		last, left := time.Duration(0), 1000
		for at := range p.Arrivals() {
			if at < last || at >= s.Duration() {
				t.Fatalf("%q: arrival at %s after %s, in %s", text, at, last, s.Duration())
			}
			if last, left = at, left-1; left == 0 {
				break
			}
		}
	})
}
