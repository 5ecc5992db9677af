package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"musc/engine/assets"
	"musc/engine/fault"
)

// bundled are the wheels of an offline bundle: what musc setup fetches, and the libraries for a GPU of
// the CUDA release that is named, as "13".
func bundled(cuda string) ([]assets.Artifact, error) {
	wheels := []assets.Artifact{assets.Runtime, assets.Weights, assets.Codecs}
	if cuda == "" {
		return wheels, nil
	}
	pack, err := assets.ParsePack(cuda)
	if err != nil {
		return nil, err
	}
	return append(wheels, pack.Artifacts...), nil
}

// keptWheels is the file in the cache that keeps the wheels of a bundle between set-up and build, itself
// a bundle; musc setup keeps none.
func keptWheels(cuda string) (string, error) {
	cache, err := assets.Cache()
	return filepath.Join(cache, "dist-wheels"+cuda+".tar"), err
}

// fetchWheels makes the file of keptWheels, where it is not there.
func fetchWheels(ctx context.Context, cuda string) error {
	path, err := keptWheels(cuda)
	if err != nil {
		return err
	}
	wheels, err := bundled(cuda)
	if err != nil {
		return err
	}
	if kept, err := assets.OpenBundle(path); err == nil {
		lacks := lacking(kept, wheels)
		kept.Close()
		if lacks == "" {
			return nil
		}
	}
	return assets.WriteBundle(ctx, path, assets.BundleContent{Artifacts: wheels},
		assets.Options{Progress: func(text string) { fmt.Fprintln(os.Stderr, text) }})
}

// lacking names a wheel that a bundle does not hold; "": it holds them all.
func lacking(bundle *assets.Bundle, wheels []assets.Artifact) string {
	for i := range wheels {
		if !bundle.Has(&wheels[i]) {
			return wheels[i].Wheel
		}
	}
	return ""
}

// openWheels opens the kept wheels of a bundle; the error says how to fetch those that are missing.
func openWheels(cuda string, wheels []assets.Artifact) (*assets.Bundle, error) {
	name, err := keptWheels(cuda)
	if err != nil {
		return nil, err
	}
	kept, err := assets.OpenBundle(name)
	if err != nil {
		return nil, fmt.Errorf("%w; run make dist-setup, with the same BUNDLE", err)
	}
	if wheel := lacking(kept, wheels); wheel != "" {
		kept.Close()
		return nil, fault.New(fault.Setup, "%s does not hold %s; run make dist-setup, with the same BUNDLE",
			name, wheel)
	}
	return kept, nil
}
