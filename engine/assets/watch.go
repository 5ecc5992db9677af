package assets

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"sync"
	"time"
)

// watchInterval is how often the size of what pip downloads is looked at.
const watchInterval = 200 * time.Millisecond

// watch tells how large the largest file below folder is until stop is called, which returns after
// the last word. pip itself tells nothing to a program, writes first to a folder of its own making,
// and then copies.
func watch(folder string, tell func(bytes int64)) (stop func()) {
	if tell == nil {
		return func() {}
	}
	done := make(chan struct{})
	var watcher sync.WaitGroup
	watcher.Go(func() {
		ticker := time.NewTicker(watchInterval)
		defer ticker.Stop()
		told := int64(0)
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				if size := largest(folder); size > told {
					told = size
					tell(told)
				}
			}
		}
	})
	return func() {
		close(done)
		watcher.Wait()
	}
}

// largest is the size of the largest file below folder. What vanishes meanwhile is passed over.
func largest(folder string) (size int64) {
	_ = filepath.WalkDir(folder, func(_ string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			if info, err := entry.Info(); err == nil {
				size = max(size, info.Size())
			}
		}
		return nil
	})
	return size
}

// foretell says in one line what fetching the missing artifacts takes; "" for a single download,
// whose own line says that, and for none.
func foretell(missing []Artifact, cache string, options Options) string {
	var packages int
	var wheels, files int64
	for i := range missing {
		a := &missing[i]
		for _, m := range a.Members {
			files += m.Size
		}
		if wheel, err := a.atHand(cache, options.WheelDir); wheel == "" && err == nil {
			packages++
			wheels += a.Size
		}
	}
	if packages < 2 || options.Offline || options.Bundle != nil {
		return ""
	}
	return fmt.Sprintf("%d packages to fetch, %.1f MB; %.1f MB unpacked in %s", packages,
		float64(wheels)/1e6, float64(files)/1e6, cache)
}
