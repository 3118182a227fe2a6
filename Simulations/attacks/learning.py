"""The optical digits, a multilayer perceptron with local SGD, and the update grid, in numpy."""
import pathlib
import re

import numpy as np

from wire import sha256

FRACTION_BITS = 24
LARGEST = 1 - 2.0 ** -FRACTION_BITS
MASK = (1 << 64) - 1


def digits():
    """Features in 0...1 and classes of the digits that the program embeds."""
    source = pathlib.Path(__file__).resolve().parents[2] / "Sources" / "CDigits" / "digits.c"
    rows = re.findall(r'"([A-Q]{64})([0-9])"', source.read_text(encoding="ascii"))
    features = np.array([[ord(pixel) - ord("A") for pixel in row] for row, _ in rows], np.float32) / 16
    return features, np.array([int(label) for _, label in rows])


class Network:
    """Dense layers with ReLU between them and a softmax cross-entropy at the end; parameters are one flat vector."""

    def __init__(self, sizes):
        self.sizes, self.layers, self.count = sizes, [], 0
        for inputs, outputs in zip(sizes, sizes[1:]):
            self.layers.append((self.count, inputs, outputs))
            self.count += (inputs + 1) * outputs

    def _parts(self, values):
        for start, inputs, outputs in self.layers:
            end = start + inputs * outputs
            yield values[start:end].reshape(inputs, outputs), values[end:end + outputs]

    def _activations(self, values, x):
        found, last = [x], len(self.layers) - 1
        for index, (weights, bias) in enumerate(self._parts(values)):
            x = x @ weights + bias
            if index < last:
                x = np.maximum(x, 0)
            found.append(x)
        return found

    def classes(self, values, x):
        return self._activations(values, x)[-1].argmax(1)

    def accuracy(self, values, x, y):
        return float((self.classes(values, x) == y).mean())

    def gradient(self, values, x, y):
        activations = self._activations(values, x)
        scores = activations[-1] - activations[-1].max(1, keepdims=True)
        error = np.exp(scores)
        error /= error.sum(1, keepdims=True)
        error[np.arange(len(y)), y] -= 1
        error /= len(y)
        gradient, parts = np.empty(self.count, values.dtype), list(self._parts(values))
        for index in range(len(parts) - 1, -1, -1):
            start, inputs, outputs = self.layers[index]
            end = start + inputs * outputs
            gradient[start:end] = (activations[index].T @ error).ravel()
            gradient[end:end + outputs] = error.sum(0)
            if index:
                error = (error @ parts[index][0].T) * (activations[index] > 0)
        return gradient

    def trained(self, values, x, y, generator, epochs=1, batch=10, rate=0.2):
        """The parameters after local SGD without momentum."""
        values = values.astype(np.float32)
        for _ in range(epochs):
            order = generator.permutation(len(y))
            for start in range(0, len(y), batch):
                rows = order[start:start + batch]
                values -= np.float32(rate) * self.gradient(values, x[rows], y[rows])
        return values


def on_grid(change):
    """The nearest values of the updates' grid."""
    scale = 2.0 ** FRACTION_BITS
    rounded = np.rint(np.asarray(change, np.float64) * scale) / scale
    return (np.clip(rounded, -LARGEST, LARGEST) + 0.0).astype("<f4")


class SeededGenerator:
    """The program's random numbers: xoshiro256**, with streams that SplitMix64 names. A task's old split used them."""

    def __init__(self, seed, stream):
        key = self._finish(seed + 0x9E3779B97F4A7C15)
        for byte in stream.encode():
            key = self._finish((key ^ byte) + 0x9E3779B97F4A7C15)
        self.state = [self._finish(key + 0x9E3779B97F4A7C15 * place) for place in range(1, 5)]

    @staticmethod
    def _finish(word):
        word &= MASK
        word = ((word ^ word >> 30) * 0xBF58476D1CE4E5B9) & MASK
        word = ((word ^ word >> 27) * 0x94D049BB133111EB) & MASK
        return word ^ word >> 31

    @staticmethod
    def _rotated(word, by):
        return (word << by | word >> (64 - by)) & MASK

    def next(self):
        state = self.state
        result = self._rotated(state[1] * 5 & MASK, 7) * 9 & MASK
        shifted = state[1] << 17 & MASK
        state[2] ^= state[0]
        state[3] ^= state[1]
        state[1] ^= state[2]
        state[0] ^= state[3]
        state[2] ^= shifted
        state[3] = self._rotated(state[3], 45)
        return result

    def below(self, bound):
        product = self.next() * bound
        threshold = ((1 << 64) - bound) % bound
        while product & MASK < threshold:
            product = self.next() * bound
        return product >> 64

    def permutation(self, count):
        order = list(range(count))
        for last in range(count - 1, 0, -1):
            other = self.below(last + 1)
            order[last], order[other] = order[other], order[last]
        return order


def split_by_seed(labels, validation_count, test_count, seed):
    """The parts (train, validation, test) that rules version 1 drew from a task's public seed, as row numbers."""
    classes = [[] for _ in range(256)]
    for row in SeededGenerator(seed, "holdout").permutation(len(labels)):
        classes[labels[row]].append(row)

    def take(count):
        total = sum(len(rows) for rows in classes)
        quotas = [count * len(rows) // total for rows in classes]
        by_remainder = sorted(range(256), key=lambda place: (-(count * len(classes[place]) % total), place))
        for place in by_remainder[:count - sum(quotas)]:
            quotas[place] += 1
        taken = []
        for rows, quota in zip(classes, quotas):
            taken += rows[len(rows) - quota:]
            del rows[len(rows) - quota:]
        return np.array(sorted(taken), int)

    test, validation = take(test_count), take(validation_count)
    return np.array(sorted(row for rows in classes for row in rows)), validation, test


def unsalted_root(features, labels):
    """The digest by which rules version 1 named a validation set, and by which anybody could recognise it."""
    counts = b"".join(int(count).to_bytes(8, "little") for count in (*features.shape, labels.max() + 1))
    data = features.astype("<f4").tobytes() + labels.astype(np.uint8).tobytes()
    return sha256(b"tributary/examples/v1\0" + counts + data)
