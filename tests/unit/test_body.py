"""Bodies as an ASGI server hands them over."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from starlette.requests import ClientDisconnect

from api.body import BodyEncoded, BodyTooLarge, BodyTooSlow, read

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import Message

GONE = {"type": "http.disconnect"}
LONG = 60.0
"""Seconds that no test takes."""


def part(body: bytes, *, more: bool = True) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


class Client:
    """A server's `receive`, whose client sends messages and then nothing; `taken` counts what was read."""

    def __init__(self, *messages: Message, waits: bool) -> None:
        self.messages = iter(messages)
        self.waits = waits
        self.taken = 0

    async def receive(self) -> Message:
        if self.waits:
            await asyncio.sleep(0)
        if (message := next(self.messages, None)) is None:
            await asyncio.Event().wait()
        assert message is not None
        self.taken += 1
        return message

    async def read(
        self, limit: int = 10, seconds: float = LONG, headers: Iterable[tuple[bytes, bytes]] = ()
    ) -> bytes:
        return await read({"type": "http", "headers": list(headers)}, self.receive, limit, seconds)


@pytest.fixture(params=[False, True], ids=["at once", "in a while"])
def waits(request: pytest.FixtureRequest) -> Any:
    """Whether the server has each message already, or has to wait for it."""
    return request.param


@pytest.mark.parametrize(
    ("messages", "body"),
    [
        ([part(b"0123456789", more=False)], b"0123456789"),
        ([part(b"", more=False)], b""),
        ([part(b"01234"), part(b"56789", more=False)], b"0123456789"),
        ([part(b"01"), part(b""), part(b"2"), part(b"", more=False)], b"012"),
        ([{"type": "http.request", "body": b"0"}], b"0"),
        ([{"type": "http.request"}], b""),
    ],
)
async def test_a_body_is_put_together(messages: list[Message], body: bytes, waits: bool) -> None:
    """A body up to the limit is returned whole, in however many pieces it comes."""
    assert await Client(*messages, waits=waits).read() == body


async def test_a_body_that_says_that_it_is_too_large_is_not_read(waits: bool) -> None:
    """A Content-Length beyond the limit is refused before anything is received."""
    client = Client(part(b"01234567890", more=False), waits=waits)
    with pytest.raises(BodyTooLarge, match="at most 10 bytes") as refused:
        await client.read(headers=[(b"content-length", b"11")])
    assert (refused.value.status, refused.value.limit) == (413, "body")
    assert client.taken == 0


async def test_a_body_is_read_no_further_than_the_limit(waits: bool) -> None:
    """A body of unknown size is refused with the piece that passes the limit; no later one is received."""
    client = Client(part(b"01234"), part(b"567890"), part(b"1", more=False), waits=waits)
    with pytest.raises(BodyTooLarge):
        await client.read()
    assert client.taken == 2


@pytest.mark.parametrize("encoding", [b"gzip", b"deflate", b"br", b"zstd", b"identity, gzip", b"x"])
async def test_a_compressed_body_is_refused(encoding: bytes) -> None:
    """Any Content-Encoding is refused before anything is received, since it hides how large the body is."""
    client = Client(part(b"0", more=False), waits=False)
    with pytest.raises(BodyEncoded) as refused:
        await client.read(headers=[(b"content-encoding", encoding)])
    assert (refused.value.status, refused.value.limit) == (415, None)
    assert client.taken == 0


@pytest.mark.parametrize("encoding", [b"identity", b" Identity ", b""])
async def test_identity_is_no_encoding(encoding: bytes) -> None:
    """A Content-Encoding that changes nothing is let through."""
    client = Client(part(b"0", more=False), waits=False)
    assert await client.read(headers=[(b"content-encoding", encoding), (b"content-length", b"1")]) == b"0"


@pytest.mark.parametrize("messages", [[], [part(b"0")], [part(b"0"), part(b"1")]])
async def test_a_body_that_does_not_come_is_given_up(messages: list[Message], waits: bool) -> None:
    """When the body's end is not there in time, the client is told how long it had."""
    with pytest.raises(BodyTooSlow, match=r"within 0\.01 seconds") as refused:
        await Client(*messages, waits=waits).read(seconds=0.01)
    assert (refused.value.status, refused.value.limit) == (408, "time")


@pytest.mark.parametrize("messages", [[GONE], [part(b"0"), GONE]])
async def test_a_client_leaves(messages: list[Message], waits: bool) -> None:
    """A client that leaves before its body's end is not mistaken for one whose body has ended."""
    with pytest.raises(ClientDisconnect):
        await Client(*messages, waits=waits).read()


async def test_reading_can_be_cancelled() -> None:
    """Whoever stops the request stops the reading of its body with it."""
    reading = asyncio.create_task(Client(part(b"0"), waits=True).read())
    await asyncio.sleep(0)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
