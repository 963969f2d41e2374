// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// The tests here ask whether arrivals are a Poisson process of the stated rate.
// Seeds are fixed, so a pass stays a pass. Each process is drawn with several
// seeds, and the p-values of each test of the battery are combined over them; a
// generator fails when that is below significance, or above its complement. A
// correct one does so twice in 10,000 draws of seeds; each defect in
// TestBatteryRejectsBrokenGenerators is found by every test meant for it.
const (
	seeds        = 10
	significance = 1e-4
)

// reference is the integral of a curve, on a grid, with the midpoint rule.
type reference []float64

func integrate(rate func(float64) float64, end float64) reference {
	r := make(reference, 1, int(end/gridStep)+3)
	for i := range int(math.Ceil(end/gridStep-1e-9)) + 1 {
		r = append(r, r[i]+gridStep*rate((float64(i)+0.5)*gridStep))
	}
	return r
}

func (r reference) at(t float64) float64 {
	i := int(t / gridStep)
	return r[i] + (r[i+1]-r[i])*(t/gridStep-float64(i))
}

// inLambdaTime measures arrivals by the reference.
func inLambdaTime(arrivals []time.Duration, lambda reference) []float64 {
	mass := make([]float64, len(arrivals))
	for i, at := range arrivals {
		mass[i] = lambda.at(at.Seconds())
	}
	return mass
}

// judge draws a process with every seed and returns the combined p-value of each
// test of the battery.
// One seed is one stream of random numbers, whatever the profile: series, a name,
// keeps the seeds of different processes apart.
func judge(series string, draw func(seed uint64) []float64, total float64) map[string]float64 {
	first := fnv.New32a()
	first.Write([]byte(series)) // never fails
	values := make(map[string][]float64)
	for i := range uint64(seeds) {
		for name, p := range battery(draw(uint64(first.Sum32())*seeds+i), total) {
			values[name] = append(values[name], p)
		}
	}
	verdict := make(map[string]float64)
	for name, list := range values {
		verdict[name] = combined(list)
	}
	return verdict
}

func rejected(p float64) bool { return p < significance || p > 1-significance }

func checkPoisson(t *testing.T, series string, draw func(seed uint64) []float64, total float64) {
	t.Helper()
	verdict := judge(series, draw, total)
	for _, test := range batteryTests {
		if p := verdict[test]; rejected(p) {
			t.Errorf("%s: p = %.2g over %d seeds, want from %g to 1-%[4]g", test, p, seeds, significance)
		}
	}
	t.Logf("p-values %v", verdict)
}

func checkArrivals(t *testing.T, c curve) {
	plan := mustParse(t, c.profile)
	lambda := integrate(c.rate, plan.Duration().Seconds())
	total := lambda.at(plan.Duration().Seconds())
	t.Run("arrivals are Poisson", func(t *testing.T) {
		t.Parallel()
		checkPoisson(t, c.profile, func(seed uint64) []float64 {
			p := mustPoisson(t, plan, plan.Duration(), seed)
			return inLambdaTime(slices.Collect(p.Arrivals()), lambda)
		}, total)
	})
	t.Run("parts together are Poisson at the full rate", func(t *testing.T) {
		t.Parallel()
		checkPoisson(t, c.profile+" in parts", func(seed uint64) []float64 {
			return inLambdaTime(superposed(t, plan, func(part int) uint64 { return PartSeed(seed, part) }), lambda)
		}, total)
	})
	t.Run("counts", func(t *testing.T) {
		t.Parallel()
		checkCounts(t, plan.Scale(500/total)) // as steep, and quick to draw
	})
}

// parts is how many generators share a load in these tests.
const parts = 5

// superposed returns the arrivals of all parts together, each with its own
// seed.
func superposed(t *testing.T, plan Sequence, seedOf func(part int) uint64) []time.Duration {
	t.Helper()
	var all []time.Duration
	share := plan.Scale(1.0 / parts)
	for part := range parts {
		all = slices.AppendSeq(all, mustPoisson(t, share, share.Duration(), seedOf(part)).Arrivals())
	}
	slices.Sort(all)
	return all
}

// A test of the battery itself: every generator here has one defect, and every
// test that is meant to find it must reject the generator. Otherwise, each is
// as close to a Poisson process as possible.
func TestBatteryRejectsBrokenGenerators(t *testing.T) {
	var (
		plan    = mustParse(t, "decay:arrival_rate=500,decay_rate=0.02,duration=80.4719") // 80.4719 = 50 ln 5
		lambda  = integrate(func(t float64) float64 { return 500 * math.Exp(-0.02*t) }, plan.Duration().Seconds())
		poisson = func(text string) func(seed uint64) []float64 {
			return func(seed uint64) []float64 {
				broken := mustParse(t, text)
				return inLambdaTime(slices.Collect(mustPoisson(t, broken, broken.Duration(), seed).Arrivals()), lambda)
			}
		}
	)
	// random is a source for generators made here, in Lambda-time.
	random := func(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }
	total := lambda.at(plan.Duration().Seconds()) // 20,000
	for _, broken := range []struct {
		name string
		draw func(seed uint64) []float64
		seen []string
	}{
		{"none: the yardstick alone", poisson(plan.String()), nil},
		{"rate 3 % too high", poisson("scale=1.03;" + plan.String()), []string{"rate", "gaps"}},
		{"rate 3 % too low", poisson("scale=0.97;" + plan.String()), []string{"rate", "gaps"}},
		{"no decay, same total", poisson("constant:rate=248.534,duration=80.4719"), []string{"profile", "gaps", "dispersion", "independence"}},
		{"a tenth less decay, same total", poisson("decay:arrival_rate=472.68,decay_rate=0.018,duration=80.4719"), []string{"profile"}},
		{"regular spacing", func(uint64) []float64 {
			return regular(total, func(i int) float64 { return float64(i) + 0.5 })
		}, []string{"gaps", "dispersion", "independence"}},
		{"regular spacing with jitter", func(seed uint64) []float64 {
			r := random(seed)
			return regular(total, func(i int) float64 { return float64(i) + r.Float64() })
		}, []string{"gaps", "dispersion", "independence"}},
		{"every arrival doubled", func(seed uint64) []float64 {
			return doubled(poisson(plan.String())(seed))
		}, []string{"rate", "gaps", "dispersion", "independence"}},
		{"every arrival doubled, at half the rate", func(seed uint64) []float64 {
			return doubled(poisson("scale=0.5;" + plan.String())(seed))
		}, []string{"gaps", "dispersion", "independence"}},
		{"gaps that follow from each other", func(seed uint64) []float64 { return correlated(random(seed), total, 0.05) },
			[]string{"independence", "dispersion"}},
		{"parts of the same seed", func(seed uint64) []float64 {
			return inLambdaTime(superposed(t, plan, func(int) uint64 { return seed }), lambda)
		}, []string{"gaps", "dispersion", "independence"}},
	} {
		t.Run(broken.name, func(t *testing.T) {
			verdict := judge("broken", broken.draw, total)
			for _, test := range broken.seen {
				if p := verdict[test]; !rejected(p) {
					t.Errorf("%s: p = %.2g over %d seeds is not rejected", test, p, seeds)
				}
			}
			t.Logf("p-values %v", verdict)
		})
	}
}

func doubled(arrivals []float64) []float64 {
	var twice []float64
	for _, at := range arrivals {
		twice = append(twice, at, at)
	}
	return twice
}

// regular returns one arrival for each unit of mass.
func regular(total float64, at func(i int) float64) []float64 {
	arrivals := make([]float64, int(math.Round(total)))
	for i := range arrivals {
		arrivals[i] = at(i)
	}
	return arrivals
}

// correlated has gaps that are exactly exponential with mean 1, but correlate
// by rho with the previous one: the process EAR(1) of D. P. Gaver and
// P. A. W. Lewis (First-order autoregressive gamma sequences and point
// processes, Advances in Applied Probability 12, 1980).
func correlated(random *rand.Rand, total, rho float64) []float64 {
	var arrivals []float64
	gap := random.ExpFloat64()
	for at := gap; at < total; at += gap {
		arrivals = append(arrivals, at)
		gap *= rho
		if random.Float64() >= rho {
			gap += random.ExpFloat64()
		}
	}
	return arrivals
}

// A Poisson count has mean and variance Lambda. Over n seeds the sample mean
// has the standard error sqrt(Lambda/n), and the sample variance, whose fourth
// central moment is 3*Lambda^2+Lambda, sqrt((2*Lambda^2+Lambda)/n). Four
// standard errors are exceeded once in 16,000 times. A rate wrong by 1 % moves
// the mean by 5 of them at Lambda = 500; even spacing has hardly any variance.
func checkCounts(t *testing.T, plan Sequence) {
	const (
		seeds  = 500
		lambda = 500
	)
	sum, squares := 0.0, 0.0
	for seed := range uint64(seeds) {
		count := 0.0
		for range mustPoisson(t, plan, plan.Duration(), seed).Arrivals() {
			count++
		}
		sum += count
		squares += (count - lambda) * (count - lambda)
	}
	mean := sum / seeds
	variance := squares/seeds - (mean-lambda)*(mean-lambda)
	if limit := 4 * math.Sqrt(lambda/seeds); math.Abs(mean-lambda) > limit {
		t.Errorf("mean count %.3f, want %d +- %.3f", mean, lambda, limit)
	}
	if limit := 4 * math.Sqrt((2*lambda*lambda+lambda)/seeds); math.Abs(variance-lambda) > limit {
		t.Errorf("variance of the count %.3f, want %d +- %.3f", variance, lambda, limit)
	}
}
