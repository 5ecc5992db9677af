//go:build cuda && linux

package kernels

import (
	"runtime"
	"sync"
	"unsafe"

	"gorgonia.org/cu"

	"musc/cgo/cuda"
)

const (
	threads = 128 // of a block, in every kernel
	warps   = threads / 32
)

// array is one allocation.
type array struct {
	pointer *cu.DevicePtr
	bytes   int64
}

func (s *Scoring) arrays() []array {
	pointers := []*cu.DevicePtr{&s.features, &s.residuals, &s.halfNorms, &s.keys, &s.ends,
		&s.totals, &s.scores, &s.centres, &s.noCentre, &s.pairs, &s.partial}
	for k := range s.staging {
		pointers = append(pointers, &s.staging[k].tokens, &s.staging[k].sums)
	}
	if s.Box {
		pointers = append(pointers, s.box.pointers()...)
	}
	if s.Near > 0 {
		pointers = append(pointers, &s.near.memory)
	}
	all := make([]array, len(pointers))
	for k, bytes := range s.arrayBytes() {
		all[k] = array{pointers[k], bytes}
	}
	return all
}

// at is the address of element k of a degree, of elements of that many bytes; degreeBytes is the
// size of what one degree has.
func at(base cu.DevicePtr, degree int, degreeBytes int64, k int, bytes int64) cu.DevicePtr {
	return base + cu.DevicePtr(int64(degree)*degreeBytes+int64(k)*bytes)
}

// Begin starts a stage and up to Degrees degrees, whose windows have these radii, as all methods
// have them until the next Begin. Centres are those of sample, raw tokens [P,C] of some images,
// which slot 0 is used for.
func (s *Scoring) Begin(radii []int, sample func(k int) []float32, samples int) error {
	s.radii = radii
	err := s.device.context.Do(func() error {
		err := cu.MemsetD8Async(s.centres, 0, int64(s.Degrees)*s.centreBytes(), s.device.computing)
		if err == nil && s.Box {
			err = cu.MemsetD8Async(s.box.centre, 0, s.centreBytes(), s.device.computing)
		}
		return cuda.Explain("clearing device memory", err)
	})
	for k := 0; k < samples && err == nil; k++ {
		if err = s.bring(0, sample(k), false); err != nil {
			break
		}
		err = s.eachDegree(Preparing, s.device.computing, func(degree int) error {
			if degree == 0 && s.Box {
				if err := s.addCentre(s.box.centre, s.box.features, samples); err != nil {
					return err
				}
			}
			return s.addCentre(at(s.centres, degree, s.centreBytes(), 0, 0),
				at(s.features, degree, s.featureBytes(), 0, 0), samples)
		})
	}
	return err
}

// addCentre adds the share of slot 0, one of so many samples, to a centre.
func (s *Scoring) addCentre(centre, features cu.DevicePtr, samples int) error {
	return s.device.launch("add_centre", grid{(s.Channels + threads - 1) / threads, 1}, threads, 0,
		centre, features, s.patches(), s.Channels, s.padded(), 1/float64(samples))
}

// Load brings an image's raw tokens [P,C] to the device and makes its features of every degree.
// tokens may change when it returns.
func (s *Scoring) Load(slot int, tokens []float32) error {
	return s.bring(slot, tokens, true)
}

func (s *Scoring) bring(slot int, tokens []float32, centred bool) error {
	stage := &s.staging[s.nextStage]
	s.nextStage = (s.nextStage + 1) % stagingImages
	return s.device.context.Do(func() error {
		if err := stage.copied.Synchronize(); err != nil {
			return cuda.Explain("copying patch tokens to the device", err)
		}
		copyParallel(stage.pinned, unsafe.Slice((*byte)(unsafe.Pointer(&tokens[0])),
			len(tokens)*bytesOfFloat))
		if err := s.device.copying.Wait(stage.aggregated, 0); err != nil {
			return cuda.Explain("waiting for the device", err)
		}
		if err := s.during(Copying, s.device.copying, func() error {
			return cu.MemcpyHtoDAsync(stage.tokens, unsafe.Pointer(&stage.pinned[0]),
				s.tokenBytes(), s.device.copying)
		}); err != nil {
			return cuda.Explain("copying patch tokens to the device", err)
		}
		if err := stage.copied.Record(s.device.copying); err != nil {
			return cuda.Explain("copying patch tokens to the device", err)
		}
		if err := s.device.computing.Wait(stage.copied, 0); err != nil {
			return cuda.Explain("waiting for the device", err)
		}
		if err := s.during(Preparing, s.device.computing, func() error {
			return s.aggregate(slot, stage, centred)
		}); err != nil {
			return err
		}
		return cuda.Explain("preparing features", stage.aggregated.Record(s.device.computing))
	})
}

func (s *Scoring) aggregate(slot int, stage *stage, centred bool) error {
	err := s.device.launch("sum_tokens", grid{sumParts, 1}, threads, 0, stage.sums, stage.tokens,
		s.patches()*s.Channels)
	image := s.featureBytes() / int64(s.Slots)
	for degree := 0; degree < len(s.radii) && err == nil; degree++ {
		centre := s.noCentre
		if centred {
			centre = at(s.centres, degree, s.centreBytes(), 0, 0)
		}
		err = s.device.launch("aggregate", grid{s.patches(), 1}, threads, s.Channels*bytesOfFloat,
			at(s.features, degree, s.featureBytes(), slot, image),
			at(s.residuals, degree, s.featureBytes(), slot, image),
			at(s.halfNorms, degree, s.normBytes(), slot, s.normBytes()/int64(s.Slots)),
			stage.tokens, stage.sums, centre, sumParts, s.Height, s.Width, s.Channels, s.padded(),
			s.radii[degree])
	}
	if err == nil && s.Box {
		err = s.aggregateBox(slot, stage, centred)
	}
	return err
}

// copyParallel copies with several goroutines: one core is slower than the bus.
func copyParallel(to, from []byte) {
	const least = 1 << 20
	parts := max(1, min(runtime.GOMAXPROCS(0), 8, len(from)/least))
	var group sync.WaitGroup
	for k := range parts {
		first, end := k*len(from)/parts, (k+1)*len(from)/parts
		group.Go(func() { copy(to[first:end], from[first:end]) })
	}
	group.Wait()
}

// Interval says which of the sorted distances count, and how they are averaged (Eq. 2).
type Interval struct {
	Start, Stop int
	Average     int // 0 mean, 1 minimum, 2 maximum
}

// Select finds, for every patch of the first rows, which scorers' distances count. Scorers self,
// self+1 and so on are the rows themselves; a negative self says that none is.
func (s *Scoring) Select(rows, self int, interval Interval) error {
	return s.eachDegree(Selecting, s.device.computing, func(degree int) error {
		return s.device.launch("select_nearest", grid{(s.patches() + threads - 1) / threads, rows},
			threads, 0, at(s.ends, degree, s.endBytes(), 0, 0),
			at(s.totals, degree, s.totalBytes(), 0, 0), at(s.keys, degree, s.keyBytes(), 0, 0),
			s.Scorers, s.patches(), self, interval.Start, interval.Stop, interval.Average)
	})
}

// AddDistances adds the exact distances of the selected scorers first to first+count-1, whose
// features are in slot and those after it. It must see all scorers, in order.
func (s *Scoring) AddDistances(rows, self, slot, first, count int, interval Interval) error {
	scorers, channels := s.addBlock()
	return s.eachDegree(Adding, s.device.computing, func(degree int) error {
		for done := 0; done < count; done += scorers {
			for begin := 0; begin < s.padded(); begin += channels {
				err := s.device.launch("add_distances", grid{ceil(s.patches(), warps), rows}, threads,
					0, at(s.totals, degree, s.totalBytes(), 0, 0),
					at(s.ends, degree, s.endBytes(), 0, 0), s.partial,
					at(s.keys, degree, s.keyBytes(), 0, 0),
					at(s.features, degree, s.featureBytes(), 0, 0),
					at(s.residuals, degree, s.featureBytes(), 0, 0), s.Scorers, s.patches(),
					s.padded(), self, 0, slot+done, first+done, min(scorers, count-done), begin,
					min(begin+channels, s.padded()), interval.Average)
				if err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// AddScores adds the averages of the first rows, weighted by degree, to the scores of images
// first and those after it (Eq. 3).
func (s *Scoring) AddScores(rows, first int, weights []float64, interval Interval) error {
	values := rows * s.patches()
	return s.eachDegree(Adding, s.device.computing, func(degree int) error {
		factor := weights[degree]
		if interval.Average == 0 {
			factor /= float64(interval.Stop - interval.Start)
		}
		image := bytesOfDouble * int64(s.patches())
		return s.device.launch("add_scores", grid{(values + threads - 1) / threads, 1}, threads, 0,
			at(s.scores, 0, 0, first, image), at(s.totals, degree, s.totalBytes(), 0, 0), values,
			factor)
	})
}

func (s *Scoring) eachDegree(step Step, stream cu.Stream,
	submit func(degree int) error) error {

	return s.device.context.Do(func() error {
		return s.during(step, stream, func() error {
			for degree := range s.radii {
				if err := submit(degree); err != nil {
					return err
				}
			}
			return nil
		})
	})
}
