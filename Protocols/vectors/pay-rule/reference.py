#!/usr/bin/env python3
"""Writes the known answers for weights and scores in this folder, in plain Python integers and floats.

A Python float is an IEEE 754 binary64, and every step that rounds is one operation on it. Floats are written as the
16 hexadecimal digits of their bits. Nothing here shares code with the Swift sources.  usage: reference.py FOLDER
"""
import json
import math
import random
import struct
import sys
from fractions import Fraction

HISTORY = 5
ONE = 4096
PER_NAT = 10 ** 12
SCORE_LIMIT = 2 ** 62


def bits(value):
    return struct.pack(">d", value).hex()


def single(value):
    """The nearest binary32, as a float."""
    return struct.unpack(">f", struct.pack(">f", value))[0]


def single_bits(value):
    return struct.pack(">f", value).hex()


def power(exponent):
    return math.ldexp(1.0, exponent)


def dot(left, right):
    return sum(a * b for a, b in zip(left, right))


def rounded(vector):
    """17-bit integers and their exponent."""
    largest = max((abs(x) for x in vector), default=0.0)
    if largest == 0:
        return [0] * len(vector), 0
    exponent = 16
    while largest >= 2:
        largest, exponent = largest / 2, exponent - 1
    while largest < 1:
        largest, exponent = largest * 2, exponent + 1
    # round() of a Fraction is to the nearest integer, ties to even.
    scale = Fraction(2) ** exponent
    return [round(Fraction(x) * scale) for x in vector], exponent


def take_away(vector, direction):
    integers, exponent = direction
    own, own_exponent = rounded(vector)
    c = float(dot(own, integers)) / float(dot(integers, integers)) * power(exponent - own_exponent)
    return [v - c * (float(q) * power(-exponent)) for v, q in zip(vector, integers)]


def take_all_away_twice(vector, directions):
    for direction in directions + directions:
        vector = take_away(vector, direction)
    return vector


def basis(vectors):
    """The directions, and for each vector whether it gave one."""
    directions, kept = [], []
    for vector in vectors:
        whole, whole_exponent = rounded(vector)
        rest, rest_exponent = rounded(take_all_away_twice(vector, directions))
        length = Fraction(dot(rest, rest)) / Fraction(4) ** rest_exponent
        whole_length = Fraction(dot(whole, whole)) / Fraction(4) ** whole_exponent
        kept.append(whole_length > 0 and length > 0 and length * 2 ** 32 >= whole_length)
        if kept[-1]:
            directions.append((rest, rest_exponent))
    return directions, kept


def simpson(start, middle, end):
    return [((a + 4.0 * b) + c) / 6.0 for a, b, c in zip(start, middle, end)]


def score(update, weight, denominator, direction, grid, rate):
    integers, exponent = direction
    x = float(dot(update, integers)) * power(-(grid + exponent))
    share = (rate * float(weight)) / float(denominator)
    return max(-SCORE_LIMIT, min(SCORE_LIMIT, round(-(share * x) * 1e12)))


def step(updates, weights, denominator, grid, rate):
    sums = [sum(a * k for a, k in zip(weights, column)) for column in zip(*updates)]
    return [rate * (float(s) * power(-grid) / float(denominator)) for s in sums]


def echo_weights(weights, novel):
    paid = [max(0, x) for x in novel]
    most = max(paid)
    return [a * p // most if most else 0 for a, p in zip(weights, paid)]


def echo(updates, weights):
    return [float(sum(g * k for g, k in zip(weights, column))) for column in zip(*updates)]


def weight_cases(rng):
    """Squared norms K of random updates, and the factor f that the bound leaves: f is the largest with f^2 K <= 2^24 B."""
    cases = []
    for index in range(300):
        size = rng.randint(1, 12)
        reach = rng.choice([1, 10, 1000, 2 ** 16, 2 ** 24 - 1])
        update = [rng.choice([rng.randint(-reach, reach), 0, reach, -reach]) for _ in range(size)]
        squared = dot(update, update)
        bound = rng.choice([max(1, squared + rng.randint(-2, 2)), max(1, squared // rng.randint(2, 50)),
                            rng.randint(1, 2 ** 60), 1])
        factor = ONE if squared <= bound else math.isqrt(ONE * ONE * bound // squared)
        assert factor == ONE or (factor ** 2 * squared <= ONE ** 2 * bound < (factor + 1) ** 2 * squared)
        units = rng.randint(1, 8)
        cases.append({"update": update, "squared_norm": str(squared), "bound_squared": str(bound), "units": units,
                      "factor": factor, "weight": units * factor})
    return {"note": "squared norms and effective weights", "cases": cases}


def random_vector(rng, size, spread):
    return [rng.gauss(0, 1) * 2.0 ** rng.randint(-spread, spread) for _ in range(size)]


def score_case(name, rng, vectors, size, grid=24, rate=1.0, gradients=None):
    if gradients is None:
        gradients = [[single(x) for x in random_vector(rng, size, 3)] for _ in range(3)]
    path = simpson(*gradients)
    directions, kept = basis(vectors)
    full = rounded(path)
    novel = rounded(take_all_away_twice(path, directions))
    updates = [[rng.randint(-(2 ** 24 - 1), 2 ** 24 - 1) for _ in range(size)] for _ in range(3)]
    updates.append([0] * size)
    denominator = ONE * 16
    weights = [ONE * 4, 1, 12_345, ONE * 8]
    return {
        "name": name, "grid": grid, "learning_rate": bits(rate), "denominator": denominator,
        "vectors": [[bits(x) for x in v] for v in vectors], "kept": kept,
        "gradients": [[single_bits(x) for x in g] for g in gradients],
        "surprise": {"integers": novel[0], "exponent": novel[1]},
        "updates": updates, "weights": weights,
        "full": [score(k, a, denominator, full, grid, rate) for k, a in zip(updates, weights)],
        "novel": [score(k, a, denominator, novel, grid, rate) for k, a in zip(updates, weights)],
    }


def score_cases(rng):
    cases = [score_case("nothing scored before", rng, [], 7)]
    for count in range(1, 2 * HISTORY + 1):
        cases.append(score_case(f"{count} vectors", rng, [random_vector(rng, 24, 4) for _ in range(count)], 24))
    first, second = random_vector(rng, 12, 2), random_vector(rng, 12, 2)
    zeros = [0.0] * 12
    cases.append(score_case("zeros are skipped", rng, [zeros, first, zeros, second], 12))
    cases.append(score_case("zeros alone", rng, [zeros] * 4, 12))
    cases.append(score_case("a vector twice", rng, [first, first, second, [-3.0 * x for x in second]], 12))
    mixed = [x + 0.25 * y for x, y in zip(first, second)]
    cases.append(score_case("a sum of the two before", rng, [first, second, mixed], 12))
    for places in (12, 14, 15, 16, 17, 18, 24):
        near = [x + y * 2.0 ** -places for x, y in zip(first, second)]
        cases.append(score_case(f"a vector within 2^-{places} of the one before", rng, [first, near], 12))
    halves = [65536.0, 0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 3.5]
    cases.append(score_case("ties to even", rng, [halves], 8, gradients=[halves] * 3))
    cases.append(score_case("the largest magnitude rounds up to 2^17", rng, [[math.nextafter(2.0, 0), 1.0, 0.0]], 3))
    cases.append(score_case("fewer values than vectors", rng, [random_vector(rng, 3, 1) for _ in range(6)], 3))
    cases.append(score_case("one value", rng, [[1.5], [-2.25]], 1))
    cases.append(score_case("a gradient of zeros", rng, [first], 12, gradients=[[0.0] * 12] * 3))
    cases.append(score_case("a gradient along the vector", rng, [[1.0, 2.0, -3.0]], 3,
                            gradients=[[1.0, 2.0, -3.0]] * 3))
    cases.append(score_case("very long and very short vectors", rng,
                            [[x * 2.0 ** e for x in random_vector(rng, 10, 1)] for e in (60, -60, 30, -30)], 10))
    cases.append(score_case("saturated", rng, [], 4, grid=8, rate=1000.0,
                            gradients=[[single(2.0 ** 60)] * 4] * 3))
    for grid, rate in ((8, 0.3), (30, 2.5)):
        cases.append(score_case(f"a grid of {grid} bits and a rate of {rate}", rng,
                                [random_vector(rng, 16, 2) for _ in range(4)], 16, grid=grid, rate=rate))
    return {"note": "surprise gradients and scores", "cases": cases}


def task(rng):
    """Eight rounds of a quadratic loss, each with the steps and echoes of those before it."""
    size, grid, rate, count = 20, 16, 0.9, 4
    targets = [[rng.gauss(1, 0.4) for _ in range(size)] for _ in range(count)]
    curvature = [2.0 ** rng.uniform(-3, 0) for _ in range(size)]
    model, steps, echoes, rounds = [0.0] * size, [], [], []
    for number in range(8):
        updates = [[round(0.4 * (t - w) * c * 2 ** grid) for t, w, c in zip(target, model, curvature)]
                   for target in targets]
        updates.append([round(s * 2 ** grid) for s in steps[0]] if steps else [0] * size)
        weights = [rng.choice([ONE * 4, ONE * 4, ONE * 8, 9_999, 0]) if i else ONE * 4 for i in range(count + 1)]
        denominator = ONE * 4 * (count + 1) + ONE * 16
        moved = step(updates, weights, denominator, grid, rate)
        gradients = [[single(c * (w + f * d - 1.0)) for c, w, d in zip(curvature, model, moved)]
                     for f in (0.0, 0.5, 1.0)]
        directions, _ = basis(steps[:HISTORY] + echoes[:HISTORY])
        path = simpson(*gradients)
        full, novel = rounded(path), rounded(take_all_away_twice(path, directions))
        scores = [[score(k, a, denominator, d, grid, rate) for k, a in zip(updates, weights)] for d in (full, novel)]
        echoed = echo_weights(weights, scores[1])
        steps.insert(0, moved)
        echoes.insert(0, echo(updates, echoed))
        rounds.append({
            "updates": updates, "weights": weights, "denominator": denominator,
            "gradients": [[single_bits(x) for x in g] for g in gradients],
            "full": scores[0], "novel": scores[1], "echo_weights": echoed,
            "step": [bits(x) for x in moved], "echo": [bits(x) for x in echoes[0]],
        })
        model = [single(w + d) for w, d in zip(model, moved)]
    return {"note": "one task", "grid": grid, "learning_rate": bits(rate), "rounds": rounds}


def main():
    rng = random.Random(7)
    for name, content in (("weights", weight_cases(rng)), ("scores", score_cases(rng)), ("task", task(rng))):
        with open(f"{sys.argv[1]}/{name}.json", "w") as file:
            json.dump(content, file, separators=(",", ":"))
            file.write("\n")


main()
