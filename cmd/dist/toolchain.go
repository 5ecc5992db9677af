package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"

	"musc/engine/fault"
)

// useToolchain has go be the release that go.mod in the root recommends, whatever Go and $GOTOOLCHAIN
// are here: another one makes other bytes. Go fetches it when it is first called, as dist setup does.
func useToolchain(ctx context.Context, root string) error {
	printed, err := output(ctx, root, nil, "go", "mod", "edit", "-json")
	if err != nil {
		return err
	}
	var module struct{ Toolchain string }
	if err := json.Unmarshal([]byte(printed), &module); err != nil {
		return fault.New(fault.Internal, "cannot understand what go says of go.mod: %w", err)
	}
	if module.Toolchain == "" {
		return fault.New(fault.Input, "%s/go.mod names no toolchain to build with; add its line", root)
	}
	// `go run` leaves its own GOROOT, which another release must not take.
	return errors.Join(os.Setenv("GOTOOLCHAIN", module.Toolchain), os.Unsetenv("GOROOT"))
}
