"""Which operations run: only so many at a time, only for so long, and queries only while someone waits."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Literal, Self

if TYPE_CHECKING:
    from types import TracebackType

    from starlette.types import Receive

INTERVAL: Final = 0.25
"""Seconds between two looks at the operations under way. Nearly all are through before the first."""


class Overloaded(Exception):
    """As many operations are under way as may be; nothing was done."""


class Overdue(Exception):
    """The operation took longer than it may, and was stopped."""


class Gone(Exception):
    """The client has left, and its operation was stopped."""


class Admission:
    """Admits operations; `watch` must run beside it.

    Neither a timer nor a task is made for an operation that is through at once.
    """

    def __init__(self, most: int, seconds: float) -> None:
        """Take how many operations may be under way, and how long each may take."""
        self._most = most
        self._seconds = seconds
        self._running: set[Admitted] = set()

    def admit(self, receive: Receive | None) -> Admitted:
        """Return a context in which an operation may run, in the current task.

        With `receive`, ASGI's for a request whose body has been read, it is stopped when the client leaves.
        The context raises `Overdue` and `Gone`, in place of the `CancelledError` by which it stops what runs.

        Raises:
            Overloaded: there are too many already.
        """
        if len(self._running) >= self._most:
            raise Overloaded
        return Admitted(self._running, self._seconds, receive)

    async def watch(self) -> None:
        """Stop what is overdue, or waited for by nobody, until this is cancelled."""
        while True:
            await asyncio.sleep(INTERVAL)
            now = asyncio.get_running_loop().time()
            for operation in list(self._running):
                operation.look(now)


class Admitted:
    """One operation under way."""

    __slots__ = ("_cancelling", "_receive", "_running", "_started", "_task", "_until", "_watcher", "_why")

    def __init__(self, running: set[Admitted], seconds: float, receive: Receive | None) -> None:
        task = asyncio.current_task()
        assert task, "operations run in tasks"  # noqa: S101 - as asyncio.timeout has it
        self._task = task
        self._cancelling = task.cancelling()
        self._running = running
        self._receive = receive
        self._started = task.get_loop().time()
        self._until = self._started + seconds
        self._watcher: asyncio.Task[None] | None = None
        self._why: type[Overdue | Gone] | None = None

    def __enter__(self) -> Self:
        self._running.add(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> Literal[False]:
        self._running.discard(self)
        if self._watcher:
            self._watcher.cancel()
        # As in asyncio.timeout: who else cancels the task means the task.
        if self._why and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise self._why from error
        return False

    def look(self, now: float) -> None:
        """Stop the operation if its time is over; begin to watch its client if it takes long."""
        if now >= self._until:
            self._stop(Overdue)
        elif self._receive and not self._watcher and now >= self._started + INTERVAL:
            self._watcher = asyncio.create_task(self._wait_for_client(self._receive))

    async def _wait_for_client(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._stop(Gone)

    def _stop(self, why: type[Overdue | Gone]) -> None:
        if not self._why:
            self._why = why
            self._task.cancel()
