package imageio

import "strings"

// foreign are formats that users hand in and that are told by name. They are looked for before
// those that are read, since cameras' raw files are TIFFs too, which would give their thumbnails.
var foreign = []struct {
	name   string // reads well after "it is"
	starts func(head string) bool
}{
	{"PBM", netpbm("14")},
	{"PGM", netpbm("25")},
	{"PPM", netpbm("36")},
	{"PAM", netpbm("7")},
	{"PFM", netpbm("fF")},
	{"JPEG 2000", magic("\x00\x00\x00\x0cjP  ")},
	{"JPEG 2000", magic("\xff\x4f\xff\x51")},
	{"JPEG XL", magic("\xff\x0a")},
	{"JPEG XL", magic("\x00\x00\x00\x0cJXL ")},
	{"JPEG XR", magic("II\xbc\x01")},
	{"JPEG-LS", magic("\xff\xd8\xff\xf7")},
	{"AVIF", magic("????ftypavi")},
	{"a camera's raw file", magic("????ftypcrx")},
	{"a camera's raw file", magic("II*\x00????CR\x02")},
	{"a camera's raw file", magic("IIU\x00")},
	{"a camera's raw file", magic("IIR")},
	{"a camera's raw file", magic("MMOR")},
	{"a camera's raw file", magic("FUJIFILMCCD-RAW")},
	{"a camera's raw file", magic("FOVb")},
	{"a camera's raw file", magic("\x00MRM")},
	{"a video", magic("????ftypqt")},
	{"a video", magic("????ftypmp4")},
	{"a video", magic("????ftypiso")},
	{"a video", magic("????ftypM4V")},
	{"a video", magic("????ftyp3g")},
	{"a video", magic("\x1aE\xdf\xa3")},
	{"a video", magic("RIFF????AVI ")},
	{"HEIC", magic("????ftyp")},
	{"PDF", magic("%PDF-")},
	{"PostScript", magic("%!PS")},
	{"Photoshop", magic("8BPS")},
	{"OpenEXR", magic("v/1\x01")},
	{"Radiance HDR", magic("#?RADIANCE")},
	{"Radiance HDR", magic("#?RGBE")},
	{"FITS", magic("SIMPLE  =")},
	{"DICOM", func(head string) bool { return len(head) >= 132 && head[128:132] == "DICM" }},
	{"an HDF5 or MATLAB file", magic("\x89HDF\r\n")},
	{"a MATLAB file", magic("MATLAB 5.0")},
	{"a NumPy array", magic("\x93NUMPY")},
	{"an icon", magic("\x00\x00\x01\x00?\x00")},
	{"a cursor", magic("\x00\x00\x02\x00?\x00")},
	{"PCX", pcx},
	{"Silicon Graphics RGB", magic("\x01\xda?\x01\x00")},
	{"Silicon Graphics RGB", magic("\x01\xda?\x02\x00")},
	{"a Sun raster", magic("\x59\xa6\x6a\x95")},
	{"DDS", magic("DDS \x7c\x00\x00\x00")},
	{"QOI", magic("qoif")},
	{"a Windows metafile", magic("\xd7\xcd\xc6\x9a")},
	{"SVG", markup("<svg")},
	{"a web page", markup("<html", "<!doctype html")},
	{"XML", markup("<?xml")},
	{"a zip archive", magic("PK\x03\x04")},
	{"a gzip archive", magic("\x1f\x8b")},
	{"a 7-Zip archive", magic("7z\xbc\xaf\x27\x1c")},
	{"a RAR archive", magic("Rar!\x1a\x07")},
}

// magic matches what files start with; ? stands for any byte.
func magic(magic string) func(head string) bool {
	return func(head string) bool {
		if len(head) < len(magic) {
			return false
		}
		for i := range len(magic) {
			if magic[i] != '?' && magic[i] != head[i] {
				return false
			}
		}
		return true
	}
}

// netpbm is a P, one of the kinds, and white space or a comment.
func netpbm(kinds string) func(head string) bool {
	return func(head string) bool {
		return len(head) > 2 && head[0] == 'P' && strings.IndexByte(kinds, head[1]) >= 0 &&
			strings.IndexByte(" \t\r\n#", head[2]) >= 0
	}
}

// pcx is a 10, a version, run lengths, and 1 to 8 bits.
func pcx(head string) bool {
	return len(head) > 4 && head[0] == 10 && head[1] <= 5 && head[2] == 1 &&
		strings.IndexByte("\x01\x02\x04\x08", head[3]) >= 0
}

// markup is one of the tags behind a byte order mark and white space, in any case.
func markup(tags ...string) func(head string) bool {
	return func(head string) bool {
		head = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(head, "\ufeff")))
		for _, tag := range tags {
			if strings.HasPrefix(head, tag) {
				return true
			}
		}
		return false
	}
}
