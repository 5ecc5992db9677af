package assets

// CUDA's parts come from the release 12.9: gorgonia.org/cu builds with no later header, and the
// cubins of this compiler run on drivers from 525 on. The program itself needs none of them.
const (
	cudaLicence     = "NVIDIA CUDA toolkit licence"
	cudaLicenceSize = 59262
	cudaLicenceSum  = "ad6f5853fba0ca0d159d0f58d49ae49830c2f8c93f7a92648b9ce90adb4c6ccd"
)

// CUDAHeaders are the headers that the CUDA part of the program and its kernels are compiled with.
var CUDAHeaders = Artifact{
	Title:   "CUDA headers",
	Project: "nvidia-cuda-runtime-cu12",
	Version: "12.9.79",
	Wheel: "nvidia_cuda_runtime_cu12-12.9.79-py3-none-" +
		"manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
	Size:     3493179,
	SHA256:   "25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3",
	Licence:  cudaLicence,
	Folder:   "cuda-runtime-12.9.79",
	Platform: "linux/amd64",
	Command:  "make build",
	Members: []Member{
		{"nvidia_cuda_runtime_cu12-12.9.79.dist-info/licenses/License.txt", "LICENSE",
			cudaLicenceSize, cudaLicenceSum},
		{"nvidia/cuda_runtime/include/cuda.h", "include/cuda.h", 1168299,
			"fda3285d055a9f05e40cd76352f9f073d0ab45d42fb5bb0db4bb33b0df506d28"},
		{"nvidia/cuda_runtime/include/cuda_fp16.h", "include/cuda_fp16.h", 206859,
			"75c55c11dda25cc4807266b7bb155a149cc22a6ede8a6c2594c1d268897dcb24"},
		{"nvidia/cuda_runtime/include/cuda_bf16.h", "include/cuda_bf16.h", 204518,
			"565d09e6777e3ad62e551a437cb8cd1ce8e2a178281acabc462087d1b4654e6c"},
		{"nvidia/cuda_runtime/include/mma.h", "include/mma.h", 2932,
			"218fd57a7c6e1277301aaf76321ad651bf97b308747a40172f2f516f18716b66"},
	},
}

// CUDACompiler is NVRTC, the library that compiles CUDA C++ to PTX.
var CUDACompiler = Artifact{
	Title:   "CUDA compiler (NVRTC)",
	Project: "nvidia-cuda-nvrtc-cu12",
	Version: "12.9.86",
	Wheel: "nvidia_cuda_nvrtc_cu12-12.9.86-py3-none-" +
		"manylinux2010_x86_64.manylinux_2_12_x86_64.whl",
	Size:     89568129,
	SHA256:   "210cf05005a447e29214e9ce50851e83fc5f4358df8b453155d5e1918094dcb4",
	Licence:  cudaLicence,
	Folder:   "cuda-nvrtc-12.9.86",
	Platform: "linux/amd64",
	Command:  "make kernels",
	Members: []Member{
		{"nvidia_cuda_nvrtc_cu12-12.9.86.dist-info/licenses/License.txt", "LICENSE",
			cudaLicenceSize, cudaLicenceSum},
		{"nvidia/cuda_nvrtc/lib/libnvrtc.so.12", "lib/libnvrtc.so.12", 106244480,
			"7c67c6b51ea0e0279634cebd676ff7efda1674806444520c84430ad5c35fe625"},
		{"nvidia/cuda_nvrtc/lib/libnvrtc-builtins.so.12.9", "lib/libnvrtc-builtins.so.12.9", 7202760,
			"6507cf33450cfb22970c2c1e7aa8e7c0a33e39d864720277b05f61a92791e2e8"},
	},
}

// CUDAAssembler is ptxas, which makes machine code of PTX, and the headers of the compiler's own.
var CUDAAssembler = Artifact{
	Title:   "CUDA assembler (ptxas)",
	Project: "nvidia-cuda-nvcc-cu12",
	Version: "12.9.86",
	Wheel: "nvidia_cuda_nvcc_cu12-12.9.86-py3-none-" +
		"manylinux2010_x86_64.manylinux_2_12_x86_64.whl",
	Size:     40546229,
	SHA256:   "5d6a0d32fdc7ea39917c20065614ae93add6f577d840233237ff08e9a38f58f0",
	Licence:  cudaLicence,
	Folder:   "cuda-nvcc-12.9.86",
	Platform: "linux/amd64",
	Command:  "make kernels",
	Members: []Member{
		{"nvidia_cuda_nvcc_cu12-12.9.86.dist-info/licenses/License.txt", "LICENSE",
			cudaLicenceSize, cudaLicenceSum},
		{"nvidia/cuda_nvcc/bin/ptxas", "bin/ptxas", 34931056,
			"983b0e9283855979f42cebfd80d43f9b6e786eb84f03f7570bf941c4d3a3c461"},
		{"nvidia/cuda_nvcc/include/crt/mma.h", "include/crt/mma.h", 62695,
			"068a1600b0d6013bd9ba925a2fbf8615045060ea2d35efc5cb5d48e4d1a1d850"},
		{"nvidia/cuda_nvcc/include/crt/mma.hpp", "include/crt/mma.hpp", 66599,
			"b29a342d7ef5b540a2a712b9d7b06cb23d2773e6477fca0c5b3bc7a18601ffa2"},
	},
}

// CUDADisassembler is nvdisasm, by which the kernels' machine code is held to its budget. It reads
// the code of older assemblers, too; CUDA 12 has no package of it.
var CUDADisassembler = Artifact{
	Title:   "CUDA disassembler (nvdisasm)",
	Project: "nvidia-cuda-nvdisasm",
	Version: "13.5.37",
	Wheel: "nvidia_cuda_nvdisasm-13.5.37-py3-none-" +
		"manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
	Size:     5170654,
	SHA256:   "d3fdbdd49fa53e2e4aacd3db8259d052bd2b049ececdcb69e92e083c6728e7ca",
	Licence:  cudaLicence,
	Folder:   "cuda-nvdisasm-13.5.37",
	Platform: "linux/amd64",
	Command:  "make kernels",
	Members: []Member{
		{"nvidia_cuda_nvdisasm-13.5.37.dist-info/licenses/License.txt", "LICENSE",
			cudaLicenceSize, cudaLicenceSum},
		{"nvidia/cu13/bin/nvdisasm", "bin/nvdisasm", 5816912,
			"3bf19e7ab706ed8f68ecc2403d277b97dc110c52e0ac4c4f0c8eada5f7889c3c"},
	},
}

// CUDAInclude is the folder of CUDAHeaders; the error is as of LibraryPath.
func CUDAInclude() (string, error) { return Path(&CUDAHeaders, "include") }
