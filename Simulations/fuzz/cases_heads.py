"""Request lines, paths, queries and headers that are none.

A case is a function of a generator, a world and a judge; it raises Finding.
"""
import wire
from judge import Finding, quoted
from link import request
from table import ANY_REFUSAL, ENDPOINTS, token, whole


def oversized_head(r, w, j):
    endpoint = r.choice(ENDPOINTS)
    extra, path = r.choice([
        ([("X-Long", "x" * r.choice([17_000, 70_000, 300_000]))], None),
        ([(f"X-{place}", "y") for place in range(r.choice([100, 1_000, 5_000]))], None),
        ([("x" * 20_000, "y")], None), ([], endpoint.path(r, w) + "?" + "q" * r.choice([17_000, 100_000])),
    ])
    raw = request(endpoint.method, path or endpoint.path(r, w), endpoint.body(r, w), token(r, w, endpoint.role), extra)
    j.ask(raw, {400, 404, 413}, bare=True, closes=True)
    j.link.close()


def odd_head(r, w, j):
    """Headers that are no headers."""
    endpoint = r.choice(ENDPOINTS)
    lines = r.choice([
        b"No-Colon\r\n", b": empty name\r\n", b"Bad Name: x\r\n", b"X: a\r\n continued\r\n", b"X: \x00\r\n",
        b"X: a\rb\r\n", b"X\x01: y\r\n", b"Host: other\r\n", b"Connection: close\r\n", b"Connection: upgrade\r\n",
        b"Upgrade: h2c\r\nConnection: upgrade\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n", b"X: \xff\xfe\r\n", b"\r\n",
        b"Upgrade: websocket\r\nConnection: upgrade\r\n", b"Expect: 100-continue\r\n", b"Expect: nonsense\r\n",
        b"Accept-Encoding: gzip, br\r\n", b"Range: bytes=0-\r\n", b"If-None-Match: *\r\n",
    ])
    raw = whole(r, w, endpoint)
    head, _, body = raw.partition(b"\r\n")
    j.renew()
    j.ask(head + b"\r\n" + lines + body, ANY_REFUSAL | endpoint.ok | {206, 304, 408}, bare=True, closes=True)
    j.link.close()


def wrong_method(r, w, j):
    endpoint = r.choice(ENDPOINTS)
    path = endpoint.path(r, w)
    right = {other.method for other in ENDPOINTS if other.path(r, w).split("?")[0] == path.split("?")[0]}
    methods = {"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "FROB", "get", "M" * 200} - right
    if "/chunks/" in path or "/receipts/" in path:
        methods -= {"GET", "PUT"}
    bearer = r.choice([w.operator, r.choice(w.strangers)[1]])
    raw = request(r.choice(sorted(methods)), path, b"", bearer)
    j.ask(raw, {400, 401, 403, 404}, bare=True, closes=True)
    j.link.close()


def head_method(r, w, j):
    endpoint = r.choice([endpoint for endpoint in ENDPOINTS if endpoint.method == "GET"])
    raw = request("HEAD", endpoint.path(r, w), b"", token(r, w, endpoint.role))
    j.ask(raw, {200, 400, 404}, method="HEAD", closes=True)
    j.link.close()


def odd_request_line(r, w, j):
    line = r.choice([
        b"GET\r\n", b"GET /healthz\r\n", b"GET /healthz HTTP/9.9\r\n", b"GET /healthz HTTP/2.0\r\n", 
        b" GET / HTTP/1.1\r\n",
        b"GET  /healthz  HTTP/1.1\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x00\x00\x00\r\n",
        b"GET /healthz HTTP/1.0\r\n",
        b"CONNECT localhost:22 HTTP/1.1\r\n", b"OPTIONS * HTTP/1.1\r\n", b"\r\n\r\nGET /healthz HTTP/1.1\r\n",
        b"GET http://169.254.169.254/latest HTTP/1.1\r\n", b"GET https://localhost/healthz HTTP/1.1\r\n",
        b"GET /healthz\tHTTP/1.1\r\n", r.randbytes(r.randint(1, 200)).replace(b"\n", b"") + b"\r\n",
    ])
    j.renew()
    raw = line + b"Host: localhost\r\nConnection: close\r\n\r\n"
    j.ask(raw, {200, 400, 404, 413}, bare=True, closes=True, partial=True)
    j.link.close()


def odd_path(r, w, j):
    digest = r.choice([w.model, w.task, w.digest]).hex()
    path = r.choice([
        b"/%2e%2e/%2e%2e/etc/passwd", b"/../../coordinator.key", b"/v1/../coordinator.key", b"//healthz", b"/v1//tasks",
        b"/v1/tasks/", b"/v1/tasks/%00", b"/v1/tasks/\x00", b"/v1/tasks/\xff\xfe", b"/v1/tasks/%ff%fe",
        b"/v1/tasks/%zz",
        b"/v1/tasks/..%2f..%2fcoordinator.key", b"/v1/blobs/..%2f..%2fcoordinator.key", b"/v1/blobs/" + b"a" * 15_000,
        b"/v1/blobs/" + digest[:-1].encode(), b"/v1/blobs/" + digest.upper().encode(), b"/v1/blobs/" + b"g" * 64,
        b"/v1/blobs/%" + digest.encode(), b"/v1/blobs/" + r.randbytes(32).hex().encode(),
        b"/v1/blobs/" + digest.encode() + b"/chunks", b"/v1/blobs/" + digest.encode() + b"/../chunks/0",
        "/v1/receipts/１２".encode(), b"/v1/receipts/-1", b"/v1/receipts/+1", b"/v1/receipts/ 1",
        b"/v1/receipts/99999999999999999999", b"/v1/receipts/18446744073709551615", b"/v1/receipts/1e3",
        b"/v1/receipts/%31", b"/v1/participants/4294967296/ban", b"/v1/participants/-1/ban", b"/V1/TASKS", b"/", b"",
        b"/healthz%20", b"/healthz;a=b", b"/healthz#x", b"/healthz?x", b"\\healthz", b"/*", b"/{id}", b"/v1/tasks/:id",
        b"/v1/" + b"a/" * 2_000, r.randbytes(20), b"/" + bytes(range(0x80, 0x100)), b"/v1/updates/" + digest.encode(),
        b"/v1/tasks/" + b"%25" * 500, b"/.git/config", b"/index.html", b"/v1/%74asks",
    ])
    raw = request(r.choice(["GET", "GET", "POST"]), path, b"", r.choice([w.operator, r.choice(w.strangers)[1]]))
    j.renew()
    j.ask(raw, {200, 400, 401, 403, 404, 409, 413}, bare=True, closes=True)
    j.link.close()


def odd_query(r, w, j):
    value = lambda: r.choice([
        "0", "1", "-1", "1.5", "1e3", "0x10", "18446744073709551615", "18446744073709551616", "9" * 300, "", "%00",
        "%ff",
        "NaN", "null", "1001", "1000000000", "１", "%20 1", "'", "1;drop",
    ])
    query = r.choice([
        f"from={value()}&count={value()}", f"count={value()}", f"from={value()}", "", "from", "&&&", "=",
        "from=1&from=2",
        f"from=0&count={value()}&count={value()}", "FROM=0&COUNT=1", "from[]=0&count[]=1", "f%72om=0&count=1",
        "&".join(["from=0"] * 500),
    ]).replace(" ", "+")
    raw = request("GET", f"/v1/ledger/entries?{query}".encode(), b"", token(r, w, "reader"))
    answer = j.ask(raw, {200, 400, 404}, bare=True)
    if answer and answer.status == 200 and len(wire.fields(answer.body).get(1, [])) > 1_000:
        raise Finding(f"more than 1,000 entries: {quoted(raw)}")
