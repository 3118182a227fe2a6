"""The endpoints of Protocols/http.md, each with a request as it should be."""
import wire
from link import request

MESSAGE_LIMIT, MANIFEST_LIMIT, CHUNK_LIMIT = 65_536, 2_300_000, 1 << 20
ANY_REFUSAL = {400, 401, 403, 404, 409, 413, 422}


class Endpoint:
    """A line of the table in http.md.

    path, body  functions of (generator, world)
    role        who asks as it should be: None for nobody, "any", "stranger" (registered), "second" (invited), ...
    ok          the statuses of a request as it should be
    """

    def __init__(self, method, path, role, ok=(200,), body=None, limit=MESSAGE_LIMIT, forbidden=()):
        self.method, self.path, self.role, self.ok = method, path, role, set(ok)
        self.body = body or (lambda r, w: b"")
        self.has_body, self.limit, self.forbidden = body is not None, limit, forbidden


def token(r, w, role):
    return {
        None: lambda: None,
        "any": lambda: r.choice([r.choice(w.strangers)[1], r.choice(w.auditors), w.first]),
        "member": lambda: r.choice([r.choice(w.strangers)[1], w.first, w.operator]),
        "stranger": lambda: r.choice(w.strangers)[1],
        "first": lambda: w.first, "second": lambda: w.second, "auditor": lambda: r.choice(w.auditors),
        "reader": lambda: r.choice([r.choice(w.auditors), w.operator]), "operator": lambda: w.operator,
    }[role]()


def session_request(r, w, key=None, origin=None, role=2, nonce=None, flip=False):
    """A request that opens a session, as it should be unless told otherwise."""
    key = key or w.new_key(r)
    nonce = nonce or r.randbytes(32)
    signature = bytearray(key.prove(nonce, origin or w.origin, role))
    if flip:
        signature[r.randrange(64)] ^= 1 << r.randrange(8)
    return wire.message((1, key.public), (2, nonce), (3, bytes(signature)), (4, role))


def at(text):
    return lambda r, w: text


update_path = lambda r, w: f"/v1/updates/{w.digest.hex()}"
some_entries = lambda r, w: f"/v1/ledger/entries?from={r.randrange(w.ledger_size)}&count={r.randint(1, 1000)}"

ENDPOINTS = [
    Endpoint("GET", at("/healthz"), None),
    Endpoint("GET", at("/readyz"), None),
    Endpoint("GET", at("/metrics"), None),
    Endpoint("GET", at("/v1/coordinator"), None),
    Endpoint("POST", at("/v1/sessions/challenge"), None, body=lambda r, w: wire.message((1, w.new_key(r).public))),
    Endpoint("POST", at("/v1/sessions"), None, ok=(401,), body=session_request),
    Endpoint("POST", at("/v1/participants"), "stranger", forbidden=("auditor",),
             body=lambda r, w: wire.message((1, "stranger"), (2, w.invitation))),
    Endpoint("DELETE", at("/v1/participants/me"), "stranger", ok=(204,), forbidden=("auditor",)),
    Endpoint("POST", at("/v1/work"), "stranger", forbidden=("auditor",),
             body=lambda r, w: wire.message((1, r.randint(0, 3)), (2, w.task), (3, w.task), (4, r.randint(0, 2)))),
    Endpoint("GET", at("/v1/tasks"), "any"),
    Endpoint("GET", lambda r, w: f"/v1/tasks/{w.task.hex()}", "any"),
    Endpoint("GET", lambda r, w: f"/v1/blobs/{w.model.hex()}", "member"),
    Endpoint("GET", lambda r, w: f"/v1/blobs/{w.model.hex()}/chunks/{r.randint(0, 1)}", "member"),
    Endpoint("POST", update_path, "second", body=lambda r, w: w.announcement, limit=MANIFEST_LIMIT,
             forbidden=("auditor",)),
    # 409: fresh_upload may have pushed the announcement out; a participant has two.
    Endpoint("PUT", lambda r, w: update_path(r, w) + "/chunks/1", "second", ok=(204, 409), limit=CHUNK_LIMIT,
             body=lambda r, w: wire.chunks(w.update)[1], forbidden=("auditor",)),
    Endpoint("POST", at("/v1/contributions"), "first", body=lambda r, w: w.accepted, forbidden=("auditor",)),
    Endpoint("GET", at("/v1/account"), "stranger", forbidden=("auditor",)),
    Endpoint("GET", lambda r, w: f"/v1/receipts/{r.randrange(w.ledger_size)}", "any"),
    Endpoint("GET", at("/v1/checkpoint"), "any"),
    Endpoint("GET", some_entries, "reader", forbidden=("stranger",)),
    Endpoint("POST", at("/v1/tasks"), "operator", body=lambda r, w: w.opening,
             forbidden=("stranger", "auditor")),
    Endpoint("POST", at("/v1/invitations"), "operator", body=lambda r, w: wire.message((1, 1), (2, 4_102_444_800_000)),
             forbidden=("stranger", "auditor")),
    Endpoint("POST", lambda r, w: f"/v1/tasks/{r.randbytes(32).hex()}/close", "operator", ok=(404,),
             forbidden=("stranger", "auditor")),
    Endpoint("GET", at("/v1/participants"), "operator", forbidden=("stranger", "auditor")),
    Endpoint("POST", lambda r, w: f"/v1/participants/{w.scapegoat}/units", "operator", ok=(204,),
             body=lambda r, w: wire.message((2, r.randint(1, 8))), forbidden=("stranger", "auditor")),
    Endpoint("POST", lambda r, w: f"/v1/participants/{w.scapegoat}/ban", "operator", ok=(204,),
             body=lambda r, w: wire.message((1, 1), (2, "again")), forbidden=("stranger", "auditor")),
]
WITH_BODY = [endpoint for endpoint in ENDPOINTS if endpoint.has_body]
MESSAGES = [endpoint for endpoint in WITH_BODY if endpoint.method != "PUT"]


def whole(r, w, endpoint, body=None, headers=(), bearer=None):
    """A request as it should be."""
    body = endpoint.body(r, w) if body is None else body
    return request(endpoint.method, endpoint.path(r, w), body, bearer or token(r, w, endpoint.role), headers)
