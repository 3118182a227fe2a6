"""MNIST from its four IDX files, plain or gzip, as the peers' loops want it: pixels / 255, dealt out evenly."""
import gzip
import pathlib

import numpy


def _idx(folder, name):
    path = pathlib.Path(folder) / name
    packed = path.with_name(name + ".gz")
    data = gzip.decompress(packed.read_bytes()) if packed.exists() else path.read_bytes()
    rank = data[3]
    shape = [int.from_bytes(data[4 + 4 * axis : 8 + 4 * axis], "big") for axis in range(rank)]
    return numpy.frombuffer(data, numpy.uint8, offset=4 + 4 * rank).reshape(shape)


def load(folder):
    """(train images, train labels, test images, test labels); images as rows of float32."""
    parts = []
    for prefix in ("train", "t10k"):
        images = _idx(folder, f"{prefix}-images-idx3-ubyte")
        parts.append(images.reshape(len(images), -1).astype(numpy.float32) / numpy.float32(255))
        parts.append(_idx(folder, f"{prefix}-labels-idx1-ubyte").astype(numpy.int64))
    return parts


def even_parts(example_count, participants, generator):
    """Indices of each participant's examples, as a matrix."""
    size = example_count // participants
    return generator.permutation(example_count)[: size * participants].reshape(participants, size)
