#!/usr/bin/env python3
"""Writes the known answers for float32 training in this folder: plain loops over the C library's fmaf.

Every operation is one IEEE 754 operation on float32 (round to nearest even) or one fmaf; nothing here shares code with
the kernels under test.  usage: reference.py FOLDER
"""
import ctypes, ctypes.util, json, sys
import numpy as np

f32 = np.float32
libm = ctypes.CDLL(ctypes.util.find_library("m"))
libm.fmaf.restype = ctypes.c_float
libm.fmaf.argtypes = [ctypes.c_float] * 3
fma = lambda a, b, c: f32(libm.fmaf(a, b, c))
hexf = lambda text: f32(float.fromhex(text))
CHUNK = 256

EXP = [hexf(t) for t in ("0x1.6a223ap-10", "0x1.123b1p-7", "0x1.5558f8p-5", "0x1.55549p-3", "0x1.fffffcp-2")]
LOG = [hexf(t) for t in ("0x1.1456bap-4", "-0x1.de3bd6p-4", "0x1.e6f0b6p-4", "-0x1.fc2216p-4", "0x1.233764p-3",
                         "-0x1.555c4cp-3", "0x1.99a4b6p-3", "-0x1.000006p-2", "0x1.555548p-2")]
LOG2_E, SHIFT = hexf("0x1.715476p+0"), hexf("0x1.8p+23")
LN2_HIGH, LN2_LOW = hexf("0x1.62e4p-1"), hexf("0x1.7f7d1cp-20")


def exp(x):
    if x < f32(-64):  # as a term of a softmax
        return f32(0)
    n = f32(fma(x, LOG2_E, SHIFT) - SHIFT)
    r = fma(n, -LN2_LOW, fma(n, -LN2_HIGH, x))
    q = EXP[0]
    for c in EXP[1:]:
        q = fma(q, r, c)
    return f32(f32(fma(f32(r * r), q, r) + f32(1)) * f32(2.0 ** int(n)))


def chain(pairs):
    """One element of a matrix product: runs of 256 fused multiply-adds, added in order."""
    total = f32(0)
    for start in range(0, len(pairs), CHUNK):
        s = f32(0)
        for a, b in pairs[start:start + CHUNK]:
            s = fma(a, b, s)
        total = s if start == 0 else f32(total + s)
    return total


class LCG:
    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return self.state

    def unit(self):  # a multiple of 2^-23 in [-1, 1)
        return f32((self.next() >> 40) - 2**23) * f32(2.0**-23)


def train(task, checkpoints):
    widths = [task["inputCount"], *task["hiddenCounts"], task["classCount"]]
    g = LCG(task["seed"])
    layers = []
    for i, o in zip(widths, widths[1:]):
        w = [[f32(g.unit() * f32(0.25)) for _ in range(o)] for _ in range(i)]
        layers.append([w, [f32(g.unit() * f32(0.25)) for _ in range(o)]])
    n, B = task["exampleCount"], task["batchSize"]
    x = [[g.unit() for _ in range(widths[0])] for _ in range(n)]
    y = [(g.next() >> 33) % task["classCount"] for _ in range(n)]
    w0 = [[[r[:] for r in w], b[:]] for w, b in layers]
    v = [[[[f32(0)] * len(r) for r in w], [f32(0)] * len(b)] for w, b in layers]
    lr, m, wd, mu = (f32(task[k]) for k in ("learningRate", "momentum", "weightDecay", "proximal"))

    def descend(w, w0, v, g):
        if wd != 0: g = fma(wd, w, g)
        if mu != 0: g = fma(mu, f32(w - w0), g)
        if m != 0:
            g = fma(m, v, g)
            g = v = f32(0) if abs(g) < f32(2.0**-100) else g
        return fma(-lr, g, w), v

    answers = {}
    for step in range(max(checkpoints)):
        rows = [(step * B + j) % n for j in range(B)]
        h = [[x[r] for r in rows]]
        for l, (w, b) in enumerate(layers):
            z = [[f32(chain([(a[p], w[p][j]) for p in range(len(a))]) + b[j]) for j in range(len(b))]
                 for a in h[-1]]
            if l + 1 < len(layers):
                z = [[f32(0) if t < 0 else t for t in r] for r in z]
            h.append(z)
        scale, d = f32(f32(1) / f32(B)), []
        for r, z in zip(rows, h[-1]):
            top = max(z)
            e = [exp(f32(t - top)) for t in z]
            lanes = [f32(0)] * 16
            for j, t in enumerate(e): lanes[j % 16] = f32(lanes[j % 16] + t)
            for half in (8, 4, 2, 1):
                for k in range(half): lanes[k] = f32(lanes[k] + lanes[k + half])
            d.append([f32(f32(f32(t / lanes[0]) - f32(j == y[r])) * scale) for j, t in enumerate(e)])
        for l in reversed(range(len(layers))):
            w, b = layers[l]
            before = None
            if l:
                before = [[chain([(dr[j], w[p][j]) for j in range(len(b))]) if h[l][i][p] > 0 else f32(0)
                           for p in range(len(w))] for i, dr in enumerate(d)]
            for p in range(len(w)):
                for j in range(len(b)):
                    gr = chain([(h[l][i][p], d[i][j]) for i in range(B)])
                    w[p][j], v[l][0][p][j] = descend(w[p][j], w0[l][0][p][j], v[l][0][p][j], gr)
            for j in range(len(b)):
                gr = chain([(f32(1), d[i][j]) for i in range(B)])
                b[j], v[l][1][j] = descend(b[j], w0[l][1][j], v[l][1][j], gr)
            d = before
        if step + 1 in checkpoints:
            flat = np.array([t for w, b in layers for r in [*w, b] for t in r], dtype="<f4").tobytes()
            digest = 0xCBF29CE484222325
            for byte in flat: digest = (digest ^ byte) * 0x100000001B3 % 2**64
            answers[str(step + 1)] = f"{digest:016x}"
    return answers


RECIPE = [
    "A linear congruential generator, from the seed: "
    "state = state * 6364136223846793005 + 1442695040888963407 mod 2^64.",
    "unit(): advance, then ((state >> 40) - 2^23) * 2^-23, exact in float32, in [-1, 1).",
    "Parameters: for each layer its kernel [in, out] row by row, then its bias [out]; each is unit() * 0.25.",
    "Then the features [exampleCount, inputCount] row by row, each unit(); "
    "then each label: advance, (state >> 33) mod classCount.",
    "Step t (from 0) takes rows (t * batchSize + j) mod exampleCount for j in 0..<batchSize; "
    "arithmetic as in reference.py.",
    "fnv1a64: FNV-1a, 64 bits, over the parameters' little-endian float32 bytes in storage order, "
    "after so many steps.",
]
TASKS = {
    "softmax-regression-64-10": dict(inputCount=64, hiddenCounts=[], classCount=10, seed=1, exampleCount=37,
                                     batchSize=8, learningRate=0.5, momentum=0, weightDecay=0, proximal=0),
    "mlp-16-12-5": dict(inputCount=16, hiddenCounts=[12], classCount=5, seed=2, exampleCount=23,
                        batchSize=5, learningRate=0.25, momentum=0, weightDecay=0, proximal=0),
    "mlp-33-20-20-7-momentum": dict(inputCount=33, hiddenCounts=[20, 20], classCount=7, seed=3, exampleCount=41,
                                    batchSize=10, learningRate=0.0625, momentum=0.875,
                                    weightDecay=0.0009765625, proximal=0.03125),
}
for name, task in TASKS.items():
    answer = dict(name=name, recipe=RECIPE, task=task, fnv1a64=train(task, (1, 10, 100)))
    with open(f"{sys.argv[1]}/{name}.json", "w") as file:
        json.dump(answer, file, indent=2)
        file.write("\n")
    print(name, answer["fnv1a64"])
