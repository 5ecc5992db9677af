//go:build unix

package watch

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"musc/engine/results"
)

// childFolder is the environment's word for a process of the tests that is a watch: "FOLDER:OUTPUT".
const childFolder = "MUSC_TEST_WATCH"

func TestMain(m *testing.M) {
	if os.Getenv(childFolder) != "" {
		os.Exit(child())
	}
	os.Exit(m.Run())
}

// child is a watch that prints what it is told as JSON lines, until SIGTERM.
func child() int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	folder, output, _ := bytes.Cut([]byte(os.Getenv(childFolder)), []byte(":"))
	held, err := results.Watch(string(output), "v1", nil)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer held.Close()
	_, err = Run(ctx, Options{Folder: string(folder), Output: string(output), Settle: 20 * time.Millisecond,
		Patience: 2 * time.Second, Rescan: 500 * time.Millisecond, Queue: 300, Parallel: 3, ReportPhotos: 20,
		ReportEvery: 200 * time.Millisecond, Memory: 1 << 30, Overlays: OverlaysDefective},
		fakeInspector{}, &printer{json.NewEncoder(os.Stdout)})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

type printer struct{ *json.Encoder }

func (p *printer) Told(entry *Entry) error { return p.Encode(entry) }
func (p *printer) Note(string, string)     {}

// soak is a folder into which photos arrive, and a watch of it that is killed again and again.
type soak struct {
	t              *testing.T
	folder, output string
	random         *rand.Rand

	mu       sync.Mutex
	told     map[uint64]string // by sequence number: the photo
	again    int               // that was told a further time
	peak     int64             // of a watch's resident memory, in bytes
	kills    int
	stops    int
	disorder int
}

// A watch that is killed again and again scores every photo once, in the order of arrival, tells of all of
// them, and leaves tables that say what the journal says. $MUSC_SOAK asks for another number of photos: 10,000
// take five minutes under the race detector.
func TestEveryPhotoIsScoredOnceWhateverIsKilled(t *testing.T) {
	count := 2500
	if testing.Short() {
		count = 1000
	}
	if text := os.Getenv("MUSC_SOAK"); text != "" {
		var err error
		if count, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	s := &soak{t: t, folder: t.TempDir(), output: t.TempDir(), random: rand.New(rand.NewPCG(18, 1)),
		told: map[uint64]string{}}
	arrived := make(chan struct{})
	var names []string
	go func() { names = s.arrive(count); close(arrived) }()
	begun := time.Now()
	for over := false; !over; {
		child := s.begin()
		if s.random.IntN(8) == 0 {
			s.stops++
			time.Sleep(time.Duration(s.random.IntN(800)) * time.Millisecond)
			child.Process.Signal(syscall.SIGTERM)
		} else {
			s.kills++
			time.Sleep(time.Duration(s.random.IntN(1500)) * time.Millisecond)
			child.Process.Kill()
		}
		child.Wait()
		s.took(child)
		if s.random.IntN(3) == 0 {
			s.tear()
		}
		select {
		case <-arrived:
			over = len(s.scored()) >= count/2
		default:
		}
	}
	s.finish(count)
	told := checkOutput(t, s.output)
	var got []string
	for _, entry := range told {
		if entry.Kind == Photo {
			got = append(got, entry.RawName())
		}
		if name := s.told[entry.Sequence]; name != entry.Name {
			t.Fatalf("number %d was told as %q, and is %q", entry.Sequence, name, entry.Name)
		}
	}
	slices.Sort(got)
	slices.Sort(names)
	same(t, got, names)
	if len(s.told) != len(told) || s.disorder > 0 {
		t.Errorf("%d told of %d, %d out of order", len(s.told), len(told), s.disorder)
	}
	t.Logf("%d photos in %.0f s: each scored once; %d kills, %d stops; %d results told again after a kill; "+
		"a watch took %d MB at most", len(got), time.Since(begun).Seconds(), s.kills, s.stops, s.again, s.peak>>20)
}

// arrive lets photos arrive: in bursts and one by one, whole, in pieces and by renaming, in new folders.
func (s *soak) arrive(count int) (names []string) {
	random := rand.New(rand.NewPCG(18, 2))
	for k := range count {
		name := fmt.Sprintf("%d/photo %d.png", k/500, k)
		path := filepath.Join(s.folder, name)
		names = append(names, name)
		os.MkdirAll(filepath.Dir(path), 0o755)
		content := picture(uint8(random.IntN(140)), k)
		switch random.IntN(4) {
		case 0:
			file, _ := os.Create(path)
			file.Write(content[:20])
			time.Sleep(time.Duration(random.IntN(3)) * time.Millisecond)
			file.Write(content[20:])
			file.Close()
		case 1:
			os.WriteFile(path, content, 0o644)
		default:
			os.WriteFile(path+".part", content, 0o644)
			os.Rename(path+".part", path)
		}
		if random.IntN(20) == 0 {
			time.Sleep(time.Duration(random.IntN(40)) * time.Millisecond)
		}
	}
	return names
}

// begin starts a watch and reads what it prints; what a kill cuts off was not told.
func (s *soak) begin() *exec.Cmd {
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childFolder+"="+s.folder+":"+s.output)
	child.Stderr = os.Stderr
	pipe, writer, err := os.Pipe()
	if err != nil {
		s.t.Fatal(err)
	}
	child.Stdout = writer
	if err := child.Start(); err != nil {
		s.t.Fatal(err)
	}
	writer.Close()
	go func() {
		defer pipe.Close()
		last := uint64(0)
		for lines := bufio.NewReader(pipe); ; {
			line, err := lines.ReadBytes('\n')
			var entry Entry
			if err != nil || json.Unmarshal(line, &entry) != nil {
				return
			}
			s.mu.Lock()
			if former, is := s.told[entry.Sequence]; is {
				s.again++
				if former != entry.Name {
					s.disorder++
				}
			}
			if last != 0 && entry.Sequence != last+1 {
				s.disorder++
			}
			last, s.told[entry.Sequence] = entry.Sequence, entry.Name
			s.mu.Unlock()
		}
	}()
	return child
}

// scored are the numbers that were told.
func (s *soak) scored() map[uint64]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	told := map[uint64]string{}
	for k, v := range s.told {
		told[k] = v
	}
	return told
}

// took notes the memory that a watch took.
func (s *soak) took(child *exec.Cmd) {
	if usage, is := child.ProcessState.SysUsage().(*syscall.Rusage); is {
		s.peak = max(s.peak, int64(usage.Maxrss)<<10)
	}
}

// tear cuts a part off a table, as a crash of the whole machine may, which writes these without hurry.
func (s *soak) tear() {
	name := []string{results.ScoresFile, results.DefectsFile}[s.random.IntN(2)]
	path := filepath.Join(s.output, name)
	if info, err := os.Stat(path); err == nil && info.Size() > 0 {
		os.Truncate(path, info.Size()-s.random.Int64N(min(info.Size(), 200)))
	}
}

// finish lets a watch end what is left.
func (s *soak) finish(count int) {
	child := s.begin()
	for range 12_000 {
		if len(s.scored()) >= count {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	time.Sleep(200 * time.Millisecond) // it hears of signals once it has begun
	child.Process.Signal(syscall.SIGTERM)
	if err := child.Wait(); err != nil {
		s.t.Fatal(err)
	}
	s.took(child)
	for range 100 { // the last lines are in the pipe
		if len(s.scored()) >= count {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}
