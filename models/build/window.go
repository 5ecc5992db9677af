package build

import "fmt"

// maskedOut is added to the attention between patches that are no neighbours in the image, as the
// weights were trained.
const maskedOut = -100

// windowAttention is attention within the windows of w x w patches that the grid is cut into:
//
//	softmax(Q K^t / sqrt(C/heads) + B + M) V    of each window and head, heads side by side
//
// for x [batch,P,C], without the projection. B holds a bias a head for each relative position. In
// every second block the grid is first rolled by w/2 up and left, unless it is one window or
// less; M then keeps what was not adjacent apart. A grid that is no multiple of w is padded with
// zeros below and at the right after rolling; they take part in the attention, as in timm.
func (b *builder) windowAttention(x string, stage swinStage, index int) string {
	w := b.spec.Window
	prefix, shift := stage.block(index)+"attn.", 0
	if index%2 == 1 && stage.grid > w {
		shift = w / 2
	}
	across := (stage.grid + w - 1) / w
	windows, area, heads := across*across, w*w, stage.heads
	shapes := stage.prefix + "windows"
	b.once(shapes, func() {
		b.Integers(shapes, 0, int64(windows), int64(area), int64(heads), int64(stage.width/heads))
		b.Integers(shapes+"_flat", 0, int64(windows*area), int64(stage.width))
	})
	apart := func(x string, order ...int) string {
		return b.Node("Transpose", []string{b.Node("Reshape", []string{x, shapes})},
			attribute("perm", order))
	}
	order := newWindowOrder(stage.grid, w, shift)
	parts := b.Split(b.linear(b.cut(x, stage, order), prefix+"qkv", 3*stage.width, stage.width, ""),
		3, 2)
	query := b.Node("Mul", []string{apart(parts[0], 0, 1, 3, 2, 4), "scale"})
	key, value := apart(parts[1], 0, 1, 3, 4, 2), apart(parts[2], 0, 1, 3, 2, 4)
	scores := b.Node("Add", []string{b.Node("MatMul", []string{query, key}), b.biases(prefix, heads)})
	if shift > 0 {
		mask := stage.prefix + "mask"
		b.once(mask, func() { b.tensor(mask, []int{windows, 1, area, area}, order.mask()) })
		scores = b.Node("Add", []string{scores, mask})
	}
	weights := b.Node("Softmax", []string{scores}, attribute("axis", -1))
	sum := b.Node("Transpose", []string{b.Node("MatMul", []string{weights, value})},
		attribute("perm", []int{0, 1, 3, 2, 4}))
	sum = b.Node("Reshape", []string{sum, shapes + "_flat"})
	back := fmt.Sprintf("%sfrom_windows_%d", stage.prefix, shift)
	b.once(back, func() { b.Integers(back, order.back()...) })
	return b.Node("Gather", []string{sum, back}, attribute("axis", 1))
}

// cut rolls, pads and cuts the grid in one step: x [batch,P,C] to [batch,windows*w*w,C].
func (b *builder) cut(x string, stage swinStage, order windowOrder) string {
	name := fmt.Sprintf("%sto_windows_%d", stage.prefix, order.shift)
	b.once(name, func() { b.Integers(name, order.patches...) })
	if order.padded() {
		b.once("row_after", func() { b.Integers("row_after", 0, 0, 0, 0, 1, 0) })
		x = b.Node("Pad", []string{x, "row_after"})
	}
	return b.Node("Gather", []string{x, name}, attribute("axis", 1))
}

// biases is B, [heads,w*w,w*w]: the table's row for patches (y,x) and (v,u) of a window is
// (y - v + w-1) (2w-1) + x - u + w-1.
func (b *builder) biases(prefix string, heads int) string {
	w := b.spec.Window
	area, side := w*w, 2*w-1
	values := make([]float32, heads*area*area)
	b.try(func() error {
		table, err := b.weights.read(prefix+"relative_position_bias_table", side*side, heads)
		if err != nil {
			return err
		}
		for i := range values {
			head, p, q := i/(area*area), i/area%area, i%area
			row := (p/w-q/w+w-1)*side + p%w - q%w + w - 1
			values[i] = table[row*heads+head]
		}
		return nil
	})
	return b.tensor(prefix+"biases", []int{heads, area, area}, values)
}

// once adds constants that several blocks share.
func (b *builder) once(name string, add func()) {
	if !b.added[name] {
		b.added[name] = true
		add()
	}
}

// windowOrder says which patch of a grid comes to which place of the windows: entry n*w*w + y*w + x
// of patches is the patch at (y,x) of window n, grid*grid for one of the padding.
type windowOrder struct {
	grid, window, shift int
	patches             []int64
}

func newWindowOrder(grid, window, shift int) windowOrder {
	o := windowOrder{grid: grid, window: window, shift: shift}
	o.each(func(y, x int) {
		patch := grid * grid
		if y < grid && x < grid {
			patch = (y+shift)%grid*grid + (x+shift)%grid
		}
		o.patches = append(o.patches, int64(patch))
	})
	return o
}

// each visits the places of the windows in their order, as rows and columns of the padded grid.
func (o windowOrder) each(visit func(y, x int)) {
	across := (o.grid + o.window - 1) / o.window
	for place := range across * across * o.window * o.window {
		inside, window := place%(o.window*o.window), place/(o.window*o.window)
		visit(window/across*o.window+inside/o.window, window%across*o.window+inside%o.window)
	}
}

func (o windowOrder) padded() bool { return o.grid%o.window != 0 }

// back is the inverse: the place of each patch.
func (o windowOrder) back() []int64 {
	places := make([]int64, o.grid*o.grid)
	for place, patch := range o.patches {
		if int(patch) < len(places) {
			places[patch] = int64(place)
		}
	}
	return places
}

// mask is M, [windows,w*w,w*w]. The padded grid has three bands along each axis: all but the last
// window, that window up to its last shift patches, and those, which came from the other border.
// Patches of different bands do not see each other. With padding the bands lie in the padded grid,
// as in timm: some patches that came from the other border are then in one band with their new
// neighbours.
func (o windowOrder) mask() []float32 {
	side := (o.grid + o.window - 1) / o.window * o.window
	band := func(at int) int {
		switch {
		case at < side-o.window:
			return 0
		case at < side-o.shift:
			return 1
		}
		return 2
	}
	var bands []int
	o.each(func(y, x int) { bands = append(bands, 3*band(y)+band(x)) })
	area := o.window * o.window
	mask := make([]float32, len(bands)*area)
	for i := range mask {
		place := i / area
		if bands[place] != bands[place/area*area+i%area] {
			mask[i] = maskedOut
		}
	}
	return mask
}
