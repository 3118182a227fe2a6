"""What happens below HTTP, and between requests.

A case is a function of a generator, a world and a judge; it raises Finding.
"""
import socket
import ssl
import struct
import time

import wire
from judge import Finding, quoted
from link import request
from table import ENDPOINTS, token, whole


def pipelined(r, w, j):
    """Many requests at once, garbage behind them: the answers come in order, the garbage ends the connection."""
    count = r.randint(2, 40)
    raw = b"".join(request("GET", r.choice(["/healthz", "/v1/coordinator"])) for _ in range(count))
    tail = r.choice([b"", b"garbage\r\n\r\n", r.randbytes(400),
                     b"POST /v1/work HTTP/1.1\r\nContent-Length: 99\r\n\r\nx"])
    j.renew()
    j.link.send(raw + tail)
    for place in range(count):
        answer = j.next_answer(raw)
        if answer is None or answer.status not in (200, 429):
            raise Finding(f"answer {place + 1} of {count}: {answer and answer.status}: {quoted(raw + tail)}")
        if answer.closes:
            break
    j.link.close()


def plain_text(r, w, j):
    """HTTP without TLS, other protocols, and bytes that are nothing."""
    j.requests += 1
    with j.link.raw() as plain:
        plain.settimeout(0.3)
        data = r.choice([
            request("GET", "/healthz"), b"SSH-2.0-OpenSSH_9.2\r\n", r.randbytes(r.randint(1, 2_000)), b"\x16\x03\x01",
            b"\x16\x03\x01\xff\xff" + r.randbytes(500), b"\x80\x2e\x01\x00\x02", b"\x15\x03\x03\x00\x02\x02\x28",
            b"\x16\x03\x03\x00\x05\x01\xff\xff\xff\xff", b"\x17\x03\x03\x40\x00" + bytes(16_384), b"",
        ])
        try:
            plain.sendall(data)
            plain.shutdown(socket.SHUT_WR)
            answer = plain.recv(65_536)
        except OSError:
            answer = b""
        if b"HTTP/1.1 200" in answer:
            raise Finding(f"an answer without TLS: {quoted(data)}: {quoted(answer)}")


def broken_handshake(r, w, j):
    """A handshake that is cut or damaged on its way."""
    j.requests += 1
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing)
    with j.link.raw() as plain:
        plain.settimeout(0.5)
        try:
            for _ in range(r.randint(1, 3)):
                try:
                    tls.do_handshake()
                except ssl.SSLWantReadError:
                    pass
                data = bytearray(outgoing.read())
                if data and r.random() < 0.6:
                    data[r.randrange(len(data))] ^= 1 << r.randrange(8)
                if r.random() < 0.3:
                    data = data[:r.randrange(len(data) + 1)]
                plain.sendall(data)
                incoming.write(plain.recv(65_536))
        except (OSError, ssl.SSLError):
            pass
        if r.random() < 0.5:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def garbage_in_tls(r, w, j):
    j.renew()
    j.ask(r.randbytes(r.randint(1, 3_000)), {400, 404, 413}, bare=True, closes=True, partial=True)
    j.link.close()


def reset_in_between(r, w, j):
    """The connection is reset in the middle of a request, an answer or a wait."""
    j.renew()
    j.requests += 1
    raw = r.choice([
        lambda: whole(r, w, r.choice(ENDPOINTS)), lambda: whole(r, w, r.choice(ENDPOINTS))[:r.randint(1, 300)],
        lambda: request("POST", "/v1/work", wire.message((1, 25_000), (2, w.task)), token(r, w, "stranger")),
        lambda: request("GET", f"/v1/blobs/{w.model.hex()}/chunks/0", token=w.first) * 20,
    ])()
    j.link.send(raw)
    if r.random() < 0.5:
        j.link.socket.settimeout(0.02)
        try:
            j.link.socket.recv(1_000)
        except OSError:
            pass
    j.link.reset()


def hammered(r, w, j):
    """One key past its rate: some answers are 429 and say when to come back."""
    key = w.hammers[j.number % len(w.hammers)]
    count = 2_500
    raw = request("GET", "/v1/checkpoint", token=key) * count
    j.renew()
    began = time.monotonic()
    j.link.send(raw)
    seen = {}
    for _ in range(count):
        answer = j.next_answer(raw[:200])
        if answer is None:
            break
        seen[answer.status] = seen.get(answer.status, 0) + 1
        if answer.closes:
            break
    j.link.close()
    if not set(seen) <= {200, 429}:
        raise Finding(f"{count} requests of one key at once: {seen}")
    # 1,000 at once and 500 a second: a machine that is slow enough refuses none.
    if 429 not in seen and time.monotonic() - began < 2:
        raise Finding(f"{count} requests of one key at once, and none was refused: {seen}")
