#!/usr/bin/env python3
"""The same FedAvg of the 2NN as numpy_fedavg.py in PyTorch, written as its tutorials do. Prints one line of JSON."""
import argparse
import json
import statistics
import time

import numpy
import torch

import mnist


def train(model, images, labels, batch, rate):
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    loss = torch.nn.CrossEntropyLoss()
    for chosen in torch.randperm(len(labels)).split(batch):
        optimizer.zero_grad()
        loss(model(images[chosen]), labels[chosen]).backward()
        optimizer.step()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="folder of MNIST's IDX files")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--participants", type=int, default=100)
    parser.add_argument("--cohort", type=int, default=10)
    parser.add_argument("--batch", type=int, default=10)
    parser.add_argument("--rate", type=float, default=0.1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    generator = numpy.random.default_rng(options.seed)
    images, labels, test_images, test_labels = (torch.from_numpy(part) for part in mnist.load(options.data))
    parts = torch.from_numpy(mnist.even_parts(len(labels), options.participants, generator))
    held = [(images[part], labels[part]) for part in parts]
    model = torch.nn.Sequential(
        torch.nn.Linear(images.shape[1], 200), torch.nn.ReLU(), torch.nn.Linear(200, 200), torch.nn.ReLU(),
        torch.nn.Linear(200, 10),
    )
    shared = {name: value.clone() for name, value in model.state_dict().items()}
    seconds = []
    for _ in range(options.rounds):
        cohort = generator.choice(options.participants, options.cohort, replace=False)
        began = time.perf_counter()
        total = {name: torch.zeros_like(value) for name, value in shared.items()}
        for member in cohort:
            model.load_state_dict(shared)
            train(model, *held[member], options.batch, options.rate)
            for name, value in model.state_dict().items():
                total[name] += value
        shared = {name: value / options.cohort for name, value in total.items()}
        seconds.append(time.perf_counter() - began)
    model.load_state_dict(shared)
    with torch.no_grad():
        right = (model(test_images).argmax(dim=1) == test_labels).float().mean()
    print(json.dumps({
        "peer": f"torch {torch.__version__}", "seconds_per_round": statistics.median(seconds), "rounds": seconds,
        "accuracy": float(right),
    }))


if __name__ == "__main__":
    main()
