package resolve

import (
	"fmt"

	"musc/cgo/cuda"
	"musc/engine/assets"
	"musc/engine/backbone"
	"musc/engine/device"
	"musc/engine/fault"
)

// ChoosePack is the pack for a driver, as cuda.FindDriver found it. Without one that starts it is
// nil unless somebody insists, who gets the newest pack. why says in a line what was found; the
// error, of kind fault.Setup, that somebody insists on what does not run here.
func ChoosePack(driver cuda.Driver, problem error, insists bool) (pack *assets.Pack, why string,
	err error) {
	pack = assets.PackFor(driver.CUDA)
	switch {
	case problem != nil && !insists:
		return nil, fmt.Sprintf("nothing is fetched for a GPU: %v (musc setup gpu insists)", problem), nil
	case driver.CUDA == 0:
		pack = assets.Packs[0]
		return pack, fmt.Sprintf("no NVIDIA driver tells which libraries it runs; these are of %s, for "+
			"drivers from %d on; others with --cuda", pack.Name(), pack.Driver), nil
	case pack == nil:
		oldest := assets.Packs[len(assets.Packs)-1]
		why = fmt.Sprintf("%s is too old for a backbone on the GPU: it takes %d or newer", driver,
			oldest.Driver)
		if insists {
			return nil, "", fault.New(fault.Setup, "%s; install a newer one, or choose with --cuda", why)
		}
		return nil, why, nil
	}
	return pack, fmt.Sprintf("%s: libraries of %s", driver, pack.Name()), nil
}

// findDriver is cuda.FindDriver; tests bring their own.
var findDriver = cuda.FindDriver

// packedLibrary is ONNX Runtime of the newest pack that the driver runs and that is complete in the
// cache; "" for none.
func packedLibrary(find func() (cuda.Driver, error), packs []*assets.Pack) string {
	driver, err := find()
	if err != nil {
		return ""
	}
	for _, pack := range packs {
		if path, err := pack.LibraryPath(); err == nil && driver.CUDA >= pack.CUDA {
			return path
		}
	}
	return ""
}

// OnGPU says whether a backbone is to run on a GPU: one is wanted, a driver runs, and the library
// has a provider for it.
func OnGPU(library string, on device.Choice) bool {
	if !on.CUDA || !backbone.HasCUDA(library) {
		return false
	}
	_, err := findDriver()
	return err == nil
}
