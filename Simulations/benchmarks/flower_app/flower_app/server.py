"""FedAvg over arrays of eight layers; writes when each round ended, and its own peak memory, to a file."""
import json
import resource
import time

import numpy
from flwr.app import ArrayRecord, Context
from flwr.serverapp import Grid, ServerApp
from flwr.serverapp.strategy import FedAvg

LAYERS = 8

app = ServerApp()


@app.main()
def main(grid: Grid, context: Context):
    config = context.run_config
    block = numpy.random.default_rng(0).standard_normal(100_003, dtype=numpy.float32)
    size = int(config["values"]) // LAYERS
    initial = ArrayRecord([numpy.resize(block, size) + numpy.float32(layer) for layer in range(LAYERS)])
    marks = []

    def evaluate(round_number, arrays):
        marks.append(time.time())

    nodes = int(config["nodes"])
    strategy = FedAvg(
        fraction_train=1.0, fraction_evaluate=0.0, min_train_nodes=nodes, min_available_nodes=nodes)
    strategy.start(grid=grid, initial_arrays=initial, num_rounds=int(config["rounds"]), evaluate_fn=evaluate)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024
    with open(config["out"], "w", encoding="utf-8") as file:
        json.dump({"marks": marks, "peak_mib": peak}, file)
