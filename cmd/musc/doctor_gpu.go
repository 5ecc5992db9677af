package main

import (
	"path/filepath"

	"musc/cgo/cuda"
	"musc/engine/assets"
	"musc/engine/backbone"
	"musc/models/resolve"
)

// gpu tells what a backbone on a GPU would find: the driver, the libraries that were fetched for
// it, each by its name, and whether device 0 runs models with them. The CPU needs none of it.
func (f *findings) gpu(used string) {
	driver, err := cuda.FindDriver()
	switch {
	case err == nil:
		f.ok("driver", "%s", driver)
	case driver != cuda.Driver{}:
		f.note("driver", "%s, which cannot be used: %v", driver, err)
	default:
		f.note("driver", "%v", err)
	}
	library := used
	if !backbone.HasCUDA(used) {
		if library = fetchedForGPU(); library == "" {
			f.notFetched(driver, err)
			return
		}
	}
	if library == used {
		f.ok("GPU libraries", "%s", filepath.Dir(library))
	} else {
		f.note("GPU libraries", "%s, but %s is used", filepath.Dir(library), used)
	}
	needs, err := backbone.Needs(library)
	if err != nil {
		f.note("GPU libraries", "%v", err)
	}
	for _, need := range needs {
		if name := "  " + filepath.Base(need.Path); need.Err == nil {
			f.ok(name, "%s", need.Path)
		} else {
			f.note(name, "%v; run: musc setup gpu", need.Err)
		}
	}
	if note := backbone.CheckCUDA(library, 0); note == "" {
		f.ok("GPU", "CUDA device 0 can run the backbone")
	} else {
		f.note("GPU", "none for the backbone: %s", note)
	}
}

// fetchedForGPU is ONNX Runtime of the newest complete pack, whatever the driver; "" for none.
func fetchedForGPU() string {
	for _, pack := range assets.Packs {
		if path, err := pack.LibraryPath(); err == nil {
			return path
		}
	}
	return ""
}

// notFetched says which libraries would serve a driver that is there.
func (f *findings) notFetched(driver cuda.Driver, problem error) {
	pack, why, _ := resolve.ChoosePack(driver, problem, false)
	switch {
	case pack != nil:
		f.note("GPU libraries", "those of %s are not fetched; the backbone runs on the CPU without; "+
			"run: musc setup gpu", pack.Name())
	case problem == nil:
		f.note("GPU libraries", "%s", why)
	default:
		f.note("GPU libraries", "not fetched, nor of use here")
	}
}
