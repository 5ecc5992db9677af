//go:build !linux

package watch

// remoteSystem knows of none here: --poll is there for those.
func remoteSystem(string) string { return "" }
