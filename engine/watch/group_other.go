//go:build !unix

package watch

import "os/exec"

// ownGroup has no process groups here: the command alone is killed.
func ownGroup(*exec.Cmd) {}
