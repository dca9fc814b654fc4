"""Clients that speak HTTP badly, slowly or too much, and the honest ones after them."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import json
import re
import socket
import time
from contextlib import closing
from typing import TYPE_CHECKING

import psutil
import pytest

from api.graphiql import PACKAGE_FILES, installed
from api.protocol import FIELDS, HEAD, PIPELINED
from api.security import HEADERS
from tests.service import Service
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from db.settings import DatabaseSettings

DEADLINE = 20.0
"""Seconds after which a test gives up waiting; the service's own deadline is one second."""

LIMIT_BODY = 100_000
GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
POST = b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
SECURITY = [(name.decode(), value.decode()) for name, value in HEADERS]
QUERY = b'{"query": "{ __typename }"}'
ANSWER = {"data": {"__typename": "Query"}, "extensions": {"cost": 1}}
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
FULL = POST + b"Content-Length: %d\r\n\r\n" % len(QUERY) + QUERY


@pytest.fixture(scope="module")
def service(shared_database: DatabaseSettings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that waits one second for a request."""
    log = tmp_path_factory.mktemp("service") / "log"
    with Service(shared_database, log, LIMIT_REQUEST_TIME="1", LIMIT_BODY=str(LIMIT_BODY)) as service:
        yield service
        assert "Traceback" not in log.read_text()


@pytest.fixture(autouse=True)
def honest_client(service: Service) -> Iterator[None]:
    """After each test, an honest client is answered."""
    yield
    answer = service.http.post("/graphql", json={"query": "{ __typename }"})
    assert answer.json() == ANSWER


ATTACKS = {
    "no HTTP at all": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    "HTTP/2 without TLS": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "an unknown method": (b"SPY /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "a tunnel": (b"CONNECT evil.example:443 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "NUL in the path": (b"GET /\0 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "a path that is not ASCII": (b"GET /\xff HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "NUL in a header": (GET + b"X: \0\r\n\r\n", 400),
    "a bare carriage return in a header": (GET + b"X: a\rb\r\n\r\n", 400),
    "a header with a blank before the colon": (GET + b"X : a\r\n\r\n", 400),
    "a header without a name": (GET + b": a\r\n\r\n", 400),
    "two lengths": (POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400),
    "a length with a sign": (POST + b"Content-Length: +2\r\n\r\n{}", 400),
    "a length below zero": (POST + b"Content-Length: -2\r\n\r\n{}", 400),
    "a length that is no number": (POST + b"Content-Length: 0x2\r\n\r\n{}", 400),
    "a length beyond 64 bits": (POST + b"Content-Length: 99999999999999999999\r\n\r\n{}", 400),
    "a length, and chunks": (
        POST + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    "an unknown transfer encoding": (POST + b"Transfer-Encoding: chunked, x\r\n\r\n0\r\n\r\n", 400),
    "a chunk whose size is no number": (CHUNKED + b"zz\r\n{}\r\n0\r\n\r\n", 400),
    "a chunk whose size is beyond 64 bits": (CHUNKED + b"f" * 17 + b"\r\n{}\r\n0\r\n\r\n", 400),
    "a chunk longer than its size": (CHUNKED + b"1\r\n{}\r\n0\r\n\r\n", 400),
    "a request line without end": (b"GET /" + b"a" * HEAD, 431),
    "a header without end": (GET + b"X: " + b"a" * HEAD, 431),
    "headers without end": (GET + b"X: a\r\n" * FIELDS * 2, 431),
    "a megabyte of header": (GET + b"X: " + b"a" * 1_000_000 + b"\r\n\r\n", 431),
    "too many headers": (GET + b"X: a\r\n" * FIELDS + b"\r\n", 431),
    "a chunk's extension without end": (CHUNKED + b"1;" + b"a" * HEAD * 2, 431),
    "trailers without end": (CHUNKED + b"0\r\n" + b"X: a\r\n" * FIELDS * 2, 431),
    "a trailer without end": (CHUNKED + b"0\r\nX: " + b"a" * HEAD * 2, 431),
    "a length beyond the limit": (POST + b"Content-Length: %d\r\n\r\n" % (LIMIT_BODY + 1), 413),
    "chunks beyond the limit": (CHUNKED + b"4000\r\n%s\r\n" % (b" " * 0x4000) * 10, 413),
}
"""What is sent, and the status of the answer."""

SLOW = {
    "nothing": (b"", b"", []),
    "line ends": (b"", b"\r\n", []),
    "half a request line": (b"GET /heal", b"", [408]),
    "half a head": (GET, b"", [408]),
    "a header's value": (GET + b"X: ", b"a", [408]),
    "headers": (GET, b"X: a\r\n", [408]),
    "line ends after a request": (GET + b"\r\n", b"\r\n", [200]),
    "half a second head": (GET + b"\r\n" + GET, b"", [200, 408]),
    "a header's value in a second head": (GET + b"\r\n" + GET + b"X: ", b"a", [200, 408]),
    "no body": (POST + b"Content-Length: 10\r\n\r\n", b"", [408]),
    "half a body": (POST + b"Content-Length: 10\r\n\r\n{}", b"", [408]),
    "a body": (POST + b"Content-Length: 1000\r\n\r\n", b" ", [408]),
    "chunks": (CHUNKED, b"1\r\n \r\n", [408]),
    "a chunk's extension": (CHUNKED + b"1;", b"a", [408]),
    "a trailer": (CHUNKED + b"0\r\nX: ", b"a", [408]),
    "the body of an answered request": (
        b"PUT /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n",
        b"a",
        [405],
    ),
}
"""What is sent at first, what again and again, and the statuses of the answers before the service closes."""


class Connection:
    """A connection to the service, over which a client may send anything."""

    def __init__(self, service: Service, receive_buffer: int | None = None) -> None:
        self.socket = socket.socket()
        self.socket.settimeout(DEADLINE)
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.connect((service.http.base_url.host, service.http.base_url.port))
        self.file = self.socket.makefile("rb")

    def close(self) -> None:
        self.file.close()
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def answer(self) -> tuple[int, http.client.HTTPMessage, bytes]:
        """Return the next answer: its status, headers and body."""
        status = int(self.file.readline().split()[1])
        headers = http.client.parse_headers(self.file)
        return status, headers, self.file.read(int(headers["content-length"]))

    def is_closed(self) -> bool:
        """Wait until the service closes, and say whether it does so without another byte."""
        try:
            return self.file.read(1) == b""
        except ConnectionResetError:
            return True


@pytest.fixture
def connection(service: Service) -> Iterator[Connection]:
    """A new connection to the service."""
    with closing(Connection(service)) as connection:
        yield connection


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_refused(connection: Connection, attack: str) -> None:
    """What is no HTTP, or too much, has its status and the security headers, and the connection ends."""
    sent, expected = ATTACKS[attack]
    connection.send(sent)
    status, headers, body = connection.answer()
    assert status == expected, body
    assert {name: headers[name] for name, _ in SECURITY} == dict(SECURITY)
    if status != 413:
        assert headers["connection"] == "close"
        assert connection.is_closed()


def test_a_large_head_is_taken(connection: Connection) -> None:
    """What stays below the limits is answered, however it is cut into packets."""
    head = GET + b"X: a\r\n" * (FIELDS - 2) + b"Y: " + b"a" * (HEAD // 2) + b"\r\n\r\n"
    for start in range(0, len(head), 1000):
        connection.send(head[start : start + 1000])
    assert connection.answer()[0] == 200


@pytest.mark.parametrize("chunk", [1, 1000])
def test_a_body_in_chunks_is_taken(connection: Connection, chunk: int) -> None:
    """A body in many chunks, with all their framing, is as good as one in one piece."""
    body = QUERY + b" " * (LIMIT_BODY // 2)
    pieces = (body[start : start + chunk] for start in range(0, len(body), chunk))
    connection.send(CHUNKED + b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces))
    connection.send(b"0\r\n\r\n")
    assert connection.answer()[0] == 200


@pytest.fixture(scope="module")
def received(service: Service) -> dict[str, bytes]:
    """What slow clients, all at the same time, receive until the service closes."""
    with contextlib.ExitStack() as stack:
        clients = {name: stack.enter_context(closing(Connection(service))).socket for name in SLOW}
        received = dict.fromkeys(SLOW, b"")
        for name, client in clients.items():
            client.sendall(SLOW[name][0])
            client.settimeout(0)
        until = time.monotonic() + DEADLINE
        while clients:
            assert time.monotonic() < until, clients.keys()
            time.sleep(0.05)
            for name, client in [*clients.items()]:
                try:
                    if piece := client.recv(65536):
                        received[name] += piece
                        continue
                    del clients[name]
                except BlockingIOError:
                    client.send(SLOW[name][1])
                except ConnectionError:
                    del clients[name]
    return received


@pytest.mark.parametrize("sending", SLOW)
def test_a_slow_client_is_left(sending: str, received: dict[str, bytes]) -> None:
    """To send nothing more, or a little now and then, keeps neither a request nor a connection open."""
    statuses = [int(status) for status in re.findall(rb"HTTP/1.1 ([0-9]+)", received[sending])]
    assert statuses == SLOW[sending][2]


def test_requests_may_follow_each_other_at_once(connection: Connection) -> None:
    """Requests sent without waiting are answered in their order."""
    connection.send(b"".join((GET + b"\r\n", FULL, GET + b"\r\n") * 5))
    bodies = [json.loads(connection.answer()[2]) for _ in range(15)]
    assert bodies == [{"status": "ok"}, ANSWER, {"status": "ok"}] * 5


@pytest.mark.parametrize("request_", [GET + b"\r\n", FULL], ids=["GET", "POST"])
def test_an_answer_is_one_piece(connection: Connection, request_: bytes) -> None:
    """The head of an answer waits for the body, so that a client is not woken twice."""
    connection.send(request_)
    head, _, body = connection.socket.recv(65_536).partition(b"\r\n\r\n")
    assert b"content-length: %d" % len(body) in head.splitlines()
    assert json.loads(body) in ({"status": "ok"}, ANSWER)


def test_an_answer_without_a_body(connection: Connection) -> None:
    """An answer to HEAD says how long the body would be, and the next answer follows it at once."""
    connection.send(GET.replace(b"GET", b"HEAD") + b"\r\n" + GET + b"\r\n")
    assert connection.file.readline().split()[1] == b"200"
    assert int(http.client.parse_headers(connection.file)["content-length"]) == len(b'{"status":"ok"}')
    assert json.loads(connection.answer()[2]) == {"status": "ok"}


def test_garbage_after_a_request_does_not_take_its_answer(connection: Connection) -> None:
    """A request is answered though what follows it is no HTTP; then the connection is closed."""
    connection.send(FULL + b"\0" * 1000)
    status, _, body = connection.answer()
    assert (status, json.loads(body)) == (200, ANSWER)
    assert connection.is_closed()


def test_too_many_requests_at_once_are_not_kept(connection: Connection) -> None:
    """Of requests that nobody waits for, only so many are held; the connection is closed on the others."""
    sent = 40 * PIPELINED
    with contextlib.suppress(ConnectionError):
        connection.send((GET + b"\r\n") * sent)
    with contextlib.suppress(ConnectionError):
        assert connection.file.read().count(b"HTTP/1.1 200") < sent


def test_nobody_is_told_to_continue_in_vain(connection: Connection) -> None:
    """A client that asks leave to send a body that is too large is refused before it sends."""
    connection.send(POST + b"Content-Length: %d\r\nExpect: 100-continue\r\n\r\n" % (LIMIT_BODY + 1))
    status, headers, _ = connection.answer()
    assert (status, headers["connection"]) == (413, "close")
    assert connection.is_closed()


def test_a_client_that_waits_is_told_to_continue(connection: Connection) -> None:
    """A client that asks leave to send a body gets it, and its answer."""
    connection.send(POST + b"Content-Length: %d\r\nExpect: 100-continue\r\n\r\n" % len(QUERY))
    assert [connection.file.readline() for _ in range(2)] == [b"HTTP/1.1 100 Continue\r\n", b"\r\n"]
    connection.send(QUERY)
    assert connection.answer()[0] == 200


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_too_large(service: Service, chunked: bool) -> None:
    """A client that sends all of a large body first still reads that it is too large, and how much is not."""
    body = b" " * LIMIT_BODY * 20
    answer = service.http.post(
        "/graphql", content=iter([body]) if chunked else body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 413
    [error] = answer.json()["errors"]
    assert str(LIMIT_BODY) in error["message"]
    assert (error["extensions"]["code"], error["extensions"]["limit"]) == ("LIMIT_EXCEEDED", "body")


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "x"])
def test_a_compressed_body(service: Service, encoding: str) -> None:
    """A compressed body is refused unread: a small one can unpack to a very large one."""
    headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
    answer = service.http.post("/graphql", content=gzip.compress(b" " * LIMIT_BODY * 100), headers=headers)
    assert answer.status_code == 415
    [error] = answer.json()["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.mark.skipif(not installed(), reason="GraphiQL, the largest answer, is not installed")
def test_an_answer_that_is_not_fetched_is_dropped(service: Service) -> None:
    """A client that asks much and reads nothing loses its connection, and what it was to be sent."""
    path = f"/graphiql/{PACKAGE_FILES[-1].name}"
    size = len(service.http.get(path).content)
    process = psutil.Process(service.process.pid)
    with closing(Connection(service, receive_buffer=4096)) as connection:
        me = connection.socket.getsockname()
        connection.send(b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n" % path.encode() * PIPELINED)
        assert connection.socket.recv(1, socket.MSG_PEEK)
        wait_until(lambda: all(there.raddr != me for there in process.net_connections("tcp")), DEADLINE)
        received = 0
        with contextlib.suppress(ConnectionResetError):
            while piece := connection.socket.recv(65536):
                received += len(piece)
    assert 0 < received < size * PIPELINED


def test_the_oldest_http(connection: Connection) -> None:
    """A request of HTTP/0.9, which has no headers, is answered, and ends the connection."""
    connection.send(b"GET /healthz\r\n\r\n")
    assert connection.answer()[0] == 200
    assert connection.is_closed()
