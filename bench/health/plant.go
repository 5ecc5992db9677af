package main

import (
	"bufio"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"musc/engine/imageio"
)

// plants are ways in which a photo comes into a batch a second time.
var plants = []struct {
	name string
	save func(path string, photo *imageio.RGB) (string, error)
}{
	{"saved as JPEG, quality 80", func(path string, photo *imageio.RGB) (string, error) {
		return path + ".jpg", save(path+".jpg", photo, func(w io.Writer, m image.Image) error {
			return jpeg.Encode(w, m, &jpeg.Options{Quality: 80})
		})
	}},
	{"shifted by 2 pixels", func(path string, photo *imageio.RGB) (string, error) {
		return path + ".shifted.png", save(path+".shifted.png", shifted(photo, 2), png.Encode)
	}},
	{"taken twice: shifted by 1 pixel, 3 % lighter, noise of 3 levels",
		func(path string, photo *imageio.RGB) (string, error) {
			return path + ".twice.png", save(path+".twice.png", again(shifted(photo, 1)), png.Encode)
		}},
}

// plant saves the photos once more in each way, into the folder: [way][photo].
func plant(folder string, photos []string) (paths [][]string, err error) {
	paths = make([][]string, len(plants))
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	for _, path := range photos {
		photo, _, err := imageio.Decode(path, imageio.Options{})
		if err != nil {
			return nil, err
		}
		name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
		for k, way := range plants {
			saved, err := way.save(filepath.Join(folder, name), photo)
			if err != nil {
				return nil, err
			}
			paths[k] = append(paths[k], saved)
		}
	}
	return paths, nil
}

// save writes a picture; the tool can be run anew if it is stopped.
func save(path string, photo *imageio.RGB, encode func(io.Writer, image.Image) error) error {
	m := image.NewRGBA(image.Rect(0, 0, photo.Width, photo.Height))
	for i := range photo.Width * photo.Height {
		at := photo.Pix[3*i:]
		m.SetRGBA(i%photo.Width, i/photo.Width, color.RGBA{at[0], at[1], at[2], 255})
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	w := bufio.NewWriter(file)
	if err := encode(w, m); err != nil {
		return err
	}
	return w.Flush()
}

// shifted moves a photo to the right; what comes in is its left edge.
func shifted(m *imageio.RGB, pixels int) *imageio.RGB {
	out := &imageio.RGB{Width: m.Width, Height: m.Height, Pix: make([]uint8, len(m.Pix))}
	for i := range m.Width * m.Height {
		x := max(i%m.Width-pixels, 0)
		copy(out.Pix[3*i:][:3], m.Pix[3*(i-i%m.Width+x):])
	}
	return out
}

// again is the same scene by another exposure: 3 % lighter, with normal noise of 3 levels.
func again(m *imageio.RGB) *imageio.RGB {
	random := rand.New(rand.NewPCG(1, uint64(m.Width)))
	out := &imageio.RGB{Width: m.Width, Height: m.Height, Pix: make([]uint8, len(m.Pix))}
	for i := range m.Width * m.Height {
		noise := 3 * random.NormFloat64()
		for c := range 3 {
			out.Pix[3*i+c] = uint8(min(max(1.03*float64(m.Pix[3*i+c])+noise, 0), 255))
		}
	}
	return out
}
