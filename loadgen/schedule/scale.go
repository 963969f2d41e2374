// SPDX-License-Identifier: Apache-2.0

package schedule

// Scale returns the same sequence with every rate multiplied by factor, which
// must be finite and above 0, else Scale panics.
//
// That is how load is split over n generators: each one runs Scale(1/n) with a
// seed of its own (see [PartSeed]). To send each arrival of a Poisson process
// with probability 1/n is to thin it, and leaves a Poisson process of 1/n of the
// rate; n independent ones together are a Poisson process of the whole rate.
// Source: J. F. C. Kingman, Poisson Processes, Oxford 1993, sections 2.2
// (superposition) and 5.1 (colouring).
func (s Sequence) Scale(factor float64) Sequence {
	if !finite(factor) || factor <= 0 {
		panic("schedule: Scale by " + number(factor))
	}
	s.factor = s.Factor() * factor
	return s
}

// Factor returns the product of all factors the sequence was scaled by; 1 when
// it was not.
func (s Sequence) Factor() float64 {
	if s.factor == 0 { // the zero value
		return 1
	}
	return s.factor
}

// Unscaled returns the sequence as it was before Scale.
func (s Sequence) Unscaled() Sequence {
	s.factor = 1
	return s
}

// PartSeed returns the seed of one of several generators that share a load. Part
// 0 keeps the seed, so that one generator alone sends what it would send anyway.
// The others get seeds that have nothing in common, by the generator SplitMix64
// of G. L. Steele, D. Lea and C. H. Flood (Fast splittable pseudorandom number
// generators, OOPSLA 2014), cut to 53 bits, which a JSON number can hold.
func PartSeed(seed uint64, part int) uint64 {
	if part == 0 {
		return seed
	}
	z := seed + uint64(part)*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return (z ^ z>>31) >> 11
}
