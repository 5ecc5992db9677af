package cpu

import "testing"

func TestWrongArgumentsPanicByName(t *testing.T) {
	x, packedX, i := make([]float32, 6), make([]float32, PackedLen(2, 3)), make([]int32, 2)
	tests := []struct {
		want string
		call func()
	}{
		{badShape, func() { PackedLen(0, 3) }},
		{badShape, func() { PackedLen(2, 0) }},
		{badShape, func() { MutualNearest(i, i, packedX, packedX, 2, -1, 3) }},
		{badShape, func() { Distances(x, x, x, nil, 3) }},
		{shortPacked, func() { Pack(packedX[1:], x, 2, 3) }},
		{shortPacked, func() { MutualNearest(i, i, packedX, packedX, 2, 49, 3) }},
		{shortPacked, func() { MutualNearest(i, i, packedX[1:], packedX, 2, 2, 3) }},
		{shortFeatures, func() { Pack(packedX, x[1:], 2, 3) }},
		{shortFeatures, func() { Distances(x, x[1:], x, i, 3) }},
		{shortNearest, func() { MutualNearest(i[1:], i, packedX, packedX, 2, 2, 3) }},
		{shortNearest, func() { MutualNearest(i, i[1:], packedX, packedX, 2, 2, 3) }},
		{shortDistances, func() { Distances(x[:1], x, x, i, 3) }},
		{badNearest, func() { Distances(x, x, x, []int32{0, 2}, 3) }},
		{badNearest, func() { Distances(x, x, x, []int32{0, -1}, 3) }},
	}
	for _, test := range tests {
		func() {
			defer func() {
				if got := recover(); got != test.want {
					t.Errorf("panic %v, want %q", got, test.want)
				}
			}()
			test.call()
		}()
	}
}
