"""Answers as they are sent: the head waits for the body, as ASGI has it, and goes with it in one piece.

uvicorn sends each by itself, and looks through the header fields of each answer, which are mostly the same.
What is unusual about an answer is left to it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from uvicorn.protocols.http.httptools_impl import (
    HEADER_RE,
    HEADER_VALUE_RE,
    STATUS_LINE,
    RequestResponseCycle,
)

if TYPE_CHECKING:
    from uvicorn._types import ASGISendEvent, HTTPResponseBodyEvent, HTTPResponseStartEvent


class Cycle(RequestResponseCycle):
    """A request and its answer, for connections whose `_start_asgi_task` makes this its class."""

    head: HTTPResponseStartEvent | None = None

    async def send(self, message: ASGISendEvent) -> None:
        """Send what the application answers."""
        if message["type"] == "http.response.start" and not self.response_started:
            self.head = message
            return
        head, self.head = self.head, None
        if head is None:
            await super().send(message)
        elif message["type"] == "http.response.body" and (answer := self._whole(head, message)):
            self.waiting_for_100_continue = False
            self.response_started = self.response_complete = True
            self.transport.write(answer)
            self.message_event.set()
            self.on_response()
        else:
            await super().send(head)
            await super().send(message)

    def _whole(self, head: HTTPResponseStartEvent, message: HTTPResponseBodyEvent) -> bytes | None:
        """Return an answer as it is sent; None if it is not complete, or anything about it is unusual."""
        body = message.get("body", b"")
        fields = [*self.default_headers, *head.get("headers", ())]
        if (
            message.get("more_body")
            or (b"content-length", b"%d" % len(body)) not in fields
            or self.scope["method"] == "HEAD"
            or self.disconnected
            or self.flow.write_paused
            or not self.keep_alive
        ):
            return None
        lines = list(map(_line, fields))
        return b"".join([STATUS_LINE[head["status"]], *lines, b"\r\n", body]) if all(lines) else None


@lru_cache(maxsize=256)
def _line(field: tuple[bytes, bytes]) -> bytes:
    """Return a header field as it is sent; nothing if uvicorn has to look at it."""
    name, value = field
    broken = HEADER_RE.search(name) or HEADER_VALUE_RE.search(value)
    return b"" if broken or name in {b"connection", b"transfer-encoding"} else b"%s: %s\r\n" % field
