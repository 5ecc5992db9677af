package health

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// golden is the example of the measurements: twelve images of four patches, of which the first four
// share a defect at patch 2.
func golden() (m []float32, images, patches int) {
	images, patches = 12, 4
	for i := range images {
		for p := range patches {
			for j := range images {
				distance := .30 + .002*float32((3*i+5*p+7*j)%11)
				if i < 4 && p == 2 {
					distance = .70
					if j < 4 {
						distance = .35
					}
				}
				m = append(m, distance)
			}
		}
	}
	return m, images, patches
}

func TestPartnersGolden(t *testing.T) {
	partners := Partners(golden())
	want := make([][]int, 12)
	want[0], want[1], want[2], want[3] = []int{1, 2, 3}, []int{0, 2, 3}, []int{0, 1, 3}, []int{0, 1, 2}
	if !slices.EqualFunc(partners, want, slices.Equal) {
		t.Errorf("%v, not %v", partners, want)
	}
	if groups := Groups(partners); len(groups) != 1 || !slices.Equal(groups[0], []int{0, 1, 2, 3}) {
		t.Errorf("groups %v", groups)
	}
}

// definition is Partners as its comment has it, in float64 and with full sorts.
func definition(m []float32, images, patches int) [][]int {
	at := func(i, p, j int) float64 { return float64(m[(i*patches+p)*images+j]) }
	w := make([][]float64, images)
	for i := range w {
		w[i] = make([]float64, images)
		gains := make([][]float64, images)
		for p := range patches {
			var others []float64
			for j := range images {
				if j != i {
					others = append(others, at(i, p, j))
				}
			}
			slices.Sort(others)
			late := others[int(math.Floor(.6*float64(images-1)))]
			for j := range images {
				gains[j] = append(gains[j], late-at(i, p, j))
			}
		}
		for j, of := range gains {
			if j == i {
				continue
			}
			slices.Sort(of)
			t, sum := max(1, int(math.Round(.01*float64(patches)))), 0.0
			for _, gain := range of[patches-t:] {
				sum += gain
			}
			w[i][j] = sum/float64(t) - (of[(patches-1)/2]+of[patches/2])/2
		}
	}
	var all []float64
	for i := range images {
		for j := range images {
			if i != j {
				all = append(all, min(w[i][j], w[j][i]))
			}
		}
	}
	middle, deviation := robust(all)
	edge := func(i, j int) bool {
		return i != j && min(w[i][j], w[j][i]) > middle+3*deviation
	}
	degree := func(i int) (count int) {
		for j := range images {
			if edge(i, j) {
				count++
			}
		}
		return count
	}
	partners := make([][]int, images)
	for i := range images {
		for j := range images {
			shared, k := 0, min(degree(i), degree(j))
			for l := range images {
				if edge(i, l) && edge(j, l) {
					shared++
				}
			}
			if edge(i, j) && k >= 2 && float64(shared) >= max(1, .5*float64(k-1)) {
				partners[i] = append(partners[i], j)
			}
		}
	}
	return partners
}

// Random distances, in which some images are closer to each other at some patches.
func TestPartnersAreThoseOfTheDefinition(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	edges := 0
	for _, size := range [][2]int{{4, 1}, {5, 2}, {6, 7}, {7, 16}, {11, 49}, {16, 150}, {23, 101}, {32, 256}} {
		images, patches := size[0], size[1]
		m := make([]float32, images*patches*images)
		for k := range m {
			i, p, j := k/(patches*images), k/images%patches, k%images
			m[k] = .3 + .1*random.Float32()
			if i < images/3 && p%50 == 0 {
				if m[k] += .3; j < images/3 {
					m[k] -= .25
				}
			}
		}
		want := definition(m, images, patches)
		if got := Partners(m, images, patches); !slices.EqualFunc(got, want, slices.Equal) {
			t.Errorf("%v: %v, not %v", size, got, want)
		}
		edges += members(want)
	}
	if edges < 50 {
		t.Errorf("only %d partners in all", edges)
	}
}

// Images that are alike all over share no defect, however few of their patches take part.
func TestPartnersDoWithoutPatchesThatTakeNoPart(t *testing.T) {
	m, images, patches := golden()
	for _, idle := range []int{0, 3, 40} {
		var alike, defect []float32
		for i := range images {
			for p := range patches + idle {
				for j := range images {
					distance := float32(0)
					if p < patches {
						distance = .30 + .002*float32((3*i+5*p+7*j)%11)
						if i < 3 && j < 3 {
							distance -= .2
						}
						defect = append(defect, m[(i*patches+p)*images+j])
					} else {
						defect = append(defect, 0)
					}
					alike = append(alike, distance)
				}
			}
		}
		if got := Partners(alike, images, patches+idle); members(got) > 0 {
			t.Errorf("%d patches take no part: %v are said to share a defect", idle, got)
		}
		if got := Partners(defect, images, patches+idle); members(got) != 12 {
			t.Errorf("%d patches take no part: the defect is shared by %v", idle, got)
		}
	}
}

func TestPartnersOfOddInput(t *testing.T) {
	nan := float32(math.NaN())
	for images := range 8 {
		for _, value := range []float32{0, .3, nan, float32(math.Inf(1)), float32(math.Inf(-1))} {
			m := make([]float32, images*3*images)
			for k := range m {
				m[k] = value
			}
			if partners := Partners(m, images, 3); len(partners) != images || members(partners) > 0 {
				t.Errorf("%d images at the distance %v: %v", images, value, partners)
			}
		}
	}
	m, images, patches := golden()
	for k := range m {
		if k/(images*patches) == 9 { // one image is no numbers
			m[k] = nan
		}
	}
	if partners := Partners(m, images, patches); !slices.Equal(partners[0], []int{1, 2, 3}) {
		t.Errorf("an image of NaN: %v", partners)
	}
}

func TestGroups(t *testing.T) {
	partners := [][]int{{3}, nil, {4, 6}, {0}, {2}, nil, {2}}
	if groups := Groups(partners); !slices.EqualFunc(groups, [][]int{{0, 3}, {2, 4, 6}}, slices.Equal) {
		t.Errorf("%v", groups)
	}
	if groups := Groups(nil); groups != nil {
		t.Errorf("%v", groups)
	}
}

func TestSelected(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for n := 1; n < 60; n++ {
		values := make([]int, n)
		for i := range values {
			values[i] = random.IntN(1 + n/2)
		}
		sorted := slices.Sorted(slices.Values(values))
		for k := range values {
			if got := selected(slices.Clone(values), k); got != sorted[k] {
				t.Fatalf("%v: the smallest but %d is %d, not %d", values, k, got, sorted[k])
			}
		}
	}
}

func TestSharedFinding(t *testing.T) {
	b := batchOf("", "", "", "", "", "", "")
	found := SharedFinding(b, [][]int{{0, 1, 2, 5, 6}}, "")
	want := "5 photos have something in common that the others lack, and if that is a defect it is hidden: " +
		"00.png, 01.png, 02.png, 05.png, and 1 more; look at them, and score with --shared exclude if it is"
	if found.Kind != Shared || found.Text != want || len(found.Groups) != 1 {
		t.Errorf("%+v", found)
	}
}
