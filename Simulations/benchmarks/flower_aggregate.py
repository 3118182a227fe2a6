#!/usr/bin/env python3
"""Flower's FedAvg of N updates of D float32 values in eight layers. Prints one line of JSON with GB/s of update bytes.

  memory  strategy.aggregate: lists of arrays that are in memory already
  wire    the Message API from the objects that the network brings: inflate, then aggregate_arrayrecords
"""
import argparse
import json
import statistics
import time

import numpy


def updates(count, size, layers, generator):
    """Updates as lists of layers. One block of random numbers is scaled for each, which is quick to make."""
    block = generator.standard_normal(size, dtype=numpy.float32)
    for _ in range(count):
        scaled = block * numpy.float32(0.5 + generator.random())
        yield [numpy.ascontiguousarray(layer) for layer in numpy.array_split(scaled, layers)]


def from_memory(everything, weights):
    from flwr.server.strategy.aggregate import aggregate

    results = list(zip(everything, weights))
    return lambda: aggregate(results)


def from_wire(everything, weights):
    from flwr.app import Array, ArrayRecord, MetricRecord, RecordDict
    from flwr.serverapp.strategy.strategy_utils import aggregate_arrayrecords
    from flwr.supercore.inflatable.inflatable_object import get_all_nested_objects
    from flwr.supercore.inflatable.inflatable_utils import inflate_object_from_contents

    received = []
    for layers, weight in zip(everything, weights):
        record = RecordDict({
            "arrays": ArrayRecord({f"layer{place}": Array(layer) for place, layer in enumerate(layers)}),
            "metrics": MetricRecord({"num-examples": weight}),
        })
        objects = get_all_nested_objects(record)
        received.append((record.object_id, {name: value.deflate() for name, value in objects.items()}))

    def run():
        records = [
            inflate_object_from_contents(name, dict(contents), keep_object_contents=False)
            for name, contents in received
        ]
        return aggregate_arrayrecords(records, "num-examples").to_numpy_ndarrays()

    return run


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", choices=("memory", "wire"))
    parser.add_argument("--updates", type=int, default=100)
    parser.add_argument("--values", type=int, default=1_000_000)
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args()
    generator = numpy.random.default_rng(1)
    weights = [int(weight) for weight in generator.integers(100, 1_000, options.updates)]
    everything = updates(options.updates, options.values, 8, generator)
    run = (from_memory if options.path == "memory" else from_wire)(everything, weights)
    run()
    seconds = []
    for _ in range(options.turns):
        began = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - began)
    gigabytes = options.updates * options.values * 4 / 1e9
    print(json.dumps({"peer": "flwr", "path": options.path, "gb_per_s": gigabytes / statistics.median(seconds)}))


if __name__ == "__main__":
    main()
