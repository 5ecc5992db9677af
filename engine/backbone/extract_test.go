package backbone

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"musc/engine/fault"
)

// pixels makes n different images [n,3,S,S].
func pixels(n int) []float32 {
	batch := make([]float32, n*3*imageSide*imageSide)
	for i := range batch {
		batch[i] = float32(i*7919%509)/254 - 1
	}
	return batch
}

func extract(t testing.TB, s *Session, batch []float32, n int) Tokens {
	t.Helper()
	tokens := s.Info().NewTokens(n)
	if err := s.Extract(t.Context(), batch, n, tokens); err != nil {
		t.Fatal(err)
	}
	return tokens
}

// same compares tokens bit for bit.
func same(a, b Tokens) bool {
	equal := slices.Equal(a.Class, b.Class)
	for stage := range a.Stages {
		equal = equal && slices.Equal(a.Stages[stage], b.Stages[stage])
	}
	return equal
}

func TestTokensAreThoseOfTheGraph(t *testing.T) {
	const n = 3
	batch := pixels(n)
	for _, model := range []string{"tiny.onnx", "silent.onnx", "batch_of_2.onnx"} {
		session := open(t, Config{Model: tinyModel(model)})
		got := extract(t, session, batch, n)
		for image := range n {
			length := session.Info().imageLength()
			stages, class := expectedTokens(batch[image*length:][:length])
			if session.Info().ClassL2 {
				var sum float64
				for _, v := range class {
					sum += v * v
				}
				for c := range class {
					class[c] /= math.Sqrt(sum)
				}
			}
			for stage := range stages {
				checkClose(t, model, got.Stages[stage][image*patches*channels:], stages[stage])
			}
			checkClose(t, model, got.Class[image*channels:], class)
		}
	}
}

func checkClose(t *testing.T, name string, got []float32, want []float64) {
	t.Helper()
	for i := range want {
		if !(math.Abs(float64(got[i])-want[i]) < 1e-5) {
			t.Fatalf("%s: entry %d is %v, want %v", name, i, got[i], want[i])
		}
	}
}

// The tokens of an image do not depend on the threads or on the images beside it.
func TestBatchAndThreadsChangeNothing(t *testing.T) {
	const n = 5
	batch := pixels(n)
	want := extract(t, open(t, Config{Model: tinyModel("tiny.onnx"), Threads: 1}), batch, n)
	session := open(t, Config{Model: tinyModel("tiny.onnx"), Threads: 3})
	for size := 1; size <= n; size++ {
		got := session.Info().NewTokens(n)
		for at := 0; at < n; at += size {
			images := batch[at*session.Info().imageLength():]
			if err := session.Extract(t.Context(), images, min(size, n-at),
				got.from(at, session.Info())); err != nil {
				t.Fatal(err)
			}
		}
		if !same(got, want) {
			t.Errorf("batches of %d: other bits", size)
		}
	}
}

// Extract writes n images and not one value more, also when a fixed batch is filled up.
func TestNothingIsWrittenBehindTheLastImage(t *testing.T) {
	for _, model := range []string{"tiny.onnx", "batch_of_2.onnx"} {
		session := open(t, Config{Model: tinyModel(model)})
		tokens := session.Info().NewTokens(5)
		const mark = 1234
		for _, values := range append([][]float32{tokens.Class}, tokens.Stages...) {
			for i := range values {
				values[i] = mark
			}
		}
		if err := session.Extract(t.Context(), pixels(3), 3, tokens); err != nil {
			t.Fatal(err)
		}
		for _, values := range append([][]float32{tokens.Class}, tokens.Stages...) {
			written := slices.Index(values, mark)
			if written != len(values)/5*3 {
				t.Errorf("%s: %d of %d values written", model, written, len(values))
			}
		}
	}
}

func TestRoomThatDoesNotFit(t *testing.T) {
	session := open(t, Config{Model: tinyModel("tiny.onnx")})
	info := session.Info()
	two := info.NewTokens(2)
	for name, call := range map[string]struct {
		images []float32
		n      int
		room   Tokens
	}{
		"pixels":   {pixels(1), 2, two},
		"tokens":   {pixels(3), 3, two},
		"class":    {pixels(2), 2, Tokens{two.Stages, nil}},
		"stages":   {pixels(2), 2, Tokens{nil, two.Class}},
		"negative": {pixels(2), -1, two},
	} {
		if session.Extract(t.Context(), call.images, call.n, call.room) == nil {
			t.Errorf("%s: no error", name)
		}
	}
	none := Tokens{Stages: make([][]float32, Stages)}
	if err := session.Extract(t.Context(), nil, 0, none); err != nil {
		t.Errorf("no image: %v", err)
	}
}

// Room for two images: exactly as much, and one value less of each.
func TestRoomIsCountedToTheValue(t *testing.T) {
	info := Info{ImageSize: 4, GridHeight: 2, GridWidth: 3, Channels: 5, ClassDim: 7}
	const pixels, class, tokens = 2 * 3 * 4 * 4, 2 * 7, 2 * 2 * 3 * 5
	for _, c := range []struct {
		n, pixels, class, tokens int
		want                     string
	}{
		{2, pixels, class, tokens, ""},
		{0, 0, 0, 0, ""},
		{2, pixels - 1, class, tokens,
			"extract 2 images: 95 values of pixels and 14 of class tokens are too few"},
		{2, pixels, class - 1, tokens,
			"extract 2 images: 96 values of pixels and 13 of class tokens are too few"},
		{2, pixels, class, tokens - 1, "extract 2 images: 59 values of stage 0 are too few"},
		{-1, pixels, class, tokens, "extract -1 images into 4 stages instead of 4"},
	} {
		room := Tokens{Class: make([]float32, c.class)}
		for range Stages {
			room.Stages = append(room.Stages, make([]float32, c.tokens))
		}
		err := info.checkRoom(make([]float32, c.pixels), c.n, room)
		if c.want == "" && err != nil || c.want != "" && (err == nil || err.Error() != c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
}

func TestSeveralCallersAndClose(t *testing.T) {
	session := open(t, Config{Model: tinyModel("tiny.onnx"), Threads: 1})
	batch := pixels(2)
	want := extract(t, session, batch, 2)
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			for range 20 {
				got := session.Info().NewTokens(2)
				err := session.Extract(context.Background(), batch, 2, got)
				if err == nil && !same(got, want) {
					err = errors.New("other bits")
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	callers.Wait()
	if err := session.Close(); err != nil {
		t.Fatal(err)
	}
	if err := session.Extract(t.Context(), batch, 2, want); !errors.Is(err, errClosed) {
		t.Fatalf("after Close: %v", err)
	}
}

// A model whose graph disagrees with what it declares fails with its name. The sizes come from a
// run-time value, so that loading it cannot see the mistake.
func TestModelThatBreaksItsPromise(t *testing.T) {
	g := (&graph{}).declareAll(free)
	g.node("Shape", []string{imageInput}, "sizes")
	g.node("Sub", []string{"sizes", "sizes"}, "zeros")
	g.integers("axis", 0)
	g.node("ReduceSum", []string{"zeros", "axis"}, "zero", integer("keepdims", 1))
	g.weights("one", []float32{1}, 1)
	g.integers("wide", 1, patches, channels+1)
	g.node("Add", []string{"wide", "zero"}, "stage_shape")
	for _, name := range outputNames[:Stages] {
		g.node("Expand", []string{"one", "stage_shape"}, name)
	}
	g.integers("flat", 1, channels)
	g.node("Add", []string{"flat", "zero"}, "class_shape")
	g.node("Expand", []string{"one", "class_shape"}, classOutput)
	path := writeModel(t, g)
	session := open(t, Config{Model: path})
	err := session.Extract(t.Context(), pixels(1), 1, session.Info().NewTokens(1))
	if fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), path) {
		t.Fatalf("got %v of kind %v", err, fault.KindOf(err))
	}
}

func TestZeroClassTokenStaysZero(t *testing.T) {
	rows := []float32{3, 4, 0, 0, 1e-30, 0}
	normaliseRows(rows, 2)
	if want := []float32{0.6, 0.8, 0, 0, 1, 0}; !slices.Equal(rows, want) {
		t.Fatalf("got %v, want %v", rows, want)
	}
}

func TestCancelledBeforeTheRun(t *testing.T) {
	session := open(t, Config{Model: tinyModel("tiny.onnx")})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := session.Extract(ctx, pixels(1), 1, session.Info().NewTokens(1))
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
}

// A run under way ends early: this model takes half a minute.
func TestCancelledDuringTheRun(t *testing.T) {
	const side, layers = 1536, 400
	g := &graph{}
	g.integers("square", side, side)
	g.node("ConstantOfShape", []string{"square"}, "zeros")
	g.node("ReduceMean", []string{imageInput}, "mean", integer("keepdims", 0))
	g.node("Add", []string{"zeros", "mean"}, "layer0")
	for layer := range layers {
		from, to := "layer"+strconv.Itoa(layer), "layer"+strconv.Itoa(layer+1)
		g.node("MatMul", []string{from, from}, to)
	}
	g.node("ReduceMean", []string{"layer" + strconv.Itoa(layers)}, "end", integer("keepdims", 0))
	g.node("Add", []string{imageInput, "end"}, "shifted")
	g.tinyNodes("shifted")
	session := open(t, Config{Model: writeModel(t, g.declareAll(free)), Threads: 1})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	err := session.Extract(ctx, pixels(1), 1, session.Info().NewTokens(1))
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v", err)
	}
}

func writeModel(t *testing.T, g *graph) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "model.onnx")
	if err := os.WriteFile(path, g.bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}
