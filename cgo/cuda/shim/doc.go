// Package shim lets a program that imports gorgonia.org/cu link and start without NVIDIA's driver.
//
// gorgonia.org/cu links with -lcuda, and its init ends the process where cuInit fails. Here are
// functions of the same names and types (forwarders.c, generated from cuda.h) which the linker
// finds first, so that the binary does not need libcuda.so.1; an empty archive, stub/libcuda.a, is
// what -lcuda then finds. The first call of any of them but cuInit opens the driver with dlopen
// and passes the call on; where there is no driver it returns CUDA_ERROR_NO_DEVICE. cuInit itself
// always succeeds: the driver is started when it is opened.
//
// The forwarders are hidden: a library that is loaded later, such as ONNX Runtime's CUDA provider,
// finds the driver's functions and not these.
//
// With the build tag cuda, on Linux; the header is cuda.h of a 12.x release. Without the tag the
// package is empty.
package shim

//go:generate go run ./generate
