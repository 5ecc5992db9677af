// Package backbone runs a vision transformer through ONNX Runtime and hands out its patch tokens
// and class tokens (SPEC section 2). Nothing else in the engine knows ONNX Runtime.
//
// A model is one ONNX file, with the weights inside or in a data file beside it:
//
//	image         float32 [batch,3,S,S]   input: normalised pixels
//	stage0..3     float32 [batch,P,C]     output: patch tokens after each stage (of four),
//	                                      P = (S/patch)^2 patches in row-major order
//	class_token   float32 [batch,D]       output: class token of the last layer
//
// batch is free, or fixed by the export. The file's metadata_props say how to feed it:
//
//	musc.name, musc.family, musc.builder   for people
//	musc.precision                         of weights and computation: float16 is slow on a CPU
//	musc.patch                             side of a patch in pixels
//	musc.mean, musc.std                    "r,g,b" of the normalisation, for pixels in [0,1]
//	musc.class_token_l2                    "true": class tokens are L2-normalised here (CLIP)
//
// A model without them gets the patch side from its square grid and ImageNet's mean and standard
// deviation; Info.ModelNote then says so.
//
// The library is loaded at run time (FindLibrary, Open), so the program starts without it. It has
// to be ONNX Runtime 1.24 or later: the binding asks for version 24 of the C interface.
package backbone
