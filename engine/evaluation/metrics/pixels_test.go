package metrics

import (
	"encoding/json"
	"iter"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"musc/engine/fault"
	"musc/engine/npy/npytest"
)

func each(images []Image) iter.Seq2[Image, error] {
	return func(yield func(Image, error) bool) {
		for _, image := range images {
			if !yield(image, nil) {
				return
			}
		}
	}
}

// golden is one case of testdata/golden.json, which testdata/golden.py makes.
type golden struct {
	Images, Height, Width, Values, Seed int
	PixelLevel
}

// generate is the data that golden.py draws.
func (g golden) generate() []Image {
	state := g.Seed
	draw := func() int {
		state = (1103515245*state + 12345) % (1 << 31)
		return state >> 7
	}
	images := make([]Image, g.Images)
	for i := range images {
		mask := make([]bool, g.Height*g.Width)
		var boxes [][2]int
		for k := 0; k < 3 && i%2 == 1; k++ {
			boxes = append(boxes, [2]int{draw() % g.Height, draw() % g.Width})
		}
		for _, box := range boxes {
			for y := box[0]; y <= min(box[0]+g.Height/6, g.Height-1); y++ {
				for x := box[1]; x <= min(box[1]+g.Width/6, g.Width-1); x++ {
					mask[y*g.Width+x] = true
				}
			}
		}
		values := make([]float32, len(mask))
		for p := range values {
			noise := float64(draw()%g.Values)/float64(g.Values) - 0.5
			if mask[p] {
				noise += 0.25
			}
			values[p] = float32(noise)
		}
		images[i] = Image{Width: g.Width, Height: g.Height, Map: values, Mask: mask, Defective: i%2 == 1}
	}
	return images
}

// compare is how far two sets of metrics are apart; infinite where only one has a value.
func compare(a, b PixelLevel) (worst float64) {
	for _, pair := range [][2]Value{{a.AUROC, b.AUROC}, {a.F1Max, b.F1Max}, {a.AP, b.AP},
		{a.PRO, b.PRO}, {a.MVTecPRO, b.MVTecPRO}, {a.AUPIMO, b.AUPIMO},
		{a.F1Threshold, b.F1Threshold}} {
		x, defined := pair[0].Get()
		if y, other := pair[1].Get(); defined != other {
			worst = math.Inf(1)
		} else {
			worst = max(worst, math.Abs(x-y))
		}
	}
	return worst
}

func define(images []Image) PixelLevel {
	var wide []definitionImage
	for _, image := range images {
		values := make([]float64, len(image.Map))
		for i, value := range image.Map {
			values[i] = float64(value)
		}
		mask := image.Mask
		if mask == nil {
			mask = make([]bool, len(values))
		}
		wide = append(wide, definitionImage{image.Width, image.Height, values, mask, image.Defective})
	}
	result, _ := measure(levelsOf(wide))
	return result
}

func TestPixelsAgreeWithScikitLearn(t *testing.T) {
	text, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []golden
	if err := json.Unmarshal(text, &cases); err != nil || len(cases) == 0 {
		t.Fatalf("%v, %d cases", err, len(cases))
	}
	for _, c := range cases {
		images := c.generate()
		got, _, err := Pixels(each(images))
		if err != nil {
			t.Fatal(err)
		}
		c.F1Threshold = define(images).F1Threshold // scikit-learn gives none
		if worst := compare(got, c.PixelLevel); !(worst <= 1e-9) {
			t.Errorf("%d values: got %v, want %v (%g)", c.Values, got, c.PixelLevel, worst)
		}
		if worst := compare(define(images), c.PixelLevel); !(worst <= 1e-9) {
			t.Errorf("%d values: the definition is %g off", c.Values, worst)
		}
	}
}

// The fixtures' maps are float64. The definition takes them as they are; the fast path takes the
// ranks of their values, which leave every metric but PRO as it is.
func TestPixelsAgreeWithOracle(t *testing.T) {
	for _, name := range []string{"metrics", "metrics_ties"} {
		var want struct {
			AUROC float64 `json:"pixel_auroc"`
			F1Max float64 `json:"pixel_f1_max"`
			AP    float64 `json:"pixel_ap"`
			PRO   float64 `json:"pixel_pro"`
		}
		text, err := os.ReadFile(filepath.Join(fixtures, name, "case.json"))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatal(err)
		}
		values := npytest.Values(t, filepath.Join(fixtures, name, "maps.npy"))
		masks := loadBools(t, filepath.Join(fixtures, name, "masks.npy"))
		const side = 48
		var wide []definitionImage
		var ranked []Image
		ranks := ranksOf(values)
		for i := 0; i < len(values); i += side * side {
			mask := masks[i:][:side*side]
			defective := false
			for _, pixel := range mask {
				defective = defective || pixel
			}
			wide = append(wide, definitionImage{side, side, values[i:][:side*side], mask, defective})
			ranked = append(ranked, Image{Width: side, Height: side, Map: ranks[i:][:side*side],
				Mask: mask, Defective: defective})
		}
		plain, _ := measure(levelsOf(wide))
		fast, _, err := Pixels(each(ranked))
		if err != nil {
			t.Fatal(err)
		}
		expected := PixelLevel{AUROC: Some(want.AUROC), F1Max: Some(want.F1Max), AP: Some(want.AP),
			PRO: Some(want.PRO), MVTecPRO: plain.MVTecPRO, AUPIMO: plain.AUPIMO,
			F1Threshold: plain.F1Threshold}
		if worst := compare(plain, expected); !(worst <= 1e-9) {
			t.Errorf("%s: got %v, want %v (%g)", name, plain, expected, worst)
		} else {
			t.Logf("%s: largest error %g", name, worst)
		}
		fast.PRO, fast.F1Threshold = expected.PRO, expected.F1Threshold // of ranks, not of scores
		if worst := compare(fast, expected); !(worst <= 1e-9) {
			t.Errorf("%s: the fast path is %g off", name, worst)
		}
	}
}

// The fast path against the definition over signs, zeros, ties, subnormal and huge values.
func TestPixelsAreTheDefinition(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	special := []float32{0, float32(math.Copysign(0, -1)), 1e-42, -1e-42, math.MaxFloat32, -1, 1,
		math.Nextafter32(1, 2), -math.MaxFloat32}
	for trial := range 200 {
		images := make([]Image, 1+random.IntN(5))
		for i := range images {
			width, height := 1+random.IntN(9), 1+random.IntN(9)
			values, mask := make([]float32, width*height), make([]bool, width*height)
			defective := random.IntN(2) == 0
			for p := range values {
				if values[p] = special[random.IntN(len(special))]; trial%2 == 0 {
					values[p] = float32(random.NormFloat64())
				}
				mask[p] = defective && random.IntN(3) == 0
			}
			images[i] = Image{Width: width, Height: height, Map: values, Mask: mask, Defective: defective}
			if !defective && trial%3 == 0 {
				images[i].Mask = nil
			}
		}
		got, _, err := Pixels(each(images))
		if want := define(images); err != nil || compare(got, want) > 1e-12 {
			t.Fatalf("trial %d: got %v, %v, want %v", trial, got, err, want)
		}
	}
}

func TestPixelsRefuse(t *testing.T) {
	nan, infinite := float32(math.NaN()), float32(math.Inf(-1))
	for want, image := range map[string]Image{
		"NaN at column 1, row 0":  {Width: 2, Height: 1, Map: []float32{0, nan}},
		"-Inf at column 0, row 1": {Width: 1, Height: 2, Map: []float32{0, infinite}},
		"do not make 2 x 2":       {Width: 2, Height: 2, Map: []float32{0, 1}},
		"its mask has 1 pixels":   {Width: 2, Height: 1, Map: []float32{0, 1}, Mask: []bool{true}},
		"labelled good":           {Width: 1, Height: 1, Map: []float32{0}, Mask: []bool{true}},
	} {
		image.Name = "crack/001.png"
		_, _, err := Pixels(each([]Image{image}))
		if fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), want) ||
			!strings.Contains(err.Error(), image.Name) {
			t.Errorf("%s: got %v", want, err)
		}
	}
}

// Rounded parts do not add up to more than all: maps that are their masks have exactly 1.
func TestNothingIsAboveOne(t *testing.T) {
	for side := 3; side < 60; side++ {
		image := Image{Width: side, Height: side, Map: make([]float32, side*side),
			Mask: make([]bool, side*side), Defective: true}
		for i := range image.Map {
			image.Map[i] = float32(i%side) / 1e4
			if i%side%3 == 0 && i/side > 0 { // columns, each a region
				image.Mask[i], image.Map[i] = true, 1+float32(i)
			}
		}
		good := Image{Width: 400, Height: 300, Map: make([]float32, 400*300)}
		level, _, err := Pixels(func(yield func(Image, error) bool) {
			_ = yield(image, nil) && yield(good, nil)
		})
		if err != nil {
			t.Fatal(err)
		}
		for name, v := range map[string]Value{"PRO": level.PRO, "MVTec's PRO": level.MVTecPRO,
			"AUPIMO": level.AUPIMO, "AUROC": level.AUROC, "AP": level.AP, "F1": level.F1Max} {
			if x, defined := v.Get(); defined && !(x > 0.9 && x <= 1) {
				t.Errorf("side %d: %s is %v", side, name, x)
			}
		}
	}
	if x, _ := ratio(1.0000000000000002).Get(); x != 1 {
		t.Errorf("ratio %v", x)
	}
}

func TestWhatHasNoAnswerIsAbsent(t *testing.T) {
	good := Image{Width: 2, Height: 1, Map: []float32{0, 1}}
	full := Image{Width: 1, Height: 1, Map: []float32{2}, Mask: []bool{true}, Defective: true}
	for name, images := range map[string][]Image{"no images": nil, "only good": {good},
		"only defective pixels": {full}} {
		got, _, err := Pixels(each(images))
		if err != nil || got != (PixelLevel{}) || got.AUROC.Percent(1) != "-" {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
	flat := Image{Width: 2, Height: 1, Map: []float32{1, 1}, Mask: []bool{true, false},
		Defective: true}
	got, _, err := Pixels(each([]Image{flat}))
	if _, defined := got.PRO.Get(); err != nil || defined || got.AUROC != Some(0.5) {
		t.Errorf("equal values: got %v, %v", got, err)
	}
	text, err := json.Marshal(got)
	var back PixelLevel
	if err != nil || json.Unmarshal(text, &back) != nil || back != got {
		t.Errorf("JSON: %s, %v", text, err)
	}
}

// The size of a class of the benchmarks: 54 million pixels.
func BenchmarkPixels(b *testing.B) {
	const side, count = 518, 200
	random := rand.New(rand.NewPCG(3, 4))
	images := make([]Image, count)
	for i := range images {
		images[i] = Image{Width: side, Height: side, Map: make([]float32, side*side),
			Mask: make([]bool, side*side), Defective: i%2 == 1}
		for p := range images[i].Map {
			y, x := p/side, p%side
			images[i].Mask[p] = i%2 == 1 && y/60 == 4 && x/60 == i%8
			images[i].Map[p] = float32(random.Float64())
			if images[i].Mask[p] {
				images[i].Map[p] += 0.3
			}
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := Pixels(each(images)); err != nil {
			b.Fatal(err)
		}
	}
}
