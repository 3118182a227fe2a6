"""Holds answers against Protocols/http.md."""
import time

import wire
from link import Broken, Link, Silent


class Finding(Exception):
    """The coordinator did something that its documentation does not say."""


def quoted(data, limit=600):
    return repr(data[:limit]) + (f" and {len(data) - limit} more bytes" if len(data) > limit else "")


class Judge:
    """Sends requests for one worker and checks every answer."""

    def __init__(self, world, number):
        self.world, self.number = world, number
        self.requests = self.limited = self.source = 0
        self.statuses = {}
        self.link = None
        self.renew()

    def renew(self):
        """A new connection from another loopback address, so that the limit of one address is not what is tested."""
        if self.link:
            self.link.close()
        self.source = self.source % 40 + 1
        self.link = Link(self.world.port, self.world.pin, f"127.0.{self.number + 1}.{self.source}")

    def ask(self, raw, allowed, bare=False, closes=False, holds=False, limited=False, method="GET", partial=False):
        """Sends a request and reads its answer.

        allowed   statuses that the documentation gives for it
        bare      the bytes are no HTTP, so the refusal may have no body
        closes    ending the connection is an answer, too
        holds     no answer within the time is right as well: the request waits
        limited   429 is what is looked for
        partial   the request is not complete; nothing more will be sent
        """
        for trial in range(6):
            answer = self._exchange(raw, method, holds, partial)
            if answer in ("held", "closed"):
                if answer == "held" or closes:
                    self.link.close()
                    return None
                if trial < 2:  # an idle connection may be closed at any time
                    self.link.close()
                    continue
                raise Finding(f"closed without an answer: {quoted(raw)}")
            self._check(answer, raw, bare, method)
            if answer.status in (429, 503) and not limited:
                self.limited += 1
                time.sleep(min(float(answer.headers.get("retry-after", "0") or 0), 1) or 0.05)
                continue
            if answer.status not in allowed:
                raise Finding(
                    f"{answer.status} where {sorted(allowed)} are documented: {quoted(raw)}\n"
                    f"  answer: {quoted(answer.body)}")
            return answer
        return None

    def _exchange(self, raw, method, holds, partial):
        self.requests += 1
        try:
            self.link.send(raw)
            if partial:
                self.link.end_sending()
            answer = self.link.read(without_body=method == "HEAD")
        except Silent as error:
            if holds:
                self.link.reset()
                return "held"
            self.link.close()
            raise Finding(f"no answer: {error}: {quoted(raw)}") from error
        except Broken as error:
            self.link.close()
            raise Finding(f"a broken answer: {error}: {quoted(raw)}") from error
        except OSError:
            answer = None
        if answer is None:
            return "closed"
        if answer.closes:
            self.link.close()
        self.statuses[answer.status] = self.statuses.get(answer.status, 0) + 1
        return answer

    def next_answer(self, raw):
        """The answer to a request that was sent along with others."""
        self.requests += 1
        answer = self.link.read()
        if answer is not None:
            self.statuses[answer.status] = self.statuses.get(answer.status, 0) + 1
            self._check(answer, raw, False, "GET")
        return answer

    def _check(self, answer, raw, bare, method):
        if self.world.secret.encode() in answer.body:
            raise Finding(f"the coordinator's key is in an answer: {quoted(raw)}")
        if answer.status < 400:
            return
        if not answer.body and (bare or method == "HEAD"):
            return
        try:
            problem = wire.fields(answer.body)
            code = wire.first(problem, 1).decode()
        except (ValueError, AttributeError) as error:
            raise Finding(
                f"{answer.status} without a Problem ({error}): {quoted(raw)}\n"
                f"  answer: {quoted(answer.body)}") from error
        if wire.STATUSES.get(code) != answer.status:
            raise Finding(f"{answer.status} with the code {code!r}: {quoted(raw)}\n  answer: {quoted(answer.body)}")
        if code == "internal":
            raise Finding(f"internal: {wire.first(problem, 2)!r}: {quoted(raw)}")
        if not wire.first(problem, 2):
            raise Finding(f"{code} without a sentence: {quoted(raw)}")
        if answer.status == 429 and "retry-after" not in answer.headers:
            raise Finding(f"429 without Retry-After: {quoted(raw)}")
