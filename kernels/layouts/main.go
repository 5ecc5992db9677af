// Command layouts compares every layout and descriptor that the CUDA kernels rely on with CuTe's,
// the layout library of NVIDIA's CUTLASS: a witness that did not read our code.
//
// The kernels, and the emulator that executes them without a GPU, were written by one hand: where
// the emulator takes the hardware for something that it is not, both are wrong and every test
// passes. So each layout that the emulator knows (kernels/emulator/layouts.h) is compared value by
// value with what CuTe says of the same instruction: sums of wgmma, operands of mma and ldmatrix,
// tiles swizzled by 128 bytes, matrix descriptors. Then the kernels' own functions run with CuTe's
// layouts: the copies and loads of product.h, the epilogues of both searches.
//
//	cute/cute.cpp     CuTe's answers; nothing of ours is included there
//	cute/layouts.cpp  ours beside them; it includes the kernels' sources
//
// The headers are fetched once (6.4 MB) and compiled by the host's C++17 compiler, $CXX or c++; no
// GPU and no CUDA is needed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"

	"musc/engine/assets"
)

func main() {
	folder := flag.String("folder", "kernels", "the folder of the kernels' sources")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *folder); err != nil {
		fmt.Fprintln(os.Stderr, "layouts:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, folder string) error {
	err := assets.Ensure(ctx, []assets.Artifact{assets.CuTe}, assets.Options{
		Progress: func(text string) { fmt.Fprintln(os.Stderr, text) },
	})
	if err != nil {
		return err
	}
	programs, err := os.MkdirTemp("", "musc-layouts-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(programs)
	witness, err := buildWitness(ctx, folder, programs)
	if err != nil {
		return err
	}
	said, err := compare(ctx, folder, witness)
	fmt.Print(said)
	return err
}

// buildWitness compiles CuTe's side, which no change of ours changes.
func buildWitness(ctx context.Context, folder, programs string) (object string, err error) {
	headers, err := assets.Path(&assets.CuTe, "include")
	if err != nil {
		return "", err
	}
	object = filepath.Join(programs, "cute.o")
	own := filepath.Join(folder, "layouts/cute")
	return object, compile(ctx, "-c", "-include", filepath.Join(own, "host.h"), "-isystem", headers,
		filepath.Join(own, "cute.cpp"), "-o", object)
}

// compare compiles our side with the sources in folder and runs it. It returns what the program
// said, and an error if anything differs.
func compare(ctx context.Context, folder, witness string) (said string, err error) {
	program, err := os.CreateTemp(filepath.Dir(witness), "layouts-*")
	if err != nil {
		return "", err
	}
	if err := program.Close(); err != nil {
		return "", err
	}
	err = compile(ctx, "-O1", "-I"+filepath.Join(folder, "../cgo/cuda/fake"),
		filepath.Join(folder, "layouts/cute/layouts.cpp"), witness, "-o", program.Name())
	if err != nil {
		return "", err
	}
	output, err := exec.CommandContext(ctx, program.Name()).CombinedOutput()
	if err != nil {
		err = fmt.Errorf("the layouts of %s are not CuTe's: %w", folder, err)
	}
	return string(output), err
}

// compile runs the C++ compiler, which must have nothing to say.
func compile(ctx context.Context, arguments ...string) error {
	compiler := os.Getenv("CXX")
	if compiler == "" {
		compiler = "c++"
	}
	arguments = append([]string{"-std=c++17", "-Wall", "-Wextra", "-Wno-unknown-pragmas",
		"-Wno-psabi"}, arguments...)
	output, err := exec.CommandContext(ctx, compiler, arguments...).CombinedOutput()
	if err == nil && len(output) > 0 {
		err = errors.New("it warns")
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w\n%s", compiler, strings.Join(arguments, " "), err, output)
	}
	return nil
}
