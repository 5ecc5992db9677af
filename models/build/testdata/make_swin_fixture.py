"""Writes a tiny randomly initialised Swin with the tokens a correct graph must give, at two sizes.

    python make_swin_fixture.py OUT_DIR

`swin`: model.safetensors (timm's parameter names), case.json (the architecture), image.npy
[2,3,S,S] float32 already normalised, stage0..3.npy [2,P,C] block outputs on the first stage's grid
with the first stage's width, class_token.npy [2,8C]. `swin_padded`: one image for the same weights
at a size whose grids are no multiples of the window. As with the published weights at 384 and 512,
the last stage has one window at the first size and several at the second. Needs torch, timm,
safetensors.
"""
import json
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from timm.models.swin_transformer import SwinTransformer

OUT = Path(sys.argv[1])
PATCH, WINDOW, WIDTH, DEPTHS, HEADS = 2, 3, 8, (2, 2, 1, 2), (1, 2, 4, 8)


def build(size):
    return SwinTransformer(img_size=size, patch_size=PATCH, window_size=WINDOW, embed_dim=WIDTH,
                           depths=DEPTHS, num_heads=HEADS, num_classes=0).eval()


def randomise(model, generator):
    """Values large enough that every operation shows in the output."""
    with torch.no_grad():
        for name, p in model.named_parameters():
            noise = torch.randn(p.shape, generator=generator)
            if "norm" in name and name.endswith("weight"):
                p.copy_(1 + 0.2 * noise)
            elif p.ndim >= 2 and "table" not in name:
                p.copy_(noise / p[0].numel() ** 0.5)
            else:
                p.copy_(0.3 * noise)


def same_shape(features, grid):
    """[n,g,g,2^k C] to [n,G*G,C]: bilinear to the first grid, then means of adjacent channels."""
    x = F.interpolate(features.permute(0, 3, 1, 2), size=(grid, grid), mode="bilinear",
                      align_corners=False)
    return F.adaptive_avg_pool1d(x.flatten(2).transpose(1, 2), WIDTH)


def case(name, model, size, images, seed):
    generator = torch.Generator().manual_seed(seed)
    image = torch.randn(images, 3, size, size, generator=generator)
    folder = OUT / name
    folder.mkdir(parents=True, exist_ok=True)
    with torch.no_grad():
        x, stages = model.patch_embed(image), []
        for layer in model.layers:
            x = layer(x)
            stages.append(same_shape(x, size // PATCH))
        cls = model.forward_head(model.forward_features(image), pre_logits=True)
    np.save(folder / "image.npy", image.numpy())
    for i, tokens in enumerate(stages):
        np.save(folder / f"stage{i}.npy", tokens.contiguous().numpy())
    np.save(folder / "class_token.npy", cls.numpy())
    last = [sum(DEPTHS[:k + 1]) - 1 for k in range(4)]
    (folder / "case.json").write_text(json.dumps(dict(
        family="swin", image_size=size, patch_size=PATCH, width=WIDTH, layers=sum(DEPTHS),
        heads=HEADS[0], stages=last, window=WINDOW, activation="gelu", norm_eps=1e-5,
        final_norm_on_stages=False, class_token_dim=int(cls.shape[1])), indent=1) + "\n")
    windows = [[(b.window_size[0], b.shift_size[0]) for b in s.blocks] for s in model.layers]
    print(name, windows, "largest values", [float(t.abs().max()) for t in stages + [cls]])


whole, padded = build(48), build(64)
randomise(whole, torch.Generator().manual_seed(6))
padded.load_state_dict(whole.state_dict())
case("swin", whole, 48, 2, 7)
case("swin_padded", padded, 64, 1, 8)
state = {k: v.contiguous() for k, v in whole.state_dict().items()}
save_file(state, OUT / "swin" / "model.safetensors")
