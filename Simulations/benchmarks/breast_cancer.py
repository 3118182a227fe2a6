#!/usr/bin/env python3
"""Writes scikit-learn's breast cancer data as four unequal parties' shares: 200, 170, 85 and 30 examples.

usage: breast_cancer.py FOLDER [SEED]

FOLDER gets one .npz file that `tributary simulate --data FOLDER` reads: features standardised over all 569 examples,
the first 485 of an order that SEED draws as the training part, with the party of each in groups_train, and the other
84 as the test part. Needs numpy and scikit-learn.
"""

import pathlib
import sys

import numpy as np
from sklearn.datasets import load_breast_cancer

SIZES = [200, 170, 85, 30]


def write(folder, seed):
    features, labels = load_breast_cancer(return_X_y=True)
    features = (features - features.mean(0)) / features.std(0)
    order = np.random.default_rng([5, seed]).permutation(len(labels))
    features, labels = features[order].astype(np.float32), labels[order].astype(np.uint8)
    held = sum(SIZES)
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(
        folder / "breast-cancer.npz",
        x_train=features[:held],
        y_train=labels[:held],
        groups_train=np.repeat(np.arange(len(SIZES)), SIZES).astype(np.int64),
        x_test=features[held:],
        y_test=labels[held:],
    )


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    write(sys.argv[1], int(sys.argv[2]) if len(sys.argv) == 3 else 0)
