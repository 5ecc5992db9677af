package page

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"musc/engine/imageio"
	"musc/engine/report"
	"musc/engine/verdict"
)

// values are the patch scores that the bytes of a photo stand for.
func values(d *Data, p *Photo) (scores []float64) {
	for _, b := range p.Scores {
		scores = append(scores, d.Low+float64(b)/255*(d.High-d.Low))
	}
	return scores
}

// Browsers blend in 8 bits with the colour multiplied by its opacity first: a level or two are lost.
const colourTolerance = 3

func TestColoursAreThoseOfOverlays(t *testing.T) {
	for name, threshold := range map[string]float64{"the run's threshold": 0.35, "a moved threshold": 0.45} {
		t.Run(name, func(t *testing.T) {
			data := batch(3)
			p := &data.Photos[0]
			for k := range p.Scores { // all colours of the scale
				p.Scores[k] = byte(k * 255 / 63)
			}
			b := open(t, data)
			b.setThreshold(fmt.Sprint(threshold))
			eval[int](b, `document.activeElement.blur(), 1`)
			b.keys("\rrn") // large, without regions and beside nothing
			b.until(`document.querySelectorAll("dialog .mapped").length === 1 && !document.querySelector(".place")`)
			eval[int](b, `document.querySelector("dialog img").decode().then(() => 1)`)
			box := eval[[4]float64](b, `(({ x, y, width, height }) => [x, y, width, height])(
				document.querySelector("dialog .mapped").getBoundingClientRect())`)
			shown := b.screenshot()

			width, height := int(box[2]), int(box[3])
			photo := &imageio.RGB{Width: width, Height: height}
			for y := range height {
				for x := range width {
					c := quarters[2*(2*y/height)+2*x/width]
					photo.Pix = append(photo.Pix, c.R, c.G, c.B)
				}
			}
			scale := report.Scale{Low: data.Scale.Low, High: data.Scale.High, Threshold: threshold}
			path := filepath.Join(t.TempDir(), "overlay.png")
			err := report.WriteOverlay(path, report.Picture{Name: "x", Photo: photo, Images: 3, Rank: 1,
				Scores: values(data, p), Height: 8, Width: 8}, scale, max(width, height))
			if err != nil {
				t.Fatal(err)
			}
			overlay := readPNG(t, path)
			left, top := 16, overlay.Bounds().Dy()-16-height // margins of the overlay
			for _, place := range [][2]float64{{0.1, 0.1}, {0.8, 0.2}, {0.25, 0.55}, {0.4, 0.8}, {0.9, 0.95}} {
				x, y := int(place[0]*float64(width)), int(place[1]*float64(height))
				got := shown.At(int(math.Round(box[0]))+x, int(math.Round(box[1]))+y)
				want := overlay.At(left+x, top+y)
				r, g, bl, _ := got.RGBA()
				wr, wg, wb, _ := want.RGBA()
				for _, pair := range [][2]uint32{{r, wr}, {g, wg}, {bl, wb}} {
					if math.Abs(float64(pair[0]>>8)-float64(pair[1]>>8)) > colourTolerance {
						t.Errorf("at %v of the photo the page has %v, the overlay %v", place, got, want)
						break
					}
				}
			}
		})
	}
}

func (b *tab) screenshot() image.Image {
	b.Helper()
	picture, err := chromedp.Run(b.context, chromedp.CaptureScreenshot())
	if err != nil {
		b.Fatal(err)
	}
	decoded, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		b.Fatal(err)
	}
	return decoded
}

func readPNG(t *testing.T, path string) image.Image {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := png.Decode(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return decoded
}

func TestRegionsAreThoseOfTheVerdicts(t *testing.T) {
	data := batch(4)
	fields := []func(x, y float64) float64{
		func(x, y float64) float64 { return math.Exp(-((x-3)*(x-3) + (y-2)*(y-2)) / 3) },
		func(x, y float64) float64 { return math.Abs(math.Sin(x) * math.Cos(y)) },
		func(x, y float64) float64 { // a ring with a hole
			return math.Exp(-math.Abs(math.Hypot(x-4, y-4) - 2))
		},
		func(x, y float64) float64 { // a small hole in a plateau, and two separate peaks
			if x == 3 && y == 3 {
				return 0.1
			}
			return math.Mod(x*0.37+y*0.61, 1)
		},
	}
	// Two show a part of their photo, two have a grid of their own.
	data.Photos[1].Area = &Area{X: 30, Y: 10, Width: 120, Height: 100}
	data.Photos[2].Rows, data.Photos[2].Columns = 6, 8
	data.Photos[3].Area = &Area{X: 0, Y: 60, Width: 160, Height: 60}
	data.Photos[3].Rows, data.Photos[3].Columns = 4, 9
	want := map[string][][5]int{}
	for i, field := range fields {
		p := &data.Photos[i]
		grid, area := verdict.Grid{Height: 8, Width: 8}, Area{Width: p.Width, Height: p.Height}
		if p.Rows > 0 {
			grid.Height, grid.Width = p.Rows, p.Columns
		}
		if p.Area != nil {
			area = *p.Area
		}
		p.Scores = make([]byte, grid.Height*grid.Width)
		for k := range p.Scores {
			p.Scores[k] = byte(255 * field(float64(k%grid.Width), float64(k/grid.Width)))
		}
		p.Before = 0.69
		p.Evidence = nil
		grid.Scores = values(data, p)
		regions, err := verdict.Regions(grid, area.Width, area.Height, p.Before, &data.Thresholds)
		if err != nil {
			t.Fatal(err)
		}
		verdict.Shift(regions, area.X, area.Y)
		for _, r := range regions {
			want[p.Name] = append(want[p.Name], [5]int{r.Area, r.X, r.Y, r.Width, r.Height})
		}
	}
	b := open(t, data)
	b.keys("\r")
	for i := range data.Photos {
		name := data.Photos[i].Name
		b.until(fmt.Sprintf("document.querySelector('#large-name')?.textContent === %q", name))
		got := eval[[][5]int](b, `[...document.querySelectorAll(".regions tbody tr")].map((row) =>
			[...row.querySelectorAll("td")].slice(1).flatMap((e) =>
				e.textContent.replaceAll(",", e.cellIndex === 2 ? "" : " ").match(/\d+/g).map(Number)))`)
		if fmt.Sprint(got) != fmt.Sprint(want[name]) {
			t.Errorf("%s has the regions %v, want %v", name, got, want[name])
		}
		b.keys("j")
	}
}

// axe is the accessibility checker of testdata/axe; it looks at the page as it is.
func (b *tab) axe(what string) {
	b.Helper()
	source, err := os.ReadFile("testdata/axe/axe.min.js")
	if err != nil {
		b.Fatal(err)
	}
	eval[int](b, string(source)+";1")
	faults := eval[[]string](b, `axe.run(document, { resultTypes: ["violations"] }).then((result) =>
		result.violations.filter((v) => v.impact === "serious" || v.impact === "critical").map((v) =>
			v.id + ": " + v.help + ": " + v.nodes.slice(0, 3).map((n) => n.html + " " + n.failureSummary).join("; ")))`)
	for _, fault := range faults {
		b.Errorf("%s: %s", what, fault)
	}
}

func TestAxeFindsNoSeriousFault(t *testing.T) {
	for _, scheme := range []string{"light", "dark"} {
		for name, width := range map[string]int64{"wide": 1400, "narrow": 390} {
			t.Run(scheme+" "+name, func(t *testing.T) {
				b := open(t, batch(40))
				call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
					Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
				b.run(chromedp.EmulateViewport(width, 800))
				b.keys("gjdju")
				b.axe("the grid")
				b.keys("kk\r")
				b.until(`document.querySelector("dialog.large")`)
				b.axe("a photo")
				b.keys("\x1b?")
				b.until(`document.querySelector("dialog.help")`)
				b.axe("the help")
				if eval[bool](b, `document.documentElement.scrollWidth > innerWidth`) {
					t.Error("the page is wider than its window")
				}
			})
		}
	}
}

func TestPrintShowsAllPhotosOfTheList(t *testing.T) {
	b := open(t, batch(120))
	if _, err := chromedp.Run(b.context, chromedp.PrintToPDF()); err != nil {
		t.Fatal(err)
	}
	eval[int](b, `window.dispatchEvent(new Event("beforeprint")), 1`)
	b.until(`document.querySelectorAll(".card").length === 120`)
	eval[int](b, `window.dispatchEvent(new Event("afterprint")), 1`)
	b.until(`document.querySelectorAll(".card").length < 120`)
}

// view is what musc view has to do for the page (data.go).
type view struct {
	sync.Mutex
	page   string
	kept   map[string]string
	tokens []string
	photos []string
	broken bool
	hold   chan struct{} // if set, the verdicts are told when it is closed
}

func (v *view) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if v.hold != nil && r.Method == http.MethodGet && r.URL.Path == "/verdicts" {
		<-v.hold
	}
	v.Lock()
	defer v.Unlock()
	switch {
	case r.URL.Path == "/":
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, v.page)
	case r.URL.Path == "/verdicts" && r.Method == http.MethodGet:
		json.NewEncoder(w).Encode(v.kept)
	case r.URL.Path == "/verdicts" && v.broken:
		http.Error(w, "the disk is full", http.StatusInsufficientStorage)
	case r.URL.Path == "/verdicts" && r.Method == http.MethodPut:
		v.tokens = append(v.tokens, r.Header.Get("X-Musc-Token"))
		v.kept = nil
		json.NewDecoder(r.Body).Decode(&v.kept)
	case strings.HasPrefix(r.URL.Path, "/photo/"):
		v.photos = append(v.photos, r.URL.Path)
		png.Encode(w, image.NewGray(image.Rect(0, 0, 8, 6)))
	default:
		http.NotFound(w, r)
	}
}

// serve shows the page as musc view does.
func (v *view) serve(b *tab) {
	b.Helper()
	text, err := os.ReadFile(write(b.T, batch(12)))
	if err != nil {
		b.Fatal(err)
	}
	v.page = strings.Replace(string(text), "<head>", `<head><meta name="musc-view" content="secret">`, 1)
	server := httptest.NewServer(v)
	b.Cleanup(server.Close)
	b.run(chromedp.Navigate(server.URL), chromedp.WaitReady(chromedp.CSS(".card")))
}

// keeps waits until the server has these verdicts.
func (v *view) keeps(b *tab, want string) {
	b.Helper()
	b.wait(func() bool {
		v.Lock()
		defer v.Unlock()
		return fmt.Sprint(v.kept) == want
	}, "the server keeps "+want)
}

// All verdicts are sent at once: a page that did not know the former ones would wipe them out.
func TestServedPageSendsNothingBeforeItKnowsWhatIsKept(t *testing.T) {
	b := newTab(t)
	v := &view{kept: map[string]string{"part 0003.png": "good"}, hold: make(chan struct{})}
	v.serve(b)
	b.keys("d")
	b.until(`document.querySelector('[data-name="part 0000.png"] .answer.defective').ariaPressed === "true"`)
	close(v.hold)
	v.keeps(b, "map[part 0000.png:defective part 0003.png:good]")
	b.until(`document.querySelector('[data-name="part 0003.png"] .answer.good').ariaPressed === "true"`)
}

func TestServedPageKeepsVerdictsWithTheServer(t *testing.T) {
	b := newTab(t)
	v := &view{kept: map[string]string{"part 0003.png": "good"}}
	v.serve(b)
	b.until(`document.querySelector('[data-name="part 0003.png"] .answer.good').ariaPressed === "true"`)
	b.keys("d")
	v.keeps(b, "map[part 0000.png:defective part 0003.png:good]")
	b.keys("ju")
	v.keeps(b, "map[part 0000.png:defective part 0001.png:unsure part 0003.png:good]")
	b.keys("\r")
	b.until(`document.querySelector("dialog img")?.naturalWidth === 8`)
	b.wait(func() bool { // beside the nearest good photo, which may come first
		v.Lock()
		defer v.Unlock()
		return slices.Contains(v.photos, "/photo/1")
	}, "the second photo is asked for in full size")
	v.Lock()
	for _, token := range v.tokens {
		if token != "secret" {
			t.Errorf("a change came with the token %q", token)
		}
	}
	v.broken = true
	v.Unlock()
	b.keys("\x1bg")
	b.until(`document.querySelector("[role=alert]")?.textContent.includes("the disk is full")`)
	if got := b.answers(); len(got) != 0 {
		t.Errorf("the browser keeps %v, too", got)
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.faults = nil // the browser logs the refused request
}

func TestZoomMovesBothPictures(t *testing.T) {
	b := open(t, batch(20))
	b.keys("\rz")
	b.until(`document.querySelectorAll("dialog .zoomed").length === 2`)
	origins := eval[[]string](b, `[...document.querySelectorAll("dialog .zoomed")].map((e) =>
		e.style.transformOrigin)`)
	if origins[0] != origins[1] || origins[0] == "" {
		t.Errorf("the pictures are zoomed at %q", origins)
	}
	b.keys("j")
	b.until(`document.querySelectorAll("dialog .zoomed").length === 0`)
	b.run(chromedp.Click(chromedp.CSS("dialog .mapped")))
	b.until(`document.querySelectorAll("dialog .zoomed").length === 2`)
}

// Boxes and letters lie on the picture of the area, wherever that is in the photo.
func TestRegionsLieOnThePictureOfTheArea(t *testing.T) {
	data := batch(10)
	p := &data.Photos[0]
	p.Area = &Area{X: 1000, Y: 500, Width: 160, Height: 80}
	p.Width, p.Height = 4000, 3000
	p.Rows, p.Columns = 4, 16
	p.Evidence = p.Evidence[:1]
	p.Evidence[0].Patch = 15 // the last of the first row
	p.Before = 0.69
	for k := range p.Scores {
		p.Scores[k] = 0
	}
	p.Scores[15] = 255
	b := open(t, data)
	b.keys("\r")
	b.until(`document.querySelector(".region")`)
	at := eval[map[string]float64](b, `(() => {
		const picture = document.querySelector(".large .mapped").getBoundingClientRect();
		const region = document.querySelector(".large .region").getBoundingClientRect();
		const letter = document.querySelector(".large .letter.place").style;
		return { share: picture.width / picture.height, right: (region.right - picture.left) / picture.width,
			top: (region.top - picture.top) / picture.height, letterLeft: parseFloat(letter.left),
			letterTop: parseFloat(letter.top) };
	})()`)
	for name, want := range map[string]float64{"share": 2, "right": 1, "top": 0, "letterLeft": 100,
		"letterTop": 0} {
		if math.Abs(at[name]-want) > 0.02 {
			t.Errorf("%s is %v instead of %v", name, at[name], want)
		}
	}
}
