"""Group commit: what several callers write at a time goes in one statement.

Who finds few others writing is not kept waiting. Who comes meanwhile waits until one of them is through, and
then all who wait go together: the more there is to write, the less each of it takes. PostgreSQL does so with
its log (commit_siblings).
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final, Generic, NamedTuple, TypeVar

import asyncpg

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

T = TypeVar("T")
R = TypeVar("R")

STATEMENTS: Final = 2
"""How many statements are under way at a time."""

MOST: Final = 20
"""How many callers share a statement."""


class _Call(NamedTuple, Generic[T, R]):
    thing: T
    result: asyncio.Future[R]

    @property
    def is_wanted(self) -> bool:
        """Whether somebody waits for the result."""
        return not self.result.done()


class GroupCommit(Generic[T, R]):
    """Writes things together that come at a time."""

    def __init__(self, write: Callable[[Sequence[T]], Awaitable[Sequence[R]]]) -> None:
        """Take what writes several things by one statement, and returns what came of each."""
        self._write = write
        self._waiting: deque[_Call[T, R]] = deque()
        self._under_way: dict[asyncio.Task[None], list[_Call[T, R]]] = {}

    async def write(self, thing: T) -> R:
        """Write one thing and return what came of it, or raise what stands against it.

        Who is cancelled may find it written all the same: others may wait for the same statement.
        """
        call: _Call[T, R] = _Call(thing, asyncio.get_running_loop().create_future())
        self._waiting.append(call)
        if len(self._under_way) < STATEMENTS:
            self._begin()
        try:
            return await call.result
        except asyncio.CancelledError:
            self._stop_unwanted()
            raise

    def _stop_unwanted(self) -> None:
        for task, calls in self._under_way.items():
            if calls and not any(call.is_wanted for call in calls):
                task.cancel()

    def _begin(self) -> None:
        # Who shares the statement is decided when it is sent: until then, others may come.
        calls: list[_Call[T, R]] = []
        task = asyncio.create_task(self._answer_next(calls))
        self._under_way[task] = calls
        task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[None]) -> None:
        del self._under_way[task]
        if self._waiting:
            self._begin()

    async def _answer_next(self, calls: list[_Call[T, R]]) -> None:
        while self._waiting and len(calls) < MOST:
            call = self._waiting.popleft()
            if call.is_wanted:
                calls.append(call)
        if calls:
            await self._answer(calls)

    async def _answer(self, calls: Sequence[_Call[T, R]]) -> None:
        try:
            results = await self._write([call.thing for call in calls])
        except Exception as error:  # noqa: BLE001 - for those who wait
            alone = len(calls) == 1 or not _may_be_due_to_one(error)
            for call in calls:
                if call.is_wanted and alone:
                    call.result.set_exception(error)
                elif call.is_wanted:
                    await self._answer([call])
        else:
            for call, result in zip(calls, results, strict=True):
                if call.is_wanted:
                    call.result.set_result(result)


def _may_be_due_to_one(error: Exception) -> bool:
    # PostgreSQL has refused the statement, so nothing was written. What took it too long would do so again.
    too_long = asyncpg.QueryCanceledError, asyncpg.LockNotAvailableError
    return isinstance(error, asyncpg.PostgresError) and not isinstance(error, too_long)
