//go:build cuda && linux

package kernels

import "testing"

// As many scorers stay in the cache as fit, of as many channels as fit then; where only few do,
// all come at once.
func TestBlockOfScorers(t *testing.T) {
	const h100, rtx3090 = 50 << 20, 6 << 20
	large := Sizes{Height: 37, Width: 37, Channels: 1024, Rows: 200, Scorers: 200}
	small := Sizes{Height: 16, Width: 16, Channels: 384, Rows: 37, Scorers: 37}
	for _, test := range []struct {
		name              string
		sizes             Sizes
		cache             int
		scorers, channels int
		partial           int64
	}{
		{"ViT-L at 518 on an H100", large, h100, 14, 256, 4 * 200 * 1369 * 14},
		{"on a device with a small cache", large, rtx3090, 200, 1024, 4},
		{"on one whose cache is not known", large, 0, 200, 1024, 4},
		{"ViT-S at 224", small, h100, 32, 384, 4},
		{"ViT-S at 224 with a small cache", small, rtx3090, 9, 256, 4 * 37 * 256 * 9},
	} {
		test.sizes.Cache = test.cache
		scorers, channels := test.sizes.addBlock()
		if scorers != test.scorers || channels != test.channels {
			t.Errorf("%s: %d scorers, %d channels; want %d, %d", test.name, scorers, channels,
				test.scorers, test.channels)
		}
		if got := test.sizes.partialBytes(); got != test.partial {
			t.Errorf("%s: %d bytes of partial sums, want %d", test.name, got, test.partial)
		}
	}
}
