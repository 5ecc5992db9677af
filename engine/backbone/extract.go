package backbone

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"

	ort "github.com/yalue/onnxruntime_go"

	"musc/engine/fault"
)

// Tokens is where Extract writes: the caller's memory, which may be longer than needed.
type Tokens struct {
	Stages [][]float32 // Stages slices of [B,P,C]
	Class  []float32   // [B,D]
}

// NewTokens makes room for the tokens of n images.
func (i Info) NewTokens(n int) Tokens {
	tokens := Tokens{Stages: make([][]float32, Stages), Class: make([]float32, n*i.ClassDim)}
	for stage := range tokens.Stages {
		tokens.Stages[stage] = make([]float32, n*i.Patches()*i.Channels)
	}
	return tokens
}

// errClosed is the answer of a session that was closed.
var errClosed = errors.New("the model was closed")

// Extract runs n images, batch [n,3,S,S] as float32, and writes their tokens to out. ONNX Runtime
// reads and writes the callers' slices in place: nothing is copied or kept between calls. Every
// n >= 0 is allowed; a model whose batch is fixed is run in batches of that size, the last one
// filled up with zeros.
//
// A cancelled ctx ends the run after the operator under way; Extract then returns ctx.Err(), and
// out holds anything. Other errors: fault.Setup if memory runs out, fault.Input if the model
// fails or hands out other shapes than it declares. Values are not looked at: they may be NaN.
func (s *Session) Extract(ctx context.Context, batch []float32, n int, out Tokens) error {
	s.closing.RLock()
	defer s.closing.RUnlock()
	if s.runner == nil {
		return errClosed
	}
	if err := s.info.checkRoom(batch, n, out); err != nil {
		return err
	}
	step := n
	if s.info.Batch > 0 {
		step = s.info.Batch
	}
	for done := 0; done < n; done += step {
		images, room := batch[done*s.info.imageLength():], out.from(done, s.info)
		var err error
		if n-done < step {
			err = s.runFilled(ctx, images, n-done, step, room)
		} else {
			err = s.run(ctx, images, step, room)
		}
		if err != nil {
			return err
		}
	}
	if s.info.ClassL2 {
		normaliseRows(out.Class[:n*s.info.ClassDim], s.info.ClassDim)
	}
	return nil
}

// runFilled is one run of n images, filled up with zeros to step.
func (s *Session) runFilled(ctx context.Context, images []float32, n, step int, out Tokens) error {
	filled := make([]float32, step*s.info.imageLength())
	copy(filled, images[:n*s.info.imageLength()])
	tokens := s.info.NewTokens(step)
	if err := s.run(ctx, filled, step, tokens); err != nil {
		return err
	}
	out.take(tokens, n, s.info)
	return nil
}

// run is one run of exactly n images.
func (s *Session) run(ctx context.Context, images []float32, n int, out Tokens) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	i := &s.info
	side := int64(i.ImageSize)
	var pinner runtime.Pinner // the library keeps the addresses for longer than one call
	defer pinner.Unpin()
	values := make([]ort.Value, 0, 1+len(outputNames))
	defer func() {
		for _, value := range values {
			value.Destroy()
		}
	}()
	add := func(data []float32, shape ...int64) error {
		shape = append([]int64{int64(n)}, shape...)
		pinner.Pin(&data[0])
		tensor, err := ort.NewTensor(ort.NewShape(shape...), data)
		if err != nil {
			return fmt.Errorf("cannot make a tensor of %v for model %s: %w", shape, s.model, err)
		}
		values = append(values, tensor)
		return nil
	}
	if err := add(images, 3, side, side); err != nil {
		return err
	}
	for _, stage := range out.Stages {
		if err := add(stage, int64(i.Patches()), int64(i.Channels)); err != nil {
			return err
		}
	}
	if err := add(out.Class, int64(i.ClassDim)); err != nil {
		return err
	}
	options, err := ort.NewRunOptions()
	if err != nil {
		return fmt.Errorf("cannot run model %s: %w", s.model, err)
	}
	defer options.Destroy()
	terminated := make(chan struct{})
	keepRunning := context.AfterFunc(ctx, func() {
		defer close(terminated)
		_ = options.Terminate() // it fails only without options
	})
	err = s.runner.RunWithOptions(values[:1], values[1:], options)
	if !keepRunning() {
		<-terminated // it must not use the options after they are gone
	}
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return s.explain(err, n)
}

// explain gives the error of a run its kind.
func (s *Session) explain(err error, n int) error {
	reason := oneLine(err)
	for _, sign := range []string{"bad_alloc", "Failed to allocate", "out of memory"} {
		if strings.Contains(reason, sign) {
			return fault.New(fault.Setup, "memory ran out in model %s on %s with %d images at once: "+
				"%s; use smaller batches", s.model, s.info.Provider, n, reason)
		}
	}
	return fault.New(fault.Input, "model %s failed on %d images: %s; build it again",
		s.model, n, reason)
}

func (i Info) imageLength() int { return 3 * i.ImageSize * i.ImageSize }

// checkRoom compares lengths; an error is a mistake of the calling code.
func (i Info) checkRoom(batch []float32, n int, out Tokens) error {
	if n < 0 || len(out.Stages) != Stages {
		return fmt.Errorf("extract %d images into %d stages instead of %d", n, len(out.Stages),
			Stages)
	}
	if len(batch) < n*i.imageLength() || len(out.Class) < n*i.ClassDim {
		return fmt.Errorf("extract %d images: %d values of pixels and %d of class tokens are too few",
			n, len(batch), len(out.Class))
	}
	for stage, tokens := range out.Stages {
		if len(tokens) < n*i.Patches()*i.Channels {
			return fmt.Errorf("extract %d images: %d values of stage %d are too few", n,
				len(tokens), stage)
		}
	}
	return nil
}

// from is the part of t from one image on.
func (t Tokens) from(image int, info Info) Tokens {
	rest := Tokens{Stages: make([][]float32, len(t.Stages)), Class: t.Class[image*info.ClassDim:]}
	for stage, tokens := range t.Stages {
		rest.Stages[stage] = tokens[image*info.Patches()*info.Channels:]
	}
	return rest
}

// take copies the first n images of other.
func (t Tokens) take(other Tokens, n int, info Info) {
	copy(t.Class, other.Class[:n*info.ClassDim])
	for stage, tokens := range other.Stages {
		copy(t.Stages[stage], tokens[:n*info.Patches()*info.Channels])
	}
}

// normaliseRows divides each row by its L2 norm; a row of zeros stays as it is.
func normaliseRows(rows []float32, width int) {
	for ; len(rows) > 0; rows = rows[width:] {
		var sum float64
		for _, v := range rows[:width] {
			sum += float64(v) * float64(v)
		}
		if sum == 0 {
			continue
		}
		norm := math.Sqrt(sum)
		for c, v := range rows[:width] {
			rows[c] = float32(float64(v) / norm)
		}
	}
}
