package build

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"musc/engine/atomicfile"
	"musc/engine/fault"
	"musc/models"
	"musc/models/onnxfile"
)

const (
	dataSuffix  = ".data"
	dataSizeKey = "musc.data_bytes"
)

// Cached returns the path of a backbone's ONNX graph in cacheDir, and builds it unless it is there.
// The large tensors are in a file beside it, the graph's name plus ".data". Both names contain a
// key: a hash of the weights, the description, the options and version. Equal names therefore mean
// equal contents, the data file is written first, each file is whole or absent: a graph never
// meets another graph's weights, whenever the program dies and however many of them build at once.
// A third file has the checksums of both, for Verify.
//
// Options out of range are a fault.Usage, unsuitable weights a fault.Input, a full disk a
// fault.Output; a cancelled ctx leaves no file behind.
func Cached(ctx context.Context, cacheDir string, spec models.Spec, source Source,
	options Options) (modelPath string, err error) {
	options, err = options.complete(&spec)
	if err != nil {
		return "", err
	}
	identity, err := source.identity(ctx, cacheDir)
	if err != nil {
		return "", err
	}
	modelPath = filepath.Join(cacheDir, fmt.Sprintf("%s-%d-%s-%s-%s.onnx", spec.Name,
		options.ImageSize, options.Precision, options.Attention, key(&spec, identity, options)))
	if isWhole(modelPath) {
		return modelPath, nil
	}
	weights, err := source.open(&spec)
	if err != nil {
		return "", err
	}
	defer weights.Close()
	if err := makeFolder(cacheDir); err != nil {
		return "", err
	}
	return modelPath, write(ctx, modelPath, &spec, weights, source.name(), identity, options)
}

// key hashes everything that the files depend on.
func key(spec *models.Spec, identity string, options Options) string {
	s := *spec
	s.Aliases, s.Sources = nil, nil
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%+v\n%+v", version, identity, s, options))
	return hex.EncodeToString(sum[:8])
}

// isWhole looks whether a graph and its checksums are there, and its data file has the size that the
// graph says.
func isWhole(modelPath string) bool {
	model, err := onnxfile.Open(modelPath)
	if err != nil {
		return false
	}
	defer model.Close()
	size, err := strconv.ParseInt(model.Metadata(dataSizeKey), 10, 64)
	if err != nil {
		return false
	}
	if _, err := os.Stat(modelPath + sumsSuffix); err != nil {
		return false
	}
	data, err := os.Stat(modelPath + dataSuffix)
	return err == nil && data.Size() == size
}

func write(ctx context.Context, modelPath string, spec *models.Spec, weights namedTensors,
	weightsName, identity string, options Options) error {
	named, err := newParameters(weights, weightsName, spec)
	if err != nil {
		return err
	}
	grid, err := spec.Grid(options.ImageSize)
	if err != nil {
		return err
	}
	var model []byte
	sum := sha256.New()
	err = atomicfile.Save(modelPath+dataSuffix, func(w io.Writer) error {
		w = io.MultiWriter(w, sum)
		b := builder{ctx: ctx, spec: spec, options: options, grid: grid, weights: named,
			added: map[string]bool{}, Graph: onnxfile.NewGraph(spec.Name,
				options.Precision.elements(), w, filepath.Base(modelPath)+dataSuffix)}
		if err := b.run(); err != nil {
			return err
		}
		b.describe(identity)
		model = b.Model(version)
		return nil
	})
	if err == nil {
		err = writeSums(modelPath, sha256.Sum256(model), sum.Sum(nil))
	}
	if err == nil {
		err = atomicfile.WriteFile(modelPath, model)
	}
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("building model %s was interrupted: %w", spec.Name, ctx.Err())
	}
	return fault.New(fault.KindOf(err), "building model %s at %d x %d pixels: %w", spec.Name,
		options.ImageSize, options.ImageSize, err)
}

// describe adds what engine/backbone needs to feed the graph, and where it came from.
func (b *builder) describe(identity string) {
	s := b.spec
	triple := func(v [3]float32) string {
		var text []string
		for _, x := range v {
			text = append(text, strconv.FormatFloat(float64(x), 'g', -1, 32))
		}
		return strings.Join(text, ",")
	}
	for _, pair := range [][2]string{
		{"musc.name", s.Name},
		{"musc.family", string(s.Family)},
		{"musc.patch", strconv.Itoa(s.Patch)},
		{"musc.mean", triple(s.Mean)},
		{"musc.std", triple(s.Std)},
		{"musc.class_token_l2", strconv.FormatBool(s.NormaliseClass)},
		{"musc.precision", string(b.options.Precision)},
		{"musc.weights", identity},
		{"musc.builder", version},
		{dataSizeKey, strconv.FormatInt(b.Written(), 10)},
	} {
		b.Metadata(pair[0], pair[1])
	}
}
