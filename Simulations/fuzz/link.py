"""A raw HTTP client over TLS that sends any bytes and reads answers strictly. Standard library only."""
import base64
import hashlib
import socket
import ssl
import struct


class Broken(Exception):
    """An answer that is not HTTP, or not the one that its headers promise."""


class Silent(Exception):
    """No answer in time."""


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def closes(self):
        return self.headers.get("connection", "").lower() == "close"


# How long an answer may take before the coordinator counts as hanging. Its own waits end sooner; a machine that does
# other things at the same time needs the rest.
PATIENCE_SECONDS = 60.0


class Link:
    """One connection. `pin` is the SHA-256 of the server's certificate; `source` a loopback address of our own."""

    def __init__(self, port, pin, source, seconds=PATIENCE_SECONDS):
        self.port, self.pin, self.source, self.seconds = port, pin, source, seconds
        self.socket, self.buffer = None, b""

    def raw(self):
        """A TCP connection without TLS."""
        plain = socket.socket()
        plain.settimeout(self.seconds)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        plain.bind((self.source, 0))
        plain.connect(("127.0.0.1", self.port))
        return plain

    def open(self):
        if self.socket is not None:
            return
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.socket = context.wrap_socket(self.raw())
        shown = hashlib.sha256(self.socket.getpeercert(binary_form=True)).digest()
        if shown != self.pin:
            raise Broken("another certificate than the folder's")
        self.buffer = b""

    def close(self):
        if self.socket is not None:
            self.socket.close()
        self.socket, self.buffer = None, b""

    def reset(self):
        """Ends it with RST."""
        if self.socket is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def send(self, data):
        """Sends bytes; False if the other side hung up before it had them all."""
        self.open()
        try:
            self.socket.sendall(data)
            return True
        except (ConnectionError, ssl.SSLError, socket.timeout):
            return False

    def end_sending(self):
        """Says that no more bytes come, while answers may."""
        try:
            socket.socket.shutdown(self.socket, socket.SHUT_WR)
        except OSError:
            pass

    def _more(self):
        try:
            data = self.socket.recv(262_144)
        except (socket.timeout, ssl.SSLWantReadError) as error:
            raise Silent(f"nothing for {self.seconds} s") from error
        except (ConnectionError, ssl.SSLError, OSError):
            data = b""
        self.buffer += data
        return bool(data)

    def _take(self, count):
        while len(self.buffer) < count:
            if not self._more():
                raise Broken(f"the body ends after {len(self.buffer)} of {count} bytes")
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def _line(self):
        while b"\r\n" not in self.buffer:
            if len(self.buffer) > 65_536 or not self._more():
                raise Broken("a line that does not end")
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line

    def read(self, without_body=False):
        """The next answer; None if the connection ended before one began."""
        while not self.buffer:
            if not self._more():
                return None
        while True:
            status, headers = self._head()
            if status >= 200:
                break
        if without_body or status in (204, 304):
            return Answer(status, headers, b"")
        if headers.get("transfer-encoding", "").lower() == "chunked":
            body = b""
            while size := int(self._line().split(b";")[0], 16):
                body += self._take(size)
                self._take(2)
            while self._line():
                pass
        elif "content-length" in headers:
            body = self._take(int(headers["content-length"]))
        elif headers.get("connection", "").lower() == "close":
            while self._more():
                pass
            body, self.buffer = self.buffer, b""
        else:
            raise Broken("an answer without a length")
        return Answer(status, headers, body)

    def _head(self):
        words = self._line().split(b" ", 2)
        if len(words) < 2 or not words[0].startswith(b"HTTP/1.") or not words[1].isdigit() or len(words[1]) != 3:
            raise Broken(f"not a status line: {words[:3]!r}")
        headers = {}
        while line := self._line():
            name, colon, value = line.partition(b":")
            if not colon:
                raise Broken(f"not a header: {line[:80]!r}")
            headers[name.decode("latin-1").lower()] = value.strip().decode("latin-1")
        return int(words[1]), headers


# What signs the requests of each session: (a key's sign, the log's origin) by token.
SIGNERS = {}


def request(method, path, body=b"", token=None, headers=(), length=True, version=b"1.1", signed=None):
    """A request's bytes; every part may be wrong on purpose. `signed` is the body that the signature covers, if it is
    not `body`."""
    to_bytes = lambda text: text if isinstance(text, bytes) else text.encode()
    lines = [to_bytes(method) + b" " + to_bytes(path) + b" HTTP/" + version]
    if version != b"1.0":
        lines.append(b"Host: localhost")
    if token is not None:
        lines.append(b"Authorization: Bearer " + to_bytes(token))
    if length and (body or method in ("POST", "PUT", "DELETE")):
        lines.append(b"Content-Length: %d" % len(body))
    if body and length:
        lines.append(b"Content-Type: application/x-protobuf")
    if method in ("POST", "DELETE") and isinstance(token, str) and token in SIGNERS:
        sign, origin = SIGNERS[token]
        digests = hashlib.sha256(token.encode()).digest() + hashlib.sha256(body if signed is None else signed).digest()
        line = b"%s %s\n%s" % (to_bytes(method), to_bytes(path), origin.encode())
        signature = sign("tributary/request/v1", digests + line)
        lines.append(b"Tributary-Signature: " + base64.b64encode(signature))
    lines += [to_bytes(name) + b": " + to_bytes(value) for name, value in headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body
