package cpu

import "testing"

func TestWrongArgumentsPanicByName(t *testing.T) {
	shape := grid(2, 1, 3, 0, 1)
	search, x := NewSearch(shape), make([]float32, 6)
	one := NewSearch(grid(1, 1, 3, 0))
	image, distances := make([]float32, shape.ImageLen()), make([]float32, 4)
	packed, columns := make([]float32, PackedLen(2, 3)), make([]float32, PackedPatchesLen(1, 3))
	tests := []struct {
		want string
		call func()
	}{
		{badShape, func() { grid(0, 1, 3, 0).ImageLen() }},
		{badShape, func() { grid(1, -1, 3, 0).ScratchLen() }},
		{badShape, func() { NewSearch(grid(1, 1, 0, 0)) }},
		{badRadii, func() { NewSearch(grid(1, 1, 1)) }},
		{badRadii, func() { NewSearch(grid(1, 1, 1, -1)) }},
		{badRadii, func() { NewSearch(grid(1, 1, 1, 1, 1)) }},
		{badRadii, func() { NewSearch(grid(1, 1, 1, make([]int, MaxDegrees+1)...)) }},
		{shortImage, func() { search.Prepare(image[1:], x, nil, x) }},
		{shortTokens, func() { search.Prepare(image, x[1:], nil, x) }},
		{shortActive, func() { search.Prepare(image, x, []bool{true}, x) }},
		{badNear, func() { bounded := shape; bounded.Near = -1; NewSearch(bounded) }},
		{shortCentre, func() { search.Prepare(image, x, nil, x[4:]) }},
		{shortImage, func() { search.Distances(distances, distances, image[1:], image) }},
		{shortImage, func() { search.Distances(distances, nil, image, image[1:]) }},
		{shortImage, func() { search.Products(image, image[1:]) }},
		{manyPatches, func() { search.PackPatches(columns, image, 1, len(image)) }},
		{shortImage, func() { one.PackPatches(columns, image, 1, one.imageLen-1) }},
		{shortPacked, func() { one.PackPatches(columns[1:], image, 1, one.imageLen) }},
		{manyPatches, func() { search.PatchDistances(distances, image, 1, image, columns, 1, len(image)) }},
		{shortDistances, func() { one.PatchDistances(nil, image, 1, image, columns, 1, one.imageLen) }},
		{shortImage, func() { one.PatchDistances(distances, image, 2, image, columns, 1, len(image)) }},
		{shortPacked, func() { one.PatchDistances(distances, image, 1, image, packed, 1, one.imageLen) }},
		{shortDistances, func() { search.Distances(distances[1:], nil, image, image) }},
		{shortDistances, func() { search.Distances(distances, distances[1:], image, image) }},
		{badWidth, func() { Pack(x, x, 4) }},
		{badWidth, func() { Pack(x, x, 0) }},
		{shortPacked, func() { Pack(packed[1:], x, 3) }},
		{badWidth, func() { InnerProducts(distances, x, packed, 2, 4) }},
		{badWidth, func() { InnerProducts(distances, x, packed, -1, 3) }},
		{shortPacked, func() { InnerProducts(distances, x, packed[1:], 2, 3) }},
		{shortProducts, func() { InnerProducts(distances[1:], x, packed, 2, 3) }},
		{shortIndices, func() { NotBelow(make([]int32, 5), x, 0) }},
	}
	for k, test := range tests {
		func() {
			defer func() {
				if got := recover(); got != test.want {
					t.Errorf("%d: panic %v, want %q", k, got, test.want)
				}
			}()
			test.call()
		}()
	}
}
