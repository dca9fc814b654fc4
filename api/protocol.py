"""HTTP/1.1 as uvicorn speaks it, for clients that mean harm: what waits has a deadline, what grows a limit.

uvicorn hands a request to the application when its head is complete. Until then it waits for ever and takes
any amount, as it does for a client that does not read its answer; this is what the class here adds.
A connection of ordinary requests, which arrive whole and one after another, never needs a timer of its own.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from api.response import Cycle
from api.security import HEADERS
from api.settings import Settings

if TYPE_CHECKING:
    import asyncio

    from uvicorn._types import ASGI3Application, HTTPScope

PIECE = 16_384
"""Bytes given to the parser at once: limits are looked at in between, and are exact to one piece."""

HEAD = 65_536
"""Bytes of a request's line and header fields, or without one byte of body between two that have one."""

FIELDS = 100
"""Header fields of one request, trailers included."""

SURPLUS = 10_000_000
"""Bytes that are still taken, and dropped, after an answer, so that a client comes to read it."""

PIPELINED = 64
"""Requests that may wait for the answers before theirs."""

REFUSAL = b"".join(
    b"%s: %s\r\n" % field
    for field in (*HEADERS, (b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close"))
)


@cache
def _seconds() -> float:
    return Settings.load().limit_request_time


class Protocol(HttpToolsProtocol):
    """One connection; to be served with `ws="none"`.

    `LIMIT_REQUEST_TIME` is how long a head may take to arrive, and an answer to be fetched. By the name
    `api.protocol:Protocol`, uvicorn finds this class in each of its processes.
    """

    # Both are None at first.
    scope: HTTPScope | None  # type: ignore[assignment]
    cycle: RequestResponseCycle | None  # type: ignore[assignment]

    arriving: asyncio.TimerHandle | None = None
    """Runs while something has begun that is no request yet, or is the rest of an answered one."""

    leaving: asyncio.TimerHandle | None = None
    """Runs while an answer waits for the client to fetch it."""

    idle = 0
    """Bytes taken since a head was complete, or a byte of body came."""

    deaf = False
    """What still arrives is dropped: it follows what could not be understood."""

    answering: RequestResponseCycle | None = None
    """The request that is answered now; `cycle` is the newest, which may wait for its turn."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Wait for the first request, but not for ever."""
        super().connection_made(transport)
        self.timeout_keep_alive_task = self.loop.call_later(_seconds(), self.timeout_keep_alive_handler)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever works for this client that it has left, and let go of the timers."""
        super().connection_lost(exc)
        if self.answering is not None and not self.answering.response_complete:
            # uvicorn tells the newest request only.
            self.answering.disconnected = True
            self.answering.message_event.set()
        self._unset_keepalive_if_required()
        self._has_arrived()
        if self.leaving is not None:
            self.leaving.cancel()
            self.leaving = None

    def data_received(self, data: bytes) -> None:
        """Give the parser what came, as long as it makes requests."""
        for start in range(0, len(data), PIECE):
            if self.transport.is_closing():
                return
            piece = data[start : start + PIECE]
            if self.deaf:
                self._drop(piece)
            else:
                self._take(piece)

    def _take(self, piece: bytes) -> None:
        before, scope = self.cycle, self.scope
        had = len(before.body) if before is not None else 0
        super().data_received(piece)
        if self.deaf:
            return
        cycle = self.cycle
        if cycle is not before or self.scope is not scope:
            self._has_arrived()
        if cycle is None or cycle.scope is not self.scope:
            self._is_arriving(len(piece), HEAD)
        elif cycle.response_complete:
            self._is_arriving(len(piece), SURPLUS)
        elif cycle is before:
            self.idle = 0 if len(cycle.body) > had else self.idle + len(piece)
            if self.idle > HEAD:
                self._refuse(431, "Send less beside the body.")
        elif self.expect_100_continue:
            # Nobody knows whether a client that was not told to continue sends its body all the same.
            cycle.keep_alive = False
        if self.headers and len(self.headers) > FIELDS:
            self._refuse(431, f"Send at most {FIELDS} header fields.")
        elif len(self.pipeline) > PIPELINED:
            self._close()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self.answering = cycle
        # uvicorn takes no other class for them.
        cycle.__class__ = Cycle
        super()._start_asgi_task(cycle, app)

    def _drop(self, piece: bytes) -> None:
        self.idle += len(piece)
        if self.idle > SURPLUS:
            self.transport.abort()

    def _is_arriving(self, size: int, limit: int) -> None:
        if self.arriving is None:
            self.arriving = self.loop.call_later(_seconds(), self._is_late)
        self.idle += size
        if self.idle > limit:
            self._refuse(431, f"Send a request line and header fields of at most {HEAD} bytes.")

    def _has_arrived(self) -> None:
        self.idle = 0
        if self.arriving is not None:
            self.arriving.cancel()
            self.arriving = None

    def _is_late(self) -> None:
        self.arriving = None
        self._refuse(408, f"Send a request's header fields within {_seconds():g} seconds.")

    def send_400_response(self, msg: str) -> None:
        """Refuse what the parser could not understand."""
        self._refuse(400, msg)

    def _refuse(self, status: int, message: str) -> None:
        """Take nothing more; say why, if nothing else is to be answered before; and close."""
        self.deaf = True
        cycle = self.cycle
        if cycle is None or cycle.scope is not self.scope:
            answer = self.scope is not None
            wait = cycle is not None and not cycle.response_complete
        else:
            answer = not cycle.response_started
            wait = not cycle.response_complete and (cycle.response_started or bool(self.pipeline))
        if cycle is not None and wait:
            # Closes when it is answered.
            cycle.keep_alive = False
            return
        if cycle is not None and not cycle.response_complete:
            # As if the client had left, for the application; and as answered, for the server that is to stop.
            cycle.disconnected = cycle.response_complete = True
            cycle.message_event.set()
        if answer:
            body = message.encode()
            head = b"%s%scontent-length: %d\r\n\r\n" % (STATUS_LINE[status], REFUSAL, len(body))
            self.transport.write(head + body)
            if self.transport.can_write_eof():
                # To close while the client sends would take the answer from it (RFC 9112, 9.6).
                self.transport.write_eof()
                self._is_leaving()
                return
        self._close()

    def on_response_complete(self) -> None:
        """Go on with the next request, or close."""
        super().on_response_complete()
        if self.transport.is_closing():
            self._is_leaving()

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection on which no further request has come."""
        if not self.transport.is_closing():
            self._close()

    def _close(self) -> None:
        self.transport.close()
        self._is_leaving()

    def pause_writing(self) -> None:
        """Have the application wait until the client has fetched some of the answer."""
        super().pause_writing()
        self._is_leaving()

    def resume_writing(self) -> None:
        """Let the application write on."""
        super().resume_writing()
        if self.leaving is not None and not self.transport.is_closing():
            self.leaving.cancel()
            self.leaving = None

    def _is_leaving(self) -> None:
        # A transport that closes waits for its reader, too.
        if self.leaving is None:
            self.leaving = self.loop.call_later(_seconds(), self.transport.abort)
