// Command headers prints the folder of a cuda.h that the CUDA part of musc can be built with, of a
// CUDA 12 release, or nothing where there is none; it then says why on standard error, and musc is
// built without CUDA. It looks at
//
//	$CUDA_HOME, $CUDA_PATH      a toolkit that the user chose
//	the cache                   the pinned headers, fetched before
//	/usr/local/cuda and others  a toolkit where it usually is
//	the package registry        to fetch the pinned headers: one package of 3.5 MB
//
// and takes the first.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"

	"musc/engine/assets"
)

// usual are folders of cuda.h where toolkits are installed, the pattern of its versions last.
var usual = []string{"/usr/local/cuda/include", "/opt/cuda/include", "/usr/include",
	"/usr/local/cuda-12*/include"}

func main() {
	offline := flag.Bool("offline", false, "fetch nothing")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	folder, err := find(ctx, usual, *offline)
	if ctx.Err() != nil {
		os.Exit(130)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "musc is built without CUDA: %v\n", err)
		return
	}
	fmt.Println(folder)
}

// find returns the first usable folder, as the package comment lists them.
func find(ctx context.Context, usual []string, offline bool) (string, error) {
	for _, variable := range []string{"CUDA_HOME", "CUDA_PATH"} {
		if toolkit := os.Getenv(variable); toolkit != "" {
			folder := filepath.Join(toolkit, "include")
			if err := usable(folder); err != nil {
				return "", fmt.Errorf("$%s: %w", variable, err)
			}
			return folder, nil
		}
	}
	if folder, err := assets.CUDAInclude(); err == nil {
		return folder, nil
	}
	var problems []error
	for _, pattern := range usual {
		folders, _ := filepath.Glob(pattern) // the patterns are well formed
		for _, folder := range folders {
			err := usable(folder)
			if err == nil {
				return folder, nil
			}
			if !errors.Is(err, os.ErrNotExist) {
				problems = append(problems, err)
			}
		}
	}
	err := assets.Ensure(ctx, []assets.Artifact{assets.CUDAHeaders}, assets.Options{
		Offline:  offline,
		Progress: func(text string) { fmt.Fprintln(os.Stderr, text) },
	})
	if err != nil {
		return "", errors.Join(append(problems, err)...)
	}
	return assets.CUDAInclude()
}

var versionLine = regexp.MustCompile(`(?m)^#define CUDA_VERSION (\d+)`)

// usable checks that folder holds a cuda.h of CUDA 12: gorgonia.org/cu does not build with another.
func usable(folder string) error {
	path := filepath.Join(folder, "cuda.h")
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("no cuda.h: %w", err)
	}
	match := versionLine.FindSubmatch(text)
	if match == nil {
		return fmt.Errorf("%s tells no CUDA_VERSION", path)
	}
	version, err := strconv.Atoi(string(match[1]))
	if err != nil || version/1000 != 12 {
		return fmt.Errorf("%s is of CUDA version %s; a release of CUDA 12 is needed", path, match[1])
	}
	return nil
}
