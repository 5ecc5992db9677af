"""PyTorch beside musc on a CUDA device: Markdown to standard output.

The product by itself is cuBLAS's in float16. Mutual scoring is the published algorithm, a
torch.cdist and a minimum for each image and direction in float32, and PyTorch's own best, one
float16 product for both directions with maxima along both axes. Both are timed for some images
against all others, which gives milliseconds an image: every image costs the same. LNAMD and the
interval average are left out, to PyTorch's advantage.
"""
import sys
import time

import torch

ROWS = 6  # images that are timed
SHAPES = [("ViT-L-14-336 at 518", 1369, 1024), ("ViT-B-16-plus-240 at 512", 1024, 896)]


def seconds(run, repeats=5):
    """The median of some runs, the first one left out."""
    times = []
    for k in range(repeats + 1):
        torch.cuda.synchronize()
        begun = time.perf_counter()
        run()
        torch.cuda.synchronize()
        times.append(time.perf_counter() - begun)
    return sorted(times[1:])[repeats // 2]


def product(patches, channels, pairs=64):
    a = torch.randn(pairs, patches, channels, device="cuda", dtype=torch.float16)
    b = torch.randn(pairs, patches, channels, device="cuda", dtype=torch.float16)
    out = torch.empty(pairs, patches, patches, device="cuda", dtype=torch.float16)
    took = seconds(lambda: torch.bmm(a, b.transpose(1, 2), out=out))
    return 2 * pairs * patches * patches * channels / took / 1e12


def published(z):
    """Distances of the first ROWS images to the nearest patches of all others."""
    for i in range(ROWS):
        for j in range(z.shape[0]):
            if j != i:
                torch.cdist(z[i : i + 1], z[j : j + 1])[0].min(dim=1)


def best(z):
    """Both directions of the first ROWS images with all after them."""
    for i in range(ROWS):
        for j in range(i + 1, z.shape[0]):
            similarity = z[i] @ z[j].T
            similarity.amax(dim=1), similarity.amax(dim=0)


def main(images):
    torch.backends.cuda.matmul.allow_tf32 = False
    device = torch.cuda.get_device_name(0)
    print(f"PyTorch {torch.__version__}, CUDA {torch.version.cuda}, {device}\n")
    print("| tokens of | cuBLAS fp16, TFLOP/s | published, ms an image "
          "| fp16 and both maxima, ms an image |")
    print("|---|---|---|---|")
    for name, patches, channels in SHAPES:
        z = torch.randn(images, patches, channels, device="cuda")
        z = torch.nn.functional.normalize(z, dim=2)
        passes = 12  # four stages, three degrees
        slow = passes * seconds(lambda: published(z), 1) / ROWS
        half = z.half()
        pairs = sum(images - 1 - i for i in range(ROWS))
        fast = passes * seconds(lambda: best(half), 1) / pairs * (images - 1) / 2
        rate = product(patches, channels)
        print(f"| {name} | {rate:.1f} | {1e3 * slow:.1f} | {1e3 * fast:.1f} |")


if __name__ == "__main__":
    if not torch.cuda.is_available():
        sys.exit("peers.py: PyTorch finds no CUDA device")
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
