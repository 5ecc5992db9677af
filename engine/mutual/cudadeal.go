//go:build cuda && linux

package mutual

// share is the images that one device scores: entries first to end-1.
type share struct{ first, end int }

func (s share) images() int { return s.end - s.first }

func (s share) has(entry int) bool { return s.first <= entry && entry < s.end }

// shares divides n images equally among devices.
func shares(n, devices int) []share {
	all := make([]share, devices)
	for k := range all {
		all[k] = share{k * n / devices, (k + 1) * n / devices}
	}
	return all
}

// block is pairs of images of two devices that one of them compares for both.
type block struct {
	rows   share // images of the device that compares
	others share // of the other
	owner  int   // the other
}

func (b block) pairs() int { return b.rows.images() * b.others.images() }

// deal says for each device which pairs of its images and another's it compares, every pair once.
// Of two devices one compares the lower half of its images with all of the other's, which compares
// all of its own with the upper half; every other two devices take turns. Where a half is not
// whole, who has fewer pairs so far gets one image more.
func deal(shares []share) [][]block {
	blocks := make([][]block, len(shares))
	pairs := make([]int, len(shares)) // of each device so far
	for k, of := range shares {
		pairs[k] = of.images() * (of.images() - 1) / 2
	}
	give := func(to int, of block) {
		if of.pairs() > 0 {
			blocks[to] = append(blocks[to], of)
			pairs[to] += of.pairs()
		}
	}
	for a := range shares {
		for b := a + 1; b < len(shares); b++ {
			halved, whole := a, b
			if (a+b)%2 == 0 {
				halved, whole = b, a
			}
			of := shares[halved]
			middle := of.first + of.images()/2
			if pairs[halved] <= pairs[whole] {
				middle = of.end - of.images()/2
			}
			give(halved, block{share{of.first, middle}, shares[whole], whole})
			give(whole, block{shares[whole], share{middle, of.end}, halved})
		}
	}
	return blocks
}
