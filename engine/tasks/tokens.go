package tasks

import (
	"cmp"
	"context"
	"runtime"
	"slices"

	"musc/engine"
	"musc/engine/fault"
	"musc/engine/features"
	"musc/engine/memory"
	"musc/engine/rscin"
)

// classTokens are the class tokens [N,D] of the images that were scored, in the order of the listing.
// Parts have theirs by subset: they are brought into that order once, in memory or, if they do not
// fit, in a file. They are rscin.Tokens.
type classTokens struct {
	n, d   int
	values *features.Array
}

// bytesBetween is how much is written to a file before its pages may leave the memory.
const bytesBetween = 64 << 20

// readTokens reads the class tokens of all parts.
func (p *Plan) readTokens(ctx context.Context, f Folder, g *gathered, machine engine.Config) (
	*classTokens, error) {
	t := &classTokens{n: len(g.rows), d: g.records[0].Model.ClassDim}
	folder := machine.SpillInto
	bound := cmp.Or(machine.Memory, memory.FairShare())
	if 4*int64(t.n)*int64(t.d) < bound-memory.Resident() || folder == "" {
		folder = ""
	}
	var err error
	if t.values, err = features.NewArray(int64(t.n)*int64(t.d), folder); err != nil {
		return nil, err
	}
	if err := t.fill(ctx, p, f, g); err != nil {
		t.close()
		return nil, err
	}
	return t, nil
}

func (t *classTokens) fill(ctx context.Context, p *Plan, f Folder, g *gathered) error {
	written := 0
	for subset := range g.records {
		if err := ctx.Err(); err != nil {
			return err
		}
		part, err := p.ReadPart(f, subset, Class)
		if err != nil {
			return err
		}
		if len(part.Images) > 0 && part.Model.ClassDim != t.d {
			return fault.New(fault.Input, "%s has class tokens of %d entries, and %s of %d: they are of "+
				"different models", f.File(PhaseScore, subset), part.Model.ClassDim,
				f.File(PhaseScore, 0), t.d)
		}
		for k, image := range part.Images {
			at, found := slices.BinarySearchFunc(g.rows, image.Index, func(r row, index int) int {
				return cmp.Compare(r.Index, index)
			})
			if !found {
				return fault.New(fault.Input, "%s has changed while it was read; try again",
					f.File(PhaseScore, subset))
			}
			copy(t.row(at, 1), part.Class[k*t.d:(k+1)*t.d])
			if p.Scoring.NormaliseClass {
				rscin.Normalise(t.row(at, 1), t.d)
			}
		}
		if written += 4 * len(part.Class); written > bytesBetween {
			t.values.Release(0, t.values.Len())
			written = 0
		}
	}
	return nil
}

// row is a view of the class tokens of count images from `first` on.
func (t *classTokens) row(first, count int) []float32 {
	return t.values.Slice(int64(first)*int64(t.d), int64(first+count)*int64(t.d))
}

// Images, Dim and Read are those of rscin.Tokens.
func (t *classTokens) Images() int { return t.n }

// Dim is D.
func (t *classTokens) Dim() int { return t.d }

// Read copies the class tokens of count images.
func (t *classTokens) Read(dst []float32, first, count int) error {
	copy(dst, t.row(first, count))
	t.values.Release(int64(first)*int64(t.d), int64(first+count)*int64(t.d))
	return nil
}

func (t *classTokens) close() { t.values.Close() } // unmapping: nothing is lost by a failure

// threadsOf is how many threads compute on a machine.
func threadsOf(machine engine.Config) int { return cmp.Or(machine.Threads, runtime.GOMAXPROCS(0)) }
