package health

import (
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
)

// ComparedAtMost is how many photos are compared all with all: their distances take 16 MB. Of more
// photos so many are, evenly chosen in the file order.
const ComparedAtMost = 2000

// compared are the cosine distances among photos of a batch.
type compared struct {
	batch    *Batch
	all      int       // photos of the batch that could be compared
	photos   []int     // those that were compared, ascending
	unit     []float32 // [n,D] their class tokens, of length 1
	width    int       // D
	distance []float32 // [n,n] 1 - cosine: 0 for the same direction, 1 for a right angle
}

func (c *compared) n() int { return len(c.photos) }

// of are the distances of a photo, by its number among those compared, to all compared.
func (c *compared) of(i int) []float32 { return c.distance[i*c.n():][:c.n()] }

// compare computes the distances. Photos whose class token is zero or no number are left out, and of
// files with the same bytes all but the first.
func compare(b *Batch, most int) *compared {
	var usable []int
	copied := map[int]bool{}
	for _, group := range b.copies() {
		for _, photo := range group[1:] {
			copied[photo] = true
		}
	}
	for i := range b.Photos {
		if token := b.token(i); token != nil && !copied[i] && length(token) > 0 {
			usable = append(usable, i)
		}
	}
	c := &compared{batch: b, all: len(usable), width: b.ClassDim}
	n := min(len(usable), most)
	for k := range n {
		c.photos = append(c.photos, usable[k*len(usable)/n])
	}
	c.unit = make([]float32, n*c.width)
	for k, photo := range c.photos {
		token := b.token(photo)
		scale := 1 / length(token)
		for e, value := range token {
			c.unit[k*c.width+e] = float32(float64(value) * scale)
		}
	}
	c.distance = make([]float32, n*n)
	inParallel(n, func(i int) {
		for j := range n {
			if j != i {
				c.distance[i*n+j] = max(0, 1-dot(c.token(i), c.token(j)))
			}
		}
	})
	return c
}

// sampled says, for a line, that not all photos were compared.
func (c *compared) sampled() string {
	if c.n() == c.all {
		return ""
	}
	return fmt.Sprintf(" (of the %d that were compared, of %d)", c.n(), c.all)
}

// token is the class token of a compared photo.
func (c *compared) token(k int) []float32 { return c.unit[k*c.width:][:c.width] }

// token is the class token of a photo of the batch; nil if the batch has none.
func (b *Batch) token(i int) []float32 {
	if b.ClassDim < 1 || len(b.Class) < (i+1)*b.ClassDim {
		return nil
	}
	return b.Class[i*b.ClassDim:][:b.ClassDim]
}

// length is that of a vector; 0 if it is not finite.
func length(token []float32) float64 {
	sum := 0.0
	for _, value := range token {
		sum += float64(value) * float64(value)
	}
	if math.IsNaN(sum) || math.IsInf(sum, 0) {
		return 0
	}
	return math.Sqrt(sum)
}

// dot has four sums, whose order is the same on every machine.
func dot(a, b []float32) float32 {
	var s0, s1, s2, s3 float32
	for len(a) >= 4 && len(b) >= 4 {
		s0 += float32(a[0] * b[0])
		s1 += float32(a[1] * b[1])
		s2 += float32(a[2] * b[2])
		s3 += float32(a[3] * b[3])
		a, b = a[4:], b[4:]
	}
	for i := range a {
		s0 += float32(a[i] * b[i])
	}
	return (s0 + s1) + (s2 + s3)
}

// inParallel calls work once for each number below n.
func inParallel(n int, work func(i int)) {
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				work(i)
			}
		})
	}
	workers.Wait()
}
