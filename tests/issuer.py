"""An OpenID Connect issuer of the tests' own."""

from __future__ import annotations

import threading
import time
from collections import Counter
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

import orjson

from tests.tokens import MAKE_KEY, claims, token

if TYPE_CHECKING:
    from collections.abc import Iterator

DISCOVERY = "/.well-known/openid-configuration"
KEYS = "/keys"
MOVED = "/moved"


class Issuer:
    """An issuer on loopback, which answers inside `with`.

    Its one key is of `algorithm`, called `key_id`; `keys` are what it publishes. `answers` replaces what it
    answers at a path by bytes, or by a status alone (3xx leads to the answer). `trickle` has it answer one
    blank at a time for ever. `requests` counts what it is asked for, path by path.
    """

    def __init__(self, algorithm: str = "ES256") -> None:
        self._port = 0
        self.answers: dict[str, bytes | int] = {}
        self.requests: Counter[str] = Counter()
        self.trickle = False
        self._go = threading.Event()
        self._go.set()
        self.algorithm = algorithm
        self.rotate()

    @property
    def address(self) -> str:
        """Where it is, which is also its name."""
        return f"http://127.0.0.1:{self._port}"

    def rotate(self, algorithm: str | None = None) -> None:
        """Withdraw all keys and publish a new one."""
        self.algorithm = algorithm or self.algorithm
        self.key = MAKE_KEY[self.algorithm]()
        self.key_id = self.key.thumbprint()
        self.keys: list[object] = [self.jwk()]

    def jwk(self, **changed: object) -> dict[str, object]:
        """Return the key as it is published."""
        return {**self.key.as_dict(private=False), "kid": self.key_id, "use": "sig"} | changed

    def token(self, **changed: Any) -> str:
        """Return a token that is right for an hour, with claims as `claims` changes them."""
        payload = claims(**({"iss": self.address} | changed))
        return token(self.key, self.algorithm, payload, kid=self.key_id)

    def bearer(self, **changed: Any) -> str:
        """Return what stands in `Authorization` for such a token."""
        return f"Bearer {self.token(**changed)}"

    @contextmanager
    def hesitating(self) -> Iterator[None]:
        """Keep whoever asks waiting until the end."""
        self._go.clear()
        try:
            yield
        finally:
            self.go()

    def go(self) -> None:
        """Answer those who have been kept waiting."""
        self._go.set()

    def start(self) -> None:
        """Listen, on the same port every time."""
        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), _handler(self))
        self._server.daemon_threads = False
        self._port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def stop(self) -> None:
        """Be down: connections are refused."""
        self.go()
        self.trickle = False
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def answer(self, path: str) -> bytes | int:
        """Return the body of the answer, or its status where that is not 200; not before it may."""
        self._go.wait(30)
        if path in self.answers:
            return self.answers[path]
        documents = {
            DISCOVERY: {"issuer": self.address, "jwks_uri": self.address + KEYS},
            KEYS: {"keys": self.keys},
        }
        document = documents.get(path.removesuffix(MOVED))
        return orjson.dumps(document) if document else 404


def _handler(issuer: Issuer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.requests[self.path] += 1
            answer = issuer.answer(self.path)
            status, body = (answer, b"") if isinstance(answer, int) else (200, answer)
            self.send_response(status)
            if status // 100 == 3:
                self.send_header("location", issuer.address + self.path + MOVED)
            self.end_headers()
            try:
                while issuer.trickle:
                    self.wfile.write(b" ")
                    time.sleep(0.02)
                self.wfile.write(body)
            except OSError:
                return  # who asked has had enough

        def log_message(self, *_: object) -> None:
            pass

    return Handler
