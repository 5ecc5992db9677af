package tasks

import (
	"strings"
	"testing"
)

func TestWhatIsNotExaminedIsSaid(t *testing.T) {
	for images, want := range map[int]string{2: "", 2000: "", 2001: "among 2000 of the 2001 photos",
		20_000: "among 2000 of the 20000 photos", 20_001: "not in this one"} {
		if got := unexamined(images); !strings.Contains(got, want) || (got == "") != (want == "") {
			t.Errorf("%d images: %q", images, got)
		}
	}
}
