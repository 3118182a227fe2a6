"""A participant after Protocols/http.md: python3 minimal.py JOIN-STRING KEY-FILE DATA.csv [CONTRIBUTIONS]. It trains
softmax regression; KEY-FILE has 32 random bytes; DATA.csv has an example a line, its class last, and no header."""
import base64, hashlib, http.client, io, os, re, ssl, sys, time, numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
sha, plain = lambda data: hashlib.sha256(data).digest(), lambda t: base64.urlsafe_b64decode(t + "=" * (-len(t) % 4))
def varint(n): return bytes([n]) if n < 128 else bytes([n & 127 | 128]) + varint(n >> 7)
def encode(*values):  # a protobuf message: fields 1, 2, ...; a list is a repeated field; zero and empty are left out
    f = [(8 * i, v) for i, value in enumerate(values, 1) for v in (value if isinstance(value, list) else [value]) if v]
    return b"".join(varint(t) + varint(v) if isinstance(v, int) else varint(t + 2) + varint(len(v)) + v for t, v in f)
def decode(data):  # {field: [values]}
    fields, stream = {}, io.BytesIO(data)
    def number(): return byte if (byte := stream.read(1)[0]) < 128 else byte & 127 | number() << 7
    while stream.tell() < len(data):
        tag, value = number(), number()
        fields.setdefault(tag >> 3, []).append(stream.read(value) if tag & 7 == 2 else value)
    return fields
def first(message, field, default=0): return message.get(field, [default])[0]
def cut(data, size): return [data[i:i + size] for i in range(0, len(data), size)]
def chunk_hashes(blob): return [root([sha(b"\0" + b) for b in cut(chunk, 1 << 14)]) for chunk in cut(blob, 1 << 20)]
def half(count): return 1 << (count - 1).bit_length() - 1  # the largest power of two below count
def root(of): return of[0] if len(of) == 1 else sha(b"\1" + root(of[:half(len(of))]) + root(of[half(len(of)):]))
def lead(leaf, proof, i, n):  # the root of n leaves that an inclusion proof leads to
    if n == 1: return leaf
    if i < half(n): return sha(b"\1" + lead(leaf, proof[:-1], i, half(n)) + proof[-1])
    return sha(b"\1" + proof[-1] + lead(leaf, proof[:-1], i - half(n), n - half(n)))
def check_receipt(text, vkey, statement):  # C2SP tlog-proof: the statement is in the entry, the entry in the signed log
    (head, body, signatures), (name, hint, key) = text.split("\n\n"), vkey.split("+", 2)
    lines, (origin, size, log_root) = head.split("\n"), body.split("\n")[:3]
    entry, proof = base64.b64decode(lines[1].removeprefix("extra ")), [base64.b64decode(line) for line in lines[3:]]
    signature = base64.b64decode(next(s for s in signatures.splitlines() if s.split()[1] == name).split()[2])
    Ed25519PublicKey.from_public_bytes(base64.b64decode(key)[1:]).verify(signature[4:], (body + "\n").encode())
    reached = lead(sha(b"\0" + entry), proof, int(lines[2].removeprefix("index ")), int(size))
    assert (origin, signature[:4].hex(), reached) == (name, hint, base64.b64decode(log_root)) and statement in entry
def train(values, task, x, y):  # minibatch descent as the task says; the change, on the task's grid, and the steps
    def number(key, default): return float((re.search(key + r": ([0-9.e+-]+)", task) or [0, default])[1])
    x, weights = np.c_[x, np.ones(len(x))], values.reshape(x.shape[1] + 1, -1).astype(float)  # the last row is the bias
    count, scale = -int(-len(x) // number("batch", 10)), 2.0 ** number("fraction_bits", 24)
    batches = np.array_split(np.random.permutation(len(x)), count) * int(number("epochs", 1))
    for rows in batches:
        error = (odds := np.exp(x[rows] @ weights)) / odds.sum(1, keepdims=True) - np.eye(weights.shape[1])[y[rows]]
        weights -= number("learning_rate", 0.1) / len(rows) * x[rows].T @ error
    steps_of_grid = np.clip(np.rint((weights.ravel() - values) * scale), 1 - 2 ** 24, 2 ** 24 - 1)
    return (steps_of_grid / scale + 0.0).astype("<f4"), len(batches)  # adding 0 makes negative zeros positive
class Coordinator:
    def __init__(self, join, key):
        self.place, certificate, vkey, self.invitation, _ = join.strip().removeprefix("tributary://").split("/")
        self.certificate, self.vkey, self.token = plain(certificate), plain(vkey).decode(), "none"
        self.key, self.public = key, key.public_key().public_bytes_raw()
    def ask(self, method, path, body=b"", raw=False, trials=9):  # again, with the same bytes, where no answer came
        try:
            link = http.client.HTTPSConnection(self.place, timeout=60, context=ssl._create_unverified_context())
            link.connect()  # no authority vouches for the certificate: it is pinned itself, and so is the log's key
            assert sha(link.sock.getpeercert(True)) == self.certificate, "the server shows another certificate"
            what = sha(body) + f"{method} {path}\n{self.vkey.split('+')[0]}".encode()  # a token alone can only read
            proof = base64.b64encode(self.key.sign(b"tributary/request/v1\0" + sha(self.token.encode()) + what))
            link.request(method, path, body, {"Authorization": f"Bearer {self.token}", "Tributary-Signature": proof})
            status, data = (reply := link.getresponse()).status, reply.read()
            if status < 300: return data if raw else decode(data)
        except (OSError, http.client.HTTPException) as error: status, data = 503, encode(b"", str(error).encode())
        if not trials or status not in (429, 503) and (status != 401 or "sessions" in path):
            sys.exit(f"{path}: {status}, {first(decode(data), 2)}")
        self.open_session() if status == 401 else time.sleep(1)
        return self.ask(method, path, body, raw, trials - 1)
    def open_session(self):
        assert first(self.ask("GET", "/v1/coordinator"), 2).decode() == self.vkey, "the log has another key"
        nonce = first(self.ask("POST", "/v1/sessions/challenge", encode(self.public)), 1)
        signature = self.key.sign(b"tributary/session/v1\0" + encode(nonce, self.vkey.split("+")[0].encode(), 1))
        self.token = first(self.ask("POST", "/v1/sessions", encode(self.public, nonce, signature, 1)), 1).decode()
    def send(self, task, number, update):  # announces an update and sends the chunks that are missing
        place, manifest = f"/v1/updates/{root(chunk_hashes(update)).hex()}", encode(len(update), chunk_hashes(update))
        for part in map(decode, self.ask("POST", place, encode(task, number, manifest)).get(1, [])):
            for i in range(first(part, 1), first(part, 1) + first(part, 2)):
                self.ask("PUT", f"{place}/chunks/{i}", update[i << 20:i + 1 << 20])
def main(join, key_file, data, count="1"):
    server = Coordinator(join, Ed25519PrivateKey.from_private_bytes(open(key_file, "rb").read()))
    server.ask("POST", "/v1/participants", encode(b"minimal.py", server.invitation.strip("-").encode()))
    x, y, sent = (table := np.loadtxt(data, delimiter=",", ndmin=2))[:, :-1], table[:, -1].astype(int), {}
    while len(sent) < int(count):
        work = server.ask("POST", "/v1/work", encode(25_000))
        for order in map(decode, work.get(3, [])): server.send(order[1][0], order[2][0], sent[order[2][0]])
        for idle in map(decode, work.get(2, [])): time.sleep(first(idle, 1) / 1000)
        for order in map(decode, work.get(1, [])):
            task, number, base = order[1][0], order[2][0], order[3][0]
            text, place = server.ask("GET", f"/v1/tasks/{task.hex()}", raw=True), f"/v1/blobs/{base.hex()}"
            hashes = server.ask("GET", place)[2]
            model = b"".join(server.ask("GET", f"{place}/chunks/{i}", raw=True) for i, _ in enumerate(hashes))
            assert sha(text) == task and root(chunk_hashes(model)) == base, "this is not what was asked for"
            start = 8 + int.from_bytes(model[:8], "little")  # an update's file has the same header as the model's
            change, steps = train(np.frombuffer(model[start:], "<f4"), text.decode(), x, y)
            server.send(task, number, update := sent.setdefault(number, model[:start] + change.tobytes()))
            statement = encode(task, number, server.public, base, task, root(chunk_hashes(update)), len(change), len(x),
                               steps, os.urandom(16), first(order, 7, bytes(32)), first(order, 8, bytes(32)),
                               sha(server.public + update))  # only who has the bytes can say that for its own key
            signed = encode(statement, server.key.sign(b"tributary/contribution/v1\0" + statement))
            reply = server.ask("POST", "/v1/contributions", signed)
            if not first(reply, 1): sys.exit(f"refused: {first(reply, 3)}, {first(reply, 4)}")
            check_receipt(server.ask("GET", f"/v1/receipts/{reply[2][0]}", raw=True).decode(), server.vkey, statement)
            print(f"round {number}: accepted as entry {first(reply, 2)}; the receipt proves it", flush=True)
if __name__ == "__main__": main(*sys.argv[1:])
