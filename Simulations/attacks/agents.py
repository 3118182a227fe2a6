"""The program's own agent, and a coordinator that lies to it."""
import http.server
import os
import ssl
import subprocess
import threading
import time

from federation import Unprepared
from wire import message


class Agent:
    """An agent of the program under test, in a folder beside the coordinator's. It trains on the embedded digits."""

    def __init__(self, coordinator, name="agent"):
        self.coordinator, self.home = coordinator, os.path.join(coordinator.folder, name)
        code, text = coordinator.run("agent", "join", coordinator.join, "--home", self.home, "--data", "digits")
        if code:
            raise Unprepared(f"agent join: exit {code}\n{text}")

    def run(self, *options, seconds=30):
        """Exit code and output of `agent run`; None for a process that had to be stopped."""
        process = subprocess.Popen(
            [self.coordinator.program, "agent", "run", "--home", self.home, *options], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=self.coordinator.folder)
        try:
            text, _ = process.communicate(timeout=seconds)
            return process.returncode, text.decode(errors="replace")
        except subprocess.TimeoutExpired:
            process.terminate()
            try:
                text, _ = process.communicate(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                text, _ = process.communicate()
            return None, text.decode(errors="replace")

    def receipts(self):
        """The receipts' files, by name."""
        folder, found = os.path.join(self.home, "receipts"), {}
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
            with open(os.path.join(folder, name), "rb") as file:
                found[name] = file.read()
        return found


class Impostor:
    """Answers in the place of a stopped coordinator, with its certificate, and has only an idle reason to say."""

    def __init__(self, coordinator, reason):
        answers = {
            "/v1/coordinator": {1: coordinator.link.origin, 2: coordinator.link.log_key, 3: _now()},
            "/v1/sessions/challenge": {1: os.urandom(32), 2: _now() + 60_000},
            "/v1/sessions": {1: "token", 2: _now() + 3_600_000, 3: _now(), 4: 1},
            "/v1/work": {2: message({1: 1_000, 2: reason})},
        }

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                body = message(answers.get(self.path, {}))
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

            do_GET = do_POST = do_PUT = do_DELETE = answer

        host, port = coordinator.link.place.rsplit(":", 1)
        self.server = http.server.ThreadingHTTPServer((host, int(port)), Handler)
        self.server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls = os.path.join(coordinator.home, "tls")
        context.load_cert_chain(os.path.join(tls, "certificate.pem"), os.path.join(tls, "key.pem"))
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, kind, fault, trace):
        self.server.shutdown()
        self.server.server_close()


def _now():
    return int(time.time() * 1_000)
