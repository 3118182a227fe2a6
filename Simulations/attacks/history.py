"""The coordinator as the adversary: takes a stopped coordinator's folder apart, and chains and signs its log anew."""
import base64
import os
import sqlite3
import struct

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import formats
from wire import Message, chunk_hashes, message, participant_account, root, sha256


def zigzag(number):
    """A sint64 as protobuf writes it."""
    return number << 1 if number >= 0 else (-number << 1) - 1


def changed(body, fields):
    """A message's bytes with some fields replaced."""
    return message({**Message(body).values, **fields})


class Entry:
    """A ledger entry without what its place in the log gives."""

    def __init__(self, time, kind, body):
        self.time, self.kind, self.body = time, kind, body

    @property
    def message(self):
        return Message(self.body)

    def change(self, fields):
        self.body = changed(self.body, fields)


class History:
    """The log of a stopped coordinator's folder, to be rewritten with the coordinator's own key."""

    def __init__(self, home):
        self.home = home
        with open(os.path.join(home, "coordinator.key"), encoding="ascii") as file:
            self.key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(file.read().strip()))
        database = sqlite3.connect(os.path.join(home, "ledger.sqlite"))
        rows = database.execute("select bytes from entries order by sequence").fetchall()
        database.close()
        self.entries = []
        for (data,) in rows:
            entry = Message(data)
            kind = next(field for field in entry.values if field >= formats.GENESIS)
            self.entries.append(Entry(entry.number(3), kind, entry.bytes(kind)))

    def of(self, kind):
        return [entry for entry in self.entries if entry.kind == kind]

    @property
    def task(self):
        """The id of the only task."""
        return self.of(formats.TASK_OPENED)[0].message.bytes(1)

    def path(self, *names):
        """A file of the only task."""
        return os.path.join(self.home, "tasks", self.task.hex(), *names)

    def save(self):
        """Chains the entries, derives the balances, and signs the head: database and checkpoint file are replaced."""
        rows, leaves, previous = [], [], bytes(32)
        for sequence, entry in enumerate(self.entries):
            body = message({entry.kind: [entry.body]})
            data = message({1: sequence, 2: previous, 3: entry.time,
                            4: sha256(b"tributary/entry/v1\0" + body)[:16]}) + body
            previous = sha256(b"\0" + data)
            rows.append((sequence, data, previous))
            leaves.append(previous)
        note = self._note(len(leaves), root(leaves))
        database = sqlite3.connect(os.path.join(self.home, "ledger.sqlite"))
        triggers = database.execute("select name, sql from sqlite_schema where type = 'trigger'").fetchall()
        for name, _ in triggers:
            database.execute(f"drop trigger {name}")
        for table in ("entries", "checkpoints", "balances"):
            database.execute(f"delete from {table}")
        database.executemany("insert into entries values (?, ?, ?)", rows)
        database.execute("insert into checkpoints values (?, ?)", (len(rows), note))
        database.executemany(
            "insert into balances values (?, 0, ?, 0, ?)",
            [(name, *sums) for name, sums in balances(self.entries).items()])
        for _, sql in triggers:
            database.execute(sql)
        database.commit()
        database.close()
        with open(os.path.join(self.home, "checkpoint"), "wb") as file:
            file.write(note)

    def _note(self, size, head):
        """A C2SP checkpoint under the name and key of entry 0."""
        name, public = self.entries[0].message.text(1), self.key.public_key().public_bytes_raw()
        text = f"{name}\n{size}\n{base64.b64encode(head).decode()}\n"
        key_hash = sha256(name.encode() + b"\n\1" + public)[:4]
        signature = base64.b64encode(key_hash + self.key.sign(text.encode())).decode()
        return f"{text}\n\u2014 {name} {signature}\n".encode()

    # What a coordinator may want to have been otherwise.

    def favour(self, number, nats=10):
        """Adds to a participant's score in the last round, and pays everybody what the rules then give."""
        scores = self.of(formats.SCORES)[-1]
        parts = []
        for part in scores.message.all(3):
            score = Message(part)
            gift = nats * 10 ** 12 if score.number(1) == number else 0
            parts.append(changed(part, {field: zigzag(score.signed(field) + gift) for field in (2, 3)}))
        scores.change({3: parts})
        revealed = self.of(formats.REVEALED)[-1].message
        opened = revealed.bytes(3) + sha256(revealed.bytes(4)) + sha256(scores.body)
        self.of(formats.SEALED)[-1].change({10: sha256(b"tributary/scores/v2\0" + opened)})
        self._settle()

    def replace_model(self, blob):
        """Makes other bytes the final model."""
        digest = root(chunk_hashes(blob))
        self.of(formats.SEALED)[-1].change({7: digest})
        self.of(formats.CLOSED)[-1].change({3: digest})
        for place in (self.path("models", f"{digest.hex()}.safetensors"), self.path("model.safetensors")):
            with open(place, "wb") as file:
                file.write(blob)

    def rename(self, name):
        """Makes the log another coordinator's."""
        self.key = Ed25519PrivateKey.generate()
        self.entries[0].change({1: name, 2: self.key.public_key().public_bytes_raw()})

    def shift(self, start, milliseconds):
        """Moves the times of all entries from one on, and the deadlines of their rounds."""
        for entry in self.entries[start:]:
            entry.time += milliseconds
            if entry.kind == formats.ROUND_OPENED:
                entry.change({4: entry.message.number(4) + milliseconds})

    def first(self, kind):
        """The sequence of the first entry of a kind."""
        return next(place for place, entry in enumerate(self.entries) if entry.kind == kind)

    def _settle(self):
        """Pays a task with `trust: open` and issued tokens anew after what its scores are now."""
        merits = {}
        for entry in self.of(formats.SCORES):
            novel = {Message(part).number(1): Message(part).signed(3) for part in entry.message.all(3)}
            size = sum(map(abs, novel.values()))
            agreement = (max(0, sum(novel.values())) << 16) // size if size else 0
            for number, value in novel.items():
                merits[number] = merits.get(number, 0) + (value * agreement ** 2 >> 32)
        settled = self.of(formats.SETTLED)[0]
        pool, payable = settled.message.number(4), settled.message.number(5)
        total = sum(max(0, merit) for merit in merits.values())
        amounts = {number: payable * max(0, merits[number]) // total for number in sorted(merits)}
        paid = sum(amounts.values())
        settled.change({6: paid})
        accounts = [participant_account(entry.message.bytes(1)) for entry in self.of(formats.REGISTERED)]
        self.entries = [entry for entry in self.entries if not _is_transfer(entry, formats.REWARD)]
        place = self.entries.index(settled) + 1
        self.entries[place:place] = [
            Entry(settled.time, formats.TRANSFER, message({
                1: formats.REWARD, 2: f"pool/{self.task.hex()}", 3: accounts[number], 4: amount, 5: self.task}))
            for number, amount in amounts.items() if amount]
        next(entry for entry in self.entries if _is_transfer(entry, formats.BURN)).change({4: pool - paid})
        self.renew_snapshots()

    def renew_snapshots(self):
        for place, entry in enumerate(self.entries):
            if entry.kind == formats.SNAPSHOT:
                sums = balances(self.entries[:place])
                leaves = [sha256(b"\0" + struct.pack(">H", len(name)) + name.encode() + struct.pack(
                    ">QQQQ", 0, debits, 0, credits)) for name, (debits, credits) in sorted(sums.items())]
                debits, credits = sums["issuance"]
                entry.body = message({1: root(leaves), 2: debits - credits, 3: len(leaves)})


def _is_transfer(entry, kind):
    return entry.kind == formats.TRANSFER and entry.message.number(1) == kind


def balances(entries):
    """Posted debits and credits by account."""
    sums = {"issuance": [0, 0]}
    for entry in entries:
        if entry.kind == formats.TRANSFER:
            transfer = entry.message
            for side, account in enumerate((transfer.text(2), transfer.text(3))):
                sums.setdefault(account, [0, 0])[side] += transfer.number(4)
    return sums
