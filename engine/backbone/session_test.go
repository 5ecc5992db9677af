package backbone

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"musc/engine/assets"
	"musc/engine/device"
	"musc/engine/fault"
)

// library is the ONNX Runtime library of the tests, which fail without one.
func library(t testing.TB) string {
	t.Helper()
	var cached string
	if path, err := assets.LibraryPath(); err == nil {
		cached = path
	}
	path, _, err := FindLibrary("", cached)
	if err != nil {
		t.Fatalf("these tests need ONNX Runtime; run `make setup` first: %v", err)
	}
	return path
}

func tinyModel(name string) string { return filepath.Join("testdata", name) }

func open(t testing.TB, config Config) *Session {
	t.Helper()
	if config.Library == "" {
		config.Library = library(t)
	}
	session, err := Open(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := session.Close(); err != nil {
			t.Error(err)
		}
	})
	return session
}

func TestInfoIsWhatTheModelSays(t *testing.T) {
	want := Info{
		Name: "tiny", Family: "clip", ImageSize: imageSide, Patch: patchSide,
		GridHeight: gridSide, GridWidth: gridSide, Channels: channels, Stages: Stages,
		ClassDim: channels, Mean: [3]float32{0.5, 0.25, 0.125}, Std: [3]float32{0.5, 0.25, 1},
		ClassL2: true, Provider: "CPU", Runs: 1, RunThreads: runtime.GOMAXPROCS(0),
	}
	got := open(t, Config{Model: tinyModel("tiny.onnx")}).Info()
	release := strings.TrimPrefix(got.Runtime, "ONNX Runtime ")
	if want.Runtime = got.Runtime; got != want || strings.Count(release, ".") != 2 {
		t.Fatalf("got  %+v\nwant %+v", got, want)
	}
}

func TestSilentModelIsAssumedToBeImageNet(t *testing.T) {
	got := open(t, Config{Model: tinyModel("silent.onnx")}).Info()
	if got.Patch != patchSide || got.Mean != imageNet.mean || got.Std != imageNet.std ||
		got.Name != "silent.onnx" || got.ClassL2 {
		t.Fatalf("got %+v", got)
	}
	for _, word := range []string{"patch 4", "musc.mean", "musc.std"} {
		if !strings.Contains(got.ModelNote, word) {
			t.Errorf("note %q does not mention %q", got.ModelNote, word)
		}
	}
}

func TestUnusableModelsAreNamed(t *testing.T) {
	folder := t.TempDir()
	write := func(name string, content []byte) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	whole := committed()["tiny.onnx"]
	garbled := tinyGraph()
	garbled.node("NoSuchOperator", []string{"patches"}, "nothing")
	for _, test := range []struct{ name, path, says string }{
		{"missing", filepath.Join(folder, "absent.onnx"), "no such file"},
		{"folder", folder, "no regular file"},
		{"empty", write("empty.onnx", nil), "no ONNX model"},
		{"text", write("text.onnx", []byte("version https://example.invalid/spec\n")), "no ONNX model"},
		{"cut off", write("cut.onnx", whole[:len(whole)/2]), "damaged"},
		{"operator", write("operator.onnx", garbled.declareAll(free).bytes()), "NoSuchOperator"},
		{"outputs", tinyModel("wrong_output.onnx"), "output stage1 is missing; found image"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Open(Config{Library: library(t), Model: test.path, Device: device.CPU})
			if fault.KindOf(err) != fault.Input {
				t.Fatalf("got %v of kind %v", err, fault.KindOf(err))
			}
			text := err.Error()
			if !strings.Contains(text, test.path) || !strings.Contains(text, test.says) ||
				strings.Contains(text, "\n") {
				t.Errorf("got %q", text)
			}
		})
	}
}

func TestLibraryThatCannotBeLoaded(t *testing.T) {
	noLibrary := filepath.Join(t.TempDir(), "libonnxruntime.so")
	if err := os.WriteFile(noLibrary, []byte("not ELF"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{noLibrary, filepath.Dir(noLibrary), noLibrary + ".absent", ""} {
		_, err := Open(Config{Library: path, Model: tinyModel("tiny.onnx")})
		if fault.KindOf(err) != fault.Setup || !strings.Contains(err.Error(), path) {
			t.Errorf("%q: got %v of kind %v", path, err, fault.KindOf(err))
		}
	}
}

func TestOneLibraryAProcess(t *testing.T) {
	session := open(t, Config{Model: tinyModel("tiny.onnx")})
	other := filepath.Join(t.TempDir(), "other.so")
	if err := os.WriteFile(other, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := Open(Config{Library: other, Model: tinyModel("tiny.onnx")})
	if fault.KindOf(err) != fault.Setup || !strings.Contains(err.Error(), "already uses") {
		t.Fatalf("got %v", err)
	}
	// Another name of the same file is the same library.
	link := filepath.Join(t.TempDir(), "link.so")
	if err := os.Symlink(library(t), link); err != nil {
		t.Fatal(err)
	}
	open(t, Config{Library: link, Model: tinyModel("silent.onnx")})
	if err := session.Close(); err != nil {
		t.Fatal(err)
	}
	if err := session.Close(); err != nil {
		t.Fatalf("second Close: %v", err)
	}
}

func TestLibraryCanBeLoadedAgainAndAgain(t *testing.T) {
	path := library(t)
	for range 5 {
		session, err := Open(Config{Library: path, Model: tinyModel("tiny.onnx"), Device: device.CPU})
		if err != nil {
			t.Fatal(err)
		}
		if err := session.Close(); err != nil {
			t.Fatal(err)
		}
	}
	version, err := Version(path)
	if err != nil || len(strings.Split(version, ".")) != 3 {
		t.Fatalf("version %q: %v", version, err)
	}
	if environment.users != 0 {
		t.Fatalf("%d users left", environment.users)
	}
}
