"""Times other programs' mutual scoring for musc's benchmark.

Reads one JSON object a line from standard input and answers each with one line:

    {"method": "hello"}  ->  {"versions": {...}, "methods": [...]}
    {"method": M, "tokens": FILE, "height": H, "width": W, "degrees": [...], "high": 0.3,
     "threads": T, "scores": FILE}  ->  {"seconds": S}
    {"method": "sgemm" | "openblas", "rows": A, "columns": B, "channels": C, "threads": T,
     "calls": K}  ->  {"seconds": S}, of one call
    {"method": "end to end", "whole": {"photos": [...], "weights": FILE, ...}, ...}  ->
    {"seconds": S, "steps": [loading the model, reading and backbone, scoring]}, see whole.py
    {"method": "memory"}  ->  {"resident": BYTES, "peak": BYTES} of this process

An error is answered as {"error": TEXT}. Tokens are [stages, images, patches, channels] in float32;
the clock runs from these, in memory, to the patch scores [images, patches] of Eq. 3, as musc's.
"""
import functools
import importlib.metadata
import importlib.util
import json
import os
import sys
import time

answers = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)  # what libraries print must not mix with the answers

import numpy as np
import threadpoolctl
import torch
import torch.nn.functional as F

try:
    import faiss
except ImportError:
    faiss = None

WHOLE = importlib.util.find_spec("torchvision") is not None  # loading it takes seconds
AT_ONCE_BYTES = 8 << 20  # distances of one image to all that still fit a cache


def lnamd(tokens, height, width, degree):
    """One stage's raw tokens [N,P,C] to aggregated, L2-normalised ones."""
    images, patches, channels = tokens.shape
    mean = tokens.mean(dim=(1, 2), keepdim=True)
    variance = tokens.var(dim=(1, 2), keepdim=True, correction=0)
    z = (tokens - mean) / torch.sqrt(variance + 1e-5)
    if degree > 1:
        grid = z.reshape(images, height, width, channels).permute(0, 3, 1, 2)
        grid = F.avg_pool2d(grid, degree, stride=1, padding=degree // 2)
        z = grid.permute(0, 2, 3, 1).reshape(images, patches, channels)
    return F.normalize(z, dim=2).contiguous()


def interval_average(distances, high):
    """Eq. 2 over the last axis: the mean of the smallest high * 100 %, at least one."""
    count = max(int(distances.shape[-1] * high), 1)
    return torch.topk(distances, count, dim=-1, largest=False, sorted=False).values.mean(dim=-1)


def without_self(square):
    """[N,N,...] without its diagonal: [N,N-1,...]."""
    n = square.shape[0]
    keep = ~torch.eye(n, dtype=torch.bool)
    return square[keep].reshape(n, n - 1, *square.shape[2:])


def published(z, high):
    """As MuSc's code does it: per image, distances to the patches of every other, their minimum."""
    n, patches, channels = z.shape
    if patches == 1:
        return interval_average(without_self(torch.cdist(z[:, 0], z[:, 0])), high)[:, None]
    scores = torch.empty(n, patches)
    for i in range(n):
        if 4 * n * patches * patches <= AT_ONCE_BYTES:
            every = torch.cdist(z[i:i + 1], z.reshape(1, -1, channels))
            nearest = every.reshape(patches, n, patches).min(dim=-1).values
            nearest = torch.cat((nearest[:, :i], nearest[:, i + 1:]), dim=1)
        else:
            nearest = torch.stack([torch.cdist(z[i:i + 1], z[j:j + 1])[0].min(dim=1).values
                                   for j in range(n) if j != i], dim=1)
        scores[i] = interval_average(nearest, high)
    return scores


def matmul(z, high, dtype=torch.float32):
    """PyTorch's own best: one product for both directions, its maxima along both axes."""
    n, patches, _ = z.shape
    z = z.to(dtype)
    if patches == 1:
        squared = 2 - 2 * (z[:, 0] @ z[:, 0].T).float()
        return interval_average(without_self(squared.clamp_(min=0).sqrt_()), high)[:, None]
    product = torch.empty(patches, patches, dtype=dtype)  # reused: a fresh one would be page faults
    largest = torch.empty(n, n, patches, dtype=dtype)
    for i in range(n):
        for j in range(i):
            torch.matmul(z[i], z[j].T, out=product)
            largest[i, j] = product.amax(dim=1)
            largest[j, i] = product.amax(dim=0)
    distances = (2 - 2 * without_self(largest).float()).clamp_(min=0).sqrt_()
    return interval_average(distances.transpose(1, 2).contiguous(), high)


def flat_search(z, high):
    """faiss: an exact index a image, searched for the nearest patch of every other image's."""
    n, patches, channels = z.shape
    data = z.numpy()
    if patches == 1:
        index = faiss.IndexFlatL2(channels)
        index.add(data[:, 0])
        count = max(int((n - 1) * high), 1)
        squared, _ = index.search(data[:, 0], count + 1)  # the nearest is the image itself
        return torch.from_numpy(squared[:, 1:]).clamp_(min=0).sqrt_().mean(dim=1, keepdim=True)
    squared = np.empty((n, patches, n - 1), np.float32)
    for j in range(n):
        index = faiss.IndexFlatL2(channels)
        index.add(data[j])
        for i in range(n):
            if i != j:
                squared[i, :, j - (j > i)] = index.search(data[i], 1)[0][:, 0]
    return interval_average(torch.from_numpy(squared).clamp_(min=0).sqrt_(), high)


SCORERS = {"published": published, "matmul": matmul,
           "matmul bfloat16": functools.partial(matmul, dtype=torch.bfloat16)}
if faiss is not None:
    SCORERS["faiss"] = flat_search


@functools.lru_cache(maxsize=1)
def load(path):
    return torch.from_numpy(np.load(path))


@functools.lru_cache(maxsize=2)
def operands(rows, columns, channels):
    generator = torch.Generator().manual_seed(1)
    return (torch.randn(rows, channels, generator=generator),
            torch.randn(columns, channels, generator=generator), torch.empty(rows, columns))


def set_threads(count):
    torch.set_num_threads(count)
    threadpoolctl.threadpool_limits(count)  # OpenBLAS and faiss's OpenMP
    if faiss is not None:
        faiss.omp_set_num_threads(count)


def mutual(tokens, method, request):
    """Patch scores [N,P] of raw tokens [S,N,P,C]."""
    total = 0
    for stage in tokens:
        for degree in request["degrees"]:
            z = lnamd(stage, request["height"], request["width"], degree)
            total = total + method(z, request["high"])
    return total / (len(tokens) * len(request["degrees"]))


def score(request):
    tokens = load(request["tokens"])
    begun = time.perf_counter()
    scores = mutual(tokens, SCORERS[request["method"]], request)
    seconds = time.perf_counter() - begun
    if request.get("scores"):
        np.save(request["scores"], scores.numpy().astype(np.float32))
    return {"seconds": seconds}


def multiply(request):
    a, b, product = operands(request["rows"], request["columns"], request["channels"])
    call, right = torch.matmul, b.T
    if request["method"] == "openblas":
        call, a, right, product = np.matmul, a.numpy(), b.numpy().T, product.numpy()
    begun = time.perf_counter()
    for _ in range(request["calls"]):
        call(a, right, out=product)
    return {"seconds": (time.perf_counter() - begun) / request["calls"]}


def memory():
    sizes = {}
    with open("/proc/self/status") as status:
        for line in status:
            name, _, value = line.partition(":")
            if name in ("VmRSS", "VmHWM"):
                sizes[name] = int(value.split()[0]) << 10
    return {"resident": sizes["VmRSS"], "peak": sizes["VmHWM"]}


def hello():
    versions = {"python": sys.version.split()[0], "torch": torch.__version__,
                "numpy": np.__version__}
    if faiss is not None:
        versions["faiss-cpu"] = faiss.__version__
    if WHOLE:
        versions["torchvision"] = importlib.metadata.version("torchvision")
    return {"versions": versions,
            "methods": [*SCORERS, "sgemm", "openblas", *["end to end"] * WHOLE]}


def answer(request):
    method = request["method"]
    if method == "hello":
        return hello()
    if method == "memory":
        return memory()
    if "threads" in request:
        set_threads(request["threads"])
    if method in SCORERS:
        return score(request)
    if method in ("sgemm", "openblas"):
        return multiply(request)
    if method == "end to end":
        import whole

        return whole.score(request["whole"], request.get("scores"),
                           lambda tokens: mutual(tokens, published, request))
    raise ValueError(f"there is no method {method!r}")


def main():
    with torch.inference_mode():
        for line in sys.stdin:
            try:
                reply = answer(json.loads(line))
            except Exception as problem:  # told to the benchmark, which leaves this method out
                reply = {"error": f"{type(problem).__name__}: {problem}"}
            print(json.dumps(reply), file=answers, flush=True)


if __name__ == "__main__":
    main()
