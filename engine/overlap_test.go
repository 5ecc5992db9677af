package engine

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"musc/engine/backbone"
	"musc/engine/dataset"
	"musc/engine/imageio"
)

// span is when something happened.
type span struct{ begin, end time.Time }

func (s span) overlaps(other span) bool {
	return s.begin.Before(other.end) && other.begin.Before(s.end)
}

// slow is an extraction of tiny images, one a batch, whose photos and devices are as slow as a
// test wants: what is in during ends only when the other thing has begun. It is the devices' and the
// observer, too. Times are those of "decode 4", "backbone 3" (of a device) and "keep 2".
type slow struct {
	Silent
	t       *testing.T
	x       *extractor
	mutex   sync.Mutex
	reached map[string]chan struct{}
	spans   map[string]span
	during  map[string]string
}

func newSlow(t *testing.T, images, devices, lanes int, during map[string]string) *slow {
	p := &slow{t: t, reached: map[string]chan struct{}{}, spans: map[string]span{}, during: during}
	job := Config{Batch: 1, Threads: 2, Memory: 1 << 30, Scoring: Defaults()}
	for k := range images {
		job.Images = append(job.Images, dataset.Item{Name: fmt.Sprint(k)})
	}
	var sources []tokenSource
	for range devices {
		sources = append(sources, p)
	}
	p.x = newExtractor(&job, job.Images, &clock{observer: p}, tinyInfo, newLanes(sources, lanes, 1))
	p.x.allocate = tinyStore
	p.x.one = func(index int) prepared {
		p.happens(fmt.Sprint("decode ", index))
		side := tinyInfo.ImageSize
		pixels := &imageio.RGB{Width: side, Height: side, Pix: make([]uint8, 3*side*side)}
		pixels.Pix[0] = uint8(index)
		return prepared{index: index, views: []view{{pixels: pixels}}}
	}
	return p
}

func (p *slow) signal(what string) chan struct{} {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.reached[what] == nil {
		p.reached[what] = make(chan struct{})
	}
	return p.reached[what]
}

// happens tells that something has begun, and waits for what is to begin meanwhile.
func (p *slow) happens(what string) {
	begin := time.Now()
	close(p.signal(what))
	if other, ok := p.during[what]; ok {
		select {
		case <-p.signal(other):
		case <-time.After(10 * time.Second):
			p.t.Errorf("%s does not begin during %s", other, what)
		}
	}
	time.Sleep(time.Millisecond)
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.spans[what] = span{begin, time.Now()}
}

// Extract is the devices': all tokens are the image's number.
func (p *slow) Extract(_ context.Context, batch []float32, n int, out backbone.Tokens) error {
	number := batch[0] * 255 // as tinyInfo normalises
	p.happens(fmt.Sprintf("backbone %.0f", number))
	for _, stage := range out.Stages {
		for k := range stage {
			stage[k] = 1 + number
		}
	}
	return nil
}

// Advance hears that an image's tokens were kept.
func (p *slow) Advance(int) { p.happens(fmt.Sprint("keep ", len(p.x.found.images))) }

// Decoding, the backbone and the keeping of tokens go on at the same time: each waits here until
// the other one has begun, which a program that does one after the other never comes to.
func TestDecodingBackboneAndKeepingOverlap(t *testing.T) {
	for _, test := range []struct {
		name           string
		devices, lanes int
		one, other     string
	}{
		{"CPU: an image is decoded while the backbone works", 1, 1, "backbone 0", "decode 3"},
		{"CPU: two images are decoded at once", 1, 1, "decode 0", "decode 1"},
		{"GPU: an image is decoded while the backbone works", 1, 2, "backbone 0", "decode 4"},
		{"GPU: tokens are kept while it has the next image", 1, 2, "backbone 3", "keep 2"},
		{"two GPUs work at once", 2, 2, "backbone 2", "backbone 3"},
		{"two GPUs work while tokens are kept", 2, 2, "backbone 4", "keep 2"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newSlow(t, 8, test.devices, test.lanes,
				map[string]string{test.one: test.other, test.other: test.one})
			if err := p.x.run(t.Context()); err != nil {
				t.Fatal(err)
			}
			defer p.x.found.close()
			if one, other := p.spans[test.one], p.spans[test.other]; !one.overlaps(other) {
				t.Errorf("%s %v, %s %v", test.one, one, test.other, other)
			}
			for k, image := range p.x.found.images {
				for stage := range backbone.Stages {
					token := p.x.found.store.Tokens(stage, k)[7]
					if image.Name != fmt.Sprint(k) || int(token+0.5) != 1+k {
						t.Errorf("image %d is %s with %v at stage %d", k, image.Name, token, stage)
					}
				}
			}
		})
	}
}
