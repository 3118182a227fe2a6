"""Clients that take their time: bytes that trickle, handshakes that stop, answers that nobody reads."""
import select
import ssl
import time

import wire
from link import Link, request

# What Protocols/http.md gives a body; headers and handshakes have to be through sooner.
BODY_SECONDS, GRACE_SECONDS = 30, 15


class Sloth:
    """One connection that sends a byte now and then."""

    def __init__(self, world, kind, head, body, source):
        self.kind, self.rest, self.began = kind, body, time.monotonic()
        self.link = Link(world.port, world.pin, source)
        self.ended = self.answer = None
        if kind == "handshake":
            self.link.socket = self.link.raw()
        else:
            self.link.open()
            self.link.socket.sendall(head)
        self.link.socket.settimeout(0.2)

    def step(self):
        if self.ended is not None:
            return
        try:
            if self.rest:
                self.link.socket.send(self.rest[:1])
                self.rest = self.rest[1:]
            if self.kind == "reader" or not select.select([self.link.socket], [], [], 0)[0]:
                return
            data = self.link.socket.recv(4_096)
            if self.answer is None and data[:5] == b"HTTP/":
                self.answer = int(data[9:12])
            if data:
                return
        except (ssl.SSLWantReadError, TimeoutError):
            return
        except OSError:
            pass
        self.ended = time.monotonic() - self.began
        self.link.close()


def crowd(world, scale):
    """Sockets of every slow kind."""
    token, source = world.strangers[0][1], lambda place: f"127.0.200.{place % 200 + 1}"
    trickle = b"X-Slow: " + b"x" * 200
    lots = [("head", 20 * scale), ("body", 8 * scale), ("handshake", 4 * scale), ("reader", 2 * scale)]
    body_head = request("POST", "/v1/work", b"", token, [("Content-Length", "1000")], length=False)
    answers = request("GET", f"/v1/blobs/{world.model.hex()}/chunks/0", token=world.first) * 24
    for kind, count in lots:
        for place in range(count):
            head, rest = {
                "head": (b"GET /healthz HTTP/1.1\r\nHost: x\r\n", trickle), "body": (body_head, b"\x08" * 900),
                "handshake": (b"", b"\x16\x03\x01\x02\x00\x01" + bytes(200)), "reader": (answers, b""),
            }[kind]
            yield Sloth(world, kind, head, rest, source(place))


def run(world, scale):
    """Lets the slow ones be slow for as long as the coordinator may bear them; says what it did wrong."""
    findings = []
    challenge = wire.fields(world.call("POST", "/v1/sessions/challenge", wire.message((1, world.first_key.public))))
    asked = time.monotonic()
    sloths = list(crowd(world, scale))
    deadline = time.monotonic() + BODY_SECONDS + GRACE_SECONDS
    while time.monotonic() < deadline and any(sloth.ended is None for sloth in sloths if sloth.kind != "reader"):
        for sloth in sloths:
            sloth.step()
        time.sleep(0.5)
    for kind in ("head", "body", "handshake"):
        held = sum(sloth.ended is None for sloth in sloths if sloth.kind == kind)
        if held:
            limit = BODY_SECONDS + GRACE_SECONDS
            findings.append(f"{held} connections with a slow {kind} were still open after {limit} s")
    wrong = {sloth.answer for sloth in sloths if sloth.kind in ("head", "body")} - {None, 400, 408}
    if wrong:
        findings.append(f"slow requests were answered with {sorted(wrong)}, not 408")
    for sloth in sloths:
        sloth.link.reset()
    time.sleep(max(0, asked + 62 - time.monotonic()))
    nonce = wire.first(challenge, 1)
    proof = world.first_key.prove(nonce, world.origin, 1)
    body = wire.message((1, world.first_key.public), (2, nonce), (3, proof), (4, 1))
    link = Link(world.port, world.pin, "127.0.0.1")
    link.send(request("POST", "/v1/sessions", body))
    answer = link.read()
    if answer is None or answer.status != 401:
        findings.append(f"a challenge of 62 seconds ago: {answer and answer.status} instead of 401")
    link.close()
    return findings, len(sloths)
