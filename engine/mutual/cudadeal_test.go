//go:build cuda && linux

package mutual

import "testing"

// Every pair of images is compared by exactly one device, and each has about as many as the others.
func TestPairsAreDealtOnce(t *testing.T) {
	for _, images := range []int{2, 3, 9, 64, 101, 200} {
		for _, devices := range []int{1, 2, 3, 5, 8} {
			if devices > images {
				continue
			}
			of := shares(images, devices)
			met := make(map[[2]int]int)
			largest := 0
			for k, blocks := range deal(of) {
				mine := of[k].images() * (of[k].images() - 1) / 2
				for _, b := range blocks {
					if b.rows.first < of[k].first || b.rows.end > of[k].end ||
						b.others.first < of[b.owner].first || b.others.end > of[b.owner].end {
						t.Fatalf("%d images, %d devices: %+v for device %d", images, devices, b, k)
					}
					mine += b.pairs()
					for i := b.rows.first; i < b.rows.end; i++ {
						for j := b.others.first; j < b.others.end; j++ {
							met[[2]int{min(i, j), max(i, j)}]++
						}
					}
				}
				largest = max(largest, mine)
				for i := of[k].first; i < of[k].end; i++ {
					for j := i + 1; j < of[k].end; j++ {
						met[[2]int{i, j}]++
					}
				}
			}
			for pair, times := range met {
				if times != 1 {
					t.Errorf("%d images, %d devices: %v is compared %d times", images, devices, pair,
						times)
				}
			}
			all := images * (images - 1) / 2
			if len(met) != all {
				t.Errorf("%d images, %d devices: %d of %d pairs", images, devices, len(met), all)
			}
			mean := float64(all) / float64(devices)
			if images >= 12*devices && float64(largest) > 1.1*mean {
				t.Errorf("%d images, %d devices: one compares %d pairs, on average %.1f", images,
					devices, largest, mean)
			}
			t.Logf("%d images, %d devices: at most %d pairs, on average %.1f", images, devices, largest,
				mean)
		}
	}
}
