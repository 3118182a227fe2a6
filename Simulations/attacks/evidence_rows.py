"""The attacks that audit and history judge: a coordinator that rewrites what it signed, or runs on an old copy."""
import os
import re
import shutil

import numpy as np

import formats
from agents import Agent
from federation import Federation, NotStarted
from formats import Terms
from history import Entry, History
from row import Result, Row, workers
from wire import message

YEAR_MS, MINUTES_MS = 365 * 86_400_000, 5 * 60_000
FRIEND = 2  # the participant that a forging coordinator favours


def played(coordinator, setting, members=3, name="attacked", rounds=3):
    """A task of honest workers, run to its close."""
    federation = Federation(coordinator, workers(members), setting.seed)
    federation.play(name, rounds=rounds, hidden=(), terms=Terms(), audit=False)
    return federation


def verdict(code, text):
    """The audit's verdict: OK, FAULT, UNVERIFIED, or that it did not come to one."""
    if code == 0:
        return "OK"
    if code == 2:
        return "FAULT"
    return "UNVERIFIED" if "UNVERIFIED" in text else f"no verdict (exit {code})"


def audited(coordinator, *options, folder=None):
    """The verdict of an audit, and the verdict with the sentence that says most: its first fault or what is missing."""
    code, text = coordinator.run("audit", folder or coordinator.home, "--threads", "1", *options)
    said = verdict(code, text)
    lines = [" ".join(line.split()) for line in text.replace(coordinator.folder + "/", "").splitlines()]
    words = [re.sub("^(FAULT|UNVERIFIED|Error:) ", "", line) for line in lines
             if re.match("FAULT|UNVERIFIED|Error:", line)]
    return said, f"audit: {said}" + (f", {words[0][:120]}" if words else "")


def caught(coordinator, *options, by=("FAULT", "UNVERIFIED")):
    """The result of an attack that an audit must see."""
    said, words = audited(coordinator, *options)
    return Result(words, said in by)


def forged(*steps, by=("FAULT", "UNVERIFIED")):
    """A trial: a task is run, the coordinator stops, rewrites its log step by step, signs it, and is audited."""
    def trial(setting):
        with setting.coordinator() as coordinator:
            federation = played(coordinator, setting)
            coordinator.stop()
            history = History(coordinator.home)
            for step in steps:
                step(history, federation)
            history.save()
            return caught(coordinator, by=by)
    return trial


# Steps of a forgery: called with the log and the federation.

def favour(history, federation):
    history.favour(FRIEND)


def drop_last_updates(history, federation):
    """The retention rule is `all`, so these must be there."""
    shutil.rmtree(history.path("updates", sorted(os.listdir(history.path("updates")))[-1]))


def drop_data(history, federation):
    os.remove(federation.data)


def change_data(history, federation):
    """Other examples than those that the task was opened with."""
    with open(federation.data, encoding="ascii") as file:
        rows = file.read().splitlines()
    with open(federation.data, "w", encoding="ascii") as file:
        file.write("\n".join(rows[1:] + ["0.0000," + rows[0].split(",", 1)[1]]) + "\n")


def noise_model(history, federation):
    """Noise in the place of the final model."""
    with open(history.path("model.safetensors"), "rb") as file:
        blob = file.read()
    start = 8 + int.from_bytes(blob[:8], "little")
    values = np.random.default_rng(0).standard_normal((len(blob) - start) // 4).astype("<f4")
    history.replace_model(blob[:start] + values.tobytes())


def backdate(history, federation):
    history.shift(0, -YEAR_MS)


def postdate_from_round_two(history, federation):
    """The times before the first round go into its model, those after it do not."""
    second = [place for place, entry in enumerate(history.entries) if entry.kind == formats.ROUND_OPENED][1]
    history.shift(second, MINUTES_MS)


def insert_between_rounds(history, federation):
    """A participant of the coordinator's own, registered after the fact."""
    second = [place for place, entry in enumerate(history.entries) if entry.kind == formats.ROUND_OPENED][1]
    history.entries.insert(second, Entry(
        history.entries[second].time, formats.REGISTERED, message({1: os.urandom(31) + b"\x11", 2: "late"})))


def rename(history, federation):
    history.rename("elsewhere.example/tributary")


# Receipts.

def against_receipts(*steps):
    """A trial: the log is rewritten after the close, and held against receipts that were fetched before."""
    def trial(setting):
        with setting.coordinator() as coordinator:
            federation = played(coordinator, setting)
            folder = os.path.join(coordinator.folder, "receipts")
            os.mkdir(folder)
            session = coordinator.auditor()
            for sequence in range(len(session.entries())):
                with open(os.path.join(folder, f"{sequence}.tlog-proof"), "wb") as file:
                    file.write(session.ask("GET", f"/v1/receipts/{sequence}"))
            coordinator.stop()
            history = History(coordinator.home)
            for step in steps:
                step(history, federation)
            history.save()
            return caught(coordinator, "--receipts", folder, by=("FAULT",))
    return trial


def cut_short(history, federation):
    """The log ends with the seal of the round before the last."""
    end = [place for place, entry in enumerate(history.entries) if entry.kind == formats.SEALED][-2]
    del history.entries[end + 1:]


# What is delivered.

def flipped_bytes(setting):
    """One byte of each file that a task delivers, one after another."""
    silent, named = [], {}
    with setting.coordinator() as coordinator:
        played(coordinator, setting)
        coordinator.stop()
        history = History(coordinator.home)
        for name in ("model.safetensors", "report.html", "summary.json", "metrics.csv", "events.jsonl"):
            with open(history.path(name), "r+b") as file:
                byte = middle(file)
                code, text = coordinator.run("audit", coordinator.home, "--threads", "1")
                file.seek(-1, os.SEEK_CUR)
                file.write(byte)
            if code == 0 and name not in text:
                silent.append(name)
            else:
                named[name] = verdict(code, text)
    got = f"audit OK without a word of {', '.join(silent)}" if silent else "each is found or named"
    return Result(got, not silent, named=named)


def middle(file):
    """Flips a bit in the middle of a file, at which it stays. Returns the byte that was there."""
    file.seek(os.fstat(file.fileno()).st_size // 2)
    byte = file.read(1)
    file.seek(-1, os.SEEK_CUR)
    file.write(bytes([byte[0] ^ 1]))
    file.flush()
    return byte


# The honest, who must not be accused.

def ledger_alone(setting):
    """Ledger and checkpoint of an honest coordinator in a folder of their own: nothing to compute anything from."""
    with setting.coordinator() as coordinator:
        played(coordinator, setting)
        coordinator.stop()
        folder = os.path.join(coordinator.folder, "ledger-alone")
        os.mkdir(folder)
        for name in ("ledger.sqlite", "checkpoint"):
            shutil.copy(os.path.join(coordinator.home, name), folder)
        said, words = audited(coordinator, folder=folder)
        return Result(words, said == "UNVERIFIED")


def killed(setting):
    """An honest coordinator that lost power before it ever stopped in good order."""
    with setting.coordinator() as coordinator:
        played(coordinator, setting)
        coordinator.kill()
        said, words = audited(coordinator)
        return Result(words, said in ("OK", "UNVERIFIED"))


# Old copies.

def size_of(coordinator):
    """Entries that the checkpoint file covers."""
    with open(os.path.join(coordinator.home, "checkpoint"), encoding="utf-8") as file:
        return int(file.read().split("\n")[1])


def old_database(setting):
    """Yesterday's database beside today's signed checkpoint."""
    with setting.coordinator() as coordinator:
        coordinator.participant("h0")
        coordinator.stop()
        ledger = os.path.join(coordinator.home, "ledger.sqlite")
        shutil.copy(ledger, ledger + ".old")
        coordinator.serve()
        for label in ("h1", "h2", "h3"):
            coordinator.participant(label)
        coordinator.stop()
        signed = size_of(coordinator)
        os.replace(ledger + ".old", ledger)
        try:
            coordinator.serve()
        except NotStarted as refusal:
            return Result(f"it does not start: exit {refusal.code}, {last_line(refusal.log)}", refusal.code == 65)
        coordinator.participant("h4")
        coordinator.stop()
        return Result(f"the coordinator starts, and signs {size_of(coordinator)} entries where it had signed {signed}",
                      False)


def last_line(text):
    return (text.strip().splitlines() or [""])[-1][:150]




def one_folder_twice(setting):
    """A second process over the folder of a coordinator that runs."""
    with setting.coordinator() as coordinator:
        code, text = coordinator.run("coordinator", "run", "--home", coordinator.home, "--listen", "127.0.0.1:0")
        lives = coordinator.lives()
    words = text.replace(coordinator.folder + "/", "").strip().splitlines() or [""]
    return Result(f"the second ends with {code}: {words[0][:120]}", code == 69 and lives)


def forked_agent(setting):
    """A coordinator's whole folder restored from a copy, and an agent with receipts of what came after the copy."""
    with setting.coordinator() as coordinator:
        agent = Agent(coordinator)
        federation = Federation(coordinator, [], setting.seed)
        agent.run(seconds=1)  # heard of, so that it is invited
        federation.open("forked", 8, (), Terms(), size=1)
        agent.run("--rounds", "1")
        coordinator.stop()
        copy = coordinator.home + ".copy"
        shutil.copytree(coordinator.home, copy)
        coordinator.serve()
        agent.run("--rounds", "2")
        coordinator.stop()
        before = agent.receipts()
        shutil.rmtree(coordinator.home)
        os.rename(copy, coordinator.home)
        try:
            coordinator.serve()
        except NotStarted as refusal:
            return Result(f"the coordinator does not start: exit {refusal.code}, {last_line(refusal.log)}",
                          refusal.code == 65)
        code, text = agent.run("--rounds", "2", seconds=8)
        after = agent.receipts()
        lost = [name for name, receipt in before.items() if after.get(name) != receipt]
        said = "goes on" if code in (0, None) else f"stops with {code}: {last_line(text)}"
        return Result(f"the agent {said}; {len(lost)} of {len(before)} receipts overwritten",
                      bool(before) and not lost and code not in (0, None))


EVIDENCE = {"is_once": True, "is_short": True}
EVIDENCE_ROWS = [
    Row("forged scores, updates deleted", "10 nat for a friend, that round's updates gone",
        forged(favour, drop_last_updates), finding="A1", holds="audit is not OK", **EVIDENCE),
    Row("forged scores, no data", "10 nat for a friend, validation data gone",
        forged(favour, drop_data), finding="A1", holds="audit is not OK", **EVIDENCE),
    Row("forged scores, other data", "10 nat for a friend, validation data changed",
        forged(favour, change_data), finding="A1", holds="audit is not OK", **EVIDENCE),
    Row("forged scores, all at hand", "10 nat for a friend",
        forged(favour, by=("FAULT",)), finding="A1", holds="audit says FAULT", **EVIDENCE),
    Row("final model of noise, no data", "noise as the last model, updates there",
        forged(noise_model, drop_data, by=("FAULT",)), finding="A2", holds="audit says FAULT", **EVIDENCE),
    Row("noise model, updates gone", "noise as the last model, its updates gone",
        forged(noise_model, drop_last_updates), finding="A2", holds="audit is not OK", **EVIDENCE),
    Row("backdated ledger", "every time a year earlier",
        forged(backdate, by=("FAULT",)), finding="A3", holds="audit says FAULT", **EVIDENCE),
    Row("postdated from round 2 on", "times and deadlines five minutes later",
        forged(postdate_from_round_two, by=("FAULT",)), finding="A3", holds="audit says FAULT",
        open="the heads that participants signed are not compared with the log", **EVIDENCE),
    Row("an entry put in between", "a participant registered after the fact",
        forged(insert_between_rounds, by=("FAULT",)), finding="A3", holds="audit says FAULT",
        open="the heads that participants signed are not compared with the log", **EVIDENCE),
    Row("replayed under another name", "the same log, another origin and key",
        forged(rename, by=("FAULT",)), finding="A3", holds="audit says FAULT", **EVIDENCE),
    Row("receipts against a rewrite", "receipts of before, scores forged after the close",
        against_receipts(favour, drop_last_updates), finding="A4", holds="audit --receipts says FAULT",
        open="the audit takes no receipts", **EVIDENCE),
    Row("receipts against a cut", "receipts of before, the log ends a round earlier",
        against_receipts(cut_short), finding="A4", holds="audit --receipts says FAULT",
        open="the audit takes no receipts", **EVIDENCE),
    Row("flipped bytes in what is delivered", "model, report, summary, metrics, events",
        flipped_bytes, finding="S1-5", holds="each is found or named", **EVIDENCE),
    Row("an honest ledger alone", "ledger and checkpoint without the rest",
        ledger_alone, finding="S1-6", holds="audit says UNVERIFIED", **EVIDENCE),
    Row("an honest coordinator killed", "kill -9 before the first clean stop",
        killed, finding="S1-6", holds="audit says no FAULT", **EVIDENCE),
    Row("old database, new checkpoint", "yesterday's ledger restored",
        old_database, finding="S3", holds="exit 65, nothing signed", **EVIDENCE),
    Row("two coordinators, one folder", "a second process over it", one_folder_twice, finding="S3",
        holds="the second ends with 69", **EVIDENCE),
    Row("a fork, seen by an agent", "the whole folder restored, the agent runs on",
        forked_agent, finding="S1-1", holds="the agent stops, no receipt overwritten", is_once=True),
]
