// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

func TestTrace(t *testing.T) {
	trace, err := NewTrace(Point{0, 0}, Point{10, 10}, Point{10, 4})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "load.csv")
	if err := os.WriteFile(file, []byte("0,5\n30,10\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	kindTest{
		curves: []curve{
			{"trace", "trace:points=0:0/20:400/20:100/50:100/50:0/60:0/100:600,duration=110", func(t float64) float64 {
				return between(t, 0, 20, 20*t) + between(t, 20, 50, 100) + between(t, 60, 100, 15*(t-60)) + between(t, 100, 110, 600)
			}},
		},
		beyond: []moment{{"the last point is held", trace, 12, 4, 58}},
		forms: map[string]string{
			"trace:points=0:1/1.5:2/1.5:3":         "trace:points=0:1/1.5:2/1.5:3,duration=1.5",
			"trace:file=" + file:                   "trace:points=0:5/30:10,duration=30",
			"trace:file=" + file + ",duration=100": "trace:points=0:5/30:10,duration=100",
		},
		words: map[string]string{"trace:points=0:1/1.5:2/1.5:3": "3 points"},
		refused: map[string][]string{
			"trace:duration=5":           {`profile trace:file "": is missing`},
			"trace:file=a,points=0:1":    {`profile trace:file "a": and points exclude each other`},
			"trace:file=/does/not/exist": {`profile trace:file "/does/not/exist": can't be read (no such file or directory)`},
			"trace:points=0:1/5":         {`profile trace:points "5": is not written second:rate`},
			"trace:points=5:1":           {`profile trace:points "5:1": the first second must be 0`},
			"trace:points=0:1/5:1/4:1":   {`profile trace:points "4:1": the second must not be before the previous one (5)`},
			"trace:points=0:1":           {`profile trace:duration "": is missing`}, // one point lasts no time
		},
	}.run(t)
	_, err = NewTrace()
	checkProblems(t, err, []string{`points "0 points": must be from 1`})
}

func BenchmarkTrace(b *testing.B) {
	points := make([]string, 10_000)
	for i := range points {
		points[i] = number(float64(i)) + ":" + number(50_000+float64(i%7)*10_000)
	}
	benchmarkArrivals(b, "trace:points="+strings.Join(points, "/"))
}

func TestParseTrace(t *testing.T) {
	for _, tt := range []struct{ name, text string }{
		{"plain", "0,10\n60,50\n90.5,0"},
		{"header", "second,rate\n0,10\n60,50\n90.5,0\n"},
		{"comments and blank lines", "# a day\n\nt , requests per second\n# starts low\n0,10\n\n60,50\n  # ends\n90.5,0\n"},
		{"quoted", "\"second\",\"rate\"\r\n\"0\",\"10\"\r\n60,\"50\"\n\"90.5\", \"0\"\n"},
		{"quoted header with commas", "\"second, since the start\",\"rate, per second\"\n0,10\n60,50\n90.5,0\n"},
		{"spaces, carriage returns and a byte order mark", "\ufeffsecond,rate\r\n 0 , 10\r\n60,\t5e1\r\n90.5,0\r\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			trace, err := ParseTrace("load.csv", strings.NewReader(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			if got, want := fmt.Sprint(trace.Points()), "[{0 10} {60 50} {90.5 0}]"; got != want {
				t.Errorf("points %s, want %s", got, want)
			}
			if got := trace.Length(); got != 90500*time.Millisecond {
				t.Errorf("length %s, want 1m30.5s", got)
			}
		})
	}
}

func TestParseTraceNamesFileLineAndValue(t *testing.T) {
	long := strings.Repeat("0,1\n", MaxPoints+1)
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"empty", "", []string{`file "load.csv": holds no points`}},
		{"only a header", "second,rate\n", []string{`file "load.csv": holds no points`}},
		{"second header", "second,rate\nsecond,rate\n0,1\n", []string{`load.csv line 2 "second,rate": the second "second" is not a number; a line is second,rate, for example 60,20`}},
		{"a word for a rate", "0,10\n# note\n60,fast\n", []string{`load.csv line 3 "60,fast": the rate "fast" is not a number`}},
		{"a missing rate", "0,10\n60\n", []string{`load.csv line 2 "60": has 1 values instead of 2`}},
		{"a third value", "0,10,3\n", []string{`load.csv line 1 "0,10,3": has 3 values instead of 2`}},
		{"semicolons", "0;10\n60;50\n", []string{`load.csv line 1 "0;10": has ";" between its values instead of a comma`, `line 2`}},
		{"semicolons and decimal commas", "t;r\n0,5;10,2\n", []string{`load.csv line 2 "0,5;10,2": has ";" between its values instead of a comma`}},
		{"semicolons and quotes", "\"0\";\"10\"\n", []string{`load.csv line 1 "\"0\";\"10\"": has ";" between its values instead of a comma`}},
		{"tabs", "second\trate\n0\t10\n", []string{`load.csv line 2 "0\t10": has a tab between its values instead of a comma`}},
		{"half a quote", "0,10\n\"60,50\n", []string{`load.csv line 2 "\"60,50": has quotes that do not enclose a whole value`}},
		{"a blank behind a quote", "\"0\" ,10\n", []string{`load.csv line 1 "\"0\" ,10": has quotes that do not enclose a whole value`}},
		{"NaN", "0,NaN\n", []string{`load.csv line 1 "0,NaN": the rate must be a number from 0 to 1000000`}},
		{"NaN second", "0,1\nNaN,1\n", []string{`load.csv line 2 "NaN,1": the second must be a number from 0`}},
		{"infinite", "0,1e999\n", []string{`load.csv line 1 "0,1e999": the rate must be`}},
		{"negative rate", "0,-1\n", []string{`load.csv line 1 "0,-1": the rate must be a number from 0`}},
		{"too large", "0,1000001\n", []string{`load.csv line 1 "0,1000001": the rate must be`}},
		{"negative second", "-5,1\n", []string{`load.csv line 1 "-5,1": the second must be a number from 0`}},
		{"a clock's time", "1700000000,1\n", []string{`load.csv line 1 "1700000000,1": the second must be a number from 0 to 31536000`}},
		{"late start", "30,1\n60,1\n", []string{`load.csv line 1 "30,1": the first second must be 0: subtract 30 from every second`}},
		{"backwards", "0,1\n60,1\n30,1\n", []string{`load.csv line 3 "30,1": the second must not be before the previous one (60)`}},
		{"several", "0,a\n1,b\n", []string{`line 1`, `line 2`}},
		{"many", strings.Repeat("x,1\n", 9), []string{`line 1`, `line 2`, `line 3`, `line 4`, `line 5`, `load.csv "4 more lines": have problems too`}},
		{"too many points", long, []string{`load.csv "line 100001": is one too many: a trace has at most 100000 points`}},
		{"a line without end", "0,1\n" + strings.Repeat("1", 100_000), []string{`file "load.csv": can't be read (bufio.Scanner: token too long)`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseTrace("load.csv", strings.NewReader(tt.text))
			if err == nil {
				t.Fatal("no error")
			}
			checkProblems(t, err, tt.want)
		})
	}
}

func TestParseTraceReportsAFailedRead(t *testing.T) {
	broken := io.MultiReader(strings.NewReader("0,1\n"), iotest.ErrReader(errors.New("disk on fire")))
	_, err := ParseTrace("load.csv", broken)
	if err == nil {
		t.Fatal("no error")
	}
	checkProblems(t, err, []string{`file "load.csv": can't be read (disk on fire)`})
}
