package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"musc/engine/health"
	"musc/engine/npy"
)

// set is a pool of photos of one product, in the order of their names.
type set struct {
	name  string
	batch *health.Batch
}

// pick are some photos of a set, as a batch.
func (s *set) pick(photos []int) *health.Batch {
	b := &health.Batch{ClassDim: s.batch.ClassDim}
	for _, photo := range photos {
		s.add(b, photo)
	}
	return b
}

// add appends a photo of the set to a batch.
func (s *set) add(b *health.Batch, photo int) {
	d := s.batch.ClassDim
	b.Photos = append(b.Photos, s.batch.Photos[photo])
	b.Class = append(b.Class, s.batch.Class[photo*d:][:d]...)
}

// photosIn are the pictures in a folder, by name.
func photosIn(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, entry := range entries {
		if slices.Contains([]string{".png", ".jpg"}, filepath.Ext(entry.Name())) {
			paths = append(paths, filepath.Join(folder, entry.Name()))
		}
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("no photos in %s", folder)
	}
	return paths, nil
}

// kept is extract, whose answer is kept in the scratch folder from run to run.
func (x *extractor) kept(ctx context.Context, name string, paths []string) (*set, error) {
	file := filepath.Join(x.scratch, strings.ReplaceAll(name, "/", "-"))
	class, exposure := file+".class.npy", file+".exposure.npy"
	if values, shape, err := npy.Load(class); err == nil && shape[0] == len(paths) {
		light, _, err := npy.Load(exposure)
		if err != nil {
			return nil, err
		}
		b := &health.Batch{ClassDim: shape[1], Class: singles(values)}
		for i, path := range paths {
			b.Photos = append(b.Photos, health.Photo{Name: filepath.Base(path), Path: path,
				Brightness: light[2*i], Sharpness: light[2*i+1]})
		}
		return &set{name, b}, nil
	}
	b, err := x.extract(ctx, paths)
	if err != nil {
		return nil, err
	}
	var light []float64
	for _, photo := range b.Photos {
		light = append(light, photo.Brightness, photo.Sharpness)
	}
	if err := npy.WriteFloat64(exposure, []int{len(paths), 2}, light); err != nil {
		return nil, err
	}
	return &set{name, b}, npy.Write(class, []int{len(paths), b.ClassDim}, b.Class)
}

func singles(values []float64) []float32 {
	out := make([]float32, len(values))
	for i, value := range values {
		out[i] = float32(value)
	}
	return out
}

// elpvTypes are the photos of the ELPV data set by the type of cell; folder holds labels.csv, whose
// lines are an image, the chance of a defect and the type.
func elpvTypes(folder string) (mono, poly []string, err error) {
	text, err := os.ReadFile(filepath.Join(folder, "labels.csv"))
	if err != nil {
		return nil, nil, err
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) != 3 {
			continue
		}
		path := filepath.Join(folder, filepath.FromSlash(fields[0]))
		if fields[2] == "mono" {
			mono = append(mono, path)
		} else {
			poly = append(poly, path)
		}
	}
	return mono, poly, nil
}

// tokenSets are the sets of which only class tokens are known: files NAME.npy, [N,D].
func tokenSets(folder string) (sets []*set, err error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.npy"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		values, shape, err := npy.Load(file)
		if err != nil {
			return nil, err
		}
		b := &health.Batch{ClassDim: shape[1], Class: singles(values)}
		name := strings.TrimSuffix(filepath.Base(file), ".npy")
		for i := range shape[0] {
			b.Photos = append(b.Photos, health.Photo{Name: fmt.Sprintf("%s/%03d.png", name, i)})
		}
		sets = append(sets, &set{name, b})
	}
	return sets, nil
}
