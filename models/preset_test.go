package models

import (
	"slices"
	"testing"
)

func TestPresetsOfTheRegistry(t *testing.T) {
	for _, spec := range Registry {
		want := "stages 1,2,3,4, degrees 1,3,5, interval 0,0.3, RsCIN windows 2,3"
		if spec.Name == DefaultName {
			want = "stages 2,3, degrees 1,3,5, interval 0,0.3, RsCIN off"
		}
		preset := spec.Preset()
		if got := preset.String(); got != want {
			t.Errorf("%s: %s, want %s", spec.Name, got, want)
		}
		if own := preset.Name == spec.Name; own != (spec.Name == DefaultName) ||
			!own && preset.Name != PaperName || preset.Measured == "" {
			t.Errorf("%s: the preset %q was measured %q", spec.Name, preset.Name, preset.Measured)
		}
	}
}

// Who changes a preset that was given out changes no other.
func TestPresetsAreCopies(t *testing.T) {
	spec := Registry[0]
	for range 2 {
		for _, preset := range []Preset{PaperPreset(), spec.Preset()} {
			for _, list := range [][]int{preset.Stages, preset.Degrees, preset.Windows} {
				if slices.Contains(list, 9) {
					t.Errorf("%s was changed: %v", preset.Name, list)
				}
				list[0] = 9
			}
		}
	}
}
