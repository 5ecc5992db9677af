//go:build !race

package rscin

const raceEnabled = false
