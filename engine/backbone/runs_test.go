package backbone

import "testing"

// Each run has a thread where there are as many runs as threads; where memory or the configuration
// allow fewer, no thread is left without a run.
func TestRunsShareTheThreads(t *testing.T) {
	vitL := Info{GridHeight: 37, GridWidth: 37, Channels: 1024} // 224,296,960 bytes a run
	for _, c := range []struct {
		threads, runs   int
		memory          int64
		wantRuns, wantT int
	}{
		{1, 0, 0, 1, 1},
		{1, 9, 0, 1, 1},
		{2, 0, 0, 1, 2},
		{2, 2, 0, 2, 1},
		{8, 8, 0, 8, 1},
		{8, 5, 0, 4, 2},
		{8, 3, 0, 3, 3},
		{16, 15, 0, 8, 2},
		{8, 8, 1, 1, 8},
		{8, 8, 2*224_296_960 - 1, 1, 8},
		{8, 8, 2 * 224_296_960, 2, 4},
		{8, 2, 1 << 40, 2, 4},
	} {
		info := vitL
		info.share(Config{Threads: c.threads, Runs: c.runs, RunMemory: c.memory})
		if info.Runs != c.wantRuns || info.RunThreads != c.wantT {
			t.Errorf("%d threads, %d runs, %d bytes: %d runs of %d threads, want %d of %d", c.threads,
				c.runs, c.memory, info.Runs, info.RunThreads, c.wantRuns, c.wantT)
		}
	}
}
