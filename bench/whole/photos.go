package main

import (
	"bufio"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"

	"musc/engine/atomicfile"
	"musc/engine/imageio"
)

// kind is one of the folders of photos that are made.
type kind struct {
	folder        string
	extension     string
	width, height int
	encode        func(io.Writer, image.Image) error
}

var kinds = []kind{
	{"jpeg-4000x3000", "jpg", 4000, 3000, func(w io.Writer, m image.Image) error {
		return jpeg.Encode(w, m, &jpeg.Options{Quality: 92}) // 4:2:0, as cameras write it
	}},
	{"png-1000x1000", "png", 1000, 1000, png.Encode},
}

// makePhotos enlarges small photos and gives each pixel the noise of a sensor, so that files are as large and
// as hard to decode as a camera's. The same ones come on every run.
func makePhotos(folder string, of kind, small []string, count int) error {
	if err := os.MkdirAll(filepath.Join(folder, of.folder), 0o777); err != nil {
		return err
	}
	for k := range count {
		path := filepath.Join(folder, of.folder, fmt.Sprintf("%03d.%s", k, of.extension))
		if _, err := os.Stat(path); err == nil {
			continue
		}
		photo, _, err := imageio.Decode(small[k%len(small)], imageio.Options{})
		if err != nil {
			return err
		}
		large := noisy(photo.Resize(of.width, of.height, imageio.Bicubic), uint64(k))
		err = atomicfile.Save(path, func(w io.Writer) error {
			buffered := bufio.NewWriter(w)
			if err := of.encode(buffered, large); err != nil {
				return err
			}
			return buffered.Flush()
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// noisy adds about two levels of noise, a sum of four uniform draws, the same to all three colours.
func noisy(photo *imageio.RGB, seed uint64) *image.NRGBA {
	random := rand.NewPCG(seed, 12)
	out := image.NewNRGBA(image.Rect(0, 0, photo.Width, photo.Height))
	for i := range photo.Width * photo.Height {
		draw := random.Uint64()
		noise := int(draw&3+draw>>2&3+draw>>4&3+draw>>6&3) - 6
		for channel := range 3 {
			out.Pix[4*i+channel] = uint8(min(max(int(photo.Pix[3*i+channel])+noise, 0), 255))
		}
		out.Pix[4*i+3] = 255
	}
	return out
}
