// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// This file holds the battery of statistical tests. Arrivals t1, t2, ... of a
// Poisson process of rate lambda(t), measured in Lambda-time (Lambda(t1),
// Lambda(t2), ...), are a Poisson process of rate 1: the random time change
// theorem (E. N. Brown et al., The time-rescaling distribution and its
// application to neural spike train data analysis, Neural Computation 14,
// 2002). So one battery, for rate 1, judges every profile:
//
//	rate          the number of arrivals has the Poisson distribution of the stated mean
//	profile       given their number, arrivals are uniform over [0, Lambda(end)]: Kolmogorov-Smirnov
//	gaps          gaps are exponential with mean 1: Kolmogorov-Smirnov
//	dispersion    counts per bin of equal mass vary as much as Poisson counts do, no more
//	              and no less: the index of dispersion, chi-square (R. A. Fisher 1925)
//	independence  gaps do not tell of each other: G. M. Ljung and G. E. P. Box 1978
//
// Each test gives a p-value: with a correct generator, a number that is uniform
// on [0, 1].
var batteryTests = []string{"rate", "profile", "gaps", "dispersion", "independence"}

const (
	binMass = 10 // arrivals expected in a bin of the dispersion test
	maxLag  = 20 // neighbours that the independence test compares
)

// battery returns the p-value of each test for arrivals in Lambda-time, of a
// process with a mean of total.
func battery(arrivals []float64, total float64) map[string]float64 {
	// Gaps are taken from the first nine tenths, where the end of the process
	// does not cut off long ones.
	n := min(int(0.9*total), len(arrivals))
	gaps, last := make([]float64, n), 0.0
	for i, at := range arrivals[:n] {
		gaps[i], last = at-last, at
	}
	counts := make([]float64, int(total/binMass))
	for _, at := range arrivals {
		if i := int(at / binMass); i < len(counts) {
			counts[i]++
		}
	}
	return map[string]float64{
		"rate":         math.Erfc(math.Abs(float64(len(arrivals))-total) / math.Sqrt(2*total)),
		"profile":      kolmogorov(arrivals, func(x float64) float64 { return x / total }),
		"gaps":         kolmogorov(gaps, func(x float64) float64 { return -math.Expm1(-x) }),
		"dispersion":   dispersion(counts),
		"independence": ljungBox(gaps, maxLag),
	}
}

// kolmogorov returns the p-value of the largest distance between the empirical
// distribution of sample and the given one, which has no fitted parameters.
// Finite samples are corrected for as by M. A. Stephens (Use of the
// Kolmogorov-Smirnov, Cramer-von Mises and related statistics without extensive
// tables, JRSS B 32, 1970).
func kolmogorov(sample []float64, distribution func(float64) float64) float64 {
	sample = slices.Sorted(slices.Values(sample))
	n, largest := float64(len(sample)), 0.0
	for i, x := range sample {
		cdf := distribution(x)
		largest = max(largest, cdf-float64(i)/n, float64(i+1)/n-cdf)
	}
	k := (math.Sqrt(n) + 0.12 + 0.11/math.Sqrt(n)) * largest
	if k < 0.3 { // p is 1 to nine digits, and the series converges slowly
		return 1
	}
	p, sign := 0.0, 1.0
	for j := 1.0; j <= 100; j++ {
		p += sign * 2 * math.Exp(-2*j*j*k*k)
		sign = -sign
	}
	return min(max(p, 0), 1)
}

// dispersion is two-sided: counts that vary too little are not Poisson counts
// either.
func dispersion(counts []float64) float64 {
	mean, variance := stat.MeanVariance(counts, nil)
	index := float64(len(counts)-1) * variance / mean
	above := distuv.ChiSquared{K: float64(len(counts) - 1)}.Survival(index)
	return 2 * min(above, 1-above)
}

func ljungBox(gaps []float64, lags int) float64 {
	n := float64(len(gaps))
	mean, variance := stat.MeanVariance(gaps, nil)
	square, q := variance*(n-1), 0.0
	for lag := 1; lag <= lags; lag++ {
		product := 0.0
		for i := lag; i < len(gaps); i++ {
			product += (gaps[i] - mean) * (gaps[i-lag] - mean)
		}
		q += (product / square) * (product / square) / (n - float64(lag))
	}
	if square == 0 { // no gap differs from another one
		return 0
	}
	return distuv.ChiSquared{K: float64(lags)}.Survival(n * (n + 2) * q)
}

// combined returns the p-value of several independent p-values of one test:
// R. A. Fisher (Statistical Methods for Research Workers, 4th edition 1932,
// section 21.1). It is near 0 when they are too small and near 1 when they are
// too large to be uniform.
func combined(values []float64) float64 {
	x := 0.0
	for _, p := range values {
		x -= 2 * math.Log(max(p, 1e-300))
	}
	return distuv.ChiSquared{K: float64(2 * len(values))}.Survival(x)
}
