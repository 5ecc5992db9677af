"""Writes golden.json: the answers of scikit-learn, scikit-image and SciPy for random maps with ties.

    pip install numpy scipy scikit-learn scikit-image && python golden.py > golden.json

The data come from a generator of 31 bits that the test runs too, so that only answers are kept. PRO
at all thresholds and AUPIMO have no library here: they are written down plainly, by threshold.
"""
import json

import numpy as np
from scipy import ndimage
from skimage import measure
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score

# images, height, width, distinct values (even images are good, odd ones have defects)
CASES = [(6, 17, 23, 7), (5, 31, 13, 1000), (4, 1, 37, 40), (7, 29, 29, 1 << 24), (8, 190, 170, 3000)]


def generate(images, height, width, values, state):
    def draw():
        nonlocal state
        state = (1103515245 * state + 12345) % 2 ** 31
        return state >> 7  # 24 bits

    maps = np.zeros((images, height, width), np.float32)
    masks = np.zeros((images, height, width), bool)
    for i in range(images):
        boxes = [(draw() % height, draw() % width) for _ in range(3)] if i % 2 else []
        for y, x in boxes:
            masks[i, y:y + 1 + height // 6, x:x + 1 + width // 6] = True
        for y in range(height):
            for x in range(width):
                noise = draw() % values / values - 0.5
                maps[i, y, x] = np.float32(noise + (0.25 if masks[i, y, x] else 0))
    return maps, masks


def spro(masks, maps):
    """MuSc's PRO, with scikit-image's regions."""
    maps = maps.astype(np.float64)
    low, high = maps.min(), maps.max()
    regions = [(k, region.coords) for k, mask in enumerate(masks)
               for region in measure.regionprops(measure.label(mask, connectivity=2))]
    rates, overlaps = [], []
    for threshold in np.arange(low, high, (high - low) / 200):
        hit = maps > threshold
        overlaps.append(np.mean([hit[k][c[:, 0], c[:, 1]].mean() for k, c in regions]))
        rates.append(hit[~masks].mean())
    rates, overlaps = np.array(rates), np.array(overlaps)
    keep = rates < 0.3
    x, y = rates[keep], overlaps[keep]
    x = (x - x.min()) / (x.max() - x.min())
    return abs(np.trapezoid(y, x))


def sweep(scores, weights_x, weights_y):
    """The points (sum of weights_x, sum of weights_y) at or above each distinct score, from (0,0)."""
    order = np.argsort(-scores, kind="stable")
    last = np.r_[np.nonzero(np.diff(scores[order]))[0], len(scores) - 1]
    return (np.r_[0, np.cumsum(weights_x[order])[last]], np.r_[0, np.cumsum(weights_y[order])[last]])


def mvtec_pro(masks, maps, limit=0.3):
    weights, regions = np.zeros(maps.shape), 0
    for k, mask in enumerate(masks):
        labels, count = ndimage.label(mask, np.ones((3, 3)))
        regions += count
        for c in range(1, count + 1):
            weights[k][labels == c] = 1 / (labels == c).sum()
    x, y = sweep(maps.ravel(), (~masks).ravel() / (~masks).sum(), weights.ravel() / regions)
    end = np.interp(limit, x, y)
    keep = x < limit
    return np.trapezoid(np.r_[y[keep], end], np.r_[x[keep], limit]) / limit


def aupimo(masks, maps, low=1e-5, high=1e-4):
    good = np.arange(len(maps)) % 2 == 0
    if maps[good].size * low < 1:
        return None
    areas = []
    for k in np.nonzero(masks.any((1, 2)))[0]:
        scores = np.r_[maps[good].ravel(), maps[k][masks[k]]]
        normal = np.arange(len(scores)) < maps[good].size
        x, y = sweep(scores, normal / normal.sum(), ~normal / masks[k].sum())
        free, y, x = y[x == 0][-1], y[x > 0], np.log(x[x > 0])  # free: the recall without alarms
        first, last = np.log([low, high])
        area = free * max(min(x[0], last) - first, 0)
        begin = max(x[0], first)
        if begin < last:
            # np.interp takes the last of equal x: there the curve goes straight up
            inner = (x > begin) & (x < last)
            grid = np.r_[begin, x[inner], last]
            values = np.r_[np.interp(begin, x, y), y[inner], np.interp(last, x, y)]
            area += np.trapezoid(values, grid)
        areas.append(area / (last - first))
    return float(np.mean(areas))


answers = []
for seed, case in enumerate(CASES):
    maps, masks = generate(*case, seed + 1)
    flat, labels = maps.ravel().astype(np.float64), masks.ravel()
    precision, recall, _ = precision_recall_curve(labels, flat)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-300)
    answers.append(dict(
        images=case[0], height=case[1], width=case[2], values=case[3], seed=seed + 1,
        auroc=roc_auc_score(labels, flat), ap=average_precision_score(labels, flat), f1_max=float(f1.max()),
        pro=float(spro(masks, maps)), mvtec_pro=float(mvtec_pro(masks, maps)), aupimo=aupimo(masks, maps)))
print(json.dumps(answers, indent=1))
