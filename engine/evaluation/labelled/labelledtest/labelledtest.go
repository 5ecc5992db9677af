// Package labelledtest makes small data sets in the shape of the published ones, for tests: grey
// discs on a dark ground, some with a bright scratch or a dark hole, and their masks.
package labelledtest

import (
	"encoding/csv"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/image/bmp"
)

// Sizes and numbers of the images of a class.
const (
	Side      = 64 // pixels, both ways
	Normal    = 3  // training images
	Good      = 4  // test images
	OfDefect  = 3  // test images of each of the two types of defect
	Defective = 2 * OfDefect
)

// Kinds are the types of defect.
var Kinds = []string{"hole", "scratch"}

// photo draws a disc and, for a kind of defect, the defect and its mask.
func photo(seed uint64, kind string) (picture, mask *image.Gray) {
	random := rand.New(rand.NewPCG(seed, 7))
	bounds := image.Rect(0, 0, Side, Side)
	picture, mask = image.NewGray(bounds), image.NewGray(bounds)
	const centre, radius = Side / 2, 26
	x0, y0 := centre-12+random.IntN(20), centre-12+random.IntN(20)
	for y := range Side {
		for x := range Side {
			value := 30
			if (x-centre)*(x-centre)+(y-centre)*(y-centre) < radius*radius {
				value = 140 + 20*((x/4+y/4)%2)
			}
			value += random.IntN(9)
			hole := kind == "hole" && (x-x0)*(x-x0)+(y-y0)*(y-y0) < 25
			scratch := kind == "scratch" && y >= y0 && y < y0+3 && x >= x0-8 && x < x0+12
			switch {
			case hole:
				value = 5
			case scratch:
				value = 250
			}
			picture.SetGray(x, y, color.Gray{Y: uint8(value)})
			if hole || scratch {
				mask.SetGray(x, y, color.Gray{Y: 255})
			}
		}
	}
	return picture, mask
}

// Save writes a picture as PNG.
func Save(t testing.TB, picture image.Image, path ...string) {
	t.Helper()
	save(t, picture, path...)
}

// save writes a picture in the format of the path's extension.
func save(t testing.TB, picture image.Image, path ...string) {
	t.Helper()
	name := filepath.Join(path...)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	switch filepath.Ext(name) {
	case ".bmp":
		err = bmp.Encode(file, picture)
	case ".JPG":
		err = jpeg.Encode(file, picture, &jpeg.Options{Quality: 95})
	default:
		err = png.Encode(file, picture)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}

// class makes the photos of one class and hands each to put, with its number within its kind; kind
// is "" for a good one, and training says that it is for training.
func class(seed int, put func(kind string, training bool, number int, picture, mask *image.Gray)) {
	each := func(kind string, training bool, count int) {
		for number := range count {
			seed++
			picture, mask := photo(uint64(seed), kind)
			put(kind, training, number, picture, mask)
		}
	}
	each("", true, Normal)
	each("", false, Good)
	for _, kind := range Kinds {
		each(kind, false, OfDefect)
	}
}

// MVTec makes classes in the shape of MVTec AD.
func MVTec(t testing.TB, root string, classes ...string) {
	t.Helper()
	for i, name := range classes {
		class(100*i, func(kind string, training bool, number int, picture, mask *image.Gray) {
			file, folder := fmt.Sprintf("%03d.png", number), "test"
			if training {
				folder = "train"
			}
			if kind == "" {
				save(t, picture, root, name, folder, "good", file)
				return
			}
			save(t, picture, root, name, folder, kind, file)
			save(t, mask, root, name, "ground_truth", kind, fmt.Sprintf("%03d_mask.png", number))
		})
	}
}

// LOCO makes classes in the shape of MVTec LOCO AD: the left and the right half of a defect have a
// mask each, in a folder of the image's name. Masks hold other values than 255.
func LOCO(t testing.TB, root string, classes ...string) {
	t.Helper()
	for i, name := range classes {
		class(100*i, func(kind string, training bool, number int, picture, mask *image.Gray) {
			file, folder := fmt.Sprintf("%03d", number), "test"
			if training {
				folder = []string{"train", "validation"}[number%2]
			}
			if kind == "" {
				save(t, picture, root, name, folder, "good", file+".png")
				return
			}
			save(t, picture, root, name, folder, kind, file+".png")
			for half := range 2 {
				part := image.NewGray(mask.Bounds())
				for p, value := range mask.Pix {
					if value > 0 && (p%Side < Side/2) == (half == 0) {
						part.Pix[p] = uint8(236 + half)
					}
				}
				save(t, part, root, name, "ground_truth", kind, file, fmt.Sprintf("%03d.png", half))
			}
		})
	}
}

// MVTec3D makes classes in the shape of MVTec 3D-AD: photos in rgb/, masks in gt/, points in xyz/.
func MVTec3D(t testing.TB, root string, classes ...string) {
	t.Helper()
	for i, name := range classes {
		class(100*i, func(kind string, training bool, number int, picture, mask *image.Gray) {
			file, folder := fmt.Sprintf("%03d.png", number), "test"
			if training {
				folder = []string{"train", "validation"}[number%2]
			}
			if kind == "" {
				kind = "good"
			}
			save(t, picture, root, name, folder, kind, "rgb", file)
			save(t, picture, root, name, folder, kind, "xyz", file)
			if !training {
				save(t, mask, root, name, folder, kind, "gt", file)
			}
		})
	}
}

// MVTec2 makes classes in the shape of MVTec AD 2's public part.
func MVTec2(t testing.TB, root string, classes ...string) {
	t.Helper()
	for i, name := range classes {
		count := 0
		class(100*i, func(kind string, training bool, number int, picture, mask *image.Gray) {
			file := fmt.Sprintf("%03d_regular.png", number)
			switch {
			case training:
				save(t, picture, root, name, "train", "good", file)
			case kind == "":
				save(t, picture, root, name, "test_public", "good", file)
			default:
				file = fmt.Sprintf("%03d_regular", count)
				count++
				save(t, picture, root, name, "test_public", "bad", file+".png")
				save(t, mask, root, name, "test_public", "ground_truth", "bad", file+"_mask.png")
			}
		})
	}
}

// VisA makes classes in the shape in which VisA is published: photos and masks by class and the
// list split_csv/1cls.csv. Masks hold the number of the type of defect.
func VisA(t testing.TB, root string, classes ...string) {
	t.Helper()
	rows := [][]string{{"object", "split", "label", "image", "mask"}}
	for i, name := range classes {
		normal, anomaly := 0, 0
		class(100*i, func(kind string, training bool, number int, picture, mask *image.Gray) {
			split := "test"
			if training {
				split = "train"
			}
			if kind == "" {
				path := fmt.Sprintf("%s/Data/Images/Normal/%04d.JPG", name, normal)
				normal++
				save(t, picture, root, path)
				rows = append(rows, []string{name, split, "normal", path, ""})
				return
			}
			path := fmt.Sprintf("%s/Data/Images/Anomaly/%03d.JPG", name, anomaly)
			truth := fmt.Sprintf("%s/Data/Masks/Anomaly/%03d.png", name, anomaly)
			anomaly++
			for p, value := range mask.Pix {
				if value > 0 {
					mask.Pix[p] = uint8(1 + len(kind)%4)
				}
			}
			save(t, picture, root, path)
			save(t, mask, root, truth)
			rows = append(rows, []string{name, split, "anomaly", path, truth})
		})
	}
	writeCSV(t, rows, root, "split_csv", "1cls.csv")
}

// BTAD makes classes in the shape of BTAD.
func BTAD(t testing.TB, root string, classes ...string) {
	t.Helper()
	for i, name := range classes {
		count := 0
		class(100*i, func(kind string, training bool, number int, picture, mask *image.Gray) {
			file := fmt.Sprintf("%04d.bmp", number)
			switch {
			case training:
				save(t, picture, root, name, "train", "ok", file)
			case kind == "":
				save(t, picture, root, name, "test", "ok", file)
			default:
				save(t, picture, root, name, "test", "ko", fmt.Sprintf("%04d.bmp", count))
				save(t, mask, root, name, "ground_truth", "ko", fmt.Sprintf("%04d.png", count))
				count++
			}
		})
	}
}

// Kolektor2 makes a data set in the shape of KolektorSDD2.
func Kolektor2(t testing.TB, root string) {
	t.Helper()
	count := 20000
	class(0, func(_ string, training bool, _ int, picture, mask *image.Gray) {
		folder := "test"
		if training {
			folder = "train"
		}
		save(t, picture, root, folder, fmt.Sprint(count)+".png")
		save(t, mask, root, folder, fmt.Sprint(count)+"_GT.png")
		count++
	})
}

// Kolektor makes a data set in the shape of KolektorSDD.
func Kolektor(t testing.TB, root string) {
	t.Helper()
	count := 0
	class(0, func(_ string, training bool, _ int, picture, mask *image.Gray) {
		if training {
			return
		}
		folder := fmt.Sprintf("kos%02d", 1+count/5)
		save(t, picture, root, folder, fmt.Sprintf("Part%d.JPG", count%5))
		save(t, mask, root, folder, fmt.Sprintf("Part%d_label.bmp", count%5))
		count++
	})
}

// Plain makes images/, masks/ and, if asked for, labels.csv.
func Plain(t testing.TB, root string, withLabels bool) {
	t.Helper()
	rows := [][]string{{"image", "label", "defect"}}
	count := 0
	class(0, func(kind string, training bool, _ int, picture, mask *image.Gray) {
		if training {
			return
		}
		file, label := fmt.Sprintf("%03d.png", count), "0"
		count++
		save(t, picture, root, "images", file)
		if kind != "" {
			label = "1"
			save(t, mask, root, "masks", file)
		}
		rows = append(rows, []string{file, label, kind})
	})
	if withLabels {
		writeCSV(t, rows, root, "labels.csv")
	}
}

// CSV makes the list data.csv of images that lie anyhow.
func CSV(t testing.TB, root string) {
	t.Helper()
	rows := [][]string{{"image", "label", "mask", "split"}}
	count := 0
	class(0, func(kind string, training bool, _ int, picture, mask *image.Gray) {
		file, truth, split := fmt.Sprintf("a/%03d.png", count), "", "test"
		if count++; training {
			split = "train"
		}
		save(t, picture, root, file)
		if kind != "" {
			truth = "truth/" + filepath.Base(file)
			save(t, mask, root, truth)
		} else {
			kind = "good"
		}
		rows = append(rows, []string{file, kind, truth, split})
	})
	writeCSV(t, rows, root, "data.csv")
}

func writeCSV(t testing.TB, rows [][]string, path ...string) {
	t.Helper()
	name := filepath.Join(path...)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := csv.NewWriter(file).WriteAll(rows); err != nil {
		t.Fatal(err)
	}
}
