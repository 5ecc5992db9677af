package main

import (
	"strings"
	"testing"
	"time"

	"musc/engine/assets"
)

// Where there is no terminal a download tells of itself every ten seconds, with what is left at the
// speed so far: the first word is only remembered.
func TestDownloadsInLines(t *testing.T) {
	var out strings.Builder
	d := newDownloads(&out)
	clock := time.Unix(0, 0)
	d.now = func() time.Time { return clock }
	blas := &assets.Artifact{Title: "cuBLAS 13", Wheel: "cublas.whl", Size: 400_000_000}
	small := &assets.Artifact{Title: "CUDA 13 runtime", Wheel: "cudart.whl", Size: 2_000_000}
	for _, step := range []struct {
		after    time.Duration
		artifact *assets.Artifact
		done     int64
	}{
		{0, blas, 0}, {9 * time.Second, blas, 90_000_000}, {time.Second, blas, 100_000_000},
		{time.Second, blas, 110_000_000}, {9 * time.Second, blas, 300_000_000},
		{30 * time.Second, small, 1_000_000}, {time.Second, small, 2_000_000},
	} {
		clock = clock.Add(step.after)
		d.bytes(step.artifact, step.done)
	}
	d.line("next")
	d.finish(nil)
	want := "cuBLAS 13: 100.0 of 400.0 MB, 30 s left\n" + // 10 MB a second
		"cuBLAS 13: 300.0 of 400.0 MB, 7 s left\n" + // 15 MB a second over all
		"next\n"
	if out.String() != want {
		t.Errorf("told\n%swant\n%s", out.String(), want)
	}
}
