package export

import (
	"math/rand/v2"
	"testing"

	"musc/engine/verdict"
)

// mask is a small picture: '#' is a pixel of the region.
type mask []string

func (m mask) runs() (runs []verdict.Run) {
	for y, row := range m {
		for x := 0; x < len(row); x++ {
			if row[x] != '#' {
				continue
			}
			from := x
			for x < len(row) && row[x] == '#' {
				x++
			}
			runs = append(runs, verdict.Run{Y: y, From: from, To: x})
		}
	}
	return runs
}

// painted is the slow way back: a pixel is inside if a ray from its centre to the left crosses
// upright edges an odd number of times, and if the number of those that go up is not that of those
// that go down.
func painted(t *testing.T, polygons []polygon, height, width int) mask {
	t.Helper()
	m := make(mask, height)
	for y := range m {
		row := make([]byte, width)
		for x := range row {
			row[x] = '.'
			for _, line := range polygons {
				up, down := 0, 0
				for k, a := range line {
					b := line[(k+1)%len(line)]
					if a.x != b.x || a.x > x || min(a.y, b.y) > y || max(a.y, b.y) <= y {
						continue
					}
					if b.y < a.y {
						up++
					} else {
						down++
					}
				}
				if (up+down)%2 == 0 != (up == down) {
					t.Fatalf("pixel %d,%d: the rules differ in %v", x, y, line)
				}
				if up != down && row[x] == '#' {
					t.Fatalf("pixel %d,%d is in two polygons: %v", x, y, polygons)
				}
				if up != down {
					row[x] = '#'
				}
			}
		}
		m[y] = string(row)
	}
	return m
}

// corners walks along a polygon, every corner of a pixel on it.
func corners(line polygon) (all []point) {
	for k, a := range line {
		b := line[(k+1)%len(line)]
		step := point{sign(b.x - a.x), sign(b.y - a.y)}
		for p := a; p != b; p = (point{p.x + step.x, p.y + step.y}) {
			all = append(all, p)
		}
	}
	return all
}

func sign(x int) int { return min(1, max(-1, x)) }

// components counts the regions of pixels that touch, also by corners only.
func components(m mask) (count int) {
	seen := map[point]bool{}
	var fill func(p point)
	fill = func(p point) {
		if p.y < 0 || p.y >= len(m) || p.x < 0 || p.x >= len(m[p.y]) || m[p.y][p.x] != '#' || seen[p] {
			return
		}
		seen[p] = true
		for k := range 9 {
			fill(point{p.x + k%3 - 1, p.y + k/3 - 1})
		}
	}
	for y := range m {
		for x := range m[y] {
			if p := (point{x, y}); m[y][x] == '#' && !seen[p] {
				count++
				fill(p)
			}
		}
	}
	return count
}

func checkOutlines(t *testing.T, m mask) {
	t.Helper()
	height, width := len(m), len(m[0])
	simple, slit := simplePolygons(m.runs()), slitPolygons(m.runs())
	for _, polygons := range [][]polygon{simple, slit} {
		for y, row := range painted(t, polygons, height, width) {
			if row != m[y] {
				t.Fatalf("row %d is %s, want %s of %q: %v", y, row, m[y], m, polygons)
			}
		}
		for _, line := range polygons {
			for k, b := range line {
				a, c := line[(k+len(line)-1)%len(line)], line[(k+1)%len(line)]
				if (a.x == b.x) == (b.x == c.x) || (a.y == b.y) == (b.y == c.y) {
					t.Fatalf("%v is no corner of %v, around %q", b, line, m)
				}
			}
		}
	}
	for _, line := range simple {
		seen := map[point]bool{}
		for _, p := range corners(line) {
			if seen[p] {
				t.Fatalf("%v touches itself at %v, around %q", line, p, m)
			}
			seen[p] = true
		}
	}
	if want := components(m); len(slit) != want {
		t.Fatalf("%d polygons for %d regions of %q", len(slit), want, m)
	}
}

func TestOutlinesOfEverySmallMask(t *testing.T) {
	for bits := range 1 << 16 {
		m := make(mask, 4)
		for y := range m {
			row := []byte("....")
			for x := range row {
				if bits>>(4*y+x)&1 == 1 {
					row[x] = '#'
				}
			}
			m[y] = string(row)
		}
		checkOutlines(t, m)
	}
}

func TestOutlinesOfNoise(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		m := make(mask, 1+random.IntN(17))
		width, density := 1+random.IntN(17), random.Float64()
		for y := range m {
			row := make([]byte, width)
			for x := range row {
				row[x] = '.'
				if random.Float64() < density {
					row[x] = '#'
				}
			}
			m[y] = string(row)
		}
		checkOutlines(t, m)
	}
}

func TestCountOfSimplePolygons(t *testing.T) {
	for name, c := range map[string]struct {
		mask mask
		want int
	}{
		"nothing":          {mask{"..."}, 0},
		"a pixel":          {mask{"#"}, 1},
		"a bay":            {mask{"#.#", "###"}, 1},
		"a comb":           {mask{"#####", "#.#.#", "#.#.#"}, 1},
		"a comb, upright":  {mask{"#.#.#", "#.#.#", "#####"}, 1},
		"an S":             {mask{"####", "#...", "####", "...#", "####"}, 1},
		"corners":          {mask{"#.", ".#"}, 2},
		"a hole":           {mask{"####", "#..#", "#..#", "####"}, 2},
		"a hole to corner": {mask{"###", "#.#", "##."}, 2},
		"two holes":        {mask{"#####", "#.#.#", "#####"}, 2},
	} {
		if got := simplePolygons(c.mask.runs()); len(got) != c.want {
			t.Errorf("%s: %d polygons, want %d: %v", name, len(got), c.want, got)
		}
	}
}
