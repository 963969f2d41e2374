// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"math"
	"strings"
	"testing"
)

// kindTest is the test data of a kind of profile, in the file of that kind.
type kindTest struct {
	curves  []curve
	beyond  []moment
	forms   map[string]string   // text forms, and their canonical forms
	words   map[string]string   // text forms, and their descriptions
	refused map[string][]string // text forms, and fragments of the problems
	invalid []bad
}

// curve is a rate written down a second time, by the definition of the profile,
// so that the tests integrate the rate that was stated and not the code under
// test. Jumps are at multiples of gridStep.
type curve struct {
	name    string
	profile string // duration included
	rate    func(t float64) float64
}

const gridStep = 1e-3

// moment is a point of a profile by itself, without a sequence that ends it: it
// tests what a profile does after its last change.
type moment struct {
	name                 string
	profile              Shape
	at, rate, cumulative float64
}

type bad struct {
	profile Profile
	want    []string // one fragment for each problem
}

func (k kindTest) run(t *testing.T) {
	t.Helper()
	for _, c := range k.curves {
		t.Run(c.name, func(t *testing.T) {
			checkCurve(t, c)
			checkArrivals(t, c)
		})
	}
	for _, m := range k.beyond {
		t.Run(m.name, func(t *testing.T) { checkMoment(t, m) })
	}
	for text, want := range k.forms {
		for _, text := range []string{text, want} {
			if got := mustParse(t, text).String(); got != want {
				t.Errorf("Parse(%q) is %q, want %q", text, got, want)
			}
		}
	}
	for text, want := range k.words {
		segment := mustParse(t, text).Segments()[0]
		if got := segment.Describe(); got != want {
			t.Errorf("%s is described as %q, want %q", text, got, want)
		}
	}
	for text, want := range k.refused {
		t.Run(text, func(t *testing.T) {
			_, err := Parse(text)
			checkProblems(t, err, want)
		})
	}
	for _, b := range k.invalid {
		checkProblems(t, b.profile.Validate(), b.want)
	}
}

// between returns v for from <= t < to, else 0.
func between(t, from, to, v float64) float64 {
	if t >= from && t < to {
		return v
	}
	return 0
}

func mustParse(t testing.TB, text string) Sequence {
	t.Helper()
	s, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func checkCurve(t *testing.T, c curve) {
	t.Helper()
	plan := mustParse(t, c.profile)
	end := plan.Duration().Seconds()
	for at := 0.0005; at < end; at += end / 5000 {
		if got, want := plan.Rate(at), c.rate(at); math.Abs(got-want) > 1e-9*(1+want) {
			t.Fatalf("Rate(%g) = %g, want %g", at, got, want)
		}
	}
	if before, after := plan.Rate(-1), plan.Rate(end); before != 0 || after != 0 {
		t.Errorf("rate before the start %g, at the end %g, want 0", before, after)
	}
	lambda := integrate(c.rate, end)
	for i := 0; i < int(end/gridStep); i += 97 {
		at := float64(i) * gridStep
		if got, want := plan.Cumulative(at), lambda[i]; math.Abs(got-want) > 1e-6*(1+want) {
			t.Fatalf("Cumulative(%g) = %.9g, want %.9g", at, got, want)
		}
	}
	if got, want := plan.Expected(), lambda.at(end); math.Abs(got-want) > 1e-6*want {
		t.Errorf("Expected() = %.9g, want %.9g", got, want)
	}
	if plan.Cumulative(-1) != 0 || plan.Cumulative(end+1) != plan.Expected() {
		t.Errorf("Cumulative before the start %g, after the end %g, want 0 and %g", plan.Cumulative(-1), plan.Cumulative(end+1), plan.Expected())
	}
	checkInverse(t, plan)
	checkAllocations(t, plan)
}

// Lambda(Lambda^-1(mass)) = mass makes arrivals exact; with a rate near 0, the
// time itself is not determined any more precisely.
func checkInverse(t *testing.T, plan Sequence) {
	t.Helper()
	total, last := plan.Expected(), 0.0
	for i := range 20_001 {
		mass := total * float64(i) / 20_000
		at := plan.Inverse(mass)
		if got := plan.Cumulative(at); math.Abs(got-mass) > 1e-12*total {
			t.Fatalf("Cumulative(Inverse(%.17g)) = %.17g", mass, got)
		}
		if at < last-1e-9 {
			t.Fatalf("Inverse(%g) = %.17g, less than for a smaller mass (%.17g)", mass, at, last)
		}
		last = at
	}
	if got := plan.Inverse(0); got != 0 {
		t.Errorf("Inverse(0) = %g", got)
	}
	for _, mass := range []float64{total * 1.000001, math.Inf(1), math.NaN()} {
		if got := plan.Inverse(mass); !math.IsInf(got, 1) {
			t.Errorf("Inverse(%g) = %g, want +Inf", mass, got)
		}
	}
}

// Drawing arrivals allocates nothing.
func checkAllocations(t *testing.T, plan Sequence) {
	t.Helper()
	p := mustPoisson(t, plan, plan.Duration(), 1)
	// The random source and the iterator are made once per pass.
	count := 0
	if allocations := testing.AllocsPerRun(1, func() {
		for range p.Arrivals() {
			count++
		}
	}); allocations > 5 {
		t.Errorf("%.0f allocations for %d arrivals", allocations, count/2)
	}
}

func checkMoment(t *testing.T, m moment) {
	t.Helper()
	if err := m.profile.Validate(); err != nil {
		t.Fatal(err)
	}
	if got := m.profile.Rate(m.at); math.Abs(got-m.rate) > 1e-9 {
		t.Errorf("Rate(%g) = %g, want %g", m.at, got, m.rate)
	}
	mass := m.profile.Cumulative(m.at)
	if math.Abs(mass-m.cumulative) > 1e-9*(1+m.cumulative) {
		t.Errorf("Cumulative(%g) = %g, want %g", m.at, mass, m.cumulative)
	}
	if got := m.profile.Inverse(mass); got > m.at+1e-6 || math.Abs(m.profile.Cumulative(got)-mass) > 1e-9*(1+mass) {
		t.Errorf("Inverse(%g) = %g, where Cumulative is %g", mass, got, m.profile.Cumulative(got))
	}
	if m.rate == 0 {
		if got := m.profile.Inverse(mass + 1); !math.IsInf(got, 1) {
			t.Errorf("Inverse(%g) = %g beyond all mass", mass+1, got)
		}
	}
	if got := m.profile.Inverse(0); got != 0 {
		t.Errorf("Inverse(0) = %g", got)
	}
}

// checkProblems compares a list of problems with fragments of their texts.
func checkProblems(t *testing.T, err error, want []string) {
	t.Helper()
	problems := problemsOf(err)
	if len(problems) != len(want) {
		t.Fatalf("%d problems, want %d: %v", len(problems), len(want), err)
	}
	for i, fragment := range want {
		if text := problems[i].Error(); !strings.Contains(text, fragment) {
			t.Errorf("problem %d is %q, lacks %q", i+1, text, fragment)
		}
	}
}

// One operation is one arrival.
func benchmarkArrivals(b *testing.B, profile string) {
	plan := mustParse(b, profile)
	p := mustPoisson(b, plan, plan.Duration(), 1)
	b.ReportAllocs()
	b.ResetTimer()
	left := b.N
	for left > 0 { // restart when a schedule is over
		for range p.Arrivals() {
			if left--; left <= 0 {
				break
			}
		}
	}
}
