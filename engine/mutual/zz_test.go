package mutual

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"musc/engine/features"
	"musc/engine/health"
)

func cpuTime() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func TestZZ(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("ZN"))
	stages, _ := strconv.Atoi(os.Getenv("ZS"))
	reps, _ := strconv.Atoi(os.Getenv("ZR"))
	shape := features.Shape{Stages: stages, Images: n, Height: 16, Width: 16, Channels: 384}
	problem := &Problem{Images: look(t, shape, 1), Degrees: []int{1, 3, 5}, Interval: lowest}
	for range reps {
		for _, with := range []bool{false, true} {
			problem.Pairs = nil
			var room *features.Array
			w, c := time.Now(), cpuTime()
			if with {
				room, _ = features.NewArray(int64(n)*256*int64(n), "")
				problem.Pairs = room.Slice(0, room.Len())
			}
			if _, err := (CPU{}).PatchScores(context.Background(), problem); err != nil {
				t.Fatal(err)
			}
			w1, c1 := time.Now(), cpuTime()
			fmt.Printf("n=%d pairs=%v wall %v cpu %v\n", n, with, w1.Sub(w), c1-c)
			if with {
				health.Partners(problem.Pairs, n, 256)
				fmt.Printf("   partners wall %v cpu %v\n", time.Since(w1), cpuTime()-c1)
				room.Close()
			}
		}
	}
}
