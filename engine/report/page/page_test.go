package page

import (
	"math"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"musc/engine/fault"
	"musc/engine/report"
	"musc/engine/results"
	"musc/engine/verdict"
)

// strange are names that file systems allow.
var strange = []string{
	`</script><script>alert(1)</script>`, `<!-- <script>`, `a"b'c&d.png`, "two\nlines.png", `back\slash.png`,
	"שלום\u202egnp.png", "🔩 part.png", "__proto__", "line\u2028separator.png", "]]>", "{{.Data}}",
	`#7 100% (a?b).png`, " spaces ", "=1+1,2.png",
}

func write(t *testing.T, data *Data) string {
	t.Helper()
	folder := t.TempDir()
	if err := Write(folder, data); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(folder, results.ReportFile)
}

func TestReadGivesBackWhatWasWritten(t *testing.T) {
	odd := batch(len(strange))
	for i, name := range strange {
		odd.Photos[i].Name, odd.Photos[i].Path = name, "/photos/"+name
		odd.Findings = append(odd.Findings, report.Finding{Kind: "a kind of its own", Text: name, Groups: [][]string{{name}}})
		odd.Warnings = append(odd.Warnings, name)
	}
	for name, data := range map[string]*Data{
		"no photos":  {Thresholds: verdict.Thresholds{Method: "auto", Why: "there are none"}},
		"one":        batch(1),
		"a batch":    batch(25),
		"odd names":  odd,
		"no texts":   {Photos: []Photo{{}}},
		"empty list": {Photos: []Photo{}, Befores: []float64{}},
		"extreme numbers": {Low: -math.MaxFloat64, High: math.SmallestNonzeroFloat64, Images: math.MaxInt64,
			Scale: report.Scale{Low: 0.1 + 0.2}, Befores: []float64{math.Copysign(0, -1), 1e300}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Read(write(t, data))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, data) {
				t.Errorf("read\n%+v\nof\n%+v", got, data)
			}
		})
	}
}

func TestPageIsTheSameBytesEachTime(t *testing.T) {
	var pages [2]string
	for i := range pages {
		text, err := os.ReadFile(write(t, batch(20)))
		if err != nil {
			t.Fatal(err)
		}
		pages[i] = string(text)
	}
	if pages[0] != pages[1] {
		t.Error("two pages of the same data differ")
	}
}

func TestScoresThatAreNoNumbersLeaveTheFormerPage(t *testing.T) {
	for name, change := range map[string]func(*Data){
		"score":     func(d *Data) { d.Photos[3].Before = math.NaN() },
		"threshold": func(d *Data) { d.Thresholds.Threshold = math.Inf(1) },
		"histogram": func(d *Data) { d.Befores = []float64{math.Inf(-1)} },
	} {
		t.Run(name, func(t *testing.T) {
			path := write(t, batch(10))
			broken := batch(10)
			change(broken)
			err := Write(filepath.Dir(path), broken)
			if fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), path) {
				t.Errorf("the error is %v, of kind %v", err, fault.KindOf(err))
			}
			if former, err := Read(path); err != nil || len(former.Photos) != 10 {
				t.Errorf("the former page is gone: %v", err)
			}
		})
	}
}

func TestFolderThatIsNotThere(t *testing.T) {
	err := Write(filepath.Join(t.TempDir(), "none"), batch(2))
	if fault.KindOf(err) != fault.Output {
		t.Errorf("the error is %v, of kind %v", err, fault.KindOf(err))
	}
}

func TestReadRefusesOtherFiles(t *testing.T) {
	for name, text := range map[string]string{
		"empty":       "",
		"other page":  "<!doctype html><p>hello</p>",
		"cut off":     dataStart + `{"tool":"musc`,
		"no JSON":     dataStart + `hello</script>`,
		"other types": dataStart + `{"photos":7}</script>`,
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), results.ReportFile)
			if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
			if _, err := Read(path); fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), path) {
				t.Errorf("the error is %v, of kind %v", err, fault.KindOf(err))
			}
		})
	}
	if _, err := Read(filepath.Join(t.TempDir(), results.ReportFile)); fault.KindOf(err) != fault.Input {
		t.Errorf("without a file the error is %v, of kind %v", err, fault.KindOf(err))
	}
}

// The scripts and styles must reach the browser as they were summed, else it runs none of them.
func TestPolicyNamesWhatIsInThePage(t *testing.T) {
	text, err := os.ReadFile(write(t, batch(3)))
	if err != nil {
		t.Fatal(err)
	}
	policy := regexp.MustCompile(`http-equiv="Content-Security-Policy" content="([^"]*)"`).FindSubmatch(text)
	if policy == nil {
		t.Fatal("the page has no policy")
	}
	said := strings.NewReplacer("&#39;", "'", "&#43;", "+").Replace(string(policy[1]))
	if !strings.HasPrefix(said, "default-src 'none';") {
		t.Errorf("the policy is %s", said)
	}
	parts := regexp.MustCompile(`(?s)<(?:script|style)>(.*?)</(?:script|style)>`).FindAllSubmatch(text, -1)
	if want := len(libraries) + 1 + len(styles); len(parts) != want {
		t.Fatalf("the page has %d scripts and styles, not %d", len(parts), want)
	}
	for _, part := range parts {
		if !strings.Contains(said, sum(string(part[1]))) {
			t.Errorf("the policy does not allow %.60q", part[1])
		}
	}
}

// Whatever data hold, the page has the same elements.
func TestTextsAreNoHTML(t *testing.T) {
	data := batch(2)
	plain, err := os.ReadFile(write(t, data))
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(strange, " ")
	data.Tool, data.Command, data.Photos[0].Name = all, []string{all}, all
	data.Photos[1].Label, data.Skipped[0].Reason, data.Run[0].Value = all, all, all
	odd, err := os.ReadFile(write(t, data))
	if err != nil {
		t.Fatal(err)
	}
	tags := regexp.MustCompile(`<[/!a-zA-Z]`)
	if got, want := len(tags.FindAll(odd, -1)), len(tags.FindAll(plain, -1)); got != want {
		t.Errorf("with odd names the page has %d tags, else %d", got, want)
	}
}

func TestStartedKeepsItsInstant(t *testing.T) {
	data := batch(1)
	data.Started = time.Date(2026, 1, 2, 3, 4, 5, 678, time.FixedZone("", 3600))
	got, err := Read(write(t, data))
	if err != nil {
		t.Fatal(err)
	}
	if !got.Started.Equal(data.Started) {
		t.Errorf("%v came back as %v", data.Started, got.Started)
	}
}
