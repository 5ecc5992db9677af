// Package resolve turns the name of a backbone into what runs it: an ONNX graph, built if it is not
// there yet, and an ONNX Runtime library. It is the one place that knows where both may be.
package resolve

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"musc/engine/assets"
	"musc/engine/backbone"
	"musc/engine/device"
	"musc/engine/fault"
	"musc/models"
	"musc/models/build"
	"musc/models/pull"
)

// Request says which graph is wanted. The zero value is the default model as musc builds it.
type Request struct {
	Model   string // a name of models.Registry, or an .onnx file, which is used as it is; "": the default
	Weights string // a .safetensors or .onnx file instead of the fetched weights
	Random  bool   // weights drawn with Seed: for benchmarks
	Seed    uint64
	Folder  string        // where graphs are kept; "": in the cache
	Device  device.Choice // what is to run it

	build.Options // image size, precision and attention; zero values are the model's own
}

// Backbone finds the graph that is wanted and a library to run it with, which is searched for as
// Library does. For a GPU the graph is in float16, unless another precision is asked for.
func (r Request) Backbone(ctx context.Context, library string) (graph, found string, err error) {
	if found, err = Library(library, r.Device); err != nil {
		return "", "", err
	}
	if r.Precision == "" && !isFile(r.Model) && OnGPU(found, r.Device) {
		r.Precision = build.Float16
	}
	graph, err = r.Graph(ctx)
	return graph, found, err
}

// Graph is the path of the ONNX graph, which is built if need be; see build.Cached for how. An
// unknown name and options that do not go together are of kind fault.Usage, weights that are not
// here of kind fault.Setup with the command that fetches them.
func (r Request) Graph(ctx context.Context) (string, error) {
	if isFile(r.Model) {
		if r.Weights != "" || r.Random || r.Options != (build.Options{}) {
			return "", fault.New(fault.Usage, "weights, random weights, image size, precision and "+
				"attention are for a model that musc builds; %s is used as it is", r.Model)
		}
		return r.Model, nil
	}
	name := r.Model
	if name == "" {
		name = models.DefaultName
	}
	spec, err := models.Lookup(name)
	if err != nil {
		return "", err
	}
	if r.Weights != "" && r.Random {
		return "", fault.New(fault.Usage, "weights from %s and random weights exclude each other",
			r.Weights)
	}
	source := build.Source{Path: r.Weights, Seed: r.Seed}
	if r.Weights == "" && !r.Random {
		if source.Path, err = Weights(spec); err != nil {
			return "", err
		}
	}
	folder := r.Folder
	if folder == "" {
		if folder, err = GraphFolder(); err != nil {
			return "", err
		}
	}
	return build.Cached(ctx, folder, spec, source, r.Options)
}

func isFile(model string) bool { return strings.EqualFold(filepath.Ext(model), ".onnx") }

// Library looks for the ONNX Runtime library where backbone.FindLibrary says, then in the cache:
// for a GPU the one of a complete pack that the driver runs, else the one for CPUs. The path that
// is demanded goes first, if it is not "". The error is of kind fault.Setup.
func Library(demanded string, on device.Choice) (string, error) {
	cached, missing := assets.LibraryPath()
	packed := ""
	if on.CUDA {
		packed = packedLibrary(findDriver, assets.Packs)
	}
	path, _, err := backbone.FindLibrary(demanded, packed, cached)
	if err != nil && cached == "" && demanded == "" && os.Getenv(backbone.LibraryVariable) == "" {
		return "", missing // says what to run
	}
	return path, err
}

// Weights is where the weights of a model are that "musc setup" or "musc models pull" fetched. The
// error is of kind fault.Setup and says which of them to run.
func Weights(spec models.Spec) (string, error) {
	if source, ok := Packaged(spec); ok {
		return assets.PackageFile(source.Package, source.File)
	}
	folder, err := WeightsFolder()
	if err != nil {
		return "", err
	}
	if path, ok := pull.Find(spec, folder); ok {
		return path, nil
	}
	return "", fault.New(fault.Setup, "the weights of %s are not here; run: musc models pull %s (or "+
		"give a file with --weights)", spec.Name, spec.Name)
}

// Packaged is the model's source that is a part of a pinned package, if there is one.
func Packaged(spec models.Spec) (models.Source, bool) {
	for _, source := range spec.Sources {
		if source.Package != "" {
			return source, true
		}
	}
	return models.Source{}, false
}

// WeightsFolder is where the cache keeps the weights that were pulled.
func WeightsFolder() (string, error) { return below("weights") }

// GraphFolder is where the cache keeps the graphs that were built.
func GraphFolder() (string, error) { return below("models") }

func below(name string) (string, error) {
	cache, err := assets.Cache()
	if err != nil {
		return "", err
	}
	return filepath.Join(cache, name), nil
}
