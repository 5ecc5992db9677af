package dataset

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"musc/engine/fault"
)

// The beginnings of files of some formats.
const (
	jpegStart  = "\xff\xd8\xff\xe0\x00\x10JFIF"
	pngStart   = "\x89PNG\r\n\x1a\n"
	bmpStart   = "BM\x46\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00"
	tiffStart  = "II*\x00\x08\x00\x00\x00"
	heicStart  = "\x00\x00\x00\x18ftypheic"
	jp2Start   = "\x00\x00\x00\x0cjP  \r\n\x87\n"
	ppmStart   = "P6\n2 2\n255\n"
	zipStart   = "PK\x03\x04"
	videoStart = "\x00\x00\x00\x18ftypmp42"
)

func TestClassify(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, c := range []struct {
		name, content string
		isImage       bool
		reason        string // a part of it, of photos that are left out
	}{
		// By the name alone: whether they can be read, decoding says.
		{"a.png", "", true, ""}, {"a.apng", "", true, ""}, {"a.jpg", "", true, ""},
		{"a.JPEG", "", true, ""}, {"a.jpe", "", true, ""}, {"a.jfif", "", true, ""},
		{"a.jif", "", true, ""}, {"a.jfi", "", true, ""}, {"a.gif", "", true, ""},
		{"a.bmp", "", true, ""}, {"a.DIB", "", true, ""}, {"a.tif", "", true, ""},
		{"a.tiff", "", true, ""}, {"a.webp", "", true, ""}, {"b.png", "text", true, ""},
		// Without an extension, the content tells.
		{"noext", bmpStart, true, ""}, {"noext2", jpegStart, true, ""}, {"2026.01.02", pngStart, true, ""},
		{"dot.", pngStart, true, ""},
		{"noext3", heicStart, false, "it is HEIC, which is not read; convert it to PNG"},
		{"noext4", "text", false, ""}, {"README", "", false, ""}, {"scan.001", tiffStart, true, ""},
		// Photos of formats that are not read.
		{"a.ppm", ppmStart, false, "it is PPM, which is not read"},
		{"a.jp2", jp2Start, false, "it is JPEG 2000, which is not read"},
		{"a.heic", heicStart, false, "it is HEIC"}, {"b.heic", jpegStart, true, ""},
		{"a.psd", "", false, "its name ends in .psd, which is not read"},
		{"a.tga", "\x00\x00\x02", false, "its name ends in .tga"},
		{"a.exr", "v/1\x01", false, "it is OpenEXR"}, {"a.avif", "\x00\x00\x00\x18ftypavif", false, "AVIF"},
		// Raw files are TIFFs inside.
		{"a.nef", tiffStart, false, "it is a camera's raw file; convert it to PNG"},
		{"a.DNG", tiffStart, false, "a camera's raw file"}, {"a.cr2", "", false, "a camera's raw file"},
		// What looks like a copy or is of a name that says nothing.
		{"a.bak", jpegStart, false, "it is JPEG, but .bak is no ending of a photo's name"},
		{"a.jpg~", jpegStart, false, ".jpg~ is no ending"}, {"a.jpg.1", jpegStart, false, ".1 is no ending"},
		{"a.txt", pngStart, false, ".txt is no ending"}, {"a.dat", ppmStart, false, "it is PPM"},
		// No photos.
		{"a.csv", "image\n", false, ""}, {"Thumbs.db", "\xd0\xcf\x11\xe0", false, ""},
		{"a.zip", zipStart, false, ""}, {"a.mp4", videoStart, false, ""}, {"a.pdf", "%PDF-1.4", false, ""},
		{"a.npy", "\x93NUMPY", false, ""}, {"page.html", "<html>", false, ""}, {"a.json", "{}", false, ""},
	} {
		write(t, c.name, c.content)
		isImage, reason := classify(c.name)
		if isImage != c.isImage || !strings.Contains(reason, c.reason) || (reason == "") != (c.reason == "") {
			t.Errorf("%s: %v, %q, want %v, %q", c.name, isImage, reason, c.isImage, c.reason)
		}
	}
}

func TestFolderOfManyKinds(t *testing.T) {
	tree(t, "photos/p1.png", "photos/notes.txt", "photos/sub/list.csv")
	write(t, "photos/bad.ppm", ppmStart)
	write(t, "photos/noext", bmpStart)
	write(t, "photos/sub/copy.bak", jpegStart)
	for _, arg := range []string{"photos", "photos/*"} {
		var notes []string
		names, skipped := collect(t, Options{Note: func(note string) { notes = append(notes, note) }}, arg)
		if !slices.Equal(names, []string{"noext", "p1.png"}) {
			t.Errorf("%s: images %q", arg, names)
		}
		var left []string
		for _, s := range skipped {
			left = append(left, filepath.ToSlash(s.Path))
		}
		if !slices.Equal(left, []string{"photos/bad.ppm", "photos/sub/copy.bak"}) {
			t.Errorf("%s: left out %v", arg, skipped)
		}
		if want := "2 files in " + arg + " are no photos, such as notes.txt"; !slices.Equal(notes, []string{want}) {
			t.Errorf("%s: notes %q", arg, notes)
		}
	}
}

func TestFolderOfUnreadKindsAlone(t *testing.T) {
	tree(t, "photos/notes.txt")
	write(t, "photos/0.ppm", ppmStart)
	write(t, "photos/a.ppm", ppmStart)
	_, _, err := Collect([]string{"photos"}, Options{})
	checkMessage(t, "ppm", err, fault.Input, "of 2 left out one is photos/a.ppm, it is PPM")
}

// ownRun is as much of run.json as makes a folder one of musc's.
const ownRun = `{"tool": {"name": "musc"}, "kind": "KIND"}`

func TestOwnResultsAreNoPhotos(t *testing.T) {
	tree(t, "photos/a.png", "photos/out/overview.png", "photos/out/overlays/b/a.png", "photos/out/maps/a.tiff",
		"photos/out/scores.csv", "photos/out/kept.png", "photos/ev/roc.png", "photos/ev/bottle/pictures/x.png",
		"photos/ev/bottle/result.json", "photos/ev/kept.png", "photos/paper/deep/roc.png",
		"photos/other/overview.png", "photos/other/overlays/a.png")
	for folder, kind := range map[string]string{"out": "", "ev": "eval", "paper": "paper"} {
		write(t, "photos/"+folder+"/run.json", strings.Replace(ownRun, "KIND", kind, 1))
	}
	write(t, "photos/other/run.json", `{"tool": "another's"}`)
	want := []string{"a.png", "ev/kept.png", "other/overlays/a.png", "other/overview.png", "out/kept.png"}
	for _, arg := range []string{"photos", "photos/**", "photos/**/*.{png,tiff}", "./photos/../photos"} {
		var notes []string
		names, skipped := collect(t, Options{Note: func(note string) { notes = append(notes, note) }}, arg)
		if !slices.Equal(names, want) || len(skipped) > 0 {
			t.Errorf("%s: got %q, %v", arg, names, skipped)
		}
		for _, folder := range []string{"out", "ev", "paper"} {
			line := "skipped in " + filepath.Join("photos", folder) + ": results of an earlier musc run"
			if strings.HasPrefix(arg, "photos") && !slices.Contains(notes, line) {
				t.Errorf("%s: notes %q lack %q", arg, notes, line)
			}
		}
	}
	for arg, message := range map[string]string{
		"photos/out/overlays":   "the folder photos/out/overlays holds what musc made itself",
		"photos/paper":          "no images but those that musc made itself, such as photos/paper/run.json",
		"photos/paper/**/*.png": "no image matches photos/paper/**/*.png but those that musc made itself",
	} {
		_, _, err := Collect([]string{arg}, Options{})
		checkMessage(t, arg, err, fault.Input, message)
	}
	names, _ := collect(t, Options{}, "photos/out/overlays/b/a.png") // named itself
	if !slices.Equal(names, []string{"a.png"}) {
		t.Errorf("named: %q", names)
	}
}

func TestBracketsInNames(t *testing.T) {
	tree(t, "d [1]/a.png", "d [1]/b.jpg", "d [1]/a[2].png", "d1/c.png", "x{y}/z[0]/e.png", "x{y}/z[0]/f.png",
		"[ab]/g.png", "a/h.png", "half [/i.png")
	for arg, want := range map[string][]string{
		"d [1]/*.png":      {"a.png", "a[2].png"},
		"d [1]/[ab].*":     {"a.png", "b.jpg"},
		"d [1]/a[2].png":   {"a[2].png"},
		"d [1]":            {"a.png", "a[2].png", "b.jpg"},
		"d[1]/*.png":       {"d1/c.png"}, // a class that matches is one
		"x{y}/z[0]/*":      {"e.png", "f.png"},
		"x{y}/*[0]/e.*":    {"z[0]/e.png"},
		"[ab]/*.png":       {"a/h.png"},
		"half [/*.png":     {"i.png"},
		"x{y}/z[0]/[ef].*": {"e.png", "f.png"},
	} {
		if names, skipped := collect(t, Options{}, arg); !slices.Equal(names, want) || len(skipped) > 0 {
			t.Errorf("%s: got %q, %v, want %q", arg, names, skipped, want)
		}
	}
}

func TestTabSeparatedManifest(t *testing.T) {
	tree(t, "img/a.png", "img/b.png", "c.png")
	write(t, "list.tsv", "image\tlabel\nimg/b.png\t1\nimg/a.png\t0\n")
	write(t, "bare.TSV", "c.png\nimg/a.png\n")
	items, _, err := Collect([]string{"list.tsv"}, Options{})
	if err != nil || len(items) != 2 || items[0].Name != "img/a.png" || items[1].Label != "1" {
		t.Errorf("got %v, %v", items, err)
	}
	if items, _, err = Collect([]string{"bare.TSV"}, Options{}); err != nil || len(items) != 2 {
		t.Errorf("without a header: %v, %v", items, err)
	}
}

func TestUnreadableFileWithoutExtensionIsListed(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root reads every file")
	}
	tree(t, "photos/a.png", "photos/locked")
	if err := os.Chmod("photos/locked", 0); err != nil {
		t.Fatal(err)
	}
	_, skipped := collect(t, Options{}, "photos")
	if len(skipped) != 1 || !strings.Contains(skipped[0].Reason, "permission denied") {
		t.Errorf("skipped %v", skipped)
	}
}
