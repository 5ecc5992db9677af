package tasks

import (
	"testing"

	"musc/engine/report/page"
)

func TestTheNearestPhotoIsOfTheLessAnomalousHalf(t *testing.T) {
	class := [][]float32{{1, 0}, {0, 1}, {1, 0.1}, {-1, 0}, {0, 0}}
	p := &paging{data: &page.Data{Photos: make([]page.Photo, len(class))}, class: class}
	for at := range p.data.Photos {
		p.data.Photos[at].Nearest = -1
	}
	p.nearest() // candidates are 4, 3, 2
	for at, want := range []int{2, 2, 4, 4, 3} {
		if got := p.data.Photos[at].Nearest; got != want {
			t.Errorf("photo %d: %d, want %d", at, got, want)
		}
	}
	alone := &paging{data: &page.Data{Photos: []page.Photo{{Nearest: -1}}}, class: class[:1]}
	if alone.nearest(); alone.data.Photos[0].Nearest != -1 {
		t.Error("one photo is its own nearest")
	}
}
