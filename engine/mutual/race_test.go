//go:build race

package mutual

const raceEnabled = true
