package assets

// CUDA13 is for drivers of release 580 or newer. The provider names libcurand but takes no symbol
// of it, and does without cuDNN: musc builds no graph with operators that only cuDNN computes, such
// as Conv.
var CUDA13 = newPack(13000, 580, onnxRuntimeCUDA13, cudart13, cublas13, curand13)

var onnxRuntimeCUDA13 = Artifact{
	Title:    "ONNX Runtime for CUDA 13",
	Project:  "onnxruntime-gpu",
	Version:  "1.31.1",
	Wheel:    "onnxruntime_gpu-1.31.1-cp312-cp312-manylinux_2_28_x86_64.whl",
	Size:     255569273,
	SHA256:   "05d548956197b9d01f59b625de740e0d6be3593f874e241a12dc0362650ecdf7",
	Licence:  "MIT, Microsoft Corporation",
	Folder:   "onnxruntime-gpu-1.31.1",
	Platform: "linux/amd64",
	Command:  setUpGPU,
	Variable: "MUSC_ONNXRUNTIME",
	Members: []Member{
		{"onnxruntime/LICENSE", "LICENSE", 1073,
			"2f07c72751aed99790b8a4869cf2311df85a860b22ded05fa22803587a48922c"},
		{"onnxruntime/ThirdPartyNotices.txt", "ThirdPartyNotices.txt", 338088,
			"143764b952fdb1a7c69ce653bfba74a7744d6a8a573bfb73e235fba356c83de3"},
		capi("libonnxruntime.so.1.31.1", 29421832,
			"5104254339ecadae808da771bd0b63b240f0dbd466514234905e54372435c303"),
		capi("libonnxruntime_providers_cuda.so", 284014752,
			"8387867e857499e045caff5d13ac6a5de29571c801562fa2dde0e45f1f31de52"),
		capi("libonnxruntime_providers_shared.so", 14632,
			"086ec1d5388f64153d9c63470d126693db9a182c8ce236d3a1119068471b8a0d"),
	},
}

var cudart13 = Artifact{
	Title:   "CUDA 13 runtime",
	Project: "nvidia-cuda-runtime",
	Version: "13.0.96",
	Wheel: "nvidia_cuda_runtime-13.0.96-py3-none-" +
		"manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
	Size:     2243632,
	SHA256:   "7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548",
	Licence:  cudaLicence,
	Folder:   "nvidia-cuda-runtime-13.0.96",
	Platform: "linux/amd64",
	Command:  setUpGPU,
	Members: []Member{
		{"nvidia_cuda_runtime-13.0.96.dist-info/licenses/License.txt", "LICENSE",
			cudaLicenceSize, cudaLicenceSum},
		{"nvidia/cu13/lib/libcudart.so.13", "libcudart.so.13", 704288,
			"96c42e418cec19054186b9429c321603cc190bf26a18104e19408117a2a817b0"},
	},
}

var cublas13 = Artifact{
	Title:    "cuBLAS 13",
	Project:  "nvidia-cublas",
	Version:  "13.1.0.3",
	Wheel:    "nvidia_cublas-13.1.0.3-py3-none-manylinux_2_27_x86_64.whl",
	Size:     423133236,
	SHA256:   "ee8722c1f0145ab246bccb9e452153b5e0515fd094c3678df50b2a0888b8b171",
	Licence:  cudaLicence,
	Folder:   "nvidia-cublas-13.1.0.3",
	Platform: "linux/amd64",
	Command:  setUpGPU,
	Members: []Member{
		{"nvidia_cublas-13.1.0.3.dist-info/licenses/License.txt", "LICENSE",
			cudaLicenceSize, cudaLicenceSum},
		{"nvidia/cu13/lib/libcublasLt.so.13", "libcublasLt.so.13", 541595600,
			"656298c804f5adbb0df930545c17911b9584ab4e5101c0eeb65d1fe881d880f8"},
		{"nvidia/cu13/lib/libcublas.so.13", "libcublas.so.13", 54177976,
			"e70f38efabe986acd5eb683497c62f0f1730a6176ee291d9d24c6e339d1fbf86"},
	},
}

var curand13 = Artifact{
	Title:    "cuRAND 10 for CUDA 13",
	Project:  "nvidia-curand",
	Version:  "10.4.0.35",
	Wheel:    "nvidia_curand-10.4.0.35-py3-none-manylinux_2_27_x86_64.whl",
	Size:     59544258,
	SHA256:   "1aee33a5da6e1db083fe2b90082def8915f30f3248d5896bcec36a579d941bfc",
	Licence:  cudaLicence,
	Folder:   "nvidia-curand-10.4.0.35",
	Platform: "linux/amd64",
	Command:  setUpGPU,
	Members: []Member{
		{"nvidia_curand-10.4.0.35.dist-info/licenses/License.txt", "LICENSE",
			cudaLicenceSize, cudaLicenceSum},
		{"nvidia/cu13/lib/libcurand.so.10", "libcurand.so.10", 132698328,
			"b53732a66b302b11926e00f762e2c2ba67058347ff93cf4ae709de45e93e06da"},
	},
}
