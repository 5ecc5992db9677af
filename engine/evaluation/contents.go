package evaluation

import (
	"context"
	"encoding/hex"
	"errors"
	"io/fs"
	"maps"
	"os"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"musc/engine/fault"
	"musc/engine/results"
	"musc/models"
)

// Contents are the checksums of files, each read once in the life of the process, or again where its
// size or time shows another file. It is safe for concurrent use; the zero value is ready.
type Contents struct {
	mutex sync.Mutex
	known map[string]sum
}

type sum struct {
	bytes, time int64
	sha256      string
}

// absent is the checksum of a file that is not there: an image that a list names all the same.
const absent = "absent"

// Of are the checksums of files, in their order. A file that is there and cannot be read is an error
// of kind fault.Input.
func (c *Contents) Of(paths []string) ([]string, error) {
	sums := make([]string, len(paths))
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, path := range paths {
		group.Go(func() (err error) {
			sums[i], err = c.of(path)
			return err
		})
	}
	return sums, group.Wait()
}

// Sums are the checksums of all files that were asked for and are there, by path.
func (c *Contents) Sums() (sums []results.Sum, err error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for _, path := range slices.Sorted(maps.Keys(c.known)) {
		sum := results.Sum{Path: path}
		if _, err := hex.Decode(sum.SHA256[:], []byte(c.known[path].sha256)); err != nil {
			return nil, err
		}
		sums = append(sums, sum)
	}
	return sums, nil
}

func (c *Contents) of(path string) (string, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return absent, nil
	}
	if err != nil {
		return "", fault.New(fault.Input, "cannot read what is measured: %w; check its permissions", err)
	}
	now := sum{bytes: info.Size(), time: info.ModTime().UnixNano()}
	c.mutex.Lock()
	before := c.known[path]
	c.mutex.Unlock()
	if before.sha256 != "" && before.bytes == now.bytes && before.time == now.time {
		return before.sha256, nil
	}
	if now.sha256, err = models.FileSHA256(context.Background(), path); err != nil {
		return "", fault.New(fault.Input, "cannot read what is measured: %w; check its permissions", err)
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.known == nil {
		c.known = map[string]sum{}
	}
	c.known[path] = now
	return now.sha256, nil
}
