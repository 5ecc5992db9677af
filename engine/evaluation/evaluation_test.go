package evaluation

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"musc/engine"
	"musc/engine/backbone"
	"musc/engine/dataset"
	"musc/engine/evaluation/labelled"
	"musc/engine/evaluation/labelled/labelledtest"
	"musc/engine/evaluation/metrics"
	"musc/engine/fault"
	"musc/engine/report"
)

// nut is a class with good images and two types of defect.
func nut(t *testing.T) *labelled.Class {
	t.Helper()
	root := t.TempDir()
	labelledtest.MVTec(t, root, "nut")
	data, err := labelled.Open(root, "")
	if err != nil {
		t.Fatal(err)
	}
	return &data.Classes[0]
}

func predictions(class *labelled.Class, score func(i int) float64) []prediction {
	list := make([]prediction, len(class.Test))
	for i, image := range class.Test {
		list[i] = prediction{image, score(i), score(i)}
	}
	return list
}

func value(t *testing.T, v metrics.Value) float64 {
	t.Helper()
	x, defined := v.Get()
	if !defined {
		t.Fatal("a metric is not defined")
	}
	return x
}

// Maps that are the masks are perfect; their negatives are as wrong as can be.
func TestPerfectMapsArePerfect(t *testing.T) {
	class := nut(t)
	for sign, want := range map[float32]float64{1: 1, -1: 0} {
		result, err := measure(t.Context(), class.Name, predictions(class, func(i int) float64 {
			return float64(sign) * float64(len(class.Test[i].Masks))
		}), func(i int) ([]float32, int, int, error) {
			const side = 32 // half of the images'
			mask, err := class.Test[i].ReadMask(side, side)
			values := make([]float32, side*side)
			for p, defective := range mask {
				if defective {
					values[p] = sign
				}
			}
			return values, side, side, err
		})
		if err != nil {
			t.Fatal(err)
		}
		if value(t, result.Image.AUROC) != want || value(t, result.Pixel.AUROC) != want ||
			result.Images != len(class.Test) || result.Defective != labelledtest.Defective ||
			len(result.Notes) != 2 ||
			!strings.HasSuffix(result.Notes[0], "no PRO") || !strings.HasSuffix(result.Notes[1], "no AUPIMO") || want == 1 && value(t, result.Pixel.MVTecPRO) < 0.999 {
			t.Errorf("sign %v: %+v", sign, result)
		}
	}
}

func TestWhatCannotBeMeasuredIsNoted(t *testing.T) {
	class := nut(t)
	result, err := measure(t.Context(), "nut", predictions(class, func(i int) float64 {
		return float64(i)
	}), nil)
	if err != nil || result.Pixel != (metrics.PixelLevel{}) || len(result.Notes) != 1 {
		t.Errorf("no maps: %+v, %v", result, err)
	}
	for i := range class.Test {
		if class.Test[i].Defective {
			class.Test[i].Masks = nil
			break
		}
	}
	result, err = measure(t.Context(), "nut", predictions(class, func(i int) float64 { return 0 }),
		func(int) ([]float32, int, int, error) { return []float32{0}, 1, 1, nil })
	if err != nil || result.Pixel != (metrics.PixelLevel{}) || len(result.Notes) != 1 ||
		!strings.Contains(result.Notes[0], "1 of 6 defective images have no mask") {
		t.Errorf("a mask is missing: %+v, %v", result, err)
	}
	broken := predictions(class, func(int) float64 { return math.NaN() })
	_, err = measure(t.Context(), "nut", broken, nil)
	if fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), "nut") {
		t.Errorf("NaN: %v", err)
	}
}

// The engine's answer in another order and without one image is measured by the images' names.
func TestEngineResultsAreMatchedByName(t *testing.T) {
	class := nut(t)
	found := &engine.Result{Height: 2, Width: 2, Model: backbone.Info{ImageSize: 16},
		Skipped: []dataset.Skipped{{Path: "x.png", Reason: "broken"}}}
	for i := len(class.Test) - 1; i > 0; i-- {
		score := 0.25
		if class.Test[i].Defective {
			score = 0.75
		}
		found.Images = append(found.Images, engine.Image{Item: class.Test[i].Item, Score: score,
			ScoreBefore: score / 2, PatchScores: []float64{score, 0, 0, 0}})
	}
	result, err := OfEngine(t.Context(), class, found, 0)
	if err != nil {
		t.Fatal(err)
	}
	if value(t, result.Image.AUROC) != 1 || result.Images != len(class.Test)-1 ||
		len(result.Skipped) != 1 || result.Scores[0].Before != result.Scores[0].Score/2 {
		t.Errorf("%+v", result)
	}
	found.Images[0].Name = "another"
	if _, err := OfEngine(t.Context(), class, found, 0); err == nil {
		t.Error("an image of no class is measured")
	}
}

func TestFewerReferencesAreAmongMore(t *testing.T) {
	class := nut(t)
	all, err := References(class, -1, 3)
	if err != nil || len(all) != labelledtest.Normal {
		t.Fatalf("%v, %v", all, err)
	}
	two, err := References(class, 2, 3)
	if err != nil || !reflect.DeepEqual(two, all[:2]) {
		t.Errorf("got %v of %v, %v", two, all, err)
	}
	differ := false
	for seed := range int64(20) {
		other, _ := References(class, 1, seed)
		differ = differ || other[0] != all[0]
	}
	if !differ {
		t.Error("the seed does not matter")
	}
	if _, err := References(class, 4, 0); fault.KindOf(err) != fault.Usage {
		t.Errorf("too many: %v", err)
	}
}

func TestFolderKeepsWhatIsFinished(t *testing.T) {
	class := nut(t)
	folder := &Folder{Path: t.TempDir(), Settings: map[string]int{"degree": 3}}
	if got, err := folder.Load(class); got != nil || err != nil {
		t.Fatalf("before: %v, %v", got, err)
	}
	want, err := measure(t.Context(), class.Name, predictions(class, func(i int) float64 {
		return float64(i)
	}), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := folder.Save(class, want); err != nil {
		t.Fatal(err)
	}
	if got, err := folder.Load(class); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	for name, change := range map[string]func(f *Folder){
		"the folder was moved": func(f *Folder) {
			moved := filepath.Join(t.TempDir(), "moved")
			must(t, os.Rename(filepath.Dir(filepath.Dir(class.Test[0].Path)), moved))
			for i, image := range class.Test {
				class.Test[i].Path = filepath.Join(moved, filepath.FromSlash(image.Name))
			}
		},
		"the same once more": func(*Folder) {},
	} {
		again := &Folder{Path: folder.Path, Settings: folder.Settings}
		change(again)
		if got, err := again.Load(class); got == nil || err != nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

// Whatever a result depends on is known by its contents: another of the same name is refused.
func TestFolderNoticesWhatChanged(t *testing.T) {
	rewrite := func(path string, at int) { // the same size and time, another byte
		info, err := os.Stat(path)
		must(t, err)
		content, err := os.ReadFile(path)
		must(t, err)
		content[at]++
		must(t, os.WriteFile(path, content, 0o644))
		must(t, os.Chtimes(path, info.ModTime(), info.ModTime()))
	}
	defective := func(class *labelled.Class) *labelled.Image {
		return &class.Test[slices.IndexFunc(class.Test, func(i labelled.Image) bool { return i.Defective })]
	}
	for name, change := range map[string]func(f *Folder, class *labelled.Class){
		"settings": func(f *Folder, _ *labelled.Class) { f.Settings = map[string]int{"degree": 5} },
		"an image": func(_ *Folder, class *labelled.Class) { rewrite(class.Test[0].Path, 60) },
		"a mask":   func(_ *Folder, class *labelled.Class) { rewrite(defective(class).Masks[0], 60) },
		"a label":  func(_ *Folder, class *labelled.Class) { class.Test[0].Label = "renamed" },
		"a name":   func(_ *Folder, class *labelled.Class) { class.Test[0].Name = "renamed" },
		"one mask less": func(_ *Folder, class *labelled.Class) {
			defective(class).Masks = nil
		},
		"an image that went": func(_ *Folder, class *labelled.Class) { must(t, os.Remove(class.Test[0].Path)) },
		"a reference":        func(_ *Folder, class *labelled.Class) { rewrite(class.Normal[0].Path, 60) },
		"the order of inputs": func(f *Folder, class *labelled.Class) {
			slices.Reverse(class.Normal)
		},
	} {
		class := nut(t)
		inputs := func(class *labelled.Class) ([]string, error) {
			return []string{class.Normal[0].Path, class.Normal[1].Path}, nil
		}
		first := &Folder{Path: t.TempDir(), Settings: map[string]int{"degree": 3}, Inputs: inputs}
		must(t, first.Save(class, &Result{Class: "nut"}))
		second := &Folder{Path: first.Path, Settings: first.Settings, Inputs: inputs}
		change(second, class)
		result, err := second.Load(class)
		if result != nil || fault.KindOf(err) != fault.Output ||
			!strings.Contains(err.Error(), "--overwrite") {
			t.Errorf("%s: %v, %v", name, result, err)
		}
		third := &Folder{Path: first.Path, Settings: first.Settings, Inputs: inputs, Overwrite: true}
		if result, err := third.Load(class); result != nil || err != nil {
			t.Errorf("%s, to be overwritten: %v, %v", name, result, err)
		}
	}
}

// What changes while a class is measured is no part of what was measured.
func TestFolderTakesTheFilesAsTheyWereBefore(t *testing.T) {
	class := nut(t)
	folder := &Folder{Path: t.TempDir()}
	if _, err := folder.Load(class); err != nil {
		t.Fatal(err)
	}
	must(t, os.WriteFile(class.Test[0].Path, []byte("another"), 0o644))
	must(t, folder.Save(class, &Result{}))
	if _, err := (&Folder{Path: folder.Path}).Load(class); fault.KindOf(err) != fault.Output {
		t.Errorf("got %v", err)
	}
}

func TestFolderErrors(t *testing.T) {
	class := nut(t)
	wrong := errors.New("no maps")
	broken := &Folder{Path: t.TempDir(), Inputs: func(*labelled.Class) ([]string, error) {
		return nil, wrong
	}}
	if _, err := broken.Load(class); err != wrong {
		t.Errorf("inputs: %v", err)
	}
	if err := broken.Save(class, &Result{}); err != wrong {
		t.Errorf("inputs: %v", err)
	}
	folder := &Folder{Path: t.TempDir(), Settings: func() {}}
	if _, err := folder.Load(class); err == nil {
		t.Error("settings that JSON cannot hold are taken")
	}
	must(t, os.MkdirAll(filepath.Join(broken.Path, "nut"), 0o755))
	must(t, os.WriteFile(filepath.Join(broken.Path, "nut", "result.json"), []byte("{"), 0o644))
	_, err := (&Folder{Path: broken.Path}).Load(class)
	if fault.KindOf(err) != fault.Output || !strings.Contains(err.Error(), "result.json") {
		t.Errorf("half a file: %v", err)
	}
	folder = &Folder{Path: class.Test[0].Path} // a file
	if err := folder.Save(class, &Result{}); fault.KindOf(err) != fault.Output {
		t.Errorf("no folder: %v", err)
	}
	class.Test[0].Masks = []string{t.TempDir()}
	_, err = (&Folder{Path: t.TempDir()}).Load(class)
	if fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), class.Test[0].Masks[0]) {
		t.Errorf("a mask that is a folder: %v", err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestMapsOfAnotherTool(t *testing.T) {
	class := nut(t)
	root := t.TempDir()
	for i, image := range class.Test {
		format := []report.MapFormat{report.TIFF, report.NPY}[i%2]
		name := strings.TrimSuffix(image.Name, ".png")
		if i%3 == 0 {
			name = image.Name
		}
		values := make([]float32, 64)
		if image.Defective {
			values[17] = float32(i)
		}
		path := filepath.Join(root, "nut", "test", name+"."+string(format))
		if err := report.WriteMap(path, format, 8, 8, values); err != nil {
			t.Fatal(err)
		}
	}
	maps := &Maps{Folder: root}
	result, err := maps.Measure(t.Context(), class)
	if err != nil || value(t, result.Image.AUROC) != 1 {
		t.Fatalf("%+v, %v", result, err)
	}
	if last := result.Scores[len(result.Scores)-1]; last.Score != float64(len(class.Test)-1) {
		t.Errorf("the last score is %v", last.Score)
	}
	inFolder := &Maps{Folder: filepath.Join(root, "nut"), Single: true}
	again, err := inFolder.Measure(t.Context(), class)
	if err != nil || !reflect.DeepEqual(again, result) {
		t.Errorf("without the class's folder: %v", err)
	}
	class.Test[3].Name = "good/absent.png"
	if _, err := maps.Measure(t.Context(), class); fault.KindOf(err) != fault.Input ||
		!strings.Contains(err.Error(), "good/absent.png") {
		t.Errorf("a map is missing: %v", err)
	}
}

func TestMeansLeaveOutWhatIsNotDefined(t *testing.T) {
	a, b := &Result{Class: "a"}, &Result{Class: "b"}
	a.Image.AUROC, b.Image.AUROC, b.Pixel.PRO = metrics.Some(0.5), metrics.Some(1), metrics.Some(0.25)
	table := Table("", []*Result{a, b})
	if got := table.Footer[0]; got[3].String() != "75.0" || got[9].String() != "25.0" ||
		got[4].String() != "-" || len(table.Columns) != len(got) {
		t.Errorf("got %v", got)
	}
}
