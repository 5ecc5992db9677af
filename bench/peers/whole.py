"""Photos to scores as a PyTorch program does it the usual way: torchvision's transforms, a DataLoader,
a plain vision transformer in inference mode, the published modules, maps and RsCIN.

The transformer is DINOv2's, as timm and the published code write it, with the weights that musc uses.
"""
import math
import time

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

BATCH = 8


class Photos(Dataset):
    def __init__(self, paths, size, mean, std):
        self.paths = paths
        self.transform = transforms.Compose([
            transforms.Resize((size, size), transforms.InterpolationMode.BICUBIC),
            transforms.ToTensor(), transforms.Normalize(mean, std)])

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        with Image.open(self.paths[index]) as photo:
            return self.transform(photo.convert("RGB"))


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x):
        images, tokens, width = x.shape
        parts = self.qkv(x).reshape(images, tokens, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        attended = F.scaled_dot_product_attention(query, key, value)
        return self.proj(attended.transpose(1, 2).reshape(images, tokens, width))


class Perceptron(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class LayerScale(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.gamma = nn.Parameter(torch.empty(width))

    def forward(self, x):
        return x * self.gamma


class Block(nn.Module):
    def __init__(self, width, heads, epsilon):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width, epsilon), nn.LayerNorm(width, epsilon)
        self.ls1, self.ls2 = LayerScale(width), LayerScale(width)
        self.attn, self.mlp = Attention(width, heads), Perceptron(width)

    def forward(self, x):
        x = x + self.ls1(self.attn(self.norm1(x)))
        return x + self.ls2(self.mlp(self.norm2(x)))


class Transformer(nn.Module):
    """Gives the normed tokens [B,1+P,C] after each of the stages' last layers."""

    def __init__(self, tokens, width, patch, layers, heads, epsilon, stages):
        super().__init__()
        self.stages = stages
        self.patch_embed = nn.ModuleDict({"proj": nn.Conv2d(3, width, patch, patch)})
        self.cls_token = nn.Parameter(torch.empty(1, 1, width))
        self.pos_embed = nn.Parameter(torch.empty(1, tokens, width))
        self.blocks = nn.ModuleList(Block(width, heads, epsilon) for _ in range(layers))
        self.norm = nn.LayerNorm(width, epsilon)

    def forward(self, images):
        x = self.patch_embed["proj"](images).flatten(2).transpose(1, 2)
        x = torch.cat((self.cls_token.expand(len(x), -1, -1), x), dim=1) + self.pos_embed
        found = []
        for layer, block in enumerate(self.blocks):
            x = block(x)
            if layer in self.stages:
                found.append(self.norm(x))
        return found


def load(request):
    """Builds the transformer, with its position embeddings resampled to the grid of the photos' size."""
    with np.load(request["weights"]) as archive:
        state = {name: torch.from_numpy(archive[name]) for name in archive.files}
    width, _, patch, _ = state["patch_embed.proj.weight"].shape
    grid, positions = request["size"] // patch, state["pos_embed"]
    trained = math.isqrt(positions.shape[1] - 1)
    table = positions[:, 1:].reshape(1, trained, trained, width).permute(0, 3, 1, 2)
    table = F.interpolate(table, scale_factor=(grid + request["offset"]) / trained, mode="bicubic")
    state["pos_embed"] = torch.cat((positions[:, :1], table.flatten(2).transpose(1, 2)), dim=1)
    layers = 1 + max(int(name.split(".")[1]) for name in state if name.startswith("blocks."))
    model = Transformer(1 + grid * grid, width, patch, layers, request["heads"], request["epsilon"],
                        request["stages"])
    model.load_state_dict(state)
    return model.eval()


def rescore(scores, classes, windows):
    """RsCIN: the mean of the scores [N], scaled to [0,1], and of those that neighbours vote for."""
    scaled = (scores - scores.min()) / (scores.max() - scores.min())
    similarity = classes @ classes.T
    every = [scaled]
    for window in windows:
        values, index = similarity.topk(min(window, len(scores)), dim=1)
        every.append((values * scaled[index]).sum(dim=1) / values.sum(dim=1))
    return torch.stack(every).mean(dim=0)


def score(request, answer, mutual):
    """Answers a request, with the scores in a file named answer; mutual scores the tokens [S,N,P,C] of
    a grid of patches."""
    marks = [time.perf_counter()]
    model = load(request)
    marks.append(time.perf_counter())
    photos = Photos(request["photos"], request["size"], request["mean"], request["std"])
    batches = [model(images) for images in DataLoader(photos, BATCH)]
    found = [torch.cat(tokens) for tokens in zip(*batches)]
    marks.append(time.perf_counter())
    patches = mutual(torch.stack([tokens[:, 1:] for tokens in found]))
    side = math.isqrt(patches.shape[1])
    maps = F.interpolate(patches.reshape(-1, 1, side, side), request["size"], mode="bilinear",
                         align_corners=True)
    before = maps.amax(dim=(1, 2, 3))
    after = rescore(before, found[-1][:, 0], request["windows"])
    marks.append(time.perf_counter())
    if answer:
        np.save(answer, torch.stack((before, after)).numpy().astype(np.float32))
    return {"seconds": marks[-1] - marks[0], "steps": [b - a for a, b in zip(marks, marks[1:])]}

