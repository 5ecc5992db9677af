package page

import (
	"context"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"musc/engine/health"
	"musc/engine/report"
	"musc/engine/results"
	"musc/engine/verdict"
)

// chromium is where the browser is. Without one these tests are skipped, unless MUSC_TEST_CHROMIUM=1
// insists; its path may be given there, too.
func chromium(t *testing.T) string {
	t.Helper()
	asked := os.Getenv("MUSC_TEST_CHROMIUM")
	if testing.Short() && asked == "" {
		t.Skip("a browser takes long")
	}
	names := []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}
	if asked != "" && asked != "1" {
		names = []string{asked}
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if asked != "" {
		t.Fatalf("MUSC_TEST_CHROMIUM=%s, and none of %v is there: install Debian's chromium", asked, names)
	}
	t.Skipf("none of %v is installed", names)
	return ""
}

// shared is the browser of all tests, each of which has a context of its own: what pages keep is not
// shared.
var shared struct {
	sync.Mutex
	context context.Context
	close   func()
}

func TestMain(m *testing.M) {
	code := m.Run()
	if shared.close != nil {
		shared.close()
	}
	os.Exit(code)
}

func startBrowser(t *testing.T) context.Context {
	t.Helper()
	path := chromium(t)
	shared.Lock()
	defer shared.Unlock()
	if shared.context != nil {
		return shared.context
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(path),
		chromedp.WindowSize(1400, 900), chromedp.Flag("force-device-scale-factor", "1"),
		chromedp.Flag("force-color-profile", "srgb"))
	if os.Geteuid() == 0 { // Chromium's sandbox refuses root
		options = append(options, chromedp.NoSandbox)
	}
	allocator, release := chromedp.NewExecAllocator(context.Background(), options...)
	first, closeFirst := chromedp.NewContext(allocator)
	if err := chromedp.Do(first); err != nil {
		t.Fatalf("%s does not start: %v", path, err)
	}
	shared.context, shared.close = first, func() { closeFirst(); release() }
	return first
}

// tab is a page that is open in the browser.
type tab struct {
	*testing.T
	context context.Context

	mutex    sync.Mutex
	requests []string // beside data:
	faults   []string // errors in the console, exceptions, violations of the policy
}

// newTab opens a tab of its own; whatever goes wrong in it fails the test at its end.
func newTab(t *testing.T) *tab {
	t.Helper()
	b := &tab{T: t}
	page, closePage := chromedp.NewContext(startBrowser(t), chromedp.WithNewBrowserContext(),
		chromedp.WithListener(b.listen))
	limited, cancel := context.WithTimeout(page, 60*time.Second)
	b.context = limited
	t.Cleanup(func() {
		cancel()
		closePage()
		b.mutex.Lock()
		defer b.mutex.Unlock()
		for _, fault := range b.faults {
			t.Errorf("the page says: %s", fault)
		}
	})
	call(b, network.Enable, network.EnableParams{})
	call(b, log.Enable, cdp.Empty{})
	return b
}

func (b *tab) listen(event any) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	switch event := event.(type) {
	case *network.EventRequestWillBeSent:
		if !strings.HasPrefix(event.Request.URL, "data:") {
			b.requests = append(b.requests, event.Request.URL)
		}
	case *runtime.EventExceptionThrown:
		error := chromedp.ExceptionError{ExceptionDetails: event.ExceptionDetails}
		b.faults = append(b.faults, error.Error())
	case *runtime.EventConsoleAPICalled:
		var words []string
		for _, word := range event.Args {
			words = append(words, string(word.Value)+word.Description)
		}
		b.faults = append(b.faults, strings.Join(words, " "))
	case *log.EventEntryAdded:
		if event.Entry.Level == log.EntryLevelError {
			b.faults = append(b.faults, event.Entry.Text+" "+event.Entry.URL)
		}
	}
}

func (b *tab) run(steps ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	if err := chromedp.Do(b.context, steps...); err != nil {
		b.Fatal(err)
	}
}

// call runs a command of the browser's protocol.
func call[P, R any](b *tab, command cdp.Command[P, R], params P) R {
	b.Helper()
	result, err := chromedp.Call(b.context, command, params)
	if err != nil {
		b.Fatal(err)
	}
	return result
}

// open shows the page of data as a file.
func open(t *testing.T, data *Data) *tab {
	t.Helper()
	b := newTab(t)
	folder := t.TempDir()
	if err := Write(folder, data); err != nil {
		t.Fatal(err)
	}
	b.run(chromedp.Navigate("file://"+filepath.ToSlash(filepath.Join(folder, results.ReportFile))),
		chromedp.WaitReady(chromedp.CSS("main")))
	return b
}

// eval is what a JavaScript expression gives, or the promise that it gives.
func eval[T any](b *tab, expression string) T {
	b.Helper()
	value, err := chromedp.Run(b.context, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.Fatalf("%s: %v", expression, err)
	}
	return value
}

// until waits for a JavaScript condition.
func (b *tab) until(condition string) {
	b.Helper()
	b.wait(func() bool { return eval[bool](b, "!!("+condition+")") }, condition)
}

// wait waits for a condition, which said describes.
func (b *tab) wait(met func() bool, said string) {
	b.Helper()
	for deadline := time.Now().Add(20 * time.Second); !met(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.Fatalf("after 20 s still not: %s", said)
		}
	}
}

func (b *tab) keys(text string) {
	b.Helper()
	b.run(chromedp.KeyEvent(text))
}

// answers are the verdicts that the page keeps in the browser.
func (b *tab) answers() map[string]string {
	b.Helper()
	return eval[map[string]string](b, `JSON.parse(Object.entries(localStorage).find(([key]) =>
		key.startsWith("musc verdicts"))?.[1] ?? "{}")`)
}

// picture is a PNG of one colour a quarter, as a data: URI.
func picture(width, height int, quarters [4]color.RGBA) string {
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			m.SetRGBA(x, y, quarters[2*(2*y/height)+2*x/width])
		}
	}
	var text strings.Builder
	encoder := base64.NewEncoder(base64.StdEncoding, &text)
	if err := png.Encode(encoder, m); err != nil {
		panic(err) // a builder takes everything
	}
	encoder.Close()
	return "data:image/png;base64," + text.String()
}

var quarters = [4]color.RGBA{{200, 200, 200, 255}, {90, 120, 60, 255}, {30, 30, 30, 255}, {240, 250, 230, 255}}

// batch is a page of so many photos: scores from 0.2 on, and for one in ten a defect.
func batch(count int) *Data {
	scale := report.Scale{Low: 0.2, High: 0.6, Threshold: 0.35}
	d := &Data{Tool: "musc 1.0", Started: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC),
		Command: []string{"musc", "score", "photos/", "-o", "out"}, Images: count,
		GridHeight: 8, GridWidth: 8, Low: 0.1, High: 0.7, MapSize: 112,
		Thresholds: verdict.Thresholds{Method: "auto", Threshold: 0.35, Review: 0.33,
			Notes: []string{"the threshold assumes that most photos are good"}},
		Scale: scale, Colours: scale.Colours(),
		Findings: []report.Finding{{Kind: health.NearDuplicates, Text: "2 photos are alike",
			Groups: [][]string{{"part 0001.png", "not here.png"}}}},
		Warnings: []string{"depth is 8 bits"}, Skipped: []Skipped{{"broken.png", "it is cut off"}},
		Run: []Parameter{{"Model", "dinov2"}}}
	source := picture(160, 120, quarters)
	for i := range count {
		p := Photo{Name: fmt.Sprintf("part %04d.png", i), Path: fmt.Sprintf("/photos/part %04d.png", i),
			Width: 160, Height: 120, Rank: i + 1, Nearest: -1, Picture: source}
		p.Before = 0.2 + 0.15*float64((i*7919)%1000)/1000
		if i*10 < count {
			p.Before = 0.36 + 0.2*float64(count-10*i)/float64(count)
			p.Nearest = count - 1
			p.Evidence = []Evidence{{Patch: 27, Score: p.Before, Normal: 0.21, Mattered: 1, Crop: source,
				Typical: Crop{Name: fmt.Sprintf("part %04d.png", count-1), Photo: count - 1, Picture: source},
				Stages:  []Stage{{2, 0.4, 0.22}, {3, 0.62, 0.2}},
				Nearest: []Crop{{Name: "elsewhere.png", Photo: -1, Distance: 0.4},
					{Name: "part 0000.png", Photo: 0, Picture: source, Distance: 0.41}}}}
		}
		p.Score = p.Before
		p.Scores = make([]byte, 64)
		for k := range p.Scores {
			p.Scores[k] = byte(40 + (k*31+i*17)%20)
		}
		p.Scores[27] = byte(255*(p.Before-d.Low)/(d.High-d.Low) + 0.5)
		d.Photos = append(d.Photos, p)
	}
	slices.SortFunc(d.Photos, func(a, b Photo) int { return a.Rank - b.Rank })
	return d
}
