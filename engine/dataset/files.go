package dataset

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"musc/engine/imageio"
)

// extensions are those of the formats that imageio decodes. They decide what counts as an image
// in a folder; a file named explicitly is always an image, whatever its name.
var extensions = []string{".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".jfi", ".gif",
	".bmp", ".dib", ".tif", ".tiff", ".webp"}

// unread are the extensions of photos in formats that imageio does not decode. A file of such a name
// is left out by name, unless it holds a format that is decoded, as phones' .heic files may.
var unread = []string{".ppm", ".pgm", ".pbm", ".pnm", ".pam", ".pfm", ".jp2", ".j2k", ".jpf", ".jpx",
	".jpm", ".j2c", ".jpc", ".jxl", ".jxr", ".hdp", ".wdp", ".jls", ".heic", ".heif", ".hif", ".avif",
	".psd", ".psb", ".exr", ".tga", ".pcx", ".sgi", ".ras", ".dds", ".qoi", ".fits", ".dcm", ".xcf",
	".btf", ".mpo"}

// raw are those of cameras' raw files. Many are TIFFs inside, with a thumbnail where the photo would
// be: their names decide.
var raw = []string{".raw", ".dng", ".cr2", ".cr3", ".crw", ".nef", ".nrw", ".arw", ".srf", ".sr2",
	".orf", ".rw2", ".rwl", ".raf", ".pef", ".srw", ".3fr", ".fff", ".iiq", ".mos", ".mrw", ".x3f",
	".dcr", ".kdc", ".erf", ".mef"}

// noPhotos are formats, as imageio names them, of files that lie beside photos and are none.
var noPhotos = []string{"a video", "PDF", "PostScript", "an HDF5 or MATLAB file", "a MATLAB file",
	"a NumPy array", "an icon", "a cursor", "a Windows metafile", "SVG", "a web page", "XML",
	"a zip archive", "a gzip archive", "a 7-Zip archive", "a RAR archive"}

// IsImage says whether a file's name has the extension of an image format.
func IsImage(path string) bool {
	return slices.Contains(extensions, extension(path))
}

// IsUnread says whether a file's name has the extension of a photo in a format that is not read, or is
// read only if the content is another one.
func IsUnread(path string) bool {
	known := extension(path)
	return slices.Contains(unread, known) || slices.Contains(raw, known)
}

// extension is that of a path in lower case. Digits behind a dot, as of a date, are none, unless an
// image's extension is before them: photo.jpg.1 is a copy.
func extension(path string) string {
	found := strings.ToLower(filepath.Ext(path))
	digits := found != "" && strings.Trim(found, ".0123456789") == ""
	if digits && !IsImage(strings.TrimSuffix(path, filepath.Ext(path))) {
		return ""
	}
	return found
}

// classify tells what a file in a folder is: an image to score, a photo that is left out, with the
// reason, or, if it is neither, something else. Names decide where they are known, else the file's
// first bytes do.
func classify(path string) (isImage bool, reason string) {
	const wayOut = "; convert it to PNG"
	known := extension(path)
	if slices.Contains(extensions, known) {
		return true, ""
	}
	if slices.Contains(raw, known) {
		return false, "it is a camera's raw file" + wayOut
	}
	named := slices.Contains(unread, known)
	format, supported := imageio.Sniff(path)
	switch {
	case supported && (named || known == ""):
		return true, ""
	case supported:
		return false, "it is " + format + ", but " + known + " is no ending of a photo's name: it may " +
			"be a copy; name the file itself to score it, or rename it"
	case format != "" && (named || !slices.Contains(noPhotos, format)):
		return false, "it is " + format + ", which is not read" + wayOut
	case named:
		return false, "its name ends in " + known + ", which is not read" + wayOut
	case format == "" && known == "":
		if file, err := os.Open(path); err != nil {
			return false, "cannot be read: " + bare(err).Error()
		} else {
			file.Close()
		}
	}
	return false, ""
}
