"""PyTorch beside musc on a CUDA device: one line of JSON to standard output.

Arguments: the device's number, the images, then NAME PATCHES CHANNELS of each shape. The product by
itself is cuBLAS's in float16. Mutual scoring is the published algorithm, a torch.cdist and a minimum
for each image and direction in float32, and PyTorch's own best, one float16 product for both
directions with maxima along both axes. Both are timed for some images against all others, which
gives milliseconds an image: every image costs the same. LNAMD and the interval average are left out,
to PyTorch's advantage. Times are the device's own, by events.

The status is 3 where PyTorch is missing or finds no CUDA device.
"""
import json
import sys

try:
    import torch
except ImportError:
    sys.exit(3)

ROWS = 6  # images that are timed


def milliseconds(run, repeats=5):
    """The median of some runs, the first one left out."""
    times = []
    for _ in range(repeats + 1):
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        run()
        end.record()
        end.synchronize()
        times.append(begin.elapsed_time(end))
    return sorted(times[1:])[repeats // 2]


def product(patches, channels, pairs=64):
    a = torch.randn(pairs, patches, channels, device="cuda", dtype=torch.float16)
    b = torch.randn(pairs, patches, channels, device="cuda", dtype=torch.float16)
    out = torch.empty(pairs, patches, patches, device="cuda", dtype=torch.float16)
    took = milliseconds(lambda: torch.bmm(a, b.transpose(1, 2), out=out))
    return 2 * pairs * patches * patches * channels / took / 1e9


def published(z, rows):
    """Distances of the first images to the nearest patches of all others."""
    for i in range(rows):
        for j in range(z.shape[0]):
            if j != i:
                torch.cdist(z[i : i + 1], z[j : j + 1])[0].min(dim=1)


def best(z, rows):
    """Both directions of the first images with all after them."""
    for i in range(rows):
        for j in range(i + 1, z.shape[0]):
            similarity = z[i] @ z[j].T
            similarity.amax(dim=1), similarity.amax(dim=0)


def main(device, images, shapes):
    torch.cuda.set_device(device)
    torch.backends.cuda.matmul.allow_tf32 = False
    peers, rows = [], min(ROWS, images)
    for name, patches, channels in shapes:
        z = torch.randn(images, patches, channels, device="cuda")
        z = torch.nn.functional.normalize(z, dim=2)
        passes = 12  # four stages, three degrees
        slow = passes * milliseconds(lambda: published(z, rows), 1) / rows
        half = z.half()
        pairs = sum(images - 1 - i for i in range(rows))
        fast = passes * milliseconds(lambda: best(half, rows), 1) / pairs * (images - 1) / 2
        peers.append({"shape": name, "cublas_teraflops": product(patches, channels),
                      "published_milliseconds_an_image": slow,
                      "best_milliseconds_an_image": fast})
    print(json.dumps({"version": f"PyTorch {torch.__version__}, CUDA {torch.version.cuda}",
                      "peers": peers}))


if __name__ == "__main__":
    if not torch.cuda.is_available():
        sys.exit(3)
    given = sys.argv[3:]
    main(int(sys.argv[1]), int(sys.argv[2]),
         [(given[k], int(given[k + 1]), int(given[k + 2])) for k in range(0, len(given), 3)])
