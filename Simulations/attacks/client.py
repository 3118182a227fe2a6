"""A client of the coordinator after Protocols/http.md that plays many keys over one connection, honest or not."""
import base64
import http.client
import os
import ssl
import time

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from wire import Malformed, Message, base64url, chunk_hashes, chunks, message, root, sha256

PARTICIPANT, AUDITOR, SPONSOR, OPERATOR = 1, 2, 3, 4
LEDGER_PAGE = 1_000


class Refused(Exception):
    """A request that the coordinator did not carry out."""

    def __init__(self, status, problem):
        self.status, self.code = status, problem.text(1)
        super().__init__(f"{status} {self.code}: {problem.text(2)}")


class Link:
    """One TLS connection to the place that a join string names. The certificate and the log's key are pinned.

    source  the address that it comes from, such as 127.0.0.2; None for the system's choice
    """

    def __init__(self, join, timeout_seconds=40, source=None):
        scheme, _, rest = join.strip().partition("://")
        whole, _, check = join.strip().rpartition("/")
        parts = rest.split("/")
        if scheme != "tributary" or len(parts) != 5 or sha256(whole.encode()).hex()[:8] != check:
            raise Malformed("not a join string")
        self.place, self.certificate = parts[0], base64url(parts[1])
        self.log_key = base64url(parts[2]).decode()
        self.origin = self.log_key.split("+", 1)[0]
        self.invitation = "" if parts[3] == "-" else parts[3]
        self.timeout_seconds, self.source, self.connection = timeout_seconds, source, None
        shown = Message(self.exchange("GET", "/v1/coordinator")[1]).text(2)
        if shown != self.log_key:
            raise Malformed("the coordinator's log has another key than the join string names")

    def _connect(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        connection = http.client.HTTPSConnection(
            self.place, timeout=self.timeout_seconds, context=context,
            source_address=(self.source, 0) if self.source else None)
        connection.connect()
        if sha256(connection.sock.getpeercert(True)) != self.certificate:
            raise Malformed("the coordinator shows another certificate than the join string names")
        return connection

    def exchange(self, method, path, body=b"", token=None, sign=None):
        """Sends a request and returns status and body; once more, with the same bytes, where no answer came."""
        headers = {"Content-Type": "application/x-protobuf"} if body else {}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        if token is not None and sign is not None and method in ("POST", "DELETE"):
            digests = sha256(token.encode()) + sha256(body)
            signed = sign("tributary/request/v1", digests + f"{method} {path}\n{self.origin}".encode())
            headers["Tributary-Signature"] = base64.b64encode(signed).decode()
        for is_last in (False, True):
            try:
                if self.connection is None:
                    self.connection = self._connect()
                self.connection.request(method, path, body, headers)
                answer = self.connection.getresponse()
                return answer.status, answer.read()
            except (OSError, http.client.HTTPException):
                self.close()
                if is_last:
                    raise

    def close(self):
        if self.connection is not None:
            self.connection.close()
        self.connection = None


class Session:
    """A key with a session of one role."""

    def __init__(self, link, role, key=None):
        self.link, self.role, self.token = link, role, None
        self.key = key or Ed25519PrivateKey.generate()
        self.public_key = self.key.public_key().public_bytes_raw()
        self.open()

    def sign(self, domain, body):
        return self.key.sign(domain.encode() + b"\0" + body)

    def open(self):
        challenge = self._once("POST", "/v1/sessions/challenge", message({1: self.public_key}))
        nonce = Message(challenge).bytes(1)
        proof = message({1: nonce, 2: self.link.origin, 3: self.role})
        request = {1: self.public_key, 2: nonce, 3: self.sign("tributary/session/v1", proof), 4: self.role}
        self.token = Message(self._once("POST", "/v1/sessions", message(request))).text(1)

    def _once(self, method, path, body=b""):
        """One request; asked again only where the coordinator was busy, or says that the body came too slowly."""
        for _ in range(200):
            status, answer = self.link.exchange(method, path, body, self.token, self.sign)
            if 200 <= status < 300:
                return answer
            refusal = Refused(status, Message(answer))
            if status not in (408, 429, 503):
                raise refusal
            time.sleep(0.05)
        raise refusal

    def ask(self, method, path, body=b""):
        """The answer's bytes. Opens the session again where it has ended."""
        try:
            return self._once(method, path, body)
        except Refused as refusal:
            if refusal.code != "unknown_session":
                raise
        self.open()
        return self._once(method, path, body)

    def read(self, method, path, fields=None):
        """The answer as a message."""
        return Message(self.ask(method, path, message(fields or {})))

    def blob(self, digest):
        """A blob's bytes, each chunk checked against its hash and the hashes against the digest."""
        place = f"/v1/blobs/{digest.hex()}"
        hashes = self.read("GET", place).all(2)
        blob = b"".join(self.ask("GET", f"{place}/chunks/{index}") for index in range(len(hashes)))
        if chunk_hashes(blob) != hashes or root(hashes) != digest:
            raise Malformed(f"blob {digest.hex()} has other bytes than its digest says")
        return blob

    def entries(self, start=0):
        """The ledger's entries from a sequence on, as far as this session is shown them."""
        found = []
        while True:
            page = self.read("GET", f"/v1/ledger/entries?from={start + len(found)}&count={LEDGER_PAGE}")
            found += page.all(1)
            if not page.all(1) or start + len(found) >= page.number(2):
                return found


class Order:
    """A training order."""

    def __init__(self, order):
        self.task, self.round, self.base_model = order.bytes(1), order.number(2), order.bytes(3)
        self.previous_contribution = order.bytes(7) or bytes(32)
        self.ledger_root = order.bytes(8) or bytes(32)
        self.funding_sequence, self.funding = order.number(10), order.bytes(11)


class Reply:
    """What came of a contribution: accepted, or the reason it was refused for."""

    def __init__(self, accepted, reason="", detail="", sequence=0):
        self.accepted, self.reason, self.detail, self.sequence = accepted, reason, detail, sequence

    @classmethod
    def of(cls, answer):
        return cls(answer.number(1) == 1, answer.text(3), answer.text(4), answer.number(2))


class Participant(Session):
    """A registered key. `proves_possession` adds field 13 to its statements, as rules version 2 require."""

    def __init__(self, link, label, proves_possession=True, registration=None):
        super().__init__(link, PARTICIPANT)
        self.label, self.proves_possession = label, proves_possession
        fields = {1: label, 2: link.invitation, **(registration or {})}
        self.number = self.read("POST", "/v1/participants", fields).number(1)

    def work(self, wait_ms=0, declined=()):
        """An Order, or None, and whether every task is closed."""
        answer = self.read("POST", "/v1/work", {1: wait_ms, 2: list(declined)})
        order = Order(answer.message(1)) if answer.has(1) else None
        return order, answer.has(2) and answer.message(2).number(3) == 1

    def announce(self, order, digest, byte_count, hashes):
        """Begins an upload. Returns the numbers of the chunks that the coordinator asks for."""
        manifest = message({1: byte_count, 2: hashes})
        fields = {1: order.task, 2: order.round, 3: manifest}
        progress = self.read("POST", f"/v1/updates/{digest.hex()}", fields)
        ranges = [Message(part) for part in progress.all(1)]
        return [part.number(1) + index for part in ranges for index in range(part.number(2))]

    def upload(self, order, blob):
        """Sends an update's bytes. Returns its digest."""
        hashes = chunk_hashes(blob)
        digest, parts = root(hashes), chunks(blob)
        for index in self.announce(order, digest, len(blob), hashes):
            self.ask("PUT", f"/v1/updates/{digest.hex()}/chunks/{index}", parts[index])
        return digest

    def possession(self, blob):
        """The proof that this key holds an update's bytes."""
        return sha256(self.public_key + blob)

    def statement(self, order, digest, parameters, examples, possession=b"", changed=None):
        """A statement's bytes; `changed` replaces fields by number."""
        fields = {
            1: order.task, 2: order.round, 3: self.public_key, 4: order.base_model, 5: order.task, 6: digest,
            7: parameters, 8: examples, 9: 24, 10: os.urandom(16), 11: order.previous_contribution,
            12: order.ledger_root, 13: possession if self.proves_possession else b"",
        }
        return message({**fields, **(changed or {})})

    def contribute(self, statement, signature=None):
        """Posts a statement with its signature."""
        signature = self.sign("tributary/contribution/v1", statement) if signature is None else signature
        return Reply.of(self.read("POST", "/v1/contributions", {1: statement, 2: signature}))

    def send(self, order, blob, parameters, examples, changed=None):
        """Uploads an update and contributes it, as an honest client does."""
        digest = self.upload(order, blob)
        return self.contribute(
            self.statement(order, digest, parameters, examples, self.possession(blob), changed))

    def leave(self):
        self.ask("DELETE", "/v1/participants/me")
