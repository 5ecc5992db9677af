package codecs

// TIFFHead is what the first directory of a file says; values are those of TIFF 6.0.
type TIFFHead struct {
	Width, Height    int
	Bits             int // a sample
	Samples          int // a pixel, extra ones included
	Separate         bool
	Photometric      int // -1 if the file does not say
	Format           int
	Compression      int
	InkSet           int
	Extras           int    // of Samples; libtiff also counts those that the file does not declare
	FirstExtra       int    // the kind of the first of them
	Chroma           [2]int // pixels that a sample of chroma spans, across and down
	Red, Green, Blue []uint16
}
