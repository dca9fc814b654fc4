"""Turns of the event loop: how many it takes until something arrives, and taking as many again."""

from __future__ import annotations

from asyncio import get_running_loop
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from graphql.pyutils import gather_with_cancel

if TYPE_CHECKING:
    from collections.abc import Generator

LATE, NEVER = 100, 1_000
"""How many turns of the event loop are taken for what came after a failure, and for what did not come."""


class Turns:
    """Something that is awaited once; `number` counts the turns of the event loop that it takes.

    `outside` says whether it has waited for something else than turns, however many of them that took.
    """

    __slots__ = ("_iterator", "number", "outside")

    def __init__(self, awaitable: Any) -> None:
        self._iterator = awaitable.__await__() if hasattr(awaitable, "__await__") else awaitable
        self.number = 0
        self.outside = False

    def __await__(self) -> Generator[Any, None, Any]:
        return cast("Generator[Any, None, Any]", self)

    def __next__(self) -> Any:
        waited_for = next(self._iterator)
        self.number += 1
        self.outside = self.outside or waited_for is not None
        return waited_for

    def throw(self, error: BaseException) -> Any:
        """Hand on an exception: of a task that is cancelled, or of what has been waited for."""
        if not hasattr(self._iterator, "throw"):
            raise error
        waited_for = self._iterator.throw(error)
        self.number += 1
        return waited_for

    def close(self) -> None:
        """Give up waiting."""
        if hasattr(self._iterator, "close"):
            self._iterator.close()


class Clock:
    """Counts turns of the event loop, as long as it is not stopped and somebody could care."""

    __slots__ = ("_next", "turns")

    def __init__(self) -> None:
        self.turns = 0
        self._next = get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        self.turns += 1
        if self.turns < LATE:
            self._next = get_running_loop().call_soon(self._turn)

    def stop(self) -> int:
        """Return the number of turns that there were."""
        self._next.cancel()
        return self.turns


@dataclass(slots=True, eq=False)
class Awaited:
    """Takes some turns of the event loop to give a value, or to raise it."""

    turns: int
    value: Any

    def __await__(self) -> Generator[None, None, Any]:
        for _ in range(self.turns):
            yield
        if isinstance(self.value, Exception):
            raise self.value
        return self.value


async def in_task(awaited: Awaited) -> Any:
    """Take the turns in a task, as graphql-core's type resolver does: to be cancelled takes longer then."""
    failed = isinstance(awaited.value, Exception)
    # A task and whoever gathers it take three turns themselves, and five to hand on an exception.
    [value] = await gather_with_cancel(replace(awaited, turns=awaited.turns - (5 if failed else 3)))
    return value


class GivenUp(Exception):
    """Nobody waited for this any longer, as something beside it had failed."""
