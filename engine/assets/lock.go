package assets

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"musc/engine/filelock"
)

// lock waits until no other process fills the cache. The system drops the lock of a process that
// dies. File systems without locks go on without one: files appear whole all the same, and the
// wheel is downloaded twice at worst.
func lock(ctx context.Context, path string, progress func(string)) (unlock func(), err error) {
	const pause = 50 * time.Millisecond
	for told := false; ; told = true {
		file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
		if err != nil {
			return nil, unwritable(path, err)
		}
		held, err := filelock.Try(file)
		if held {
			removeLeftovers(filepath.Dir(path))
		}
		if held || err != nil {
			return func() { file.Close() }, nil
		}
		file.Close()
		if !told {
			progress("waiting for another process that fills the cache")
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(pause):
		}
	}
}

// removeLeftovers deletes what killed processes were downloading; the lock is held.
func removeLeftovers(cache string) {
	left, _ := filepath.Glob(filepath.Join(cache, downloadPrefix+"*")) // the pattern is well formed
	for _, folder := range left {
		_ = os.RemoveAll(folder) // it only takes space
	}
}
