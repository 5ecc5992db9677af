//go:build !race

package mutual

const raceEnabled = false
