"""Writes the golden vectors of the pay rule (rewards.json beside this file) from its integers alone.

    python3 reference.py > rewards.json

The generator is a 64-bit linear congruential one, written out, so that every Python gives the same file. Integers that
may pass 2^53 are decimal strings.
"""
import json
from math import isqrt

ONE = 4096
LIMIT = 1 << 62


class Generator:
    def __init__(self, seed):
        self.state = seed

    def bits(self, count):
        value = 0
        for _ in range((count + 31) // 32):
            self.state = (self.state * 6364136223846793005 + 1442695040888963407) % (1 << 64)
            value = value << 32 | self.state >> 32
        return value & ((1 << count) - 1)

    def below(self, limit):
        return self.bits(64) % limit

    def signed(self, bits):
        """A number of at most that many bits, either sign, of any size."""
        value = self.bits(bits) >> self.below(bits)
        return -value if self.below(2) else value


def factor(squared, bound):
    return ONE if squared <= bound else isqrt(ONE * ONE * bound // squared)


def next_bound(recent, task, previous):
    norms = sorted(norm for norm in recent if norm[0] > 0)
    total = sum(units for _, units in norms)
    running, base = 0, task
    for squared, units in norms:
        running += units
        if 2 * running > total:
            base = min(task, squared)
            break
    if previous is not None:
        base = max(base, previous // 4)
    return base, base * 9 // 4


def echo(effective, novel):
    positive = [max(0, score) for score in novel]
    largest = max(positive, default=0)
    return [0 if largest == 0 else weight * score // largest for weight, score in zip(effective, positive)]


def agreement(scores):
    size = sum(abs(score) for score in scores)
    return 0 if size == 0 else (max(0, sum(scores)) << 16) // size


def gain(novel, share):
    return novel * share * share >> 32


def clamp(value):
    return max(-LIMIT, min(LIMIT, value))


def settle(pool, before, after, target, merits):
    total = sum(max(0, merit) for merit in merits)
    payable = 0 if total == 0 else pool * min(max(0, before - after), target) // target
    payments = [0 if total == 0 else payable * max(0, merit) // total for merit in merits]
    return payable, payments, sum(payments)


def text(values):
    return [str(value) for value in values]


def weight_case(generator):
    bound = 1 + (generator.bits(96) >> generator.below(96))
    squared = generator.bits(79) >> generator.below(79)
    units = 1 + generator.below(8)
    return {"squared": str(squared), "units": units, "bound": str(bound), "factor": factor(squared, bound),
            "weight": units * factor(squared, bound)}


def bound_case(recent, task, previous):
    base, squared = next_bound(recent, task, previous)
    return {"squared": text(norm[0] for norm in recent), "units": [norm[1] for norm in recent], "task": str(task),
            "previous": None if previous is None else str(previous), "base": str(base), "bound": str(squared)}


def bounds(generator):
    cases = [
        ([], 1, None), ([], 1 << 96, None), ([(0, 4)], 100, 50), ([(7, 4)], 100, None), ([(7, 4)], 100, 100),
        ([(700, 4)], 100, 3), ([(1, 4), (81, 4)], 100, None), ([(1, 4), (1, 4), (81, 4), (90, 4)], 100, None),
        ([(1, 1)] * 8 + [(90, 8)], 100, None), ([(1, 1)] * 9 + [(90, 8)], 100, None),
        ([(50, 8), (50, 1), (50, 3)], 100, 401), ([(1, 8)] * 16_384, 1 << 96, None),
        ([(5, 8)] * 8_192 + [(6, 8)] * 8_192, 1 << 96, None), ([((1 << 79) - 1, 8)] * 3, 1 << 96, 1 << 96),
    ]
    for _ in range(200):
        recent = [((generator.bits(79) >> generator.below(79)) * (generator.below(8) > 0), 1 + generator.below(8))
                  for _ in range(generator.below(12))]
        task = 1 + (generator.bits(96) >> generator.below(96))
        previous = None if generator.below(3) == 0 else 1 + generator.below(1 << 60) % task
        cases.append((recent, task, previous))
    return [bound_case(*case) for case in cases]


def round_case(novel, effective):
    share = agreement(novel)
    return {"novel": text(novel), "effective": effective, "share": share, "gains": text(gain(x, share) for x in novel),
            "echo": echo(effective, novel)}


def rounds(generator):
    fixed = [[0, 0, 0], [-1, -2], [5], [-5], [LIMIT] * 4, [LIMIT, -LIMIT], [LIMIT, -LIMIT, 1], [-LIMIT] * 3,
             [1, -1, 1], [3, -1], []]
    cases = [(novel, [ONE * (1 + index % 8) for index in range(len(novel))]) for novel in fixed]
    cases.append(([1, 2, 3], [0, 0, 0]))
    for _ in range(200):
        count = 1 + generator.below(10)
        novel = [generator.signed(62) for _ in range(count)]
        cases.append((novel, [generator.below(8 * ONE + 1) for _ in range(count)]))
    return [round_case(*case) for case in cases]


def settlement_case(generator, index):
    pool = generator.bits(63) >> generator.below(63)
    before, after = generator.signed(63), generator.signed(63)
    if index % 3:
        before, after = 2_302_585_092_994, generator.below(2_500_000_000_000)
    target = 1 + (generator.bits(62) >> generator.below(62)) if index % 3 == 0 else 1 + generator.below(3 * 10**12)
    merits = [generator.signed(62) for _ in range(generator.below(9))]
    if index % 50 == 0:
        merits = [-abs(merit) for merit in merits]
    if index % 51 == 0:
        merits = [LIMIT] * (1 + generator.below(20))
    payable, payments, paid = settle(pool, before, after, target, merits)
    return {"pool": str(pool), "before": str(before), "after": str(after), "target": str(target),
            "merits": text(merits), "payable": str(payable), "payments": text(payments), "paid": str(paid)}


def merit_case(generator, count):
    gains = [generator.signed(62) for _ in range(count)]
    if count % 3 == 0:
        gains = [LIMIT, LIMIT, LIMIT, -LIMIT, -1][:count]
    return {"gains": text(gains), "merit": str(clamp(sum(gains)))}


if __name__ == "__main__":
    generator = Generator(7)
    sections = {
        "weights": [weight_case(generator) for _ in range(300)],
        "bounds": bounds(generator),
        "rounds": rounds(generator),
        "merits": [merit_case(generator, count) for count in range(40)],
        "settlements": [settlement_case(generator, index) for index in range(2000)],
    }
    for case in sections["bounds"]:
        if len(case["squared"]) > 1000:  # runs of equal norms, as [norm, units, count]
            runs = []
            for squared, units in zip(case.pop("squared"), case.pop("units")):
                if runs and runs[-1][:2] == [squared, str(units)]:
                    runs[-1][2] = str(int(runs[-1][2]) + 1)
                else:
                    runs.append([squared, str(units), "1"])
            case["runs"] = runs
            case["squared"], case["units"] = [], []
    print("{")
    for number, (name, cases) in enumerate(sections.items()):
        print(f'"{name}": [')
        print(",\n".join(json.dumps(case) for case in cases))
        print("]," if number + 1 < len(sections) else "]")
    print("}")
