"""Many requests of one address, as fast as a few connections carry them."""
import contextlib
import re
import socket
import ssl
import threading
import time


@contextlib.contextmanager
def connection(link):
    """A TLS connection of its own to the place that a link leads to."""
    host, port = link.place.rsplit(":", 1)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection((host, int(port)), timeout=5) as plain, context.wrap_socket(plain) as stream:
        yield stream


class Flood:
    """Sends requests until so many are answered or the time is over, and counts the answers by status.

    body   called for each request's body
    batch  requests that a connection sends before it reads their answers
    """

    def __init__(self, link, method, path, body, most, seconds, connections=4, batch=1):
        self.link, self.method, self.path, self.body, self.most = link, method, path, body, most
        self.batch = batch
        self.statuses, self.lock, self.deadline = {}, threading.Lock(), time.monotonic() + seconds
        workers = [threading.Thread(target=self._run, daemon=True) for _ in range(connections)]
        began = time.monotonic()
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        self.seconds = time.monotonic() - began

    @property
    def sent(self):
        return sum(self.statuses.values())

    def _run(self):
        while self.sent < self.most and time.monotonic() < self.deadline:
            try:
                self._connection()
            except OSError:
                time.sleep(0.01)  # closed by the other side: another connection

    def _connection(self):
        """Requests in batches over one connection, answers read after each batch."""
        with connection(self.link) as stream:
            while self.sent < self.most and time.monotonic() < self.deadline:
                stream.sendall(b"".join(self._request() for _ in range(self.batch)))
                self._read(stream)

    def _request(self):
        body = self.body()
        return (f"{self.method} {self.path} HTTP/1.1\r\nHost: flood\r\nContent-Type: application/x-protobuf\r\n"
                f"Content-Length: {len(body)}\r\n\r\n").encode() + body

    def _read(self, stream):
        """Counts the answers to a batch."""
        left, data = self.batch, b""
        while left:
            more = stream.recv(1 << 16)
            if not more:
                raise OSError("closed")
            data += more
            while left and (end := data.find(b"\r\n\r\n")) >= 0:
                head = data[:end].decode("latin-1")
                length = re.search(r"(?im)^content-length: *(\d+)", head)
                whole = end + 4 + (int(length.group(1)) if length else 0)
                if len(data) < whole:
                    break
                status, data, left = int(head.split(" ", 2)[1]), data[whole:], left - 1
                with self.lock:
                    self.statuses[status] = self.statuses.get(status, 0) + 1
                if re.search(r"(?im)^connection: *close", head):
                    raise OSError("closed")
