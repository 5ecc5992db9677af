package watch

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
)

// controlled is a notifier that a test has in its hands.
type controlled struct {
	system   notifier // nil: it tells of nothing
	addError error
	events   chan event
	failures chan error
}

func (c *controlled) Add(folder string) error {
	if c.addError != nil || c.system == nil {
		return c.addError
	}
	return c.system.Add(folder)
}

func (c *controlled) Events() <-chan event { return c.events }
func (c *controlled) Errors() <-chan error { return c.failures }
func (c *controlled) Close() error         { return nil }

func newControlled() *controlled {
	return &controlled{events: make(chan event), failures: make(chan error)}
}

func (c *controlled) connect() (notifier, error) { return c, nil }

func TestWhatChangesDidNotTellAScanFinds(t *testing.T) {
	for name, tell := range map[string]func(c *controlled, o *Options){
		"overflow":          func(c *controlled, o *Options) { go func() { c.failures <- fsnotify.ErrEventOverflow }() },
		"another failure":   func(c *controlled, o *Options) { go func() { c.failures <- errors.New("odd") }() },
		"end of the events": func(c *controlled, o *Options) { close(c.events) },
		"limit of watches":  func(c *controlled, o *Options) { c.addError = syscall.ENOSPC },
		"no notifier":       func(c *controlled, o *Options) { o.notifier = func() (notifier, error) { return nil, syscall.EMFILE } },
		"regular scans":     func(c *controlled, o *Options) { o.Rescan = 50 * time.Millisecond },
		"polling":           func(c *controlled, o *Options) { o.Poll = 50 * time.Millisecond },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder, output := t.TempDir(), t.TempDir()
			c := newControlled()
			putPhoto(t, filepath.Join(folder, "first.png"), picture(1, 1))
			late := name == "limit of watches" || name == "no notifier" || name == "regular scans" ||
				name == "polling"
			r := begin(t, folder, output, func(o *Options) {
				o.notifier = c.connect
				if late {
					tell(c, o)
				}
			}).photos(1)
			putPhoto(t, filepath.Join(folder, "in", "second.png"), picture(1, 2))
			if !late {
				tell(c, nil)
			}
			r.photos(2).end()
			same(t, r.names(), []string{"first.png", "in/second.png"})
		})
	}
}

// Photos that change faster than they are told, or than there is room for, are all scored in the end; what
// is there at the start is scored in the order of its time even if only few photos are waited for.
func TestFewPhotosAreWaitedForAtOnce(t *testing.T) {
	folder, output := t.TempDir(), t.TempDir()
	var want []string
	start := time.Now().Add(-time.Hour)
	for _, k := range rand.New(rand.NewPCG(1, 1)).Perm(200) {
		path := filepath.Join(folder, fmt.Sprintf("%d/%03d.png", k%7, k))
		putPhoto(t, path, picture(1, k))
		when := start.Add(time.Duration(k) * time.Second)
		os.Chtimes(path, when, when)
	}
	for k := range 200 {
		want = append(want, fmt.Sprintf("%d/%03d.png", k%7, k))
	}
	few := func(o *Options) { o.Queue = 9 }
	r := begin(t, folder, output, few).photos(200)
	same(t, r.names(), want)
	for k := range 200 {
		putPhoto(t, filepath.Join(folder, "more", strconv.Itoa(k)+".png"), picture(2, k))
	}
	r.photos(400).end()
	same(t, begin(t, folder, output, few).end().names(), nil)
}

func TestABurst(t *testing.T) {
	count := 5000
	if testing.Short() {
		count = 500
	}
	folder, output := t.TempDir(), t.TempDir()
	r := begin(t, folder, output, nil)
	for k := range count {
		path := filepath.Join(folder, strconv.Itoa(k%50), strconv.Itoa(k)+".png")
		os.MkdirAll(filepath.Dir(path), 0o755)
		if err := os.WriteFile(path, picture(uint8(k%120), k), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	r.photos(count).end()
	if r.summary.Photos != count || r.summary.Skipped != 0 {
		t.Errorf("summary %+v", r.summary)
	}
}

func TestPhotosThatVanishAreTold(t *testing.T) {
	folder, output := t.TempDir(), t.TempDir()
	r := begin(t, folder, output, func(o *Options) { o.Settle = 200 * time.Millisecond })
	path := filepath.Join(folder, "gone.png")
	putPhoto(t, path, picture(1, 1))
	time.Sleep(50 * time.Millisecond)
	os.Remove(path)
	r.noted("gone.png vanished")
	putPhoto(t, filepath.Join(folder, "stays.png"), picture(1, 2))
	same(t, r.photos(1).end().names(), []string{"stays.png"})
	if r.summary.Vanished != 1 {
		t.Errorf("summary %+v", r.summary)
	}
}

func TestAFolderThatGoesIsWaitedFor(t *testing.T) {
	parent, output := t.TempDir(), t.TempDir()
	folder := filepath.Join(parent, "camera")
	putPhoto(t, filepath.Join(folder, "a.png"), picture(1, 1))
	r := begin(t, folder, output, nil).photos(1)
	if err := os.Rename(folder, folder+"-away"); err != nil {
		t.Fatal(err)
	}
	r.noted("cannot be read")
	putPhoto(t, filepath.Join(folder+"-away", "b.png"), picture(1, 2))
	if err := os.Rename(folder+"-away", folder); err != nil {
		t.Fatal(err)
	}
	r.photos(2)
	r.noted("is back")
	// Another folder in its place, as after mounting.
	os.Rename(folder, folder+"-away")
	putPhoto(t, filepath.Join(folder, "c.png"), picture(1, 3))
	r.photos(3)
	putPhoto(t, filepath.Join(folder, "d.png"), picture(1, 4))
	same(t, r.photos(4).end().names(), []string{"a.png", "b.png", "c.png", "d.png"})
}

// The times of files and of the wall clock decide nothing but the order at the start.
func TestClocksThatAreWrong(t *testing.T) {
	folder, output := t.TempDir(), t.TempDir()
	r := begin(t, folder, output, nil)
	for k, when := range []time.Time{time.Now().Add(24 * time.Hour), time.Unix(0, 0), time.Unix(-1e9, 0),
		time.Now().Add(-time.Hour)} {
		path := filepath.Join(folder, strconv.Itoa(k)+".png")
		temporary := path + ".tmp"
		if err := os.WriteFile(temporary, picture(1, k), 0o644); err != nil {
			t.Fatal(err)
		}
		os.Chtimes(temporary, when, when)
		os.Rename(temporary, path)
		r.photos(k + 1)
	}
	// One from the future that cannot be read is given up all the same.
	path := filepath.Join(folder, "broken.png")
	os.WriteFile(path+".tmp", []byte("x"), 0o644)
	future := time.Now().Add(time.Hour)
	os.Chtimes(path+".tmp", future, future)
	os.Rename(path+".tmp", path)
	r.photos(5).end()
	same(t, r.names(), []string{"0.png", "1.png", "2.png", "3.png", "broken.png"})
	// The journal's own times may go backwards, too.
	same(t, begin(t, folder, output, nil).end().names(), nil)
}

func TestWhatIsKeptOfAPhotoIsSmall(t *testing.T) {
	if testing.Short() {
		t.Skip("a million photos")
	}
	const count = 1_000_000
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	k := newKnown()
	for n := range count {
		file := newFile("camera 3/2026-11-30/part "+strconv.Itoa(n)+".jpg", int64(n), int64(n))
		k.add(&file, int64(n))
	}
	each := float64(heap()-before) / count
	t.Logf("%.0f bytes a photo", each)
	if each > 100 {
		t.Errorf("%.0f bytes a photo", each)
	}
	if !k.has("camera 3/2026-11-30/part 77.jpg", 77, 77) || k.has("camera 3/2026-11-30/part 77.jpg", 77, 78) ||
		k.has("part 77.jpg", 77, 77) {
		t.Error("what is known is wrong")
	}
}

func TestAFileThatIsWrittenIsKnown(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("leases are Linux'")
	}
	path := filepath.Join(t.TempDir(), "a.png")
	writer, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	reader, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if remoteSystem(path) == "" && !beingWritten(reader) {
		t.Skip("this file system grants no leases")
	}
	writer.Close()
	if beingWritten(reader) {
		t.Error("it is closed")
	}
	var got []bool
	for range 2 {
		writer, err := os.OpenFile(path, os.O_WRONLY, 0) // the lease was given back
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, beingWritten(reader))
		writer.Close()
	}
	if !slices.Equal(got, []bool{true, true}) {
		t.Errorf("got %v", got)
	}
}
