package imageio

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"

	"golang.org/x/image/tiff"

	"musc/cgo/codecs"
)

func decodeTIFF(file *io.SectionReader) (*Raster, error) {
	d := readDirectory(file)
	l, err := libraries()
	if err != nil {
		return tiffByGo(file, d)
	}
	if name := compressionNames[d.or(tagCompression, uncompressed)]; name != "" {
		return nil, unsupportedError("compressed as " + name)
	}
	width, height := d.or(tagWidth, 0), d.or(tagHeight, 0)
	// What libtiff takes for itself: a strip or a tile of several samples, a codec's tables.
	t, err := l.OpenTIFF(file, file.Size(), 64<<20+16*int64(width)*int64(height))
	if err != nil {
		return nil, codecsError(err)
	}
	defer t.Close()
	if t.Width != width || t.Height != height {
		return nil, errors.New("its directory contradicts itself")
	}
	plan, err := planTIFF(t.TIFFHead, d)
	if err != nil {
		return nil, err
	}
	if err := plausible(t, plan, file.Size()); err != nil {
		return nil, err
	}
	if plan.coloursByLibrary {
		pix, err := t.Colours()
		if err != nil {
			return nil, codecsError(err)
		}
		r := &Raster{Width: width, Height: height, Channels: 3, Lossy: plan.lossy}
		r.each(pix, 4*width, fromColours)
		r.Alpha = nil
		return r, nil
	}
	planes := 1
	if t.Separate {
		planes = plan.samples()
	}
	data, err := t.Read(planes)
	if err != nil {
		return nil, codecsError(err)
	}
	r := plan.raster(packed{data: data, row: t.RowBytes(), bits: t.Bits, height: height,
		pixel: t.Samples, separate: t.Separate}, t.TIFFHead)
	if plan.lab {
		if err := l.LabToRGB(r.Pix); err != nil {
			return nil, codecsError(err)
		}
	}
	return r, nil
}

// plausible refuses pictures whose samples take a gigabyte or more, though the file holds hardly
// anything: deflate's densest is 1032 to 1.
func plausible(t *codecs.TIFF, plan tiffPlan, size int64) error {
	planes := 1
	if t.Separate {
		planes = plan.samples()
	}
	if bytes := planes * t.Height * t.RowBytes(); bytes > 1<<30 && int64(bytes/1100) > size {
		return errors.New("it announces far more pixels than it holds")
	}
	return nil
}

// tiffPlan is how a file's samples become a Raster.
type tiffPlan struct {
	channels         int // of the Raster; 4 inks become 3 colours
	inks             bool
	palette          bool
	inverted         bool // the highest value is black
	alpha            int  // the sample that holds it; -1: none
	associated       bool // colours are multiplied by alpha
	format           int
	lossy            bool
	coloursByLibrary bool // luma and chroma of which libtiff makes RGB
	lab              bool
	coloursByPillow  bool // luma and chroma, uncompressed, of which Pillow makes RGB by itself
}

// samples is how many of a pixel's first samples are needed.
func (p tiffPlan) samples() int {
	count := p.channels
	if p.inks {
		count = 4
	}
	return max(count, p.alpha+1)
}

// planTIFF decides by what the file says of itself; d is the directory as it stands, since libtiff
// completes it. The error is an unsupportedError.
func planTIFF(head codecs.TIFFHead, d directory) (tiffPlan, error) {
	plan := tiffPlan{channels: 1, alpha: -1, format: head.Format,
		lossy: head.Compression == compressionJPEG || head.Compression == compressionOldJPEG}
	if plan.format == formatUndefined {
		plan.format = formatUnsigned
	}
	photometric := d.or(tagPhotometric, -1)
	if photometric < 0 { // required, but some writers do without
		photometric = whiteIsZero
		if head.Samples >= 3 {
			photometric = photometricRGB
		}
	}
	if head.Compression == compressionOldJPEG {
		photometric = photometricYCbCr
	}
	switch photometric {
	case whiteIsZero:
		plan.inverted = true
	case blackIsZero:
	case photometricRGB:
		plan.channels = 3
	case photometricPalette:
		plan.palette = true
	case photometricCMYK:
		plan.channels, plan.inks = 3, true
	case photometricLab:
		plan.channels, plan.lab = 3, true
	case photometricYCbCr:
		plan.channels = min(head.Samples, 3)
		plan.coloursByPillow = head.Samples >= 3 && head.Bits == 8 &&
			head.Compression == uncompressed && head.Chroma == [2]int{1, 1}
		plan.coloursByLibrary = head.Samples >= 3 && !plan.coloursByPillow &&
			(head.Compression != compressionJPEG || head.Separate)
	default:
		return plan, unsupportedError(nameOf(photometricNames, photometric, "colours"))
	}
	if err := checkSamples(head, plan); err != nil {
		return plan, err
	}
	const associated, unassociated, corelDraw = 1, 2, 999
	kind := d.or(tagExtraSamples, 0)
	_, declared := d.values[tagExtraSamples]
	switch own := plan.samples(); {
	case plan.coloursByLibrary || plan.inks || head.Samples <= own:
	case kind == associated || kind == unassociated || kind == corelDraw,
		!declared && photometric == photometricRGB && head.Samples == 4:
		plan.alpha, plan.associated = own, kind == associated
	}
	return plan, nil
}

// checkSamples refuses kinds of samples that cannot be read as the plan wants them.
func checkSamples(head codecs.TIFFHead, plan tiffPlan) error {
	switch {
	case head.Samples < plan.samples():
		return fmt.Errorf("%d samples a pixel are too few for its colours", head.Samples)
	case plan.format == formatFloat && head.Bits != 16 && head.Bits != 24 && head.Bits != 32 &&
		head.Bits != 64:
		return unsupportedError(fmt.Sprintf("floats of %d bits", head.Bits))
	case plan.format < formatUnsigned || plan.format > formatFloat:
		return unsupportedError("complex numbers")
	case head.Bits < 1 || head.Bits > 64 || head.Bits > 32 && head.Bits != 64:
		return unsupportedError(fmt.Sprintf("%d bits a sample", head.Bits))
	case plan.palette && (head.Bits > 8 || len(head.Red) == 0):
		return unsupportedError(fmt.Sprintf("a palette of %d bits", head.Bits))
	case plan.palette && plan.format != formatUnsigned, plan.inks && plan.format != formatUnsigned,
		plan.lab && plan.format != formatUnsigned:
		return unsupportedError("a palette, inks or L*a*b* with numbers of another kind")
	case plan.inks && head.InkSet != 1:
		return unsupportedError("inks other than CMYK")
	case plan.lab && head.Bits != 8:
		return unsupportedError(fmt.Sprintf("CIE L*a*b* of %d bits", head.Bits))
	case plan.inks && head.Bits != 8 && head.Bits != 16:
		return unsupportedError(fmt.Sprintf("inks of %d bits", head.Bits))
	}
	return nil
}

// photometricNames are the colours that are not read.
var photometricNames = map[int]string{4: "a transparency mask", 9: "ICC L*a*b*",
	10: "ITU L*a*b*", 32803: "a camera's raw data", 32844: "LogL", 32845: "LogLuv",
	34892: "a camera's raw data"}

// compressionNames are those that libtiff was built without, or that it never had.
var compressionNames = map[int]string{33003: "JPEG 2000", 33005: "JPEG 2000", 34712: "JPEG 2000",
	34661: "JBIG", 34715: "JBIG2", 34887: "LERC", 34892: "lossy JPEG of raw data", 34933: "PNG",
	34934: "JPEG XR", 50001: "WebP", 50002: "JPEG XL", 52546: "JPEG XL"}

func nameOf(names map[int]string, value int, what string) string {
	if name := names[value]; name != "" {
		return name
	}
	return fmt.Sprintf("%s of kind %d", what, value)
}

// tiffByGo is tiff.Decode, but for fax-coded images whose zeros are black: there Go shows the
// inverse of what libtiff shows, and libtiff is what Pillow and the scanners' software use. What Go
// would read wrongly is refused.
func tiffByGo(file *io.SectionReader, d directory) (*Raster, error) {
	compression := d.or(tagCompression, uncompressed)
	fax := compression >= compressionFax2 && compression <= compressionFax4
	refused := ""
	switch {
	case d.big:
		refused = "BigTIFF"
	case d.or(tagFillOrder, 1) == 2 && !fax:
		refused = "bits in reverse order"
	case d.or(tagPlanar, 1) == 2 && d.or(tagSamples, 1) > 1:
		refused = "a plane for each colour"
	case d.or(tagSampleFormat, formatUnsigned) != formatUnsigned:
		refused = "samples that are floats or have a sign"
	}
	if refused != "" {
		return nil, &needsLibraryError{"libtiff", unsupportedError(refused)}
	}
	picture, err := tiff.Decode(file)
	if err != nil {
		return nil, &needsLibraryError{"libtiff", err}
	}
	if m, ok := picture.(*image.Paletted); ok && black(m.Palette) {
		return nil, &needsLibraryError{"libtiff", unsupportedError("a palette of low bytes")}
	}
	r := rasterOf(picture, false)
	if _, bilevel := picture.(*image.Gray); !bilevel {
		return r, nil
	}
	if fax && d.or(tagPhotometric, whiteIsZero) == blackIsZero {
		for i := range r.Pix {
			r.Pix[i] = ^r.Pix[i]
		}
	}
	return r, nil
}

// black says that all colours are, to 8 bits: what comes of a palette in the low bytes of its
// levels.
func black(palette color.Palette) bool {
	for _, c := range palette {
		if r, g, b, _ := c.RGBA(); r|g|b > 255 {
			return false
		}
	}
	return true
}
