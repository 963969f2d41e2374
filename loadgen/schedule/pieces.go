// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"math"
	"slices"
)

// pieces is a piecewise linear rate. The last piece is level and has no end.
// All slices have the same length, one element per piece.
type pieces struct {
	start []float64 // second at which a piece starts, ascending, the first one 0
	from  []float64 // rate at its start
	slope []float64 // requests per second, per second
	mass  []float64 // Lambda at its start
}

// add appends a piece. Only now is the mass of the previous one known.
func (p *pieces) add(start, from, slope float64) {
	mass := 0.0
	if last := len(p.start) - 1; last >= 0 {
		mass = p.mass[last] + linearMass(p.from[last], p.slope[last], start-p.start[last])
	}
	p.start = append(p.start, start)
	p.from = append(p.from, from)
	p.slope = append(p.slope, slope)
	p.mass = append(p.mass, mass)
}

func (p *pieces) rate(t float64) float64 {
	i := pieceAt(p.start, t)
	return max(0, p.from[i]+p.slope[i]*(t-p.start[i]))
}

func (p *pieces) cumulative(t float64) float64 {
	i := pieceAt(p.start, t)
	return p.mass[i] + linearMass(p.from[i], p.slope[i], t-p.start[i])
}

func (p *pieces) inverse(mass float64) float64 {
	if mass <= 0 {
		return 0
	}
	// The piece before the first one that starts with this mass or more.
	i, _ := slices.BinarySearch(p.mass, mass)
	i = max(0, i-1)
	end := math.Inf(1)
	if i+1 < len(p.start) {
		end = p.start[i+1]
	}
	return min(p.start[i]+atLinearRate(p.from[i], p.slope[i], mass-p.mass[i]), end)
}

// pieceAt returns the index of the last start at or before t.
func pieceAt(start []float64, t float64) int {
	i, found := slices.BinarySearch(start, t)
	if found {
		return i
	}
	return max(0, i-1)
}
