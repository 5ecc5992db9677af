// Package build turns a backbone's published weights into an ONNX graph that engine/backbone runs:
//
//	image [batch,3,S,S] -> stage0..stage3 [batch,P,C], class_token [batch,D]
//
// for any image side S that Spec.Grid accepts, a multiple of the patch side p; G = S/p, P = G*G,
// T = P+1 tokens. With E the patch embedding, b its bias, c the class token and R the position
// embeddings, their patch rows resampled to G x G:
//
//	x_0     = [c; E patches + b] + R                     then a layer norm (CLIP)
//	y_l     = x_l + s1 * (W_o attention(norm1(x_l)) + b_o)
//	x_{l+1} = y_l + s2 * (W_2 act(W_1 norm2(y_l) + b_1) + b_2)
//
// where the layer scales s1, s2 (DINOv2, else 1) are multiplied into W_o, b_o, W_2 and b_2. A stage
// is x after the last block of its quarter, through the final layer norm for DINO and DINOv2,
// without the class token's row. The class token is the row of the last x, through the final layer
// norm and, for CLIP, the projection. Swin is another graph with the same outputs: see runSwin and
// swinOutput; its class token is the mean of the last stage's tokens, through the final layer norm.
//
// The graph gives CLIP's class token as projected, not L2-normalised: metadata_props say
// musc.class_token_l2 = "true" where whoever runs the model has to do that.
//
// Weights are read, transformed and written one tensor at a time; no backbone is ever in memory as
// a whole. The same weights and options give the same bytes on every run.
package build
