package report

import (
	"image/color"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"musc/engine/fault"
	"musc/engine/results"
	"musc/engine/verdict"
)

func TestOverviewIsTheSameBytesForShrunkPhotos(t *testing.T) {
	folder := t.TempDir()
	var whole, small []Picture
	for i := range 8 {
		p := picture(300+i, 200)
		p.Rank, p.Name = i+1, strings.Repeat("a long folder/", i)+"x.png"
		whole, small = append(whole, p), append(small, p.Shrunk(ThumbnailSide))
	}
	paths := []string{filepath.Join(folder, "whole.png"), filepath.Join(folder, "small.png")}
	for i, list := range [][]Picture{whole, small} {
		if err := WriteOverview(paths[i], list[:7], list[7:], Scale{Low: 0.2, High: 0.9}); err != nil {
			t.Fatal(err)
		}
	}
	if read(t, paths[0]) != read(t, paths[1]) {
		t.Error("the overviews differ")
	}
	if small[0].Photo.Width != ThumbnailSide || whole[0].Photo.Width != 300 {
		t.Errorf("photos are %d and %d wide", small[0].Photo.Width, whole[0].Photo.Width)
	}
}

// Each cell says its verdict in a word of the verdict's colour, and none without thresholds.
func TestOverviewMarksVerdicts(t *testing.T) {
	p := picture(30, 40)
	for i := range p.Photo.Pix {
		p.Photo.Pix[i] = 128
	}
	p.Scores = make([]float64, 6) // the photo shows
	for of := range verdictInks {
		p.Verdict = of
		path := filepath.Join(t.TempDir(), results.OverviewFile)
		scale := Scale{Low: 0.2, High: 0.9, Threshold: 0.4}
		if err := WriteOverview(path, []Picture{p}, nil, scale); err != nil {
			t.Fatal(err)
		}
		page := open(t, path)
		cells := map[color.Color]bool{} // colours left of the bar
		for y := range page.Bounds().Dy() {
			for x := range margin + ThumbnailSide {
				cells[page.At(x, y)] = true
			}
		}
		for other, colour := range verdictInks {
			if want := other == of || other == verdict.None; cells[colour] != want {
				t.Errorf("a cell that is %q has the colour of %q: %v", of, other, cells[colour])
			}
		}
	}
}

func TestOverviewOfOddCounts(t *testing.T) {
	for _, c := range []struct{ most, least int }{{1, 0}, {0, 1}, {2, 1}, {6, 6}, {13, 6}} {
		path := filepath.Join(t.TempDir(), results.OverviewFile)
		list := slices.Repeat([]Picture{picture(30, 40)}, c.most+c.least)
		scale := Scale{Low: 0.2, High: 0.9}
		if err := WriteOverview(path, list[:c.most], list[c.most:], scale); err != nil {
			t.Fatal(err)
		}
		columns := min(overviewColumns, max(c.most, c.least))
		if width := open(t, path).Bounds().Dx(); width < columns*ThumbnailSide {
			t.Errorf("%v: %d pixels wide", c, width)
		}
	}
	err := WriteOverview(filepath.Join(t.TempDir(), "x.png"), nil, nil, Scale{})
	if fault.KindOf(err) != fault.Input {
		t.Errorf("no pictures: got %v", err)
	}
}

func TestSelectOverview(t *testing.T) {
	ranks := []int{3, 1, 5, 2, 4}
	cases := []struct {
		most, least int
		top, bottom []int
	}{
		{2, 1, []int{1, 3}, []int{2}},
		{4, 6, []int{1, 3, 0, 4}, []int{2}},
		{12, 6, []int{1, 3, 0, 4, 2}, []int{}},
		{0, 2, []int{}, []int{4, 2}},
	}
	for _, c := range cases {
		top, bottom := SelectOverview(ranks, c.most, c.least)
		if !slices.Equal(top, c.top) || !slices.Equal(bottom, c.bottom) {
			t.Errorf("%d and %d: got %v and %v", c.most, c.least, top, bottom)
		}
	}
}
