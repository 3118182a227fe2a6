"""Protobuf messages, blob digests and account names, written by hand after Protocols. Standard library only."""
import base64
import hashlib

CHUNK, BLOCK = 1 << 20, 1 << 14


def sha256(data):
    return hashlib.sha256(data).digest()


class Malformed(Exception):
    """Bytes that are not the message that Protocols promises."""


def varint(number):
    """A number as protobuf writes it, seven bits a byte."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def message(fields):
    """A message of {field: value}, in ascending order. Zero and empty values are left out; a list repeats a field."""
    out = bytearray()
    for field, value in sorted(fields.items()):
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, str):
                item = item.encode()
            if isinstance(item, int):
                out += varint(field << 3) + varint(item) if item else b""
            elif item or isinstance(value, list):
                out += varint(field << 3 | 2) + varint(len(item)) + item
    return bytes(out)


def _read_varint(data, at):
    number = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise Malformed("a number that does not end")
        byte = data[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return number, at


class Message:
    """A message that was read: fields by number. Wire types other than numbers and bytes are refused."""

    def __init__(self, data):
        self.values, at = {}, 0
        while at < len(data):
            tag, at = _read_varint(data, at)
            field, kind = tag >> 3, tag & 7
            if field == 0 or kind not in (0, 2):
                raise Malformed(f"field {field} of wire type {kind}")
            value, at = _read_varint(data, at)
            if kind == 2:
                if at + value > len(data):
                    raise Malformed(f"field {field} is cut")
                value, at = data[at:at + value], at + value
            self.values.setdefault(field, []).append(value)

    def all(self, field):
        return self.values.get(field, [])

    def has(self, field):
        return field in self.values

    def number(self, field):
        return self._only(field, int, 0)

    def bytes(self, field):
        return self._only(field, bytes, b"")

    def text(self, field):
        return self.bytes(field).decode()

    def message(self, field):
        return Message(self.bytes(field))

    def signed(self, field):
        """A sint64."""
        number = self.number(field)
        return (number >> 1) ^ -(number & 1)

    def _only(self, field, kind, default):
        found = self.all(field)
        if len(found) > 1 or found and not isinstance(found[0], kind):
            raise Malformed(f"field {field} is not one {kind.__name__}")
        return found[0] if found else default


def _half(count):
    """The largest power of two below `count`."""
    return 1 << (count - 1).bit_length() - 1


def root(hashes):
    """The RFC 6962 root over leaf hashes."""
    if len(hashes) == 1:
        return hashes[0]
    split = _half(len(hashes))
    return sha256(b"\1" + root(hashes[:split]) + root(hashes[split:]))


def chunks(blob):
    return [blob[start:start + CHUNK] for start in range(0, len(blob), CHUNK)]


def chunk_hashes(blob):
    """The hash of each chunk of a blob; the root over them is the blob's digest."""
    return [
        root([sha256(b"\0" + chunk[start:start + BLOCK]) for start in range(0, len(chunk), BLOCK)])
        for chunk in chunks(blob)
    ]


def base64url(text):
    """The bytes of base64url text without padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def participant_account(public_key):
    """The ledger's account of an Ed25519 key: its did:key, base58btc of the bytes ED 01 and the key."""
    alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    number, text = int.from_bytes(b"\xed\x01" + public_key, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = alphabet[digit] + text
    return "participant/did:key:z" + text
