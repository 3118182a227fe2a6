"""Bodies that are no messages, or have another length than they say.

A case is a function of a generator, a world and a judge; it raises Finding.
"""
import wire
from judge import Finding, quoted
from link import PATIENCE_SECONDS, request
from table import ANY_REFUSAL, ENDPOINTS, MESSAGES, WITH_BODY, token


def mutated(r, body):
    """A message with something wrong in it."""
    data = bytearray(body or r.randbytes(8))
    place = r.randrange(len(data))
    kind = r.randrange(11)
    if kind == 0:
        for _ in range(r.randint(1, 8)):
            data[r.randrange(len(data))] ^= 1 << r.randrange(8)
    elif kind == 1:
        del data[place:]
    elif kind == 2:
        del data[place:place + r.randint(1, 16)]
    elif kind == 3:
        data[place:place] = r.randbytes(r.randint(1, 32))
    elif kind == 4:
        data[min(1, len(data) - 1)] = r.choice([0x7F, 0xFF, 0x00, 0x80])
    elif kind == 5:
        data += wire.varint(r.randint(0, 40) << 3 | r.randrange(8)) + r.randbytes(r.randrange(12))
    elif kind == 6:
        data += b"\x08" + b"\xff" * r.randint(9, 12) + b"\x01"
    elif kind == 7:
        data += b"\x0b" * r.randint(1, 20_000)  # groups in groups
    elif kind == 8:
        data = bytearray(r.randbytes(r.randint(1, 300)))
    elif kind == 9:
        data = bytearray(bytes(data) * r.randint(2, max(2, min(60, 60_000 // len(data)))))
    else:
        nested = b""
        for _ in range(r.randint(1, 2_000)):
            nested = wire.varint(3 << 3 | 2) + wire.varint(len(nested)) + nested
        data += nested[:50_000]
    return bytes(data)


def is_cut(body):
    """Whether bytes are certainly no message: some field ends past them. Groups leave that open."""
    try:
        wire.fields(body)
    except ValueError as error:
        return "wire type" not in str(error)
    return False


def mutated_message(r, w, j):
    endpoint = r.choice(MESSAGES)
    body = mutated(r, endpoint.body(r, w))
    allowed = {400, 413} if is_cut(body) and b"\x0b" not in body and b"\x0c" not in body else ANY_REFUSAL | endpoint.ok
    path = endpoint.path(r, w)
    if path == "/v1/work":
        j.link.seconds, holds = 0.5, True  # a mutated request may ask to wait
    else:
        holds = False
    raw = request(endpoint.method, path, body, token(r, w, endpoint.role))
    try:
        # A mutated task may be one; there is a bound on those that are open.
        answer = j.ask(raw, allowed | {429, 503} if path == "/v1/tasks" else allowed, holds=holds)
    finally:
        j.link.seconds = PATIENCE_SECONDS
    if answer and path == "/v1/contributions" and answer.status == 200:
        reply = wire.fields(answer.body)
        if wire.first(reply, 1, 0) and wire.first(reply, 2, 0) != w.accepted_sequence:
            raise Finding(f"a mutated contribution was accepted: {quoted(raw)}")


def cut_body(r, w, j):
    """Fewer bytes than announced, and then no more."""
    endpoint = r.choice(WITH_BODY)
    body = endpoint.body(r, w)
    head = request(endpoint.method, endpoint.path(r, w), b"", token(r, w, endpoint.role),
                   [("Content-Length", str(len(body) + r.choice([0, 1, 1_000])))], length=False)
    raw = head + body[:r.randrange(len(body) + 1)][:-1]
    j.renew()
    # The other side may see the end before it has looked at anything.
    j.ask(raw, ANY_REFUSAL | {408}, closes=True, bare=True, partial=True)
    j.link.close()


def lying_length(r, w, j):
    endpoint = r.choice(WITH_BODY)
    body = endpoint.body(r, w)
    value = r.choice([
        "-1", "abc", "0x10", "1e3", "18446744073709551616", "9223372036854775808", "99999999999999999999999", " ", "+5",
        "5,5", "5, 6", "１",
    ])
    headers = [("Content-Length", value.encode())]
    if r.random() < 0.4:
        headers = r.choice([
            [("Content-Length", str(len(body))), ("Content-Length", str(len(body) + 1))],
            [("Content-Length", str(len(body))), ("Transfer-Encoding", "chunked")],
            [("Transfer-Encoding", "chunked"), ("Content-Length", "0")],
            [("Transfer-Encoding", "gzip, chunked")], [("Transfer-Encoding", "identity")],
            [("Transfer-Encoding", "xchunked")], [("Transfer-Encoding", "chunked, chunked")],
        ])
    raw = request(endpoint.method, endpoint.path(r, w), b"", token(r, w, endpoint.role), headers, length=False) + body
    j.renew()
    j.ask(raw, ANY_REFUSAL | {408}, bare=True, closes=True, partial=True)
    j.link.close()


def short_length(r, w, j):
    """More bytes than announced: the rest is the next request, and none."""
    endpoint = r.choice(MESSAGES)
    body = endpoint.body(r, w) + b"\x00\x01\x02 garbage\r\n\r\n"
    announced = r.randrange(max(len(body) - 20, 1))
    head = request(endpoint.method, endpoint.path(r, w), b"", token(r, w, endpoint.role),
                   [("Content-Length", str(announced))], length=False)
    j.renew()
    j.ask(head + body, ANY_REFUSAL | endpoint.ok, bare=True, closes=True)
    j.link.close()


def oversized_body(r, w, j):
    endpoint = r.choice(WITH_BODY)
    size = endpoint.limit + r.choice([1, 1_000, 100_000])
    raw = request(endpoint.method, endpoint.path(r, w), bytes(size), token(r, w, endpoint.role))
    # A participant has two uploads at most, so the one that the chunk is of may have given way.
    j.ask(raw, {413} | endpoint.ok & {409}, closes=True)
    j.link.close()


def announced_giant(r, w, j):
    """A length past every limit, and only the headers: the refusal must not wait for the body."""
    endpoint = r.choice(WITH_BODY)
    length = r.choice([endpoint.limit + 1, 1 << 31, 1 << 32, (1 << 63) - 1])
    expects = [("Expect", "100-continue")] if r.random() < 0.3 else []
    raw = request(endpoint.method, endpoint.path(r, w), b"", token(r, w, endpoint.role),
                  [("Content-Length", str(length))] + expects, length=False)
    j.ask(raw, {400, 409, 413} if endpoint.method == "PUT" else {400, 413}, closes=True, bare=True)
    j.link.close()


def needless_body(r, w, j):
    endpoint = r.choice([endpoint for endpoint in ENDPOINTS if not endpoint.has_body])
    raw = request(endpoint.method, endpoint.path(r, w), r.randbytes(r.choice([1, 100, 70_000])),
                  token(r, w, endpoint.role), signed=b"")
    j.ask(raw, endpoint.ok | {400, 413}, closes=True)
    j.link.close()


def chunked(r, w, j):
    """A body in pieces, as it should be and not."""
    endpoint = r.choice(MESSAGES)
    body = endpoint.body(r, w)
    cut = r.randrange(len(body) + 1)
    pieces = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:cut], body[cut:]) if part)
    good = pieces + b"0\r\n\r\n"
    whole_body = body
    body, allowed = r.choice([
        (good, endpoint.ok), (pieces + b"0\r\nTrailer: x\r\n\r\n", endpoint.ok | {400}),
        (b"zz\r\nabc\r\n0\r\n\r\n", {400}), (b"ffffffffffffffffff\r\nabc", {400, 413}), (b"-5\r\nabc\r\n", {400}),
        (b"7fffffffffffffff\r\nabc", {400, 413}), (b"5;" + b"x" * 40_000 + b"\r\nabcde\r\n0\r\n\r\n", {400, 413}),
        (b"5\r\nabcdefgh\r\n0\r\n\r\n", {400}), (b"0\r\n" + b"T: x\r\n" * 2_000 + b"\r\n", {400, 413} | endpoint.ok),
        (b"".join(b"1\r\n\xff\r\n" for _ in range(3_000)) + b"0\r\n\r\n", ANY_REFUSAL),
        (b"%x\r\n" % (endpoint.limit + 1) + bytes(endpoint.limit + 1) + b"\r\n0\r\n\r\n", {400, 413}),
        (pieces, {400, 408}), (b"\r\n" * 100, {400}),
    ])
    raw = request(endpoint.method, endpoint.path(r, w), b"", token(r, w, endpoint.role),
                  [("Transfer-Encoding", "chunked")], length=False, signed=whole_body) + body
    j.renew()
    is_good = allowed == endpoint.ok
    j.ask(raw, allowed if is_good else allowed | {400, 401, 408}, bare=not is_good, closes=not is_good,
          partial=not is_good)
    j.link.close()
