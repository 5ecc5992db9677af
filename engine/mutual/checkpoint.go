package mutual

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"musc/engine/atomicfile"
	"musc/engine/filelock"
)

// Checkpoint keeps on disk how far PatchScores has come. The same problem with the same Checkpoint
// then goes on from there, to the same bytes as without a break, whatever its Plan and threads.
// What is kept is whole by its checksums or not used at all, and nothing is claimed that is not
// there: after a power loss less may be kept, never something wrong.
//
//   - After each step (a stage and a group of windows) the sums of scores [N,P], and of Pairs where
//     there are any, are written, unless less than a 60th of Every has passed since the last time.
//   - Within a step on a CPU the distances that are new are written every Every. A step that
//     takes less writes none. They take as much disk as spilled distances do, and are removed when
//     the step is done. Images of one patch are left out: comparing two is as fast as writing what
//     came of it; so are problems with further views. A GPU keeps whole steps alone.
//
// The sums of the last step stay, so that PatchScores gives its scores again at once until the
// caller has saved them and calls Remove.
type Checkpoint struct {
	Folder string        // for the files of this problem alone; it is made if it is not there
	Key    string        // names the problem: the photos' bytes, model, settings, versions
	Every  time.Duration // at most about so much work is lost; 0: five minutes

	// Note, if set, hears where scoring goes on, and why nothing can be kept: that ends no scoring.
	// It is called from one goroutine at a time.
	Note func(text string)
}

// The files in a Checkpoint's folder.
const (
	sumsFile    = "mutual.sums"
	journalFile = "mutual.distances"
	lockFile    = "mutual.lock"
)

const defaultEvery = 5 * time.Minute

// Remove removes the files, once the scores are saved. That they are not there is no error; others
// come as the file system gives them.
func (c *Checkpoint) Remove() (err error) {
	for _, name := range []string{journalFile, sumsFile, lockFile} {
		err = errors.Join(err, removeFile(filepath.Join(c.Folder, name)))
	}
	return err
}

func removeFile(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// keeper is a Checkpoint in use by one PatchScores. A nil keeper keeps nothing.
type keeper struct {
	*Checkpoint
	every  time.Duration
	id     [sha256.Size]byte // of the problem and the scorer
	lock   *os.File          // nil where the file system has none
	noting sync.Mutex

	members int       // N
	pairs   []float32 // sums of pairs [N,P,N], kept with the others; nil: they are not wanted

	saving sync.Mutex
	saved  time.Time // when the sums were last written; at first, when scoring began
	unsaid func()    // writes sums that were not worth it; nil: those on disk are the latest
	failed bool      // sums could not be written
}

// keep opens the problem's Checkpoint for a scorer of that name.
func (b *batch) keep(scorer string) *keeper {
	if b.Checkpoint == nil {
		return nil
	}
	k := &keeper{Checkpoint: b.Checkpoint, every: b.Checkpoint.Every, id: b.identity(scorer),
		saved: time.Now(), members: len(b.members), pairs: b.Pairs}
	if k.every <= 0 {
		k.every = defaultEvery
	}
	if err := k.open(); err != nil {
		k.note("mutual scoring keeps nothing for a later run: %v", err)
		return nil
	}
	return k
}

// identity is what must be the same for sums and distances to be of use: all that they depend on.
func (b *batch) identity(scorer string) [sha256.Size]byte {
	text := fmt.Appendf(nil, "%q by %q: %d stages, %d x %d patches, %d channels,"+
		" images %v, %d references, only they %v, degrees %v, interval %v, average %v",
		b.Checkpoint.Key, scorer, b.shape.Stages, b.shape.Height, b.shape.Width, b.shape.Channels,
		b.members, b.references, b.ReferencesOnly, b.Degrees, b.Interval, b.Average)
	if b.excluded != nil {
		text = fmt.Appendf(text, ", scored %v, excluded %x", b.Scored, b.excluded.bits)
	}
	if b.near > 0 || b.ReferencesInterval || b.furtherViews() > 0 {
		images, references := b.furtherOf()
		text = fmt.Appendf(text, ", %d away, %d and %d further views, interval over references %v",
			b.near, images, references, b.ReferencesInterval)
	}
	if b.masked {
		text = b.appendMasks(append(text, ", masks "...))
	}
	return sha256.Sum256(text)
}

// open makes the folder and takes it for this PatchScores: two that score the same would write over
// each other's files.
func (k *keeper) open() error {
	if err := os.MkdirAll(k.Folder, 0o755); err != nil {
		return err
	}
	atomicfile.RemoveLeftovers(k.Folder)
	file, err := os.OpenFile(filepath.Join(k.Folder, lockFile), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	switch held, err := filelock.Try(file); {
	case errors.Is(err, filelock.ErrUnsupported):
		return file.Close()
	case err != nil:
		file.Close()
		return fmt.Errorf("locking %s: %w", file.Name(), err)
	case !held:
		file.Close()
		return fmt.Errorf("another process has %s", file.Name())
	}
	k.lock = file
	return nil
}

// close lets others have the folder. The lock's file stays: removing it would race with them.
func (k *keeper) close() {
	if k != nil && k.lock != nil {
		k.lock.Close()
	}
}

func (k *keeper) note(format string, args ...any) {
	if k.Note == nil {
		return
	}
	k.noting.Lock()
	defer k.noting.Unlock()
	k.Note(fmt.Sprintf(format, args...))
}
