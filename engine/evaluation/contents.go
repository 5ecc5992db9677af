package evaluation

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"

	"musc/engine/fault"
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
