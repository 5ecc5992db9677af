package assets

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"musc/engine/fault"
)

// bundled makes a bundle of two packages and musc's own archive; the cache is another one afterwards.
func bundled(t *testing.T) (path string, artifacts []Artifact) {
	t.Helper()
	newCache(t)
	wheels := t.TempDir()
	first, firstWheel := photos(t)
	second, secondWheel := fake(t, "blas", []entry{{"lib/libblas.so", "product"}}, "lib/libblas.so")
	write(t, filepath.Join(wheels, first.Wheel), firstWheel)
	write(t, filepath.Join(wheels, second.Wheel), secondWheel)
	program := filepath.Join(wheels, "musc-0.9.0-linux-amd64.tar.gz")
	write(t, program, []byte("archive"))
	path = filepath.Join(t.TempDir(), "bundle.tar")
	artifacts = []Artifact{first, second}
	if err := WriteBundle(t.Context(), path, BundleContent{append(artifacts, first), program, time.Unix(0, 0)},
		Options{WheelDir: wheels, Offline: true}); err != nil {
		t.Fatal(err)
	}
	newCache(t)
	return path, artifacts
}

func openBundle(t *testing.T, path string) *Bundle {
	t.Helper()
	b, err := OpenBundle(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// entries are the names and contents of a tar archive, in its order.
func entries(t *testing.T, path string) (all []entry) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	archive := tar.NewReader(bytes.NewReader(content))
	for {
		header, err := archive.Next()
		if err != nil {
			return all
		}
		var into bytes.Buffer
		if _, err := into.ReadFrom(archive); err != nil {
			t.Fatal(err)
		}
		all = append(all, entry{header.Name, into.String()})
	}
}

func TestBundleHoldsWhatItSays(t *testing.T) {
	path, artifacts := bundled(t)
	var names []string
	want := ""
	for _, e := range entries(t, path) {
		names = append(names, e.name)
		if e.name != bundleSums {
			want += sum([]byte(e.content)) + "  " + e.name + "\n"
		}
	}
	if got := strings.Join(names, " "); got != "README.txt SHA256SUMS musc-0.9.0-linux-amd64.tar.gz "+
		"wheels/"+artifacts[1].Wheel+" wheels/"+artifacts[0].Wheel {
		t.Errorf("it holds %s", got)
	}
	if got := entries(t, path)[1].content; got != want {
		t.Errorf("SHA256SUMS are\n%s, want\n%s", got, want)
	}
	readme := entries(t, path)[0].content
	for _, part := range []string{"musc-0.9.0-linux-amd64/bin/musc setup --bundle BUNDLE.tar", "the blas (MIT)",
		"tar xf musc-0.9.0-linux-amd64.tar.gz", "wheels/" + artifacts[0].Wheel} {
		if !strings.Contains(readme, part) {
			t.Errorf("the README does not say %q", part)
		}
	}
}

func TestBundleIsTheSameBytes(t *testing.T) {
	one, _ := bundled(t)
	time.Sleep(10 * time.Millisecond) // files of another time
	two, _ := bundled(t)
	a, errA := os.ReadFile(one)
	b, errB := os.ReadFile(two)
	if errA != nil || errB != nil || !bytes.Equal(a, b) {
		t.Errorf("%v, %v, %d and %d bytes", errA, errB, len(a), len(b))
	}
}

// Nothing but the bundle is asked, and the second time nothing is done.
func TestSetUpFromABundle(t *testing.T) {
	path, artifacts := bundled(t)
	cache := newCache(t)
	pip, calls := fakePip(t, "exit 1")
	var told []string
	options := Options{Bundle: openBundle(t, path), Pip: pip, WheelDir: "/nowhere",
		Progress: func(text string) { told = append(told, text) }}
	for range 2 {
		if err := Ensure(t.Context(), artifacts[:1], options); err != nil {
			t.Fatal(err)
		}
	}
	checkFilled(t, cache, artifacts[0])
	if want := "the photos: unpacking " + path + ": wheels/" + artifacts[0].Wheel + " (MIT)"; len(told) != 1 ||
		told[0] != want {
		t.Errorf("told %q, want %q", told, want)
	}
	if _, err := os.Stat(calls); err == nil {
		t.Error("pip was called")
	}
}

func TestBundleServesSeveralAtOnce(t *testing.T) {
	path, artifacts := bundled(t)
	cache := newCache(t)
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			b, err := OpenBundle(path)
			if err == nil {
				defer b.Close()
				err = Ensure(context.Background(), artifacts[:1], Options{Bundle: b})
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	callers.Wait()
	checkFilled(t, cache, artifacts[0])
}

// Stopped between two packages: the first stays, and the next set-up goes on from there.
func TestStoppedSetUpFromABundle(t *testing.T) {
	path, artifacts := bundled(t)
	cache := newCache(t)
	ctx, stop := context.WithCancel(t.Context())
	options := Options{Bundle: openBundle(t, path), Progress: func(text string) {
		if strings.HasPrefix(text, "the blas") {
			stop()
		}
	}}
	if err := Ensure(ctx, artifacts, options); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	checkFilled(t, cache, artifacts[0])
	options.Progress = nil
	if err := Ensure(t.Context(), artifacts, options); err != nil {
		t.Fatal(err)
	}
	for i := range artifacts {
		if err := Verify(t.Context(), &artifacts[i]); err != nil {
			t.Error(err)
		}
	}
}

// All that is missing is said at once, before anything is unpacked.
func TestWhatABundleLacks(t *testing.T) {
	path, artifacts := bundled(t)
	cache := newCache(t)
	other := artifacts[1]
	other.Wheel, other.Folder = "blas-2.0-py3-none-any.whl", "blas-2.0"
	absent, _ := fake(t, "weights", nil)
	err := Ensure(t.Context(), []Artifact{artifacts[0], other, absent}, Options{Bundle: openBundle(t, path)})
	want := fmt.Sprintf("the bundle %s lacks the blas (blas-2.0-py3-none-any.whl; it holds %s: another release "+
		"of musc made it), the weights (weights-1.0-py3-none-any.whl); make another with this musc where "+
		"there is a network: musc setup --make-bundle FILE", path, artifacts[1].Wheel)
	if fault.KindOf(err) != fault.Setup || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	checkEmpty(t, cache)
}

func TestPacksOfABundle(t *testing.T) {
	before := Packs
	t.Cleanup(func() { Packs = before })
	path, artifacts := bundled(t)
	absent, _ := fake(t, "absent", nil)
	whole := newPack(12000, 525, artifacts[0], artifacts[1])
	half := newPack(13000, 580, artifacts[0], absent)
	Packs = []*Pack{&half, &whole}
	if got := openBundle(t, path).Packs(); !slices.Equal(got, []*Pack{&whole}) {
		t.Errorf("got %v", got)
	}
}
