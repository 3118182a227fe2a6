"""Receipts (C2SP tlog-proof), and the proof of a task's funding that comes with a training order."""
import base64

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from wire import Malformed, Message, sha256

DEPOSIT, EMISSION = 2, 3
TRANSFER = 24


def _climb(leaf, path, index, size):
    """The root of a tree of `size` leaves that an RFC 6962 inclusion proof leads to."""
    node, last, place = leaf, size - 1, index
    for sibling in path:
        if last == 0:
            raise Malformed("an inclusion proof that is too long")
        if place % 2 or place == last:
            node = sha256(b"\1" + sibling + node)
            while place % 2 == 0:  # a last node without a sibling of its own rises
                place, last = place // 2, last // 2
        else:
            node = sha256(b"\1" + node + sibling)
        place, last = place // 2, last // 2
    if last:
        raise Malformed("an inclusion proof that is too short")
    return node


def checked_entry(text, log_key):
    """The entry that a receipt proves to be in the log, and its sequence. Raises Malformed if it proves nothing."""
    try:
        name, key_hash, key = log_key.split("+", 2)
        head, body, signatures = text.split("\n\n", 2)
        lines, (origin, size, root) = head.split("\n"), body.split("\n")[:3]
        extra, index = lines[1].removeprefix("extra "), int(lines[2].removeprefix("index "))
        entry, path = base64.b64decode(extra), [base64.b64decode(line) for line in lines[3:]]
        mine = next(line for line in signatures.splitlines() if line.startswith(f"\u2014 {name} "))
        signature = base64.b64decode(mine.split(" ")[2])
        Ed25519PublicKey.from_public_bytes(base64.b64decode(key)[1:]).verify(signature[4:], (body + "\n").encode())
    except (ValueError, IndexError, StopIteration, InvalidSignature) as fault:
        raise Malformed(f"a receipt that cannot be checked: {fault!r}") from fault
    if origin != name or signature[:4].hex() != key_hash:
        raise Malformed("a receipt of another log")
    if _climb(sha256(b"\0" + entry), path, index, int(size)) != base64.b64decode(root):
        raise Malformed("a receipt whose proof does not lead to the log's root")
    if Message(entry).number(1) != index:
        raise Malformed("a receipt of another entry than it says")
    return entry, index


def funded(order, log_key):
    """What a training order proves to be set aside for its task, in units of 10^-6 token."""
    if not order.funding:
        raise Malformed("an order without a proof of funding")
    entry, sequence = checked_entry(order.funding.decode(), log_key)
    transfer, task = Message(entry).message(TRANSFER), order.task.hex()
    kind, account = transfer.number(1), transfer.text(3)
    if sequence != order.funding_sequence or (kind, account) not in (
            (DEPOSIT, f"escrow/{task}"), (EMISSION, f"pool/{task}")):
        raise Malformed("an order whose funding is no transfer to its task")
    return transfer.number(4)
