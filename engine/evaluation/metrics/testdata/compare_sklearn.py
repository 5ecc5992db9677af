"""Times BenchmarkPixels, then scikit-learn on as many pixels, and prints the ratio.

    python engine/evaluation/metrics/testdata/compare_sklearn.py        (from the repository's folder)

musc's figures are AUROC, F1-max, AP, PRO, MVTec's PRO and AUPIMO; scikit-learn's are AUROC, the
precision-recall curve (for F1-max) and AP. Needs numpy,
scikit-learn and 3 GB.
"""
import re
import resource
import subprocess
import time

import numpy as np
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score

IMAGES, SIDE = 200, 518

out = subprocess.run(["go", "test", "./engine/metrics", "-run", "^$", "-bench", "Pixels", "-benchtime", "3x"],
                     check=True, capture_output=True, text=True).stdout
ours = float(re.search(r"(\d+) ns/op", out)[1]) / 1e9
print(f"musc: {ours:.2f} s")

generator = np.random.default_rng(1)
values = generator.random((IMAGES, SIDE, SIDE), dtype=np.float32)
mask = np.zeros((IMAGES, SIDE, SIDE), bool)
for i in range(1, IMAGES, 2):
    mask[i, 240:300, 60 * (i % 8):60 * (i % 8) + 60] = True
values[mask] += np.float32(0.3)
values, mask = values.ravel(), mask.ravel()
begin = time.perf_counter()
auroc = roc_auc_score(mask, values)
first = time.perf_counter() - begin
precision, recall, _ = precision_recall_curve(mask, values)
f1 = np.max(2 * precision * recall / np.maximum(precision + recall, 1e-30))
ap = average_precision_score(mask, values)
theirs = time.perf_counter() - begin
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
print(f"scikit-learn: {theirs:.1f} s (AUROC alone {first:.1f} s), peak {peak:.0f} MB; AUROC {auroc:.4f}, AP {ap:.4f}, F1-max {f1:.4f}")
print(f"ratio {theirs / ours:.0f}")
