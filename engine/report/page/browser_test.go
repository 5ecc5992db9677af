package page

import (
	"encoding/csv"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"musc/engine/report"
	"musc/engine/verdict"
)

// shownCounts are the numbers on the page's buttons, by verdict.
func (b *tab) shownCounts() map[verdict.Verdict]int {
	b.Helper()
	return eval[map[verdict.Verdict]int](b, `Object.fromEntries([...document.querySelectorAll(
		".count.defective, .count.review, .count.good")].map((e) =>
		[e.dataset.count, Number(e.querySelector("b").textContent.replaceAll(",", ""))]))`)
}

// setThreshold types a number as a user does.
func (b *tab) setThreshold(value string) {
	b.Helper()
	b.run(chromedp.Click(chromedp.CSS("#threshold"), chromedp.NodeVisible))
	eval[int](b, `document.querySelector("#threshold").select(), 1`)
	b.keys(value + "\r")
}

const current = `document.querySelector('.card[data-current="true"]')?.dataset.name`

func TestOpensQuietly(t *testing.T) {
	odd := batch(len(strange))
	for i, name := range strange {
		p := &odd.Photos[i]
		p.Name, p.Path, p.Label = name, "/photos/"+name, name
		odd.Warnings = append(odd.Warnings, name)
		odd.Findings = append(odd.Findings, report.Finding{Kind: "a kind of its own", Text: name,
			Groups: [][]string{{name}}})
	}
	odd.Tool, odd.Command, odd.Thresholds.Notes = strange[0], strange, strange
	bare := batch(12)
	for i := range bare.Photos {
		p := &bare.Photos[i]
		p.Picture, p.Scores, p.Evidence, p.Nearest = "", nil, nil, -1
	}
	few := batch(3)
	few.Thresholds = verdict.Thresholds{Method: "auto", Why: "3 photos are too few"}
	few.Scale.Threshold = 0
	tagged := batch(12)
	tagged.Warnings = []string{"photos/a.jpg is mirrored", "photos are mirrored"}
	equal := batch(11)
	for i := range equal.Photos {
		equal.Photos[i].Before = 0.5
	}
	part := batch(20)
	part.Images = 10000
	for i := range part.Images {
		part.Befores = append(part.Befores, float64(i)/10000)
	}
	for name, test := range map[string]struct {
		data *Data
		says string
	}{
		"a batch":              {batch(37), "37 photos"},
		"odd names":            {odd, strange[0]},
		"neither pictures nor": {bare, "No picture"},
		"no thresholds":        {few, "3 photos are too few"},
		"one photo":            {batch(1), "1 photo"},
		"no photo":             {&Data{Thresholds: verdict.Thresholds{Why: "none"}}, "There are no photos."},
		"equal scores":         {equal, "11 photos"},
		"a name stays":         {tagged, "photos/a.jpg is mirrored.Photos are mirrored."},
		"a part of the images": {part, "20 photos shown of the 20 most and least anomalous"},
	} {
		t.Run(name, func(t *testing.T) {
			b := open(t, test.data)
			b.until(fmt.Sprintf("document.querySelector('#app').textContent.includes(%q)", test.says))
			if len(test.data.Photos) > 0 {
				b.keys("j\r")
				b.until(`document.querySelector("dialog.large")`)
			}
			b.mutex.Lock()
			defer b.mutex.Unlock()
			for _, url := range b.requests[1:] {
				t.Errorf("the page asks for %s", url)
			}
		})
	}
}

func TestNamesAreShownAsTheyAre(t *testing.T) {
	data := batch(len(strange))
	for i, name := range strange {
		data.Photos[i].Name = name
	}
	b := open(t, data)
	got := eval[[]string](b, `[...document.querySelectorAll(".card")].map((e) => e.dataset.name)`)
	if !slices.Equal(got, strange) {
		t.Errorf("the names are %q", got)
	}
	for i, name := range strange {
		b.keys("\r")
		b.until(fmt.Sprintf("document.querySelector('#large-name')?.textContent === %q", name))
		b.keys("gj\x1b")
		b.until(`!document.querySelector("dialog")`)
		if i+1 < len(strange) {
			b.until(fmt.Sprintf("%s === %q", current, strange[i+1]))
		}
	}
	if got := len(b.answers()); got != len(strange) {
		t.Errorf("%d verdicts of %d are kept", got, len(strange))
	}
}

func TestThresholdChangesCounts(t *testing.T) {
	data := batch(150)
	b := open(t, data)
	for _, value := range []float64{0.35, 0.3, 0.42, 0.2, 0.9, 0.345} {
		b.setThreshold(fmt.Sprint(value))
		moved := data.Thresholds
		moved.Threshold = value
		if value != data.Thresholds.Threshold {
			moved.Review = value * data.Thresholds.Review / data.Thresholds.Threshold
		}
		want := map[verdict.Verdict]int{verdict.Good: 0, verdict.Review: 0, verdict.Defective: 0}
		cards := map[string]verdict.Verdict{}
		for _, p := range data.Photos {
			want[moved.Of(p.Before)]++
			cards[p.Name] = moved.Of(p.Before)
		}
		if got := b.shownCounts(); !maps.Equal(got, want) {
			t.Errorf("at %v the page counts %v, Go %v", value, got, want)
		}
		shown := eval[map[string]verdict.Verdict](b, `Object.fromEntries([...document.querySelectorAll(
			".card")].map((e) => [e.dataset.name, e.querySelector(".chip").className.replace("chip ", "")]))`)
		for name, got := range shown {
			if got != cards[name] {
				t.Errorf("at %v %s is %s, not %s", value, name, got, cards[name])
			}
		}
	}
	b.run(chromedp.Click(chromedp.CSS(".levels button")))
	b.until(`Number(document.querySelector("#threshold").value) === 0.35`)
}

func TestThresholdByKeyAndByDrag(t *testing.T) {
	b := open(t, batch(100))
	const value = `Number(document.querySelector(".slider [type=range]").value)`
	eval[int](b, `document.querySelector(".slider [type=range]").focus(), 1`)
	b.keys(kb.ArrowRight)
	before := eval[float64](b, value)
	if !(before > 0.35) {
		t.Errorf("after an arrow to the right the threshold is %v", before)
	}
	place := eval[[2]float64](b, `(() => { const r = document.querySelector(".u-over").getBoundingClientRect();
		return [r.left + r.width / 10, r.top + r.height / 2]; })()`)
	b.run(chromedp.MouseClickXY(place[0], place[1]))
	b.until(value + " < 0.3")
}

func TestFiltersAndOrders(t *testing.T) {
	data := batch(60)
	b := open(t, data)
	names := func() []string {
		return eval[[]string](b, `[...document.querySelectorAll(".card")].map((e) => e.dataset.name)`)
	}
	b.run(chromedp.Click(chromedp.CSS(".count.defective")))
	b.until(`document.querySelector(".grid li").getAttribute("aria-setsize") === "6"`)
	if got := names(); len(got) != 6 || got[0] != "part 0000.png" {
		t.Errorf("the defective photos are %q", got)
	}
	b.run(chromedp.Click(chromedp.CSS(".count.defective")))
	b.keys("/")
	b.until(`document.activeElement.type === "search"`)
	eval[int](b, `document.activeElement.select(), 1`) // the browser of a user types no slash there
	b.keys("0031")
	b.until(`document.querySelectorAll(".card").length === 1`)
	if got := names()[0]; got != "part 0031.png" {
		t.Errorf("the search finds %q", got)
	}
	eval[int](b, `(() => { const s = document.querySelector("[type=search]"); s.value = "";
		s.dispatchEvent(new Event("input", { bubbles: true })); s.blur(); return 1; })()`)
	closest := slices.Clone(data.Photos)
	slices.SortStableFunc(closest, func(a, b Photo) int {
		distance := func(p Photo) float64 { return max(p.Before-0.35, 0.35-p.Before) }
		return int(1e9 * (distance(a) - distance(b)))
	})
	eval[int](b, `(() => { const s = document.querySelector(".choice select"); s.value = "margin";
		s.dispatchEvent(new Event("change", { bubbles: true })); return 1; })()`)
	b.until(fmt.Sprintf(`document.querySelector(".card").dataset.name === %q`, closest[0].Name))
}

func TestKeys(t *testing.T) {
	b := open(t, batch(40))
	is := func(name string) {
		t.Helper()
		b.until(fmt.Sprintf("%s === %q", current, name))
	}
	is("part 0000.png")
	b.keys("jjk" + kb.ArrowRight)
	is("part 0002.png")
	columns := eval[int](b, `new Set([...document.querySelectorAll(".card")].map((e) => e.style.left)).size`)
	b.keys(kb.ArrowDown)
	is(fmt.Sprintf("part %04d.png", 2+columns))
	b.keys(kb.ArrowUp + kb.ArrowLeft)
	is("part 0001.png")
	b.keys("d")
	b.keys("jg")
	b.keys("ju")
	b.keys("jd\b") // and takes it back
	want := map[string]string{"part 0001.png": "defective", "part 0002.png": "good", "part 0003.png": "unsure"}
	if got := b.answers(); !maps.Equal(got, want) {
		t.Errorf("the verdicts are %v, want %v", got, want)
	}
	b.until(`document.querySelectorAll(".card canvas").length > 0`)
	b.keys("o")
	b.until(`document.querySelectorAll(".card canvas").length === 0`)
	b.keys("o\r")
	b.until(`document.querySelector("#large-name")?.textContent === "part 0004.png"`)
	b.keys("kk")
	b.until(`document.querySelector("#large-name").textContent === "part 0002.png"`)
	b.keys("\x1b")
	b.until(`!document.querySelector("dialog")`)
	b.until(`document.activeElement.closest(".card")?.dataset.name === "part 0002.png"`)
	b.keys("?")
	b.until(`document.querySelector("dialog.help")`)
}

func TestVerdictsStayWithTheirBatch(t *testing.T) {
	data := batch(10)
	b := open(t, data)
	b.keys("djg")
	b.until(`document.querySelectorAll('.answer[aria-pressed="true"]').length === 2`)
	b.run(chromedp.Reload(), chromedp.WaitReady(chromedp.CSS(".card")))
	b.until(`document.querySelectorAll('.answer[aria-pressed="true"]').length === 2`)
	data.Command = append(data.Command, "--seed=1")
	b.run(chromedp.Navigate("file://"+filepath.ToSlash(write(t, data))), chromedp.WaitReady(chromedp.CSS(".card")))
	if got := eval[int](b, `document.querySelectorAll('.answer[aria-pressed="true"]').length`); got != 0 {
		t.Errorf("another batch has %d of the verdicts", got)
	}
}

func TestAThousandPhotosScroll(t *testing.T) {
	const photos = 1000
	b := open(t, batch(photos))
	seen := map[string]bool{}
	for range photos {
		for _, name := range eval[[]string](b, `new Promise((done) => requestAnimationFrame(() => done(
			[...document.querySelectorAll(".card")].map((e) => e.dataset.name))))`) {
			seen[name] = true
		}
		if nodes := eval[int](b, `document.querySelectorAll("*").length`); nodes > 3500 {
			t.Fatalf("the document has %d elements", nodes)
		}
		if eval[bool](b, `(() => { const y = scrollY; scrollBy(0, innerHeight); return scrollY === y; })()`) {
			break
		}
		b.until(`[...document.querySelectorAll(".card")].some((e) => e.getBoundingClientRect().top > 0)`)
	}
	if len(seen) != photos {
		t.Errorf("%d of %d photos come by", len(seen), photos)
	}
	if got := eval[string](b, current); got != "part 0000.png" {
		t.Errorf("scrolling away from the current photo makes it %q", got)
	}
}

// export has the page export its verdicts; the file's path comes back.
func (b *tab) export() string {
	b.Helper()
	folder := b.TempDir()
	if _, err := chromedp.CallBrowser(b.context, browser.SetDownloadBehavior,
		browser.SetDownloadBehaviorParams{Behavior: browser.SetDownloadBehaviorBehaviorAllow,
			BrowserContextID: chromedp.FromContext(b.context).BrowserContextID, DownloadPath: folder,
		}); err != nil {
		b.Fatal(err)
	}
	b.run(chromedp.Click(chromedp.CSS(".actions .primary")))
	path := filepath.Join(folder, "verdicts.csv")
	b.wait(func() bool { info, err := os.Stat(path); return err == nil && info.Size() > 0 },
		path+" is there")
	return path
}

func TestExportedCSVEqualsTheClicks(t *testing.T) {
	data := batch(len(strange))
	want := map[string]string{}
	for i, name := range strange {
		data.Photos[i].Name, data.Photos[i].Path = name, "/photos/"+name
	}
	b := open(t, data)
	for i, name := range strange {
		answer := []string{"good", "defective", "unsure"}[i%3]
		want[name] = answer
		eval[int](b, fmt.Sprintf(`(document.querySelectorAll(".card")[%d].querySelector(".answer.%s").click(), 1)`,
			i, answer))
	}
	b.until(fmt.Sprintf(`document.querySelectorAll('.card .answer[aria-pressed="true"]').length === %d`, len(strange)))
	text, err := os.ReadFile(b.export())
	if err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(records[0], ","); got != "image,name,verdict,label,score,threshold" {
		t.Errorf("the columns are %s", got)
	}
	got := map[string]string{}
	for _, record := range records[1:] {
		name, answer := record[1], record[2]
		got[name] = answer
		label := answer
		if answer == "unsure" {
			label = ""
		}
		k := slices.Index(strange, name)
		if k < 0 || record[0] != "/photos/"+name || record[3] != label ||
			record[4] != fmt.Sprint(data.Photos[k].Before) || record[5] != "0.35" {
			t.Errorf("a line is %q", record)
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("the file has %q, the clicks were %q", got, want)
	}
}

func TestImportedCSVIsWhatWasExported(t *testing.T) {
	data := batch(20)
	text := "\ufeffimage,name,verdict,label,score,threshold\r\n" +
		"/photos/part 0002.png,part 0002.png,good,good,0.3,0.35\r\n" +
		"/elsewhere/x.png,\"part 0004.png\",unsure,,0.3,\r\n" +
		"/photos/part 0006.png,renamed.png,,defective,0.3,\r\n" +
		"/elsewhere/none.png,\"no \"\"such\"\"\nname\",good,good,0.3,\r\n"
	path := filepath.Join(t.TempDir(), "verdicts.csv")
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	b := open(t, data)
	b.run(chromedp.SetUploadFiles(chromedp.CSS("input[type=file]"), []string{path}))
	b.until(`document.querySelector("[role=alert]")?.textContent === ` +
		`"3 verdicts read; 1 line names no photo of this page or no verdict."`)
	want := map[string]string{"part 0002.png": "good", "part 0004.png": "unsure", "part 0006.png": "defective"}
	if got := b.answers(); !maps.Equal(got, want) {
		t.Errorf("the verdicts are %v, want %v", got, want)
	}
}

// What musc score takes with --threshold labels:FILE.
func TestExportedCSVIsAListOfLabels(t *testing.T) {
	b := open(t, batch(20))
	b.keys("gjdju")
	b.until(`document.querySelectorAll('.answer[aria-pressed="true"]').length === 3`)
	got, err := verdict.ReadLabels(b.export())
	if err != nil {
		t.Fatal(err)
	}
	want := []verdict.Label{
		{Name: "part 0000.png", Path: "photos/part 0000.png"},
		{Name: "part 0001.png", Path: "photos/part 0001.png", Defective: true},
		{Name: "part 0002.png", Path: "photos/part 0002.png", Undecided: true},
	}
	if !slices.Equal(got, want) {
		t.Errorf("the labels are %+v, want %+v", got, want)
	}
}
