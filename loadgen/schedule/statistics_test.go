// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"math"
	"slices"
	"testing"
	"time"
)

// The tests here ask whether arrivals are a Poisson process of the stated rate.
// Seeds are fixed, so a pass stays a pass; each limit says how often a correct
// generator would exceed it if the seeds were drawn anew. All of them integrate
// the rate with expectedUpTo, never with the code under test.

// expectedUpTo is the textbook integral of a*exp(-d*t) over [0, t].
func expectedUpTo(d Decay, t float64) float64 {
	if d.DecayRate == 0 {
		return d.ArrivalRate * t
	}
	return d.ArrivalRate / d.DecayRate * (1 - math.Exp(-d.DecayRate*t))
}

// A Poisson count has mean and variance Lambda. Over n seeds the sample mean
// has the standard error sqrt(Lambda/n), and the sample variance, whose fourth
// central moment is 3*Lambda^2+Lambda, sqrt((2*Lambda^2+Lambda)/n). Four
// standard errors are exceeded once in 16,000 times. A rate wrong by 1 % moves
// the mean by 13 of them at Lambda = 865; even spacing has hardly any variance.
func TestCountsHaveTheMeanAndVarianceOfAPoissonProcess(t *testing.T) {
	const seeds = 2000
	for _, tt := range []struct {
		name     string
		d        Decay
		duration time.Duration
	}{
		{"decay", Decay{20, 0.02}, 100 * time.Second},
		{"slow decay", Decay{80, 0.001}, 10 * time.Second},
		{"constant", Decay{20, 0}, 40 * time.Second},
		{"over before its duration", Decay{50, 1}, 100 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			lambda := expectedUpTo(tt.d, tt.duration.Seconds())
			sum, squares := 0.0, 0.0
			for seed := range uint64(seeds) {
				count := 0.0
				for range mustPoisson(t, tt.d, tt.duration, seed).Arrivals() {
					count++
				}
				sum += count
				squares += (count - lambda) * (count - lambda)
			}
			mean := sum / seeds
			variance := squares/seeds - (mean-lambda)*(mean-lambda)
			if limit := 4 * math.Sqrt(lambda/seeds); math.Abs(mean-lambda) > limit {
				t.Errorf("mean count %.3f, want %.3f +- %.3f", mean, lambda, limit)
			}
			if limit := 4 * math.Sqrt((2*lambda*lambda+lambda)/seeds); math.Abs(variance-lambda) > limit {
				t.Errorf("variance of the count %.3f, want %.3f +- %.3f", variance, lambda, limit)
			}
		})
	}
}

// gapCount arrivals are taken from schedules that are expected to hold far more
// (checked below), so no gap is cut off by the end of the run and the gaps in
// Lambda-time are independent and exponential with mean 1, exactly.
const gapCount = 20_000

// ksLimit is the asymptotic critical value of the Kolmogorov-Smirnov statistic,
// sqrt(-ln(alpha/2)/2)/sqrt(n) (Smirnov 1948), for alpha = 0.001. It holds here
// because the distribution is fully specified: nothing is fitted to the sample.
var ksLimit = math.Sqrt(-math.Log(0.001/2)/2) / math.Sqrt(gapCount)

// ksExponential returns the largest distance between the empirical distribution
// of sample and 1-exp(-x).
func ksExponential(sample []float64) float64 {
	sorted := slices.Sorted(slices.Values(sample))
	n, largest := float64(len(sorted)), 0.0
	for i, x := range sorted {
		cdf := 1 - math.Exp(-x)
		largest = max(largest, cdf-float64(i)/n, float64(i+1)/n-cdf)
	}
	return largest
}

// lambdaGaps returns the first gapCount inter-arrival gaps, measured in
// Lambda-time of d: the expected number of requests between two arrivals.
func lambdaGaps(t *testing.T, d Decay, p *Poisson) []float64 {
	t.Helper()
	gaps, last := make([]float64, 0, gapCount), 0.0
	for at := range p.Arrivals() {
		mass := expectedUpTo(d, at.Seconds())
		gaps, last = append(gaps, mass-last), mass
		if len(gaps) == gapCount {
			return gaps
		}
	}
	t.Fatalf("only %d arrivals, want %d", len(gaps), gapCount)
	return nil
}

var gapCases = []struct {
	name     string
	d        Decay
	duration time.Duration
}{
	{"decay", Decay{1000, 0.02}, 100 * time.Second}, // expects 43,233
	{"slow decay", Decay{80, 0.001}, 500 * time.Second},
	{"constant", Decay{500, 0}, 100 * time.Second},
}

func TestGapsAreExponential(t *testing.T) {
	for _, tt := range gapCases {
		t.Run(tt.name, func(t *testing.T) {
			gaps := lambdaGaps(t, tt.d, mustPoisson(t, tt.d, tt.duration, 3))
			if distance := ksExponential(gaps); distance > ksLimit {
				t.Errorf("Kolmogorov-Smirnov distance %.5f to Exp(1), limit %.5f", distance, ksLimit)
			}
		})
	}
}

// Exponential gaps that follow from each other are no Poisson process. The
// lag-1 correlation of independent gaps has the standard error 1/sqrt(n); four
// of them again.
func TestGapsAreIndependent(t *testing.T) {
	for _, tt := range gapCases {
		t.Run(tt.name, func(t *testing.T) {
			gaps := lambdaGaps(t, tt.d, mustPoisson(t, tt.d, tt.duration, 4))
			product, square := 0.0, 0.0
			for i := 1; i < len(gaps); i++ {
				product += (gaps[i-1] - 1) * (gaps[i] - 1)
				square += (gaps[i] - 1) * (gaps[i] - 1)
			}
			if r, limit := product/square, 4/math.Sqrt(gapCount); math.Abs(r) > limit {
				t.Errorf("correlation of neighbouring gaps %.5f, limit %.5f", r, limit)
			}
		})
	}
}

// The yardstick itself: it must refuse what it is there to refuse.
func TestKolmogorovSmirnovRefusesTheWrongProcess(t *testing.T) {
	d := Decay{1000, 0.02}
	regular := make([]float64, gapCount)
	for i := range regular {
		regular[i] = 1
	}
	for _, tt := range []struct {
		name string
		gaps []float64
	}{
		{"evenly spaced", regular},
		{"arrival rate 5 % too high", lambdaGaps(t, d, mustPoisson(t, Decay{1050, 0.02}, 100*time.Second, 3))},
		{"no decay", lambdaGaps(t, d, mustPoisson(t, Decay{1000, 0}, 100*time.Second, 3))},
		{"half the decay", lambdaGaps(t, d, mustPoisson(t, Decay{1000, 0.01}, 100*time.Second, 3))},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if distance := ksExponential(tt.gaps); distance <= ksLimit {
				t.Errorf("Kolmogorov-Smirnov distance %.5f is inside the limit %.5f", distance, ksLimit)
			}
		})
	}
}
