package resolve

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"musc/cgo/cuda"
	"musc/engine/assets"
	"musc/engine/device"
	"musc/models/build"
)

// fetchedPack is a pack whose one package, ONNX Runtime with a CUDA provider or without, is in the
// cache.
func fetchedPack(t *testing.T, release int, provider bool) *assets.Pack {
	t.Helper()
	names := []string{"libonnxruntime.so.1.0"}
	if provider {
		names = append(names, assets.CUDAProvider)
	}
	var wheel bytes.Buffer
	archive := zip.NewWriter(&wheel)
	var members []assets.Member
	sum := func(content []byte) string {
		digest := sha256.Sum256(content)
		return hex.EncodeToString(digest[:])
	}
	for _, name := range names {
		file, err := archive.Create(name)
		if err == nil {
			_, err = file.Write([]byte(name))
		}
		if err != nil {
			t.Fatal(err)
		}
		members = append(members, assets.Member{Name: name, Path: name, Size: int64(len(name)),
			SHA256: sum([]byte(name))})
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	pack := &assets.Pack{CUDA: release, Artifacts: []assets.Artifact{{Title: "a pack", Version: "1.0",
		Wheel: "pack.whl", SHA256: sum(wheel.Bytes()), Folder: "pack" + cuda.Driver{CUDA: release}.String(),
		Members: members}}}
	wheels := t.TempDir()
	if err := os.WriteFile(filepath.Join(wheels, "pack.whl"), wheel.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := assets.Ensure(t.Context(), pack.Artifacts, assets.Options{WheelDir: wheels}); err != nil {
		t.Fatal(err)
	}
	return pack
}

// answering lets cuda.FindDriver find a driver of that release of CUDA; 0: none.
func answering(t *testing.T, release int) {
	t.Helper()
	before := findDriver
	t.Cleanup(func() { findDriver = before })
	findDriver = func() (cuda.Driver, error) {
		if release == 0 {
			return cuda.Driver{}, errors.New("no NVIDIA driver")
		}
		return cuda.Driver{CUDA: release}, nil
	}
}

func TestLibraryOfAPack(t *testing.T) {
	emptyCache(t)
	newer, older := fetchedPack(t, 13000, true), fetchedPack(t, 12000, true)
	absent := &assets.Pack{CUDA: 13000, Artifacts: []assets.Artifact{{Title: "absent", Folder: "absent"}}}
	path := func(pack *assets.Pack) string {
		path, err := pack.LibraryPath()
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, test := range []struct {
		name   string
		driver int
		packs  []*assets.Pack
		want   string
	}{
		{"no driver", 0, []*assets.Pack{newer, older}, ""},
		{"too old a driver", 11080, []*assets.Pack{newer, older}, ""},
		{"an old driver", 12020, []*assets.Pack{newer, older}, path(older)},
		{"a new driver", 13000, []*assets.Pack{newer, older}, path(newer)},
		{"a new driver, the new pack not fetched", 13000, []*assets.Pack{absent, older}, path(older)},
		{"nothing that fits", 12020, []*assets.Pack{newer, absent}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			answering(t, test.driver)
			if got := packedLibrary(findDriver, test.packs); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// A GPU's library is taken only where a GPU is wanted; what is demanded goes first all the same.
func TestLibraryForADevice(t *testing.T) {
	emptyCache(t)
	pack := fetchedPack(t, 13000, true)
	before := assets.Packs
	t.Cleanup(func() { assets.Packs = before })
	assets.Packs = []*assets.Pack{pack}
	answering(t, 13000)
	packed, err := pack.LibraryPath()
	if err != nil {
		t.Fatal(err)
	}
	own := filepath.Join(t.TempDir(), "libonnxruntime.so")
	if err := os.WriteFile(own, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, on := range []device.Choice{device.Auto, {CUDA: true, Ordinals: []int{1}}} {
		if got, err := Library("", on); got != packed || err != nil {
			t.Errorf("on %s: %q, %v, want %q", on, got, err, packed)
		}
		if got, err := Library(own, on); got != own || err != nil {
			t.Errorf("on %s: %q, %v instead of what is demanded", on, got, err)
		}
	}
	if got, err := Library("", device.CPU); got == packed || err == nil { // nothing else is here
		t.Errorf("on the CPU: %q, %v", got, err)
	}
	t.Setenv("MUSC_ONNXRUNTIME", own)
	if got, err := Library("", device.Auto); got != own || err != nil {
		t.Errorf("got %q, %v instead of what the variable names", got, err)
	}
}

// float16 is for a GPU that is wanted, has a driver, and a library with a provider: and then only
// the default.
func TestPrecisionForADevice(t *testing.T) {
	emptyCache(t)
	with, err := fetchedPack(t, 13000, true).LibraryPath()
	if err != nil {
		t.Fatal(err)
	}
	without, err := fetchedPack(t, 12000, false).LibraryPath()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name      string
		driver    int
		library   string
		on        device.Choice
		precision build.Precision
		want      string
	}{
		{"a GPU", 13000, with, device.Auto, "", "float16"},
		{"the CPU", 13000, with, device.CPU, "", "float32"},
		{"no driver", 0, with, device.Auto, "", "float32"},
		{"no provider", 13000, without, device.Auto, "", "float32"},
		{"another precision for a GPU", 13000, with, device.Auto, build.Float32, "float32"},
		{"another precision for the CPU", 13000, with, device.CPU, build.Float16, "float16"},
	} {
		t.Run(test.name, func(t *testing.T) {
			answering(t, test.driver)
			request := Request{Model: "dinov2-s", Random: true, Device: test.on,
				Options: build.Options{ImageSize: 28, Precision: test.precision}}
			graph, library, err := request.Backbone(t.Context(), test.library)
			if err != nil || library != test.library || !strings.Contains(filepath.Base(graph), test.want) {
				t.Errorf("built %s for %s, %v", graph, library, err)
			}
		})
	}
	answering(t, 13000)
	graph, _, err := Request{Model: "own.onnx", Device: device.Auto}.Backbone(t.Context(), with)
	if graph != "own.onnx" || err != nil {
		t.Errorf("a file became %q, %v", graph, err)
	}
}
