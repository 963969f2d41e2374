// SPDX-License-Identifier: Apache-2.0

package schedule

import (
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
// correct one does so twice in 10,000 draws of seeds; what the broken ones of
// TestBatteryRejectsBrokenGenerators do is seen in every test meant for it.
const (
	seeds        = 10
	significance = 1e-4
)

// curve is a rate written down a second time, by the definition of the profile,
// so that the tests integrate the rate that was stated and not the code under
// test. Jumps are at multiples of gridStep.
type curve struct {
	name    string
	profile string // duration included
	rate    func(t float64) float64
}

const gridStep = 1e-3

// between returns v for from <= t < to, else 0.
func between(t, from, to, v float64) float64 {
	if t >= from && t < to {
		return v
	}
	return 0
}

var curves = []curve{
	{"constant", "constant:rate=200,duration=100", func(float64) float64 { return 200 }},
	{"decay", "decay:arrival_rate=500,decay_rate=0.02,duration=100", func(t float64) float64 { return 500 * math.Exp(-0.02*t) }},
	{"decay of the guide", "decay:duration=500", func(t float64) float64 { return 20 * math.Exp(-0.02*t) }},
	{"ramp up", "ramp:from=0,to=400,duration=100", func(t float64) float64 { return 4 * t }},
	{"ramp down, then level", "ramp:from=500,to=50,over=60,duration=100", func(t float64) float64 { return max(50, 500-7.5*t) }},
	{"step", "step:from=50,by=50,every=10,duration=95", func(t float64) float64 { return 50 + 50*math.Floor(t/10) }},
	{"step down to nothing", "step:from=500,by=-120,every=15,duration=100", func(t float64) float64 { return max(0, 500-120*math.Floor(t/15)) }},
	{"list of steps", "step:rates=300/10/0/700,every=20,duration=90", func(t float64) float64 {
		return between(t, 0, 20, 300) + between(t, 20, 40, 10) + between(t, 60, 90, 700)
	}},
	{"spike", "spike:base=100,peak=2000,at=50,width=5,duration=100", func(t float64) float64 { return 100 + between(t, 50, 55, 1900) }},
	{"spike on nothing", "spike:base=0,peak=2000,at=50,width=10,duration=100", func(t float64) float64 { return between(t, 50, 60, 2000) }},
	{"sine", "sine:mean=200,amplitude=150,period=17,phase=1,duration=100", func(t float64) float64 {
		return 200 + 150*math.Sin(2*math.Pi*t/17+1)
	}},
	{"sine down to 0", "sine:mean=200,amplitude=200,period=3,duration=100", func(t float64) float64 {
		return 200 + 200*math.Sin(2*math.Pi*t/3)
	}},
	{"trace", "trace:points=0:0/20:400/20:100/50:100/50:0/60:0/100:600,duration=110", func(t float64) float64 {
		return between(t, 0, 20, 20*t) + between(t, 20, 50, 100) + between(t, 60, 100, 15*(t-60)) + between(t, 100, 110, 600)
	}},
	{"sequence", "ramp:from=10,to=500,duration=20;constant:rate=0,duration=7;" +
		"sine:mean=300,amplitude=300,period=5,duration=12;decay:arrival_rate=900,decay_rate=0.2,duration=10;" +
		"spike:base=50,peak=900,at=3,width=2,duration=9", func(t float64) float64 {
		return between(t, 0, 20, 10+24.5*t) + between(t, 27, 39, 300+300*math.Sin(2*math.Pi*(t-27)/5)) +
			between(t, 39, 49, 900*math.Exp(-0.2*(t-39))) + between(t, 49, 58, 50) + between(t, 52, 54, 850)
	}},
	{"sequence, scaled", "scale=2.5;constant:rate=20,duration=100;ramp:from=20,to=80,duration=100", func(t float64) float64 {
		return 2.5 * (20 + between(t, 100, 200, 0.6*(t-100)))
	}},
}

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

func mustParse(t testing.TB, text string) Sequence {
	t.Helper()
	s, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
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
// One seed is one stream of random numbers, whatever the profile: series keeps
// the seeds of different processes apart.
func judge(series int, draw func(seed uint64) []float64, total float64) map[string]float64 {
	values := make(map[string][]float64)
	for i := range seeds {
		for name, p := range battery(draw(uint64(series*seeds+i)), total) {
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

func checkPoisson(t *testing.T, series int, draw func(seed uint64) []float64, total float64) {
	t.Helper()
	verdict := judge(series, draw, total)
	for _, test := range batteryTests {
		if p := verdict[test]; rejected(p) {
			t.Errorf("%s: p = %.2g over %d seeds, want from %g to 1-%[4]g", test, p, seeds, significance)
		}
	}
	t.Logf("p-values %v", verdict)
}

func TestArrivalsArePoisson(t *testing.T) {
	for i, c := range curves {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			plan := mustParse(t, c.profile)
			lambda := integrate(c.rate, plan.Duration().Seconds())
			total := lambda.at(plan.Duration().Seconds())
			checkPoisson(t, i, func(seed uint64) []float64 {
				p := mustPoisson(t, plan, plan.Duration(), seed)
				return inLambdaTime(slices.Collect(p.Arrivals()), lambda)
			}, total)
		})
	}
}

// parts is how many generators share a load in these tests.
const parts = 5

// superposed are the arrivals of all parts together, each with its own seed.
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

func TestPartsTogetherArePoissonAtTheFullRate(t *testing.T) {
	for i, c := range curves {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			plan := mustParse(t, c.profile)
			lambda := integrate(c.rate, plan.Duration().Seconds())
			checkPoisson(t, len(curves)+i, func(seed uint64) []float64 {
				return inLambdaTime(superposed(t, plan, func(part int) uint64 { return PartSeed(seed, part) }), lambda)
			}, lambda.at(plan.Duration().Seconds()))
		})
	}
}

// The yardstick itself: every generator here is wrong in one way, and every test
// that is there to see that way must reject it. Each is as near to a Poisson
// process as can be otherwise.
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
			verdict := judge(0, broken.draw, total)
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

// correlated has gaps that are exponential with mean 1, exactly, but correlate
// by rho with the one before: the process EAR(1) of D. P. Gaver and P. A. W.
// Lewis (First-order autoregressive gamma sequences and point processes,
// Advances in Applied Probability 12, 1980).
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
func TestCountsHaveTheMeanAndVarianceOfAPoissonProcess(t *testing.T) {
	const seeds = 500
	for _, c := range curves {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			plan := mustParse(t, c.profile)
			end := plan.Duration().Seconds()
			lambda := integrate(c.rate, end).at(end)
			plan, lambda = plan.Scale(500/lambda), 500 // as steep, and quick to draw
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
				t.Errorf("mean count %.3f, want %.3f +- %.3f", mean, lambda, limit)
			}
			if limit := 4 * math.Sqrt((2*lambda*lambda+lambda)/seeds); math.Abs(variance-lambda) > limit {
				t.Errorf("variance of the count %.3f, want %.3f +- %.3f", variance, lambda, limit)
			}
		})
	}
}
