package main

import (
	"errors"
	"slices"

	"musc/engine/mutual"
)

// afterDeviceFailure says what there is to go on with if a device failed in the middle of a command
// line; empty for other errors.
func afterDeviceFailure(err error, args []string) string {
	var failed *mutual.DeviceError
	if !errors.As(err, &failed) || len(args) < 2 {
		return ""
	}
	command := args[1]
	if slices.Contains(args[2:], timeTable) { // of musc paper
		command = timeTable
	}
	switch command {
	case "eval", "paper":
		return "; finished classes are kept: the same command without --overwrite goes on after them"
	case "mutual":
		return "; the tokens are still in their files: run the command again"
	}
	return "; nothing of this run is kept: run the command again"
}
