package health

import (
	"gonum.org/v1/gonum/mat"
)

// ridge is how much the span of class tokens is trusted, as a part of their median squared distance
// from their middle.
const ridge = 0.1

// span is what a group of photos has in common: a middle class token and the directions in which they
// differ, each trusted as far as the photos go in it. The middle is the median of each entry of the
// tokens of length 1; about the mean, every photo would be minus the sum of the others. With X, [n,D],
// the tokens less the middle, and s = 0.1 median |x|^2, what the span leaves of a token t less it is
//
//	u(t) = s + |t|^2 - t X' (X X' + s I)^-1 X t'
//
// the variance that a Gaussian process with this kernel leaves. A photo with an unusual defect may lie
// far from all others and still be left little, since other photos differ in the same direction;
// another product is not.
type span struct {
	c       *compared
	members []int     // of the compared
	middle  []float64 // [D]
	rows    []float32 // [n,D]: X
	s       float64
	factor  mat.Cholesky // of X X' + s I
	sound   bool
}

// spanOf is that of some of the compared photos, at least one.
func (c *compared) spanOf(members []int) *span {
	n, d := len(members), c.width
	p := &span{c: c, members: members, middle: make([]float64, d), rows: make([]float32, n*d)}
	inParallel(d, func(e int) {
		values := make([]float64, n)
		for k, i := range members {
			values[k] = float64(c.token(i)[e])
		}
		p.middle[e] = median(values)
	})
	for k, i := range members {
		p.less(p.rows[k*d:][:d], c.token(i))
	}
	squares := make([]float64, n)
	for k := range n {
		row := p.rows[k*d:][:d]
		squares[k] = float64(dot(row, row))
	}
	p.refit(ridge * median(squares))
	return p
}

// refit factors X X' + s I.
func (p *span) refit(s float64) {
	n, d := len(p.members), p.c.width
	gram := make([]float64, n*n)
	inParallel(n, func(a int) {
		for b := a; b < n; b++ {
			gram[a*n+b] = float64(dot(p.rows[a*d:][:d], p.rows[b*d:][:d]))
		}
		gram[a*n+a] += s
	})
	p.s = s
	p.sound = s > 0 && p.factor.Factorize(mat.NewSymDense(n, gram))
}

// less is a token less the middle.
func (p *span) less(to, token []float32) {
	for e, value := range token {
		to[e] = float32(float64(value) - p.middle[e])
	}
}

// left is u of each of some photos that are not members.
func (p *span) left(photos []int) []float64 {
	n, d := len(p.members), p.c.width
	out := make([]float64, len(photos))
	inParallel(len(photos), func(k int) {
		token := make([]float32, d)
		p.less(token, p.c.token(photos[k]))
		towards := mat.NewVecDense(n, nil)
		for a := range n {
			towards.SetVec(a, float64(dot(token, p.rows[a*d:][:d])))
		}
		var solved mat.VecDense
		if err := p.factor.SolveVecTo(&solved, towards); err == nil {
			out[k] = p.s + float64(dot(token, token)) - mat.Dot(towards, &solved)
		}
	})
	return out
}

// leftWithout is u of each member if a group of members, of which it is one, were none: for a group g
// it is the diagonal of the inverse of ((X X' + s I)^-1)_gg. The groups name places in members and
// are disjoint; all members must be in one.
func (p *span) leftWithout(groups [][]int) []float64 {
	out := make([]float64, len(p.members))
	var inverse mat.SymDense
	if err := p.factor.InverseTo(&inverse); err != nil {
		return out
	}
	for _, group := range groups {
		block := mat.NewSymDense(len(group), nil)
		for a, i := range group {
			for b, j := range group[a:] {
				block.SetSym(a, a+b, inverse.At(i, j))
			}
		}
		var factor mat.Cholesky
		var left mat.SymDense
		if !factor.Factorize(block) || factor.InverseTo(&left) != nil {
			continue
		}
		for a, i := range group {
			out[i] = left.At(a, a)
		}
	}
	return out
}
