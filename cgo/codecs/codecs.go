//go:build linux && cgo

package codecs

// #cgo CFLAGS: -O2 -Wall -Wextra
// #cgo LDFLAGS: -ldl
// #include <stdlib.h>
// #include "codecs.h"
import "C"

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"unsafe"
)

// Libraries are the opened libraries of one folder.
type Libraries struct {
	jpeg     *C.struct_musc_jpeg
	tiff     *C.struct_musc_tiff
	webp     *C.struct_musc_webp
	lab      *C.struct_musc_lab
	versions string
}

// names are the libraries that a folder must hold, a file NAME*.so* each, with what they need.
var names = [5]string{"libjpeg", "libtiff", "libwebp", "libwebpdemux", "liblcms2"}

// Open opens the libraries in folder. They stay open. The error says what is missing.
func Open(folder string) (l *Libraries, err error) {
	var paths [len(names)]*C.char
	for i, name := range names {
		path, err := find(folder, name)
		if err != nil {
			return nil, err
		}
		paths[i] = C.CString(path)
		defer C.free(unsafe.Pointer(paths[i]))
	}
	l = &Libraries{}
	var answer C.struct_musc_answer
	defer func() {
		if l == nil {
			err = errors.New(C.GoString(&answer.text[0]))
		}
	}()
	if l.jpeg = C.musc_jpeg_open(paths[0], &answer); l.jpeg == nil {
		return l.drop(), nil
	}
	if l.tiff = C.musc_tiff_open(paths[1], &answer); l.tiff == nil {
		return l.drop(), nil
	}
	if l.webp = C.musc_webp_open(paths[2], paths[3], &answer); l.webp == nil {
		return l.drop(), nil
	}
	if l.lab = C.musc_lab_open(paths[4], &answer); l.lab == nil {
		return l.drop(), nil
	}
	l.versions = l.askVersions(C.GoString(paths[0]))
	return l, nil
}

// drop frees what there is, and is nil.
func (l *Libraries) drop() *Libraries {
	C.free(unsafe.Pointer(l.jpeg))
	C.free(unsafe.Pointer(l.tiff))
	C.free(unsafe.Pointer(l.webp))
	return nil
}

// find is the library of that name: NAME.so... or NAME-HASH.so..., as wheels have it.
func find(folder, name string) (string, error) {
	for _, pattern := range []string{name + "-*.so*", name + ".so*"} {
		found, err := filepath.Glob(filepath.Join(folder, pattern))
		if err != nil {
			return "", fmt.Errorf("%s in %s: %w", name, folder, err)
		}
		if len(found) > 0 {
			return found[0], nil
		}
	}
	return "", fmt.Errorf("%s holds no %s", folder, name)
}

// Versions names the libraries, as "libjpeg-turbo 3.2.0, libtiff 4.7.2, libwebp 1.6.0".
func (l *Libraries) Versions() string { return l.versions }

func (l *Libraries) askVersions(jpeg string) string {
	var text [2][C.MUSC_TEXT]C.char
	C.musc_tiff_version(l.tiff, &text[0][0])
	C.musc_webp_version(l.webp, &text[1][0])
	return strings.Join([]string{
		jpegVersion(jpeg),
		strings.Replace(C.GoString(&text[0][0]), "LIBTIFF, Version ", "libtiff ", 1),
		C.GoString(&text[1][0]),
	}, ", ")
}

// jpegVersion finds the version among the texts of the library's file: no function tells it.
func jpegVersion(path string) string {
	content, err := os.ReadFile(path)
	if err != nil {
		return "libjpeg"
	}
	found := regexp.MustCompile(`libjpeg-turbo version ([0-9.]+)`).FindSubmatch(content)
	if found == nil {
		return "libjpeg"
	}
	return "libjpeg-turbo " + string(found[1])
}

// toError is the answer as an error, nil if it is fine.
func toError(answer *C.struct_musc_answer) error {
	kind := ErrDamaged
	switch answer.outcome {
	case C.MUSC_FINE:
		return nil
	case C.MUSC_ENDS_EARLY:
		kind = ErrEndsEarly
	case C.MUSC_UNSUPPORTED:
		kind = ErrUnsupported
	case C.MUSC_NO_MEMORY:
		kind = ErrNoMemory
	}
	return &Error{Kind: kind, Text: C.GoString(&answer.text[0])}
}

// JPEG decodes data to [height,width,components] samples: grey, RGB, or CMYK as the file has it
// (most programs store 255 less the ink). Width, height, components (1, 3 or 4) and bits a sample
// must be those of the file's head. Up to 8 bits a sample is a byte of the result, above it two, in
// the machine's order. Errors are *Error.
func (l *Libraries) JPEG(data []byte, width, height, components, bits int) ([]byte, error) {
	size := width * height * components
	if bits > 8 {
		size *= 2
	}
	if len(data) == 0 || size <= 0 || components < 1 || components == 2 || components > 4 {
		return nil, &Error{Kind: ErrUnsupported, Text: "no picture, or not of 1, 3 or 4 components"}
	}
	pixels := make([]byte, size)
	var answer C.struct_musc_answer
	C.musc_jpeg_decode(l.jpeg, (*C.uint8_t)(unsafe.SliceData(data)), C.size_t(len(data)),
		C.uint32_t(width), C.uint32_t(height), C.int(components), C.int(bits),
		unsafe.Pointer(unsafe.SliceData(pixels)), &answer)
	if err := toError(&answer); err != nil {
		return nil, err
	}
	return pixels, nil
}

// WebP decodes the first frame of data, on the canvas of width x height that the file's head gives,
// to [height,width,4] bytes: red, green, blue and alpha, not multiplied. Errors are *Error.
func (l *Libraries) WebP(data []byte, width, height int) ([]byte, error) {
	if len(data) == 0 || width < 1 || height < 1 {
		return nil, &Error{Kind: ErrDamaged, Text: "no picture"}
	}
	pixels := make([]byte, 4*width*height)
	var answer C.struct_musc_answer
	C.musc_webp_decode(l.webp, (*C.uint8_t)(unsafe.SliceData(data)), C.size_t(len(data)),
		C.uint32_t(width), C.uint32_t(height), (*C.uint8_t)(unsafe.SliceData(pixels)), &answer)
	if err := toError(&answer); err != nil {
		return nil, err
	}
	return pixels, nil
}

// LabToRGB makes sRGB, in place, of CIE L*a*b* as TIFF has it: [pixels,3] bytes, L of 0 to 255, a
// and b with a sign. Errors are *Error.
func (l *Libraries) LabToRGB(pixels []byte) error {
	var answer C.struct_musc_answer
	C.musc_lab_to_rgb(l.lab, (*C.uint8_t)(unsafe.SliceData(pixels)), C.uint64_t(len(pixels)/3),
		&answer)
	return toError(&answer)
}
