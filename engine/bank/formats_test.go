package bank

import "testing"

// testdata/format1.musc is a bank of two photos as the first release wrote it. It is never written anew: a bank
// that somebody has must be read by every later musc (docs/stable.md). A new format adds a file.
func TestBanksOfEveryFormatAreRead(t *testing.T) {
	for format, path := range map[int]string{1: "testdata/format1.musc"} {
		b := mustOpen(t, path)
		header := b.Header()
		if header.Format != format || len(header.Photos) != 2 || header.Photos[1].Name != names[1] ||
			!header.Settings.Nearest || header.Model.Name != "model" {
			t.Errorf("format %d: the header is %+v", format, header)
		}
		if err := b.Verify(); err != nil {
			t.Errorf("format %d: %v", format, err)
		}
		shape := header.Shape
		for photo := range header.Photos {
			for view := range shape.Views {
				for stage := range shape.Stages {
					got := make([]float32, shape.Patches()*shape.Channels)
					b.Tokens(got, photo, view, stage)
					compareTokens(t, got, tokensOf(shape, photo, view, stage), shape.Channels,
						activeOf(shape, photo, view), 1.0/200)
				}
			}
			if class := b.Class(photo); class[2] != float32(photo)+0.25 {
				t.Errorf("format %d: the class token of photo %d is %v", format, photo, class)
			}
		}
	}
	if Format != 1 {
		t.Error("a new format: add a file of it to testdata, and say it in docs/stable.md and docs/changelog.md")
	}
}
