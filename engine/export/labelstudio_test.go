package export

import (
	"encoding/json"
	"encoding/xml"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"musc/engine/fault"
	"musc/engine/verdict"
)

func TestLabelStudioIsTheGoldenFile(t *testing.T) {
	compareGolden(t, write(t, "labelstudio", photos("/photos")), "labelstudio.json")
}

// Each part of a prediction has its control in the labelling interface, with the words that it
// uses.
func TestLabelStudioInterfaceHasTheControls(t *testing.T) {
	type tag struct {
		Name     string `xml:"name,attr"`
		To       string `xml:"toName,attr"`
		Value    string `xml:"value,attr"`
		Children []struct {
			Value string `xml:"value,attr"`
		} `xml:",any"`
	}
	var view struct {
		Image   tag
		Choices tag
		Boxes   tag `xml:"RectangleLabels"`
		Brush   tag `xml:"BrushLabels"`
	}
	text := read(t, filepath.Join(write(t, "labelstudio", photos("/photos")), "labelstudio.xml"))
	if err := xml.Unmarshal([]byte(text), &view); err != nil {
		t.Fatal(err)
	}
	if view.Image.Name != studioImage || view.Image.Value != "$image" {
		t.Errorf("the photo: %+v", view.Image)
	}
	for name, c := range map[string]struct {
		tag  tag
		want []string
	}{
		studioVerdict: {view.Choices, []string{"good", "review", "defective"}},
		studioBoxes:   {view.Boxes, []string{category}},
		studioPixels:  {view.Brush, []string{category}},
	} {
		var words []string
		for _, child := range c.tag.Children {
			words = append(words, child.Value)
		}
		if c.tag.Name != name || c.tag.To != studioImage || !slices.Equal(words, c.want) {
			t.Errorf("%s: %+v", name, c.tag)
		}
	}
}

// Label Studio refuses predictions whose score is not between 0 and 1. The task has the score as it
// is.
func TestLabelStudioScores(t *testing.T) {
	for score, want := range map[float64]float64{-0.5: 0, 0.75: 0.75, 1.25: 1} {
		images := photos("/photos")[:1]
		images[0].Score = score
		var tasks []struct {
			Data        struct{ Score float64 }
			Predictions []struct{ Score float64 }
		}
		text := read(t, filepath.Join(write(t, "labelstudio", images), "labelstudio.json"))
		if err := json.Unmarshal([]byte(text), &tasks); err != nil {
			t.Fatal(err)
		}
		if got := tasks[0]; got.Data.Score != score || got.Predictions[0].Score != want {
			t.Errorf("%v: %+v", score, got)
		}
	}
}

func TestLabelStudioURLs(t *testing.T) {
	for path, c := range map[string]struct {
		root root
		want string
	}{
		"/a/b/c.png":             {"/a/b", "b/c.png"},
		"/a/b/d/c.png":           {"/a/b", "b/d/c.png"},
		"/b/c.png":               {"/", "b/c.png"},
		"/a+b/1 +&#%?写.png":      {"/a+b", "a%2Bb/1%20%2B%26%23%25%3F%E5%86%99.png"},
		"/a/latin-\xe4.png":      {"/a", "a/latin-%E4.png"},
		"/a/\"quotes'<br>\n.png": {"/a", "a/%22quotes%27%3Cbr%3E%0A.png"},
	} {
		if got := studioURL(c.root, path); got != "/data/local-files/?d="+c.want {
			t.Errorf("%s: %s, want %s", path, got, c.want)
		}
	}
}

// unpacked is the slow way back, bit by bit, of what brushRLE says of the format.
func unpacked(rle []byte) (values []byte) {
	at := 0
	next := func(bits int) (value int) {
		for range bits {
			value = value<<1 | int(rle[at/8]>>(7-at%8)&1)
			at++
		}
		return value
	}
	count, bits := next(32), next(5)+1
	sizes := []int{next(4) + 1, next(4) + 1, next(4) + 1, next(4) + 1}
	for len(values) < count {
		if next(1) != 1 {
			panic("a run of different values")
		}
		length := next(sizes[next(2)]) + 1
		value := byte(next(bits))
		values = append(values, slices.Repeat([]byte{value}, length)...)
	}
	return values
}

func TestBrushIsTheRegion(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for k := range 60 {
		width, height := 1+random.IntN(300), 1+random.IntN(300)
		m := make(mask, height)
		density := float64(k%4) / 3 // nothing, some, all
		for y := range m {
			row := []byte(strings.Repeat(".", width))
			for x := 0; x < width; x++ {
				if random.Float64() < density {
					length := min(1+random.IntN(40), width-x)
					copy(row[x:], strings.Repeat("#", length))
					x += length
				}
			}
			m[y] = string(row)
		}
		rle, err := brushRLE(m.runs(), width, height)
		if err != nil {
			t.Fatal(err)
		}
		values := unpacked(rle)
		if len(values) != 4*width*height {
			t.Fatalf("%d values for %d x %d", len(values), width, height)
		}
		for i, value := range values {
			if on := m[i/4/width][i/4%width] == '#'; value != 0 != on || value != 0 && value != 255 {
				t.Fatalf("value %d of %d x %d is %d", i, width, height, value)
			}
		}
	}
}

// A photo of 50 million pixels has a brush of some kilobytes: a run has 2^16 values at most.
func TestBrushOfALargePhoto(t *testing.T) {
	const width, height = 10000, 5000
	rle, err := brushRLE([]verdict.Run{{Y: 4999, From: 1, To: 10000}}, width, height)
	if err != nil || len(rle) < 4*width*height>>16*27/8 || len(rle) > 12000 {
		t.Errorf("%d bytes, %v", len(rle), err)
	}
}

func TestBrushOfTooLargeAPhoto(t *testing.T) {
	if _, err := brushRLE(nil, 1<<15, 1<<15-1); err != nil {
		t.Error(err)
	}
	_, err := brushRLE(nil, 1<<15, 1<<15)
	if fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), "32768 x 32768") {
		t.Errorf("got %v", err)
	}
}
