package assets

// CUDA12 is for drivers of the releases 525 to 579. onnxruntime-gpu 1.26.0 is the last wheel for
// CUDA 12; its provider needs cuFFT and cuDNN by name, whatever a model computes.
var CUDA12 = newPack(12000, 525, onnxRuntimeCUDA12, cudart12, cublas12, curand12, cufft12, cudnn12)

var onnxRuntimeCUDA12 = Artifact{
	Title:   "ONNX Runtime for CUDA 12",
	Project: "onnxruntime-gpu",
	Version: "1.26.0",
	Wheel: "onnxruntime_gpu-1.26.0-cp312-cp312-" +
		"manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl",
	Size:     276971796,
	SHA256:   "3c01119ed4d9449d60367fa8ccffcd02bd3fe736754284e4b198d131f54edad6",
	Licence:  "MIT, Microsoft Corporation",
	Folder:   "onnxruntime-gpu-1.26.0",
	Platform: "linux/amd64",
	Command:  setUpGPU,
	Variable: "MUSC_ONNXRUNTIME",
	Members: []Member{
		{"onnxruntime/LICENSE", "LICENSE", 1073,
			"2f07c72751aed99790b8a4869cf2311df85a860b22ded05fa22803587a48922c"},
		{"onnxruntime/ThirdPartyNotices.txt", "ThirdPartyNotices.txt", 325054,
			"0e07b95f3a8d6230037707c5c4a2b554d12c4cb67369669ac255635528ffcee2"},
		capi("libonnxruntime.so.1.26.0", 23101400,
			"7fe6f3306ea455b3d1493ea8b95bf442b48a216e459c47564152e5f7d5ded2c6"),
		capi("libonnxruntime_providers_cuda.so", 400827896,
			"39fa7f293041ddc8974f2ad137f2287663534c4755fef0602cb0eb45a986b168"),
		capi("libonnxruntime_providers_shared.so", 14632,
			"086ec1d5388f64153d9c63470d126693db9a182c8ce236d3a1119068471b8a0d"),
	},
}

var cudart12 = Artifact{
	Title:   "CUDA 12 runtime",
	Project: "nvidia-cuda-runtime-cu12",
	Version: "12.9.79",
	Wheel: "nvidia_cuda_runtime_cu12-12.9.79-py3-none-" +
		"manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
	Size:     3493179,
	SHA256:   "25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3",
	Licence:  cudaLicence,
	Folder:   "nvidia-cuda-runtime-cu12-12.9.79",
	Platform: "linux/amd64",
	Command:  setUpGPU,
	Members: []Member{
		{"nvidia_cuda_runtime_cu12-12.9.79.dist-info/licenses/License.txt", "LICENSE",
			cudaLicenceSize, cudaLicenceSum},
		{"nvidia/cuda_runtime/lib/libcudart.so.12", "libcudart.so.12", 741088,
			"256e6409e4f06f618e1fb53d4844a6b81cdded1013afa8ade40c22f99eb133b7"},
	},
}

var cublas12 = Artifact{
	Title:    "cuBLAS 12",
	Project:  "nvidia-cublas-cu12",
	Version:  "12.9.1.4",
	Wheel:    "nvidia_cublas_cu12-12.9.1.4-py3-none-manylinux_2_27_x86_64.whl",
	Size:     581242350,
	SHA256:   "453611eb21a7c1f2c2156ed9f3a45b691deda0440ec550860290dc901af5b4c2",
	Licence:  cudaLicence,
	Folder:   "nvidia-cublas-cu12-12.9.1.4",
	Platform: "linux/amd64",
	Command:  setUpGPU,
	Members: []Member{
		{"nvidia_cublas_cu12-12.9.1.4.dist-info/licenses/License.txt", "LICENSE",
			cudaLicenceSize, cudaLicenceSum},
		{"nvidia/cublas/lib/libcublasLt.so.12", "libcublasLt.so.12", 749205904,
			"96ddf4891ca4f4ed1475966783a9185df2abd64a81c3cc713b96d036696fc541"},
		{"nvidia/cublas/lib/libcublas.so.12", "libcublas.so.12", 105140976,
			"d63456d94f1b8e2408a8a9538c8740eb474c9eba48a84f420b15e2e10fbcd048"},
	},
}

var curand12 = Artifact{
	Title:    "cuRAND 10 for CUDA 12",
	Project:  "nvidia-curand-cu12",
	Version:  "10.3.10.19",
	Wheel:    "nvidia_curand_cu12-10.3.10.19-py3-none-manylinux_2_27_x86_64.whl",
	Size:     68295626,
	SHA256:   "49b274db4780d421bd2ccd362e1415c13887c53c214f0d4b761752b8f9f6aa1e",
	Licence:  cudaLicence,
	Folder:   "nvidia-curand-cu12-10.3.10.19",
	Platform: "linux/amd64",
	Command:  setUpGPU,
	Members: []Member{
		{"nvidia_curand_cu12-10.3.10.19.dist-info/License.txt", "LICENSE",
			cudaLicenceSize, cudaLicenceSum},
		{"nvidia/curand/lib/libcurand.so.10", "libcurand.so.10", 166965432,
			"ab8c07338fa663c018b16df5b3f3878c84aaae98bda930e9e8bad340427b0faa"},
	},
}

var cufft12 = Artifact{
	Title:   "cuFFT 11",
	Project: "nvidia-cufft-cu12",
	Version: "11.4.1.4",
	Wheel: "nvidia_cufft_cu12-11.4.1.4-py3-none-" +
		"manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
	Size:     200877592,
	SHA256:   "c67884f2a7d276b4b80eb56a79322a95df592ae5e765cf1243693365ccab4e28",
	Licence:  cudaLicence,
	Folder:   "nvidia-cufft-cu12-11.4.1.4",
	Platform: "linux/amd64",
	Command:  setUpGPU,
	Members: []Member{
		{"nvidia_cufft_cu12-11.4.1.4.dist-info/licenses/License.txt", "LICENSE",
			cudaLicenceSize, cudaLicenceSum},
		{"nvidia/cufft/lib/libcufft.so.11", "libcufft.so.11", 291507928,
			"e1d65ebd08895f9d9883f848f3974f89e0130416252477b18835ba7f15d159bc"},
	},
}

var cudnn12 = Artifact{
	Title:    "cuDNN 9",
	Project:  "nvidia-cudnn-cu12",
	Version:  "9.10.2.21",
	Wheel:    "nvidia_cudnn_cu12-9.10.2.21-py3-none-manylinux_2_27_x86_64.whl",
	Size:     706758467,
	SHA256:   "949452be657fa16687d0930933f032835951ef0892b37d2d53824d1a84dc97a8",
	Licence:  "NVIDIA cuDNN licence",
	Folder:   "nvidia-cudnn-cu12-9.10.2.21",
	Platform: "linux/amd64",
	Command:  setUpGPU,
	Members: []Member{
		{"nvidia_cudnn_cu12-9.10.2.21.dist-info/licenses/License.txt", "LICENSE", 18174,
			"49cf79bdb35734b52fe6203013b3bd759f81e998cd32aa2c65c51db9a88c61d2"},
		cudnn("libcudnn_graph.so.9", 4439912,
			"787c955dce49091ead850e4536666594095ea9f92a8a08879d8ddad466674657"),
		cudnn("libcudnn_ops.so.9", 127936080,
			"34f56d67f3df108949d1e5e03543064e055e217d0f5e53dc6d4f7c9454d852f8"),
		cudnn("libcudnn_cnn.so.9", 6301096,
			"655c2d2649466c73b6b4c19705fb6906fd95e331a1f8218314b49f37dd7cafed"),
		cudnn("libcudnn_adv.so.9", 285226600,
			"9814d64e04fce1f6cbd16d02ccefd6611541b3c61736fb450e334b482635ca07"),
		cudnn("libcudnn_heuristic.so.9", 58726712,
			"2804eee5f6fc11d0299ba07687eda0a974d3b2436357c639706c4e282cc2cc05"),
		cudnn("libcudnn_engines_runtime_compiled.so.9", 23094328,
			"8222672743c4f2e39feb1c365d6f6b6c40f56023471506f49944910847f1ee0a"),
		cudnn("libcudnn_engines_precompiled.so.9", 547383096,
			"f504745d346542609f975de51227080647d3675eac576ead82c396b8124f8f28"),
		cudnn("libcudnn.so.9", 125136,
			"3b68ea689be647bce63cb3c2d9edb589add415405a7e9f296d69ca029cae0b8b"),
	},
}

// cudnn is one of cuDNN's libraries: libcudnn.so.9 opens the others when it needs them.
func cudnn(name string, size int64, sum string) Member {
	return Member{Name: "nvidia/cudnn/lib/" + name, Path: name, Size: size, SHA256: sum}
}
