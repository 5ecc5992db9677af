//go:build cuda && linux

package cuda

import (
	"errors"
	"fmt"
	"os"

	"gorgonia.org/cu"

	"musc/cgo/cuda/shim"
)

// Built says whether this binary can use CUDA at all.
const Built = true

// oldestDriver is CUDA 12.0, of driver 525: the cubins come from a compiler of CUDA 12.
const oldestDriver = 12000

// Devices lists the devices that can be used. The error says in one line why there are none.
func Devices() ([]Device, error) {
	if err := driverError(); err != nil {
		return nil, err
	}
	if version := cu.Version(); version < oldestDriver {
		return nil, fmt.Errorf("NVIDIA's driver is too old: it knows CUDA %s, and musc needs 12.0; "+
			"install driver 525 or newer", release(version))
	}
	count, err := cu.NumDevices()
	if err != nil {
		return nil, Explain("counting devices", err)
	}
	if count == 0 {
		return nil, errors.New("NVIDIA's driver knows no device" + hidden())
	}
	devices := make([]Device, count)
	for i := range devices {
		if devices[i], err = describe(i); err != nil {
			return nil, Explain(fmt.Sprintf("asking for cuda:%d", i), err)
		}
	}
	return devices, nil
}

// FindDriver asks the driver about itself; nothing is computed on a device. The error says in one
// line why it cannot be used; what is known of a driver that does not start is there all the same.
func FindDriver() (driver Driver, err error) {
	err = driverError()
	if version := cu.Version(); version > 0 { // -1 without a driver
		driver.CUDA = version
	}
	driver.Release = driverRelease(kernelModule, mappings)
	return driver, err
}

// Memory returns how much of a device's memory is free, and all of it, in bytes. It opens the
// device's primary context, which itself takes some hundred MB for as long.
func Memory(ordinal int) (free, total int64, err error) {
	context, err := Open(ordinal)
	if err != nil {
		return 0, 0, err
	}
	free, total, err = context.Memory()
	return free, total, errors.Join(err, context.Close())
}

// driverError says why the driver cannot be used at all.
func driverError() error {
	switch code, reason := shim.Status(); {
	case reason == "":
		return nil
	case code == 0:
		return fmt.Errorf("no NVIDIA driver: %s", reason)
	default:
		return fmt.Errorf("%w%s", explainCode("starting NVIDIA's driver", code), hidden())
	}
}

// hidden names the variable that may keep devices from us.
func hidden() string {
	if value, ok := os.LookupEnv("CUDA_VISIBLE_DEVICES"); ok {
		return fmt.Sprintf(" (CUDA_VISIBLE_DEVICES is %q)", value)
	}
	return ""
}

func describe(ordinal int) (d Device, err error) {
	handle, err := cu.GetDevice(ordinal)
	if err != nil {
		return d, err
	}
	d.Ordinal, d.Driver = ordinal, release(cu.Version())
	if d.Name, err = handle.Name(); err != nil {
		return d, err
	}
	if d.Memory, err = handle.TotalMem(); err != nil {
		return d, err
	}
	id, err := handle.UUID()
	if err != nil {
		return d, err
	}
	d.UUID = id.String()
	for _, ask := range []struct {
		attribute cu.DeviceAttribute
		answer    *int
	}{
		{cu.ComputeCapabilityMajor, &d.Major},
		{cu.ComputeCapabilityMinor, &d.Minor},
		{cu.MultiprocessorCount, &d.Multiprocessors},
		{maxSharedMemory, &d.SharedMemory},
		{cu.L2CacheSize, &d.Cache},
	} {
		if *ask.answer, err = handle.Attribute(ask.attribute); err != nil {
			return d, err
		}
	}
	return d, nil
}

// maxSharedMemory is CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN, which gorgonia.org/cu
// has no name for.
const maxSharedMemory cu.DeviceAttribute = 97
