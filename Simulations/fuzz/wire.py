"""Protobuf messages and Ed25519 signatures in a few lines. Standard library only.

A message is written as a list of (field, value) and read as {field: [values]}; a value is a number, bytes or text.
Signatures come from the libcrypto that Python's own ssl module is linked with.
"""
import ctypes
import ctypes.util
import hashlib

CHUNK, BLOCK = 1 << 20, 1 << 14
ROLES = {"participant": 1, "auditor": 2, "sponsor": 3, "operator": 4}

# The table of Protocols/http.md.
STATUSES = {
    "malformed_request": 400, "unknown_session": 401, "bad_signature": 401, "forbidden": 403, "banned": 403,
    "bad_invitation": 403, "not_registered": 403, "not_found": 404, "timeout": 408, "conflict": 409, "too_large": 413,
    "wrong_digest": 422, "invalid_task": 422, "rate_limited": 429, "internal": 500, "unavailable": 503,
    "disk_full": 507,
}


def varint(number):
    """A number as protobuf writes it, seven bits a byte."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def message(*fields):
    """A message of (field, value) pairs; zero and empty values are left out, as proto3 does."""
    out = bytearray()
    for field, value in fields:
        if isinstance(value, str):
            value = value.encode()
        if isinstance(value, int):
            out += varint(field << 3) + varint(value) if value else b""
        elif value:
            out += varint(field << 3 | 2) + varint(len(value)) + value
    return bytes(out)


def read_varint(data, at):
    number = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise ValueError("a number that does not end")
        byte = data[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return number, at


def fields(data):
    """The fields of a message. Raises ValueError for bytes that are none."""
    out, at = {}, 0
    while at < len(data):
        tag, at = read_varint(data, at)
        field, kind = tag >> 3, tag & 7
        if field == 0:
            raise ValueError("field 0")
        if kind == 0:
            value, at = read_varint(data, at)
        elif kind == 2:
            length, at = read_varint(data, at)
            value, at = data[at:at + length], at + length
        elif kind in (1, 5):
            length = 8 if kind == 1 else 4
            value, at = data[at:at + length], at + length
        else:
            raise ValueError(f"wire type {kind}")
        if at > len(data):
            raise ValueError("cut in a field")
        out.setdefault(field, []).append(value)
    return out


def first(read, field, default=b""):
    """The one value of a field of a message that `fields` read."""
    return read.get(field, [default])[-1]


class Key:
    """An Ed25519 key from its 32-byte seed."""

    ED25519 = 1087  # OpenSSL's number for it
    library = None

    def __init__(self, seed):
        self.seed = seed
        self.handle = self.crypto().EVP_PKEY_new_raw_private_key(self.ED25519, None, seed, len(seed))
        if not self.handle:
            raise ValueError("libcrypto takes no such key")
        public, length = ctypes.create_string_buffer(32), ctypes.c_size_t(32)
        self.library.EVP_PKEY_get_raw_public_key(ctypes.c_void_p(self.handle), public, ctypes.byref(length))
        self.public = public.raw

    @classmethod
    def crypto(cls):
        if cls.library is None:
            cls.library = ctypes.CDLL(ctypes.util.find_library("crypto") or "libcrypto.so.3")
            for name in ("EVP_PKEY_new_raw_private_key", "EVP_MD_CTX_new"):
                getattr(cls.library, name).restype = ctypes.c_void_p
        return cls.library

    def sign(self, domain, body):
        """The signature over domain, a zero byte and a message's bytes."""
        data = domain.encode() + b"\0" + body
        library = self.crypto()
        context = ctypes.c_void_p(library.EVP_MD_CTX_new())
        signature, length = ctypes.create_string_buffer(64), ctypes.c_size_t(64)
        began = library.EVP_DigestSignInit(context, None, None, None, ctypes.c_void_p(self.handle))
        done = library.EVP_DigestSign(context, signature, ctypes.byref(length), data, ctypes.c_size_t(len(data)))
        library.EVP_MD_CTX_free(context)
        if began != 1 or done != 1:
            raise ValueError("libcrypto did not sign")
        return signature.raw

    def prove(self, nonce, origin, role):
        """What opens a session."""
        return self.sign("tributary/session/v1", message((1, nonce), (2, origin), (3, role)))


def chunk_hash(chunk):
    """RFC 6962's root over a chunk's blocks."""
    return root([hashlib.sha256(b"\0" + chunk[start:start + BLOCK]).digest() for start in range(0, len(chunk), BLOCK)])


def root(hashes):
    """RFC 6962's root over leaf hashes."""
    if len(hashes) < 2:
        return hashes[0] if hashes else hashlib.sha256().digest()
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + root(hashes[:split]) + root(hashes[split:])).digest()


def chunks(data):
    return [data[start:start + CHUNK] for start in range(0, len(data), CHUNK)]


def manifest(data):
    """A blob's manifest, and its digest."""
    hashes = [chunk_hash(chunk) for chunk in chunks(data)]
    return message((1, len(data)), *((2, value) for value in hashes)), root(hashes)


def statement(order, key, update, samples, nonce, **changed):
    """A contribution statement that answers a training order (`fields` of it); `changed` replaces fields by number."""
    values = {
        1: first(order, 1), 2: first(order, 2, 0), 3: key.public, 4: first(order, 3), 5: first(order, 1), 6: update,
        7: samples["parameters"], 8: samples["examples"], 9: 1, 10: nonce, 11: first(order, 7), 12: first(order, 8),
        13: hashlib.sha256(key.public + samples["bytes"]).digest(),
    }
    values.update({int(name[1:]): value for name, value in changed.items()})
    return message(*sorted(values.items()))


def contribution(body, key):
    return message((1, body), (2, key.sign("tributary/contribution/v1", body)))
