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
	file := filepath.Join(t.TempDir(), "load.csv")
	if err := os.WriteFile(file, []byte("0,5\n30,10\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ text, want string }{
		{"decay", "decay:arrival_rate=20,decay_rate=0.02,duration=500"},
		{"decay:decay_rate=0,duration=1h", "decay:arrival_rate=20,decay_rate=0,duration=3600"},
		{" constant : rate = 5 , duration = 1m30s ; ", "constant:rate=5,duration=90"},
		{"constant:rate=1e3,duration=1e3", "constant:rate=1000,duration=1000"},
		{"ramp:from=1,to=50,duration=60;constant:rate=0,duration=0.5", "ramp:from=1,to=50,duration=60;constant:rate=0,duration=0.5"},
		{"ramp:from=1,to=50,over=10,duration=60", "ramp:from=1,to=50,over=10,duration=60"},
		{"ramp:from=1,to=50", "ramp:from=1,to=50,duration=500"},
		{"step:from=10,by=5,every=30", "step:from=10,by=5,every=30,duration=500"},
		{"step:rates=10/20/0,every=30", "step:rates=10/20/0,every=30,duration=90"},
		{"step:rates=10/20/0,every=30;step:rates=5,every=1", "step:rates=10/20/0,every=30,duration=90;step:rates=5,every=1,duration=1"},
		{"spike:base=1,peak=9,at=0,width=1", "spike:base=1,peak=9,at=0,width=1,duration=500"},
		{"sine:mean=5,amplitude=5,period=1m", "sine:mean=5,amplitude=5,period=60,phase=0,duration=500"},
		{"trace:points=0:1/1.5:2/1.5:3", "trace:points=0:1/1.5:2/1.5:3,duration=1.5"},
		{"trace:file=" + file, "trace:points=0:5/30:10,duration=30"},
		{"trace:file=" + file + ",duration=100", "trace:points=0:5/30:10,duration=100"},
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
	for _, tt := range []struct {
		name, text string
		want       []string // one fragment for each problem
	}{
		{"empty", " ; ", []string{`profile " ; ": is empty; an example is constant:rate=20,duration=60`}},
		{"only a scale", "scale=0.5", []string{`profile "scale=0.5": is empty`}},
		{"unknown profile", "rmap:from=1", []string{`profile "rmap": is unknown; known are constant, decay, ramp, sine, spike, step, trace`}},
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
		{"decay needs a rate", "decay:arrival_rate=0", []string{`profile decay:arrival_rate "0": must be above 0`}},
		{"growing", "decay:decay_rate=-0.1", []string{`profile decay:decay_rate "-0.1": must be from 0`}},
		{"nothing to send", "constant:rate=0", []string{`profile "constant:rate=0,duration=500": expects no request at all`}},
		{"no time", "constant:rate=1,duration=0", []string{`profile constant:duration "0": must be above 0`}},
		{"negative time", "constant:rate=1,duration=-1s", []string{`profile constant:duration "-1s": must be above 0`}},
		{"NaN time", "constant:rate=1,duration=nan", []string{`profile constant:duration "nan": must be above 0 and at most 8760h0m0s`}},
		{"endless", "constant:rate=1,duration=Inf", []string{`profile constant:duration "Inf": must be above 0 and at most`}},
		{"too long", "constant:rate=1,duration=1e300", []string{`profile constant:duration "1e300": must be above 0 and at most`}},
		{"no duration at all", "constant:rate=1,duration=soon", []string{`profile constant:duration "soon": must be seconds or a Go duration`}},
		{"one without a duration", "constant:rate=1;decay:duration=5", []string{`profile constant:duration (segment 1) "": is missing; add for example duration=60`}},
		{"all at once", "ramp:from=-1,to=x,durtion=5;sine:mean=x,amplitude=7,period=0,duration=-3", []string{
			`profile ramp:to (segment 1) "x"`, `profile ramp:durtion (segment 1) "5"`, `profile ramp:duration (segment 1) "": is missing`,
			`profile ramp:from (segment 1) "-1"`,
			`profile sine:mean (segment 2) "x"`, `profile sine:period (segment 2) "0"`, `profile sine:duration (segment 2) "-3"`}},
		{"amplitude above the mean", "sine:mean=5,amplitude=7,period=9", []string{`profile sine:amplitude "7": must be from 0 to the mean (5)`}},
		{"spike after the end", "spike:base=1,peak=2,at=10m,width=1", []string{`profile spike:at "10m": must be before the end of the segment, which lasts 8m20s`}},
		{"steps too high", "step:from=1,by=1e5,every=1", []string{`profile step:by "1e5": reaches 49900001 requests per second within 8m20s`}},
		{"a bad rate in a list", "step:rates=1/-2/3,every=5", []string{`profile step:rates, number 2 "-2"`}},
		{"an empty list", "step:rates=,every=5", []string{`profile step:rates "": must be a number`}},
		{"a list for too long", "step:rates=1/2,every=5000h", []string{`profile step:every "5000h0m0s": must be at most 4380h0m0s, or 2 steps last longer`}},
		{"trace without points", "trace:duration=5", []string{`profile trace:file "": is missing`}},
		{"trace twice", "trace:file=a,points=0:1", []string{`profile trace:file "a": and points exclude each other`}},
		{"no such file", "trace:file=/does/not/exist", []string{`profile trace:file "/does/not/exist": can't be read (no such file or directory)`}},
		{"point without a rate", "trace:points=0:1/5", []string{`profile trace:points "5": is not written second:rate`}},
		{"late trace", "trace:points=5:1", []string{`profile trace:points "5:1": the first second must be 0`}},
		{"trace backwards", "trace:points=0:1/5:1/4:1", []string{`profile trace:points "4:1": the second must not be before the one in front of it (5)`}},
		{"trace of one point, which lasts no time", "trace:points=0:1", []string{`profile trace:duration "": is missing`}},
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

// Whatever can be made comes back from its text form, to the last bit.
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

func randomSequence(t *testing.T, random *rand.Rand) Sequence {
	t.Helper()
	rate := func() float64 { return random.Float64() * random.ExpFloat64() * 100 }
	length := func() time.Duration { return time.Duration(1 + random.Int64N(int64(10*time.Minute))) }
	var segments []Segment
	for range 1 + random.IntN(4) {
		var shape Shape
		switch random.IntN(8) {
		case 0:
			shape = Constant{rate()}
		case 1:
			shape = Decay{0.001 + rate(), random.Float64()}
		case 2:
			shape = Ramp{rate(), rate(), length()}
		case 3:
			shape = Step{rate(), rate() - 20, time.Minute + length()}
		case 4:
			shape = Spike{rate(), rate(), 0, length()}
		case 5:
			mean := rate()
			shape = Sine{mean, mean * random.Float64(), length(), random.NormFloat64()}
		case 6:
			steps, err := NewSteps(length(), rate(), rate(), rate())
			if err != nil {
				t.Fatal(err)
			}
			shape = steps
		case 7:
			trace, err := NewTrace(Point{0, rate()}, Point{random.Float64(), rate()}, Point{1 + random.Float64(), rate()})
			if err != nil {
				t.Fatal(err)
			}
			shape = trace
		}
		segments = append(segments, Segment{shape, length()})
	}
	s, err := NewSequence(append(segments, Segment{Constant{1}, time.Second})...)
	if err != nil {
		t.Fatal(err)
	}
	return s.Scale(0.1 + random.Float64())
}

// No text makes the parser panic, and what it accepts comes back.
func FuzzParse(f *testing.F) {
	for _, c := range curves {
		f.Add(c.profile)
	}
	for _, text := range []string{"decay", "scale=1e-300;decay", "constant:rate=5e-324", "trace:points=0:1/0:2/1e-9:3", "sine:mean=1,amplitude=1,period=1ns"} {
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
