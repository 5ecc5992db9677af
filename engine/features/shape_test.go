package features

import (
	"fmt"
	"strings"
	"testing"

	"musc/engine/fault"
)

func TestBytesOfAShape(t *testing.T) {
	batch := Shape{Stages: 4, Images: 200, Height: 37, Width: 37, Channels: 1024} // ViT-L at 518 pixels
	if batch.Patches() != 1369 || batch.Bytes() != 4_485_939_200 {
		t.Errorf("%d patches, %d bytes", batch.Patches(), batch.Bytes())
	}
}

func TestSizesOfAShapeArePositive(t *testing.T) {
	if _, err := NewSpilled(Shape{1, 1, 1, 1, 1}, ""); fault.KindOf(err) != fault.Internal ||
		!strings.Contains(err.Error(), "no folder given") {
		t.Errorf("no folder: %v", err)
	}
	for _, shape := range []Shape{{0, 1, 1, 1, 1}, {1, 0, 1, 1, 1}, {1, 1, 0, 1, 1}, {1, 1, 1, 0, 1},
		{1, 1, 1, 1, 0}} {
		_, err := NewSpilled(shape, t.TempDir())
		if err == nil || !strings.Contains(err.Error(), "every size must be positive") {
			t.Errorf("%v: %v", shape, err)
		}
		if text := panicOf(func() { NewMemory(shape) }); text == "" {
			t.Errorf("%v in memory: no panic", shape)
		}
	}
}

// panicOf is the text that f panics with, "" if it returns.
func panicOf(f func()) (text string) {
	defer func() {
		if r := recover(); r != nil {
			text = fmt.Sprint(r)
		}
	}()
	f()
	return ""
}

func TestHeadSharesTheFirstImages(t *testing.T) {
	store := NewMemory(Shape{Stages: 2, Images: 3, Height: 1, Width: 2, Channels: 2})
	defer store.Close()
	for stage := range 2 {
		for image := range 3 {
			store.Tokens(stage, image)[0] = float32(10*stage + image)
		}
	}
	head := store.Head(2)
	if head.Shape().Images != 2 || head.Tokens(1, 1)[0] != 11 || store.Shape().Images != 3 {
		t.Errorf("shape %v, token %v", head.Shape(), head.Tokens(1, 1)[0])
	}
}

// An index that is out of range names itself, and never reaches another image's tokens.
func TestIndicesOutOfRange(t *testing.T) {
	store := NewMemory(Shape{Stages: 2, Images: 3, Height: 1, Width: 2, Channels: 2})
	defer store.Close()
	const sizes = "2 stages x 3 images x 1 x 2 patches x 2 channels"
	for name, c := range map[string]struct {
		reach func()
		want  string
	}{
		"within":           {func() { store.Tokens(1, 2) }, ""},
		"stage past":       {func() { store.Tokens(2, 0) }, "features: stage 2, image 0 of " + sizes},
		"stage negative":   {func() { store.Tokens(-1, 0) }, "features: stage -1, image 0 of " + sizes},
		"image past":       {func() { store.Tokens(0, 3) }, "features: stage 0, image 3 of " + sizes},
		"image negative":   {func() { store.Tokens(0, -1) }, "features: stage 0, image -1 of " + sizes},
		"a head of one":    {func() { store.Head(1) }, ""},
		"a head of all":    {func() { store.Head(3) }, ""},
		"a head of none":   {func() { store.Head(0) }, "features: 0 images from 0 on, of " + sizes},
		"a head of more":   {func() { store.Head(4) }, "features: 4 images from 0 on, of " + sizes},
		"a part of none":   {func() { store.Part(1, 0) }, "features: 0 images from 1 on, of " + sizes},
		"a part past":      {func() { store.Part(2, 2) }, "features: 2 images from 2 on, of " + sizes},
		"a part before":    {func() { store.Part(-1, 2) }, "features: 2 images from -1 on, of " + sizes},
		"the last of them": {func() { store.Part(2, 1) }, ""},
		"a mask too short": {func() { store.SetActive(0, make([]bool, 1)) }, "features: 1 active " +
			"patches of " + sizes},
		"outside of a head": {func() { store.Head(2).Tokens(0, 2) }, "features: stage 0, image 2 of " +
			"2 stages x 2 images x 1 x 2 patches x 2 channels"},
	} {
		if got := panicOf(c.reach); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestPlacesOfValuesThatAreNotFinite(t *testing.T) {
	err := error(&NonFinite{Stage: 1, Image: 2, Patch: 3, Channel: 4, Value: 5})
	if want := "the backbone gave 5 at stage 1, patch 3, channel 4 of image 2"; err.Error() != want {
		t.Errorf("%q, want %q", err, want)
	}
}

// Pages of 4096 bytes hold 1024 values. A page is let go if any of its values is.
func TestPagesOfValues(t *testing.T) {
	for _, c := range []struct{ from, to, first, last int64 }{
		{0, 1, 0, 4096}, {0, 1024, 0, 4096}, {0, 1025, 0, 8192}, {1023, 1024, 0, 4096},
		{1023, 1025, 0, 8192}, {1024, 2048, 4096, 8192}, {1025, 2049, 4096, 12288}, {1024, 1024, 4096, 4096},
	} {
		if first, last := pagesOf(c.from, c.to, 4096); first != c.first || last != c.last {
			t.Errorf("values [%d, %d) are in bytes [%d, %d), want [%d, %d)", c.from, c.to, first, last,
				c.first, c.last)
		}
	}
}
