package resolve

import (
	"errors"
	"strings"
	"testing"

	"musc/cgo/cuda"
	"musc/engine/assets"
	"musc/engine/fault"
)

func TestChoosePack(t *testing.T) {
	none := errors.New("no NVIDIA driver: libcuda.so.1: cannot open")
	asleep := errors.New("starting NVIDIA's driver: CUDA_ERROR_NO_DEVICE (100)")
	for _, test := range []struct {
		name    string
		driver  cuda.Driver
		problem error
		insists bool
		want    *assets.Pack
		says    string // in the line, or in the error of those that insist in vain
	}{
		{"a new driver", cuda.Driver{CUDA: 13000, Release: "580.65.06"}, nil, false, &assets.CUDA13,
			"NVIDIA driver 580.65.06 for CUDA 13.0: libraries of CUDA 13"},
		{"an older driver", cuda.Driver{CUDA: 12090, Release: "575.57.08"}, nil, false, &assets.CUDA12,
			"NVIDIA driver 575.57.08 for CUDA 12.9: libraries of CUDA 12"},
		{"insisting changes nothing", cuda.Driver{CUDA: 12020}, nil, true, &assets.CUDA12,
			"NVIDIA driver for CUDA 12.2: libraries of CUDA 12"},
		{"too old a driver", cuda.Driver{CUDA: 11040, Release: "470.82"}, nil, false, nil,
			"NVIDIA driver 470.82 for CUDA 11.4 is too old for a backbone on the GPU: it takes 525"},
		{"insisting with too old a driver", cuda.Driver{CUDA: 11040}, nil, true, nil,
			"too old for a backbone on the GPU: it takes 525 or newer; install a newer one"},
		{"no driver", cuda.Driver{}, none, false, nil, "nothing is fetched for a GPU: no NVIDIA driver: " +
			"libcuda.so.1: cannot open (musc setup gpu insists)"},
		{"insisting without a driver", cuda.Driver{}, none, true, &assets.CUDA13,
			"these are of CUDA 13, for drivers from 580 on; others with --cuda"},
		{"a driver without a device", cuda.Driver{CUDA: 12090}, asleep, false, nil, "NO_DEVICE"},
		{"insisting with one", cuda.Driver{CUDA: 12090}, asleep, true, &assets.CUDA12, "of CUDA 12"},
	} {
		t.Run(test.name, func(t *testing.T) {
			pack, why, err := ChoosePack(test.driver, test.problem, test.insists)
			if fails := test.insists && test.want == nil; fails != (err != nil) ||
				fails && fault.KindOf(err) != fault.Setup {
				t.Fatalf("error %v", err)
			}
			if err != nil {
				why = err.Error()
			}
			if pack != test.want || !strings.Contains(why, test.says) || strings.Contains(why, "\n") {
				t.Errorf("got %v, %q", pack, why)
			}
		})
	}
}
