"""Reading a request's body: no more than is allowed, for no longer than is allowed."""

from __future__ import annotations

import asyncio
from types import coroutine
from typing import TYPE_CHECKING, Any

from starlette.requests import ClientDisconnect

if TYPE_CHECKING:
    from collections.abc import Coroutine, Generator

    from starlette.types import Receive, Scope


class BodyRefused(Exception):
    """The body is not taken; the message tells the client what to send instead."""

    status: int
    limit: str | None = None
    """The limit that was passed, for `extensions.limit`; None when it was another reason."""


class BodyTooLarge(BodyRefused):
    """The body has more bytes than are allowed (RFC 9110, 15.5.14)."""

    status = 413
    limit = "body"


class BodyTooSlow(BodyRefused):
    """The body did not arrive in time (RFC 9110, 15.5.9)."""

    status = 408
    limit = "time"


class BodyEncoded(BodyRefused):
    """The body is compressed, and of any size when unpacked (RFC 9110, 15.5.16)."""

    status = 415


async def read(scope: Scope, receive: Receive, limit: int, seconds: float) -> bytes:
    """Return a request's body of at most `limit` bytes, which has `seconds` to arrive.

    A body that says itself that it is too large is not read; of another, nothing is kept beyond `limit`.

    Raises:
        BodyRefused: the body is too large, too slow, or compressed.
        ClientDisconnect: the client left before the body's end.
    """
    for name, value in scope["headers"]:
        if name == b"content-length":
            # A number: the server has refused what is none.
            _check(int(value), limit)
        elif name == b"content-encoding" and value.strip().lower() not in {b"", b"identity"}:
            raise BodyEncoded("Send the body as it is, without a Content-Encoding.")
    reading = _collect(receive, limit)
    try:
        awaited = reading.send(None)
    except StopIteration as read:
        # All of it was there, as nearly always: a timer would have cost five times as much as reading.
        return read.value  # type: ignore[no-any-return]  # a StopIteration's value has no type
    try:
        async with asyncio.timeout(seconds):
            return await _resume(reading, awaited)
    except TimeoutError:
        raise BodyTooSlow(f"Send the whole request within {seconds:g} seconds.") from None


def _check(size: int, limit: int) -> None:
    if size > limit:
        raise BodyTooLarge(f"Send a body of at most {limit} bytes.")


async def _collect(receive: Receive, limit: int) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        piece: bytes = message.get("body", b"")
        _check(len(body) + len(piece), limit)
        if not message.get("more_body"):
            return bytes(body) + piece if body else piece
        body += piece


@coroutine
def _resume(reading: Coroutine[Any, Any, bytes], awaited: Any) -> Generator[Any, Any, bytes]:
    """Await a coroutine that has taken its first step, and waits for `awaited` since (PEP 380)."""
    try:
        while True:
            try:
                sent = yield awaited
            except BaseException as error:  # noqa: BLE001 - cancelled, say: it is for the coroutine to know
                awaited = reading.throw(error)
            else:
                awaited = reading.send(sent)
    except StopIteration as read:
        return read.value  # type: ignore[no-any-return]  # a StopIteration's value has no type
