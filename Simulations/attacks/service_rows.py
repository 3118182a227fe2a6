"""The attacks that the service itself must bear: floods, extreme numbers, names that deceive, what others can read."""
import os
import stat
import time

import numpy as np

import strategies
from agents import Agent, Impostor
from client import OPERATOR, PARTICIPANT, Refused, Session
from evidence_rows import played
from federation import Federation, Ledger, Unprepared
from flood import Flood, connection
from formats import ENTRY_REFUSED, REGISTERED, ROUND_OPENED, Terms, task_text
from history import History
from learning import LARGEST
from open_round import Round
from row import Result, Row, idle, workers
from wire import Message, message

ELSEWHERE = "127.0.0.2"  # another address of the loopback network


# Floods. They come from 127.0.0.1; whoever is not to be shut out asks from another address.

def random_key():
    return os.urandom(31) + b"\x11"


def challenges(setting):
    """20,000 challenges for keys that nobody has, then a session of the operator's."""
    with setting.coordinator() as coordinator:
        flood = Flood(coordinator.link, "POST", "/v1/sessions/challenge", lambda: message({1: random_key()}),
                      most=20_000, seconds=15)
        try:
            said = operator_session(coordinator)
        except OSError:
            coordinator.kill()
            said = "no answer"
        got = f"{flood.statuses.get(200, 0)} of {flood.sent} given; the operator's session: {said}"
        return Result(got, said == "opened", statuses=flood.statuses)


def operator_session(coordinator):
    link = coordinator.connect(source=ELSEWHERE)
    began = time.monotonic()
    while True:
        status, answer = link.exchange("POST", "/v1/sessions/challenge", message({1: coordinator.operator.public_key}))
        if status == 200:
            Session(link, OPERATOR, coordinator.operator.key)
            return "opened"
        if time.monotonic() > began + 2:
            return str(Refused(status, Message(answer)))
        time.sleep(0.1)


def registrations(setting):
    """As many new keys of one address as 10 seconds allow, at most 300, where anybody may register; then a newcomer."""
    with setting.coordinator(is_open=True) as coordinator:
        taken, said, began = 0, "none refused", time.monotonic()
        while taken < 300 and time.monotonic() < began + 10:
            try:
                coordinator.participant(f"sybil-{taken}", registration={2: ""})
                taken += 1
            except Refused as refusal:
                said = str(refusal)
                break
        seconds = time.monotonic() - began
        coordinator.link = coordinator.connect(source=ELSEWHERE)
        newcomer = "registered" if coordinator.participant("newcomer").number else "refused"
        return Result(f"{taken} registered in {seconds:.1f} s, {said}; somebody else's newcomer: {newcomer}",
                      said != "none refused" and newcomer == "registered", taken=taken)


def chunk_routes(setting):
    """Requests for chunks without a token, past what one address may ask in a second."""
    found = {}
    digest = "ab" * 32
    with setting.coordinator() as coordinator:
        for name, path in (("tasks", "/v1/tasks"), ("chunks", f"/v1/blobs/{digest}/chunks/0"),
                           ("uploads", f"/v1/updates/{digest}/chunks/0")):
            flood = Flood(coordinator.link, "PUT" if name == "uploads" else "GET", path, bytes, most=6_000, seconds=4,
                          batch=100)
            found[name] = flood.statuses
    limited = {name: statuses.get(429, 0) for name, statuses in found.items()}
    asked = {name: sum(statuses.values()) for name, statuses in found.items()}
    got = ", ".join(f"{name}: {limited[name]} of {asked[name]} answered 429" for name in found)
    return Result(got, all(limited.values()), statuses=found)


def after_a_refusal(setting):
    """Requests past what one address may ask; after the first refusal more of them at once, on the same connection."""
    body = message({1: random_key()})
    request = b"POST /v1/sessions/challenge HTTP/1.1\r\nHost: flood\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    refused, until = 0, time.monotonic() + 2
    with setting.coordinator(settings={"requests_per_address": 50}) as coordinator:
        while time.monotonic() < until and refused < 20:
            try:
                with connection(coordinator.link) as stream:
                    stream.settimeout(0.5)
                    answer = b"-"
                    while answer and b" 429 " not in answer:
                        stream.sendall(request)
                        answer = stream.recv(4_096)
                    refused += b" 429 " in answer
                    stream.sendall(request * 20)
                    stream.recv(4_096)
            except OSError:
                pass  # closed, or gone
        time.sleep(1)  # until the address may ask again
        lives = coordinator.lives()
        if not lives:
            coordinator.kill()
    said = f"after {refused} refusals the coordinator {'lives' if lives else 'does not answer any more'}"
    return Result(said, lives and refused > 0)


# Numbers.

def hidden_then_outputs(view, member, generator):
    """Legal values that make the loss as large as it can be, again and again, up and back along the last change."""
    if view.round <= 2:
        return strategies.explode({1, 2})(view, member, generator)
    if view.round % 2 == 0:
        return -view.delta()
    start, inputs, outputs = view.network.layers[-1]
    change = np.zeros(view.network.count)
    change[start:] = np.tile([1] + [-1] * (outputs - 1), inputs + 1) * generator.choice([0.1, 0.5, LARGEST])
    return change


def extreme_numbers(terms, hidden):
    """A trial: two workers and a key whose updates are legal and extreme; then a restart on what came of it."""
    def trial(setting):
        with setting.coordinator() as coordinator:
            federation = Federation(coordinator, workers(2) + idle(hidden_then_outputs, examples=1 << 24), setting.seed)
            outcome = federation.play(rounds=8, hidden=hidden, terms=terms, audit=False)
            lives = coordinator.lives()
            coordinator.stop()
            coordinator.serve()
            ledger = Ledger(coordinator.operator, tasks(coordinator)[0])
            code, said = coordinator.audit()
        got = f"{outcome.ledger.rounds()}; {'it lives' if lives else 'it ended'}, starts again; {said}"
        return Result(got, lives and ledger.is_closed and code == 0)
    return trial


def tasks(coordinator):
    return [Message(task).bytes(1) for task in coordinator.operator.read("GET", "/v1/tasks").all(1)]


# Names that deceive.

MARKS = {"ESC": "\x1b[2J\x1b]0;owned\x07", "RLO": "\u202e", "isolate": "\u2066", "CR": "\roverwritten", "C1": "\x9b2J"}


def raw(text):
    """Marks that stand in some output as they are, by name."""
    found = {"ESC": "\x1b", "RLO": "\u202e", "isolate": "\u2066", "CR": "\r", "C1": "\x9b"}
    return [name for name, mark in found.items() if mark in text]


def marks_over_the_wire(setting):
    """Labels and task names with control and direction marks, as participants and an operator may send them."""
    taken = []
    with setting.coordinator() as coordinator:
        for name, mark in MARKS.items():
            if attempt_label(coordinator, f"a{mark}b"):
                taken.append(f"label with {name}")
        federation = Federation(coordinator, workers(1), setting.seed)
        for name, mark in MARKS.items():
            escaped = "".join(f"\\u{ord(letter):04x}" for letter in mark)
            text = task_text(setting.version, f'"t{escaped}"', 1, 1, (), 1, 1, 60, Terms(), 300)
            if coordinator.open_task(text, federation.data)[0]:
                taken.append(f"task name with {name}")
        shown = raw(coordinator.log_text())
    got = f"taken: {', '.join(taken)}" if taken else "none is taken"
    return Result(got + (f"; raw in the log: {', '.join(shown)}" if shown else ""), not taken and not shown)


def attempt_label(coordinator, label):
    try:
        coordinator.participant(label)
        return True
    except Refused:
        return False


def marks_in_a_ledger(setting):
    """A label with such marks, put on the ledger by a coordinator that does not check, and printed."""
    with setting.coordinator() as coordinator:
        played(coordinator, setting, rounds=1)
        coordinator.stop()
        history = History(coordinator.home)
        history.of(REGISTERED)[0].change({2: "a" + "".join(MARKS.values())})
        history.save()
        found = {}
        for words in (("ledger", "show"), ("ledger", "balances"), ("audit",)):
            if marks := raw(coordinator.run(*words[:2], coordinator.home, *words[2:])[1]):
                found[" ".join(words[:2])] = marks
    got = "; ".join(f"{name} prints {', '.join(marks)}" for name, marks in found.items()) or "all are escaped"
    return Result(got, not found)


def marks_to_an_agent(setting):
    """An agent's log and status while its coordinator answers with such marks."""
    with setting.coordinator() as coordinator:
        agent = Agent(coordinator)
        coordinator.stop()
        with Impostor(coordinator, "a" + "".join(MARKS.values()) + "round 9: accepted"):
            said = agent.run(seconds=1.5)[1] + coordinator.run("agent", "status", "--home", agent.home)[1]
    marks = raw(said)
    reached = "accepted" in said
    got = f"printed raw: {', '.join(marks)}" if marks else "all are escaped"
    return Result(got + ("" if reached else " (the words never reached it)"), not marks and reached)


def account_names(setting):
    """Labels that are account names, and one label of two participants."""
    with setting.coordinator(grants=[("acme", 20)]) as coordinator:
        names = ("issuance", "sponsor/acme", "dup", "dup")
        taken = [name for name in names if attempt_label(coordinator, name)]
        coordinator.stop()
        wrong = []
        for account, mark in (("issuance", "grant"), ("sponsor/acme", "grant")):
            code, text = coordinator.run("ledger", "statement", coordinator.home, account)
            if code or mark not in text:
                wrong.append(f"{account} shows the participant")
        code, text = coordinator.run("ledger", "statement", coordinator.home, "dup")
        if taken.count("dup") == 2 and code == 0:
            wrong.append("dup shows one of two")
    return Result("; ".join(wrong) or "accounts come first, what is ambiguous is said", not wrong, taken=taken)


# Others' names and tokens.

def framed(setting):
    """Statements in a victim's name from a stranger and another participant, with signatures that do not hold."""
    with setting.coordinator() as coordinator:
        round_ = Round(coordinator, ["h0", "h1"], setting.seed, hidden=())
        victim, order = round_.members[0].participant, round_.orders["h0"]
        for sender in (Session(coordinator.link, PARTICIPANT), round_.members[1].participant):
            for number in range(8):
                statement = victim.statement(order, os.urandom(32), 1, 1, os.urandom(32), {2: number % 4})
                try:
                    sender.ask("POST", "/v1/contributions", message({1: statement, 2: os.urandom(64)}))
                except Refused:
                    pass
        _, reply = round_.send(round_.members[0])
        round_.send_rest()
        entries = [Message(data) for data in coordinator.operator.entries()]
    booked = [entry for entry in entries if entry.has(ENTRY_REFUSED)
              and entry.message(ENTRY_REFUSED).bytes(3) == victim.public_key]
    got = f"{len(booked)} refusals booked under the victim's key"
    return Result(got + ("" if reply.accepted else "; its own is refused"), not booked and reply.accepted)


def stolen_token(setting):
    """A victim's token says goodbye, or declines the task, before a round; the victim asks for nothing in between."""
    left_out = []
    for what, method, path in (("goodbye", "DELETE", "/v1/participants/me"), ("decline", "POST", "/v1/work")):
        with setting.coordinator() as coordinator:
            round_ = Round(coordinator, ["h0", "h1", "h2"], setting.seed, rounds=3, hidden=(), quorum=2)
            victim = round_.members[0].participant
            for member in round_.members[:2]:
                round_.send(member)
            body = message({1: 0, 2: [round_.task]}) if method == "POST" else b""
            coordinator.link.exchange(method, path, body, victim.token)
            round_.send(round_.members[2])
            if victim.number not in cohort(coordinator, 2):
                left_out.append(what)
    got = f"the victim is left out after a {' and a '.join(left_out)}" if left_out else "the victim is invited"
    return Result(got, not left_out)


def cohort(coordinator, number):
    """The participants invited to a round, once it is open."""
    for _ in range(100):
        for data in coordinator.operator.entries():
            entry = Message(data)
            if entry.has(ROUND_OPENED) and entry.message(ROUND_OPENED).number(2) == number:
                return list(entry.message(ROUND_OPENED).bytes(5))  # packed; numbers below 128 are a byte each
        time.sleep(0.05)
    raise Unprepared(f"round {number} does not open")


def open_to_others(setting):
    """What another user of the machine can read of the folders of a coordinator and an agent."""
    with setting.coordinator() as coordinator:
        played(coordinator, setting, rounds=1)
        agent = Agent(coordinator)
        agent.run(seconds=1)
        coordinator.stop()
        homes = {"coordinator": coordinator.home, "agent": agent.home}
        found = {name: list(readable(home)) for name, home in homes.items()}
    words = [f"{len(files)} files of the {name} ({', '.join(sorted(files)[:4])}, ...)"
             for name, files in found.items() if files]
    return Result(f"readable: {'; '.join(words)}" if words else "nothing is readable", not words, readable=found)


def readable(home):
    """Files below a folder that others may read, since every folder on the way lets them through."""
    for folder, inner, names in os.walk(home):
        if not os.stat(folder).st_mode & stat.S_IXOTH:
            inner.clear()
            continue
        for name in names:
            if os.stat(os.path.join(folder, name)).st_mode & stat.S_IROTH:
                yield os.path.relpath(os.path.join(folder, name), home)


QUICK = {"is_once": True, "is_short": True}
SERVICE_ROWS = [
    Row("20,000 challenges", "challenges of one address, then the operator", challenges, finding="S4",
        holds="the operator's session opens", is_once=True),
    Row("registrations of one address", "new keys until refused, at most 300", registrations, finding="S5",
        holds="refused before 300, a newcomer gets in", is_once=True),
    Row("chunk routes", "6000 requests without a token, each route", chunk_routes, finding="P5",
        holds="some of each route answered 429", is_once=True),
    Row("requests after a refusal", "past the rate, then 20 at once", after_a_refusal,
        holds="the coordinator lives", **QUICK),
    Row("extreme legal updates, open", "[64,64,64], grid's ends, up and back", extreme_numbers(
        Terms(), (64, 64, 64)), finding="S1, S2", holds="lives, task closes, starts again, audit OK"),
    Row("extreme legal updates, claimed", "the same, weights of 2^24, trust: known", extreme_numbers(
        Terms(trust="known", weighting="claimed", samples_cap=1 << 24), (64, 64, 64)), finding="S1, S2",
        holds="lives, task closes, starts again, audit OK"),
    Row("marks in labels and task names", "escapes and bidi marks over HTTP", marks_over_the_wire, finding="P3",
        holds="none is taken", **QUICK),
    Row("marks in a ledger's label", "escapes and bidi marks, ledger printed", marks_in_a_ledger, finding="P3",
        holds="none is printed raw", **QUICK),
    Row("marks from a coordinator", "an idle reason with escapes and bidi marks", marks_to_an_agent, finding="P3",
        holds="the agent prints none raw", is_once=True),
    Row("labels that name accounts", "issuance, sponsor/acme, one label twice", account_names, finding="S1-4",
        holds="accounts first, ambiguity said", **QUICK),
    Row("refusals in another's name", "16 statements without a good signature", framed, finding="P4",
        holds="none is booked", **QUICK),
    Row("a stolen token", "goodbye and decline before a round", stolen_token, finding="P6",
        holds="the victim is invited", **QUICK),
    Row("folders open to others", "file modes of coordinator and agent", open_to_others, finding="P8",
        holds="nothing is readable", is_once=True),
]
