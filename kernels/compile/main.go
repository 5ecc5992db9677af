// Command compile makes machine code of the CUDA kernels: of every NAME.cu in a folder
//
//	cubin/NAME_sm_80.cubin and so on   for the architectures that are common
//	cubin/NAME_compute_80.ptx          for those to come: the driver compiles it
//
// with the pinned compiler (NVRTC) and assembler (ptxas) of package assets. Equal sources give equal
// bytes, whatever the machine and the folder. With -check nothing is written: it fails if a
// committed file differs from what would be.
//
// Both print a table of registers, spilled bytes and static shared memory of each kernel, and fail
// if one is above its row of budget.csv, or if the assembler warns of anything. Kernels with
// products of a warpgroup are disassembled as well, and fail if their code is not as their row of
// schedule.csv wants it; from what is counted there a model predicts their speed on an H100.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"

	"musc/engine/assets"
	"musc/engine/atomicfile"
)

func main() {
	check := flag.Bool("check", false, "write nothing, fail on any difference")
	folder := flag.String("folder", "kernels", "the folder of the sources and budget.csv")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *folder, *check); err != nil {
		fmt.Fprintln(os.Stderr, "compile:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, folder string, check bool) error {
	tools, err := findTools(ctx)
	if err != nil {
		return err
	}
	sources, err := filepath.Glob(filepath.Join(folder, "*.cu"))
	if err != nil || len(sources) == 0 {
		return fmt.Errorf("there are no .cu files in %s", folder)
	}
	outputs, usages, err := build(ctx, tools, sources)
	if err != nil {
		return err
	}
	limits, err := readBudget(filepath.Join(folder, "budget.csv"))
	if err != nil {
		return err
	}
	problem := errors.Join(compareBudget(os.Stdout, usages, limits),
		checkSchedules(ctx, os.Stdout, folder, tools.disassembler, outputs))
	if check {
		return errors.Join(problem, compareFiles(filepath.Join(folder, "cubin"), outputs))
	}
	return errors.Join(problem, writeFiles(filepath.Join(folder, "cubin"), outputs))
}

// findTools fetches the pinned tools where they are missing and loads the compiler.
func findTools(ctx context.Context) (*toolchain, error) {
	err := assets.Ensure(ctx, []assets.Artifact{assets.CUDAHeaders, assets.CUDACompiler,
		assets.CUDAAssembler, assets.CUDADisassembler}, assets.Options{
		Progress: func(text string) { fmt.Fprintln(os.Stderr, text) },
	})
	if err != nil {
		return nil, err
	}
	library, err1 := assets.Path(&assets.CUDACompiler, "lib/libnvrtc.so.12")
	assembler, err2 := assets.Path(&assets.CUDAAssembler, "bin/ptxas")
	own, err3 := assets.Path(&assets.CUDAAssembler, "include")
	include, err4 := assets.CUDAInclude()
	disassembler, err5 := assets.Path(&assets.CUDADisassembler, "bin/nvdisasm")
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
		return nil, err
	}
	for _, program := range []string{assembler, disassembler} { // the cache keeps plain files
		if err := os.Chmod(program, 0o755); err != nil {
			return nil, fmt.Errorf("cannot make a tool executable: %w", err)
		}
	}
	if err := loadCompiler(library); err != nil {
		return nil, err
	}
	return &toolchain{assembler: assembler, disassembler: disassembler,
		includes: []string{include, own}}, nil
}

// build compiles every source; outputs are by file name.
func build(ctx context.Context, tools *toolchain, sources []string) (outputs map[string][]byte,
	usages []usage, err error) {

	outputs = map[string][]byte{}
	for _, source := range sources {
		files, used, err := tools.compile(ctx, source)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", source, err)
		}
		maps.Copy(outputs, files)
		usages = append(usages, used...)
	}
	return outputs, usages, nil
}

// compareFiles fails if the folder does not hold exactly the outputs.
func compareFiles(folder string, outputs map[string][]byte) error {
	var wrong []string
	for _, name := range slices.Sorted(maps.Keys(outputs)) {
		committed, err := os.ReadFile(filepath.Join(folder, name))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			wrong = append(wrong, name+" is missing")
		case err != nil:
			return err
		case !bytes.Equal(committed, outputs[name]):
			wrong = append(wrong, name+" differs")
		}
	}
	left, err := leftOver(folder, outputs)
	for _, name := range left {
		wrong = append(wrong, name+" has no source")
	}
	if len(wrong) > 0 {
		err = errors.Join(err, fmt.Errorf("%s is not what the sources give: %s; run make kernels",
			folder, strings.Join(wrong, ", ")))
	}
	return err
}

// leftOver lists the code in the folder that is no output.
func leftOver(folder string, outputs map[string][]byte) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var names []string
	for _, entry := range entries {
		extension := filepath.Ext(entry.Name())
		_, ok := outputs[entry.Name()]
		if !ok && (extension == ".cubin" || extension == ".ptx") {
			names = append(names, entry.Name())
		}
	}
	return names, nil
}

// writeFiles makes the folder hold exactly the outputs.
func writeFiles(folder string, outputs map[string][]byte) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for name, content := range outputs {
		if err := atomicfile.WriteFile(filepath.Join(folder, name), content); err != nil {
			return err
		}
	}
	left, err := leftOver(folder, outputs)
	for _, name := range left {
		err = errors.Join(err, os.Remove(filepath.Join(folder, name)))
	}
	return err
}
