package kernels

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// Kernel is a kernel that finds the nearest patches (Eq. 1), by its name.
type Kernel string

// The kernels of the search. A device has one or more of them, see KernelsOf.
const (
	Search       Kernel = "search"        // search.cu, from compute capability 8.0 on
	SearchHopper Kernel = "search_hopper" // search_hopper.cu, for 9.0 alone
	Box          Kernel = "box"           // box_search.cu, from 8.0 on: one product for all degrees
)

// KernelsOf lists the kernels that a device of that compute capability runs, the fastest first.
// Box is none of them: where it is the fastest only a measurement tells.
func KernelsOf(major, minor int) []Kernel {
	switch {
	case Supported(major, minor) != nil:
		return nil
	case major == 9 && minor == 0:
		return []Kernel{SearchHopper, Search}
	}
	return []Kernel{Search}
}

// ParseKernel reads a kernel's name.
func ParseKernel(name string) (Kernel, error) {
	all := append(KernelsOf(9, 0), Box) // every one
	var names []string
	for _, kernel := range all {
		if string(kernel) == name {
			return kernel, nil
		}
		names = append(names, string(kernel))
	}
	return "", fmt.Errorf("there is no kernel %q, only %s", name, strings.Join(names, ", "))
}

// RunsOn says why the kernel does not run on a device of that compute capability, nil if it does.
func (k Kernel) RunsOn(major, minor int) error {
	if err := Supported(major, minor); err != nil {
		return err
	}
	for _, kernel := range append(KernelsOf(major, minor), Box) {
		if kernel == k {
			return nil
		}
	}
	return fmt.Errorf("kernel %s needs a device of compute capability 9.0, not %d.%d", k, major, minor)
}

// source is a file of kernels that scoring takes.
type source struct {
	file    string
	kernels []string
}

// sources are those of scoring with the kernel.
func (k Kernel) sources() []source {
	all := []source{
		{"prepare", []string{"sum_tokens", "aggregate", "add_centre"}},
		{"average", []string{"select_nearest", "add_distances", "add_scores"}},
	}
	if k != Box {
		return append(all, source{string(k), k.functions()})
	}
	return append(all,
		source{"box_prepare", []string{"sum_squares", "box_features", "box_scales"}},
		source{"box_product", withNear("box_product")},
		source{"box_search", withNear("box_search")},
		source{"search", withNear("search")}) // for windows that box_search does not filter for
}

// functions are the kernel's in its file: search_hopper.cu has two for each tile.
func (k Kernel) functions() []string {
	if k != SearchHopper {
		return withNear(string(k))
	}
	var names []string
	for _, tile := range hopperTiles {
		names = append(names, withNear(tile.kernel)...)
	}
	return names
}

// withNear is a kernel, and the one that does the same among patches that are near each other.
func withNear(name string) []string { return []string{name, name + "_near"} }

// Hash is the SHA-256 of all code that scoring with the kernel runs on a device of that compute
// capability, in hexadecimal digits.
func (k Kernel) Hash(major, minor int) (string, error) {
	hash := sha256.New()
	for _, source := range k.sources() {
		image, err := choose(source.file, major, minor)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(hash, "%s %d\n%s", image.File, len(image.Content), image.Content)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}
