"""The attacks that an answer judges: reading what is not public yet, lies in messages, promises without means."""
import numpy as np

from federation import Federation, NotOpened
from formats import NEW, Terms
from open_round import Round
from reading import reading
from receipts import funded
from row import Result, Row, workers
from thefts import attempt
from wire import Malformed, Message, participant_account


# Lies in messages.

def lies(setting):
    """Contributions that are wrong in one thing each, every one from a key of its own in one open round."""
    accepted, refused = [], {}
    cases = list(malformed_updates()) + list(malformed_statements())
    if setting.version == NEW:
        cases += list(wrong_possessions())
    labels = [f"liar-{place}" for place in range(len(cases))] + ["h0", "h1"]
    with setting.coordinator() as coordinator:
        round_ = Round(coordinator, labels, setting.seed, hidden=())
        for (what, send), member in zip(cases, round_.members):
            reply = attempt(lambda: send(round_, member))
            if reply.accepted:
                accepted.append(what)
            else:
                refused[what] = reply.reason
        honest = round_.send(round_.members[-1])[1]
    wrong = [what for what in accepted if not what.startswith("(")]
    harmless = [what.strip("()") for what in accepted if what.startswith("(")]
    got = f"{len(refused)} of {len(cases)} refused"
    if wrong:
        got += f"; accepted: {', '.join(wrong)}"
    if harmless:
        got += f"; taken as information: {', '.join(harmless)}"
    if not honest.accepted:
        got += f"; an honest one was refused: {honest.reason}"
    return Result(got, not wrong and honest.accepted, refused=refused, accepted=accepted)


def malformed_updates():
    """Updates that are not on the grid or not of the task's shape."""
    def with_value(value):
        def send(round_, member):
            values = np.zeros(round_.view.network.count, "<f4")
            values[7] = value
            blob = round_.header + values.tobytes()
            return member.participant.send(round_.orders[member.name], blob, len(values), 10)
        return send

    def with_bytes(change):
        def send(round_, member):
            count = round_.view.network.count
            return member.participant.send(round_.orders[member.name], change(round_.work(member)), count, 10)
        return send

    for name, value in (("NaN", np.nan), ("infinity", np.inf), ("-infinity", -np.inf), ("minus zero", -0.0),
                        ("1.0, past the grid", 1.0), ("2^-25, off the grid", 2.0 ** -25), ("a denormal", 1e-42)):
        yield name, with_value(value)
    yield "a value too few", with_bytes(lambda blob: blob[:-4])
    yield "a value too many", with_bytes(lambda blob: blob + bytes(4))
    yield "no header", with_bytes(lambda blob: blob[8:])
    yield "a broken header", with_bytes(lambda blob: blob[:8] + b"?" + blob[9:])


def malformed_statements():
    """Statements that are wrong in one field. Names in parentheses are of fields that only inform."""
    def changed(fields, signer=None):
        def send(round_, member):
            participant, order = member.participant, round_.orders[member.name]
            blob = round_.work(member)
            given = fields(round_, member) if callable(fields) else fields
            statement = participant.statement(
                order, participant.upload(order, blob), round_.view.network.count, len(member.rows),
                participant.possession(blob), given)
            signature = signer(round_, statement) if signer else None
            return participant.contribute(statement, signature)
        return send

    other = lambda round_: round_.members[-2].participant
    yield "another task", changed({1: bytes(31) + b"\1"})
    yield "the next round", changed({2: 2})
    yield "another's key", changed(lambda round_, member: {3: other(round_).public_key})
    yield "another base model", changed({4: bytes(31) + b"\1"})
    yield "another configuration", changed({5: bytes(31) + b"\1"})
    yield "bytes never sent", changed({6: bytes(31) + b"\1"})
    yield "a parameter more", changed(lambda round_, member: {7: round_.view.network.count + 1})
    yield "another previous contribution", changed({11: bytes(31) + b"\1"})
    yield "another's signature", changed({}, lambda round_, statement: other(round_).sign(
        "tributary/contribution/v1", statement))
    yield "a signature of zeros", changed({}, lambda round_, statement: bytes(64))
    yield "an unknown field that says units 8", changed({14: 8})
    yield "(zero examples)", changed({8: 0})
    yield "(2^24 + 1 examples)", changed({8: (1 << 24) + 1})
    yield "(2^64 - 1 examples)", changed({8: (1 << 64) - 1})
    yield "twice in a round", twice


def twice(round_, member):
    """A second, other update of the same key."""
    participant, order, count = member.participant, round_.orders[member.name], round_.view.network.count
    participant.send(order, round_.work(member), count, 10)
    return participant.send(order, round_.blob(np.full(count, 2.0 ** -10)), count, 10)


def wrong_possessions():
    """Proofs of possession that are not of this key and these bytes."""
    def proved(by):
        def send(round_, member):
            participant, order, blob = member.participant, round_.orders[member.name], round_.work(member)
            digest = participant.upload(order, blob)
            return participant.contribute(participant.statement(
                order, digest, round_.view.network.count, 10, by(round_, member, blob)))
        return send

    yield "no possession", proved(lambda round_, member, blob: b"")
    yield "possession of other bytes", proved(lambda round_, member, blob: member.participant.possession(blob + b"\0"))
    yield "possession by another key", proved(
        lambda round_, member, blob: round_.members[-2].participant.possession(blob))
    yield "possession of 31 bytes", proved(lambda round_, member, blob: member.participant.possession(blob)[:31])


def unit_lies(setting):
    """Registrations that ask for 8 units, and a label that the task file gives 8 units, taken by a stranger."""
    if setting.version != NEW:
        return Result("there are no units", False)
    with setting.coordinator() as coordinator:
        attempt(lambda: coordinator.participant("liar", registration={3: 8, 4: 8}))
        given = units_registered(coordinator.operator)
    with setting.coordinator() as coordinator:
        try:
            Round(coordinator, ["clinic", "h1", "h2", "clinic"], setting.seed, terms=Terms(units={"clinic": 8}))
            said, assigned = "opened", units_assigned(coordinator.operator)
        except NotOpened:
            said, assigned = "refused", {}
    lied = [number for number, units in given.items() if units not in (0, 4)]
    got = f"registered with {'units of its own' if lied else 'ordinary units'}"
    got += f"; a task that gives units to a label is {said}, and {len(assigned)} keys have them"
    return Result(got, not lied and not assigned, assigned=assigned)


def units_registered(session):
    """The units of each registration on the ledger, by participant number."""
    found = [Message(data) for data in session.entries()]
    registered = [entry.message(17) for entry in found if entry.has(17)]
    return {number: registration.number(3) for number, registration in enumerate(registered)}


def units_assigned(session):
    """The units that the ledger assigns, by participant number."""
    found = [Message(data) for data in session.entries()]
    assigned = [entry.message(28) for entry in found if entry.has(28)]
    return {assignment.number(2): assignment.number(3) for assignment in assigned if assignment.number(3) != 4}


def units_by_key(setting):
    """Eight units for one key, in the task file, beside another key that has taken its owner's label."""
    if setting.version != NEW:
        return Result("there are no units", False)
    with setting.coordinator() as coordinator:
        members = workers(3)
        members[2].name = "h0"
        federation = Federation(coordinator, members, setting.seed)
        key = participant_account(members[0].participant.public_key).removeprefix("participant/")
        federation.open("given", 2, (), Terms(units={key: 8}))
        federation.orders()
        assigned = units_assigned(coordinator.operator)
    return Result(f"8 units go to {len(assigned)} keys", assigned == {members[0].participant.number: 8})


# Promises.

def thin_sponsor(setting):
    """A task whose sponsor has a hundredth of its pool, then one whose escrow is one unit where that can be said."""
    said = []
    with setting.coordinator(grants=[("acme", 20)]) as coordinator:
        federation = Federation(coordinator, workers(2), setting.seed)
        terms = Terms(sponsor="acme")
        for name, options in (("thin", ()), ("thinner", ("--escrow", "0.000001"))):
            try:
                outcome = federation.play(name, rounds=4, hidden=(), terms=terms, audit=False, options=options)
            except NotOpened as refusal:
                said.append(f"refused ({reason(refusal)})")
                continue
            paid = sum(outcome.paid.values())
            count = sum(map(len, outcome.ledger.accepted.values()))
            said.append(f"opened: {count} contributions, {paid:.6f} of {terms.pool} tokens paid")
    return Result("; ".join(said), not any(text.startswith("opened") for text in said))


def anybody(setting):
    """A task that pays, opened where anybody may register; then the same with the word that accepts it."""
    if setting.version != NEW:
        return Result("opened, and nobody is told", False)
    said = []
    with setting.coordinator(is_open=True) as coordinator:
        federation = Federation(coordinator, workers(2), setting.seed)
        for name, terms in (("silent", Terms()), ("told", Terms(accepts_unproved_pay=True))):
            try:
                federation.open(name, 2, (), terms)
                said.append("opened")
            except NotOpened as refusal:
                said.append(f"refused ({reason(refusal)})")
    return Result(f"without the word: {said[0]}; with it: {said[1]}",
                  said[0] != "opened" and said[1] == "opened")


def promise_kept(setting):
    """What an order proves to be set aside, for a task that issues tokens and for one with a sponsor."""
    found = {}
    for name, sponsor in (("emission", None), ("sponsor", "acme")):
        with setting.coordinator(grants=[("acme", 2_000)]) as coordinator:
            order = Round(coordinator, ["h0", "h1"], setting.seed, terms=Terms(sponsor=sponsor)).orders["h0"]
            try:
                found[name] = f"{funded(order, coordinator.link.log_key) / 1e6:.0f} tokens"
            except Malformed as fault:
                found[name] = f"nothing ({fault})"
    got = ", ".join(f"{name}: {what}" for name, what in found.items())
    return Result(f"proved: {got}", set(found.values()) == {f"{Terms().pool} tokens"})


def cap_twice(setting):
    """Two tasks that promise two thirds of the cap each."""
    with setting.coordinator(cap=3_000) as coordinator:
        federation = Federation(coordinator, workers(2), setting.seed)
        opened = []
        for name in ("first", "second"):
            try:
                federation.open(name, 4, (), Terms(), quorum=2)
                opened.append(name)
            except NotOpened as refusal:
                said = reason(refusal)
    promised = len(opened) * Terms().pool
    got = f"promised {promised} of 3000 tokens" + (f"; the second is refused ({said})" if len(opened) == 1 else "")
    return Result(got, opened == ["first"])


def reason(refusal):
    """The sentence of a refusal, without the file's path."""
    lines = str(refusal).strip().splitlines() or [""]
    return lines[0].split("the coordinator refuses: ")[-1].split(".yaml: ")[-1][:120]


PROBE_ROWS = [
    Row("reading an open round", "requests as auditor and as participant", reading(), finding="P1, S1-2",
        holds="nothing is read", is_short=True),
    Row("reading where scores are live", "the same, disclosure: live", reading(trust="known", disclosure="live"),
        holds="nothing of the open round is read"),
    Row("lies in contributions", "one wrong field or value each", lies,
        holds="none is accepted", is_short=True),
    Row("units that were not given", "units in a registration, a label twice", unit_lies,
        holds="ordinary units", is_short=True),
    Row("units under another's label", "a label that is taken, units by key", units_by_key,
        holds="the named key alone has them"),
    Row("a sponsor without the pool", "2000 promised, 20 there; escrow of one unit", thin_sponsor,
        finding="M6, S1-3", holds="not opened", is_short=True),
    Row("pay where anybody registers", "a task that pays, registration open", anybody,
        holds="refused without unproved_pay", is_short=True),
    Row("promises without a proof", "orders of two tasks, read as an agent does", promise_kept,
        holds="the whole pool is proved", is_short=True),
    Row("a cap promised twice", "2 tasks of 2000 under a cap of 3000", cap_twice, finding="M6",
        holds="the second is not opened", is_short=True),
]
