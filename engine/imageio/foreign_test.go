package imageio

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// contentsRead, contentsKnown and contentsUnknown are starts of files.
var (
	contentsRead = map[string]string{
		"\xff\xd8\xff\xe0":                  "JPEG",
		"\x89PNG\r\n\x1a\n\x00\x00\x00\x0d": "PNG",
		"GIF87a":                            "GIF",
		"GIF89a":                            "GIF",
		"II*\x00\x08\x00\x00\x00":           "TIFF",
		"MM\x00*\x00\x00\x00\x08":           "TIFF",
		"RIFF\x10\x00\x00\x00WEBPVP8 ":      "WebP",
		"RIFF\x10\x00\x00\x00WEBPVP8L":      "WebP",
		"RIFF\x10\x00\x00\x00WEBPVP8X":      "WebP",
		"BM\x46\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00": "BMP",
	}
	contentsKnown = map[string]string{
		"P1\n":                               "PBM",
		"P4 9 9":                             "PBM",
		"P2\r\n":                             "PGM",
		"P5#":                                "PGM",
		"P3\t":                               "PPM",
		"P6\n4 4\n255\n":                     "PPM",
		"P7\nWIDTH":                          "PAM",
		"Pf\n":                               "PFM",
		"PF\n":                               "PFM",
		"\x00\x00\x00\x0cjP  \r\n\x87\n":     "JPEG 2000",
		"\xff\x4f\xff\x51\x00":               "JPEG 2000",
		"\xff\x0a\x00":                       "JPEG XL",
		"\x00\x00\x00\x0cJXL \r\n\x87\n":     "JPEG XL",
		"II\xbc\x01\x08":                     "JPEG XR",
		"\xff\xd8\xff\xf7\x00":               "JPEG-LS",
		"\x00\x00\x00\x18ftypheic":           "HEIC",
		"\x00\x00\x00\x18ftypmif1":           "HEIC",
		"\x00\x00\x00\x18ftypavif":           "AVIF",
		"\x00\x00\x00\x18ftypcrx ":           "a camera's raw file",
		"II*\x00\x10\x00\x00\x00CR\x02\x00":  "a camera's raw file",
		"\x00\x00\x00\x18ftypqt  ":           "a video",
		"%PDF-1.7":                           "PDF",
		"8BPS":                               "Photoshop",
		"v/1\x01":                            "OpenEXR",
		"SIMPLE  =":                          "FITS",
		strings.Repeat("\x00", 128) + "DICM": "DICOM",
		"\x93NUMPY\x01\x00":                  "a NumPy array",
		"\x00\x00\x01\x00\x01\x00":           "an icon",
		"\x0a\x05\x01\x08\x00":               "PCX",
		"\x0a\x00\x01\x01\x00":               "PCX",
		"<svg xmlns":                         "SVG",
		"\ufeff \n<SVG xmlns":                "SVG",
		"<!DOCTYPE html><html>":              "a web page",
		"<html>":                             "a web page",
		"<?xml version":                      "XML",
		"PK\x03\x04":                         "a zip archive",
	}
	contentsUnknown = []string{
		"P8\n",
		"P6x",
		"P6",
		"Q6\n",
		strings.Repeat("\x00", 127) + "DICM",
		strings.Repeat("\x00", 128) + "DIC",
		"\x0a\x06\x01\x08\x00",
		"\x0a\x05\x02\x08\x00",
		"\x0a\x05\x01\x07\x00",
		"\x0a\x05\x01\x08",
		"these are notes",
		"BM ~",
		"x",
	}
)

// Whatever the file is called.
func TestFormatsAreRecognisedByTheirContent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "photo.png")
	check := func(content, want string, wantSupported bool, message string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if format, supported := Sniff(path); format != want || supported != wantSupported {
			t.Errorf("%q: got %q, %v, want %q, %v", content, format, supported, want, wantSupported)
		}
		_, _, err := Decode(path, Options{})
		checkMessage(t, content, err, path, message)
	}
	for content, name := range contentsRead {
		check(content, name, true, "its "+name+" data")
	}
	for content, name := range contentsKnown {
		check(content, name, false, "it is "+name+", not PNG, JPEG, GIF, BMP, TIFF or WebP; convert it "+
			"to PNG or leave it out")
	}
	for _, content := range contentsUnknown {
		check(content, "", false, "it is no PNG, JPEG, GIF, BMP, TIFF or WebP image; convert it to PNG or "+
			"leave it out")
	}
	check("", "", false, "the file is empty; copy it again")
	for _, path := range []string{t.TempDir(), filepath.Join(t.TempDir(), "absent.png")} {
		if format, supported := Sniff(path); format != "" || supported {
			t.Errorf("%s: got %q, %v", path, format, supported)
		}
	}
}

// None of the files that are read is taken for another format.
func TestNoFileThatIsReadIsForeign(t *testing.T) {
	paths, err := filepath.Glob(inputs + "/*")
	if err != nil || len(paths) == 0 {
		t.Fatal("no inputs: ", err)
	}
	for _, path := range paths {
		if _, supported := Sniff(path); supported == (filepath.Ext(path) == ".rgb") {
			t.Errorf("%s: read %v", path, supported)
		}
	}
}
