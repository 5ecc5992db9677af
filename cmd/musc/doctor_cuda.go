package main

import (
	"github.com/urfave/cli/v2"

	"musc/cgo/cuda"
	"musc/engine/fault"
	"musc/engine/mutual/trust"
	"musc/kernels"
)

const selfTestFlag = "self-test"

// kernels says which kernel will search on a device and what its self-test found; with --self-test
// all that it has are tested, now; with trust.Fastest kernels.Box as well.
func (f *findings) kernels(c *cli.Context, device cuda.Device) {
	demanded, err := trust.Demanded()
	var candidates []kernels.Kernel
	if err == nil {
		candidates, err = trust.Candidates(device, demanded)
	}
	if err != nil {
		f.result("  kernel", err, "")
		return
	}
	if demanded == trust.Fastest {
		candidates = append(candidates, kernels.Box)
	}
	test := trust.Test{Child: selfTestChild()}
	chosen := false
	for _, kernel := range candidates {
		verdict, known := trust.Kept(device, kernel)
		if c.Bool(selfTestFlag) {
			f.tested++
			if verdict, err = test.Run(c.Context, device, kernel); err != nil {
				f.untrusted++
				f.note("  kernel", "%v", err)
				continue
			}
			known = true
		}
		switch {
		case !known && !chosen:
			chosen = true
			f.note("  kernel", "%s searches on cuda:%d if it passes its self-test, before the first use "+
				"or by musc doctor --%s", kernel, device.Ordinal, selfTestFlag)
		case known && verdict.Passed && !chosen:
			chosen = true
			f.ok("  kernel", "%s searches on cuda:%d: it %s", kernel, device.Ordinal, verdict)
		case known && verdict.Passed:
			f.ok("  kernel", "%s is in reserve for cuda:%d: it %s", kernel, device.Ordinal, verdict)
		case known:
			f.untrusted++
			f.note("  kernel", "%s is not used on cuda:%d: it %s", kernel, device.Ordinal, verdict)
		}
	}
	if !chosen {
		f.note("  kernel", "none is trusted on cuda:%d: the CPU scores", device.Ordinal)
	}
}

// selfTestError is what --self-test ends with if not all is well: a device whose kernels are not to
// be trusted keeps nobody from scoring on the CPU.
func (f *findings) selfTestError() error {
	switch {
	case f.tested == 0:
		return fault.New(fault.Setup, "there is no GPU to test; the line CUDA above says why")
	case f.untrusted > 0:
		return fault.New(fault.Setup, "%d of %d kernels did not pass their self-test; please report "+
			"what is printed above", f.untrusted, f.tested)
	}
	return nil
}
