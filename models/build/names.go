package build

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"musc/engine/fault"
	"musc/models"
)

// part is a stored tensor, or its transpose, that makes up rows of a parameter.
type part struct {
	name       string
	transposed bool
}

// scheme maps a parameter to the stored tensors whose rows, one after the other, it consists of.
// Parameters go by timm's names.
type scheme func(parameter string) []part

// schemeOf recognises who named the tensors. Files of unknown naming are a fault.Input that lists
// some of what was found.
func schemeOf(w namedTensors, path string, spec *models.Spec) (scheme, error) {
	has := func(name string) bool { _, ok := w.Shape(name); return ok }
	switch {
	case has("layers.0.downsample.reduction.weight"):
		return originalSwin, nil
	case has("patch_embed.proj.weight"):
		return func(parameter string) []part { return []part{{name: parameter}} }, nil
	case has("visual.conv1.weight"):
		return openCLIP, nil
	}
	for _, prefix := range []string{"", "backbone."} {
		if has(prefix + "embeddings.patch_embeddings.projection.weight") {
			return transformers(w, prefix, spec), nil
		}
	}
	found := w.Names()
	return nil, fault.New(fault.Input, "weights %s: the tensors (%s, ...; %d in all) are not named "+
		"as timm, open_clip or transformers name a vision transformer's; use another file", path,
		strings.Join(found[:min(len(found), 3)], ", "), len(found))
}

var downsample = regexp.MustCompile(`^layers\.([123])\.downsample\.`)

// originalSwin is Swin as first published, and in timm at first: the merging of patches belongs to
// the stage before it, not to the one after.
func originalSwin(parameter string) []part {
	return []part{{name: downsample.ReplaceAllStringFunc(parameter, func(found string) string {
		stage := found[len("layers.")] - '1'
		return fmt.Sprintf("layers.%d.downsample.", stage)
	})}}
}

var openCLIPNames = strings.NewReplacer(
	"patch_embed.proj.", "conv1.", "cls_token", "class_embedding", "pos_embed", "positional_embedding",
	"norm_pre.", "ln_pre.", "blocks.", "transformer.resblocks.", "norm1.", "ln_1.", "norm2.", "ln_2.",
	"attn.qkv.", "attn.in_proj_", "attn.proj.", "attn.out_proj.", "fc1.", "c_fc.", "fc2.", "c_proj.",
	"norm.", "ln_post.")

// openCLIP is the image tower of open_clip's models. Its projection is [C,D] and has no bias.
func openCLIP(parameter string) []part {
	if parameter == "head.weight" {
		return []part{{name: "visual.proj", transposed: true}}
	}
	return []part{{name: "visual." + openCLIPNames.Replace(parameter)}}
}

var transformersNames = strings.NewReplacer(
	"patch_embed.proj.", "embeddings.patch_embeddings.projection.",
	"cls_token", "embeddings.cls_token", "blocks.", "encoder.layer.",
	"attn.proj.", "attention.output.dense.", "ls1.gamma", "layer_scale1.lambda1",
	"ls2.gamma", "layer_scale2.lambda1", "norm.", "layernorm.")

// transformers is the DINOv2 of the transformers library, also as exported to ONNX: query, key and
// value are apart, and the exporter may have split the position embeddings into the class token's
// row and the patches' rows.
func transformers(w namedTensors, prefix string, spec *models.Spec) scheme {
	return func(parameter string) []part {
		if layer, kind, ok := strings.Cut(parameter, "attn.qkv."); ok {
			layer = prefix + strings.Replace(layer, "blocks.", "encoder.layer.", 1)
			var parts []part
			for _, third := range []string{"query.", "key.", "value."} {
				parts = append(parts, part{name: layer + "attention.attention." + third + kind})
			}
			return parts
		}
		if parameter == "pos_embed" {
			whole := prefix + "embeddings.position_embeddings"
			if _, ok := w.Shape(whole); !ok {
				return exportedPositions(w, spec)
			}
			return []part{{name: whole}}
		}
		return []part{{name: prefix + transformersNames.Replace(parameter)}}
	}
}

var (
	exportedConcat  = regexp.MustCompile(`^onnx::Concat_\d+$`)
	exportedReshape = regexp.MustCompile(`^onnx::Reshape_\d+$`)
)

// exportedPositions finds the two nameless constants that the exporter made of the position
// embeddings: [1,1,C], joined to [1,G*G,C], which is reshaped to a grid for resampling.
func exportedPositions(w namedTensors, spec *models.Spec) []part {
	var parts []part
	patches := spec.PretrainGrid * spec.PretrainGrid
	for _, wanted := range []struct {
		name *regexp.Regexp
		rows int
	}{{exportedConcat, 1}, {exportedReshape, patches}} {
		for _, name := range w.Names() {
			shape, _ := w.Shape(name)
			if wanted.name.MatchString(name) && slices.Equal(shape, []int{1, wanted.rows, spec.Width}) {
				parts = append(parts, part{name: name})
			}
		}
	}
	if len(parts) != 2 {
		return []part{{name: fmt.Sprintf("embeddings.position_embeddings [%d,%d]", 1+patches,
			spec.Width)}}
	}
	return parts
}
