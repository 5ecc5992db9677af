package main

import (
	"math"
	"slices"
)

// median is the middle of the values, NaN of none.
func median(values []float64) float64 { return quantile(values, 0.5) }

// quantile interpolates between the sorted values; q is from 0 to 1.
func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	at := q * float64(len(sorted)-1)
	below := int(at)
	if below+1 == len(sorted) {
		return sorted[below]
	}
	return sorted[below] + (at-float64(below))*(sorted[below+1]-sorted[below])
}

// spread is a median with its quartiles.
type spread struct{ low, middle, high float64 }

func spreadOf(values []float64) spread {
	return spread{quantile(values, 0.25), median(values), quantile(values, 0.75)}
}

// ratios divides pair by pair: over[k] / under[k]. Both are of one row.
func ratios(over, under *Case) []float64 {
	if over == nil || under == nil {
		return nil
	}
	quotients := make([]float64, min(len(over.Samples), len(under.Samples)))
	for k := range quotients {
		quotients[k] = over.Samples[k] / under.Samples[k]
	}
	return quotients
}

// rates is operations a second in each round.
func (c *Case) rates() []float64 {
	values := make([]float64, len(c.Samples))
	for k, s := range c.Samples {
		values[k] = c.Work / s
	}
	return values
}

// rateRatios is how much of the other case's rate a case reaches, pair by pair.
func rateRatios(of, peak *Case) []float64 {
	if of == nil || peak == nil || of.Work == 0 || peak.Work == 0 {
		return nil
	}
	values := ratios(peak, of)
	for k := range values {
		values[k] *= of.Work / peak.Work
	}
	return values
}
