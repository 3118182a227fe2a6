"""What a trainer needs to talk to a Tributary agent (Protocols/trainer.md): its job, its data, its answer; with numpy."""
import json
import os

import numpy as np


def load_job():
    """The job's description, and the model to train from as {name: float32 array}."""
    with open("task.json") as file:
        job = json.load(file)
    return job, read_safetensors(job["paths"]["model"])


def load_data(job):
    """Features (float32, a row an example) and classes from TRIBUTARY_DATA: a .csv whose last column is the class, a
    .npz with x and y (or x_train and y_train), or the word "digits" (needs scikit-learn)."""
    place = os.environ.get("TRIBUTARY_DATA", "digits")
    if place == "digits":
        from sklearn.datasets import load_digits
        x, y = load_digits(return_X_y=True)
        x = x / 16
    elif place.endswith(".npz"):
        arrays = np.load(place)
        x, y = (arrays[name if name in arrays else name + "_train"] for name in ("x", "y"))
    else:
        with open(place) as file:
            has_header = any(c.isalpha() and c not in "eE" for c in file.readline())
        table = np.loadtxt(place, delimiter=",", skiprows=int(has_header), ndmin=2)
        x, y = table[:, :-1], table[:, -1]
    x, y = np.asarray(x, np.float32).reshape(len(x), -1), np.asarray(y, np.int64)
    model = job["model"]
    if x.shape[1] != model["features"] or not 0 <= y.min() <= y.max() < model["classes"]:
        raise SystemExit(
            f"{place} has {x.shape[1]} features and classes {y.min()} to {y.max()}; the task's model is {model}")
    return x, y


def answer(job, given, trained, samples, steps, **figures):
    """Writes the update, trained minus given values, and what was done for it."""
    delta = {name: np.asarray(trained[name], np.float32) - value for name, value in given.items()}
    write_safetensors(job["paths"]["update"], delta)
    with open(job["paths"]["metrics"], "w") as file:
        json.dump({"samples": samples, "steps": steps, **figures}, file, allow_nan=False)


def read_safetensors(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        values = file.read()
    return {name: np.frombuffer(values[slice(*t["data_offsets"])], "<f4").reshape(t["shape"]).copy()
            for name, t in header.items() if name != "__metadata__"}


def write_safetensors(path, tensors):
    header, end = {}, 0
    for name, value in tensors.items():
        header[name] = {"dtype": "F32", "shape": value.shape, "data_offsets": [end, end := end + 4 * value.size]}
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for value in tensors.values():
            file.write(np.ascontiguousarray(value, "<f4").tobytes())
