#!/usr/bin/env python3
"""FedAvg of McMahan's 2NN in plain numpy: what a researcher writes without a framework, and our yardstick for speed.

Prints one line of JSON: seconds of the median round, of every round, and the test accuracy at the end. Threads are
numpy's own: set OPENBLAS_NUM_THREADS.
"""
import argparse
import json
import statistics
import time

import numpy

import mnist


class Network:
    """A multilayer perceptron; the layers' weights and biases in one list of arrays."""

    def __init__(self, widths, generator):
        self.values = []
        for inputs, outputs in zip(widths, widths[1:]):
            bound = 1 / numpy.sqrt(inputs)
            self.values.append(generator.uniform(-bound, bound, (inputs, outputs)).astype(numpy.float32))
            self.values.append(generator.uniform(-bound, bound, outputs).astype(numpy.float32))

    @staticmethod
    def activations(values, images):
        """The input of each layer, and the last layer's output."""
        layers = [images]
        for place in range(0, len(values), 2):
            output = layers[-1] @ values[place] + values[place + 1]
            if place + 2 < len(values):
                numpy.maximum(output, 0, out=output)
            layers.append(output)
        return layers

    @classmethod
    def step(cls, values, images, labels, rate):
        """One step of stochastic gradient descent on the mean cross-entropy, in place."""
        layers = cls.activations(values, images)
        scores = layers.pop()
        scores -= scores.max(axis=1, keepdims=True)
        numpy.exp(scores, out=scores)
        scores /= scores.sum(axis=1, keepdims=True)
        scores[numpy.arange(len(labels)), labels] -= 1
        error = scores * numpy.float32(1 / len(labels))
        for place in range(len(values) - 2, -1, -2):
            inputs = layers.pop()
            below = (error @ values[place].T) * (inputs > 0) if place else None
            values[place] -= rate * (inputs.T @ error)
            values[place + 1] -= rate * error.sum(axis=0)
            error = below

    @classmethod
    def train(cls, start, images, labels, batch, rate, generator):
        """One epoch over a participant's examples from the global model; returns the local model."""
        values = [value.copy() for value in start]
        order = generator.permutation(len(labels))
        for first in range(0, len(order), batch):
            chosen = order[first : first + batch]
            cls.step(values, images[chosen], labels[chosen], rate)
        return values


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="folder of MNIST's IDX files")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--participants", type=int, default=100)
    parser.add_argument("--cohort", type=int, default=10)
    parser.add_argument("--batch", type=int, default=10)
    parser.add_argument("--rate", type=float, default=0.1)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    generator = numpy.random.default_rng(options.seed)
    images, labels, test_images, test_labels = mnist.load(options.data)
    parts = mnist.even_parts(len(labels), options.participants, generator)
    held = [(images[part], labels[part]) for part in parts]
    model = Network((images.shape[1], 200, 200, 10), generator).values
    rate = numpy.float32(options.rate)
    seconds = []
    for _ in range(options.rounds):
        cohort = generator.choice(options.participants, options.cohort, replace=False)
        began = time.perf_counter()
        total = [numpy.zeros_like(value) for value in model]
        for member in cohort:
            for sum_, value in zip(total, Network.train(model, *held[member], options.batch, rate, generator)):
                sum_ += value
        model = [sum_ / numpy.float32(options.cohort) for sum_ in total]
        seconds.append(time.perf_counter() - began)
    guesses = Network.activations(model, test_images)[-1].argmax(axis=1)
    print(json.dumps({
        "peer": f"numpy {numpy.__version__}", "seconds_per_round": statistics.median(seconds), "rounds": seconds,
        "accuracy": float((guesses == test_labels).mean()),
    }))


if __name__ == "__main__":
    main()
