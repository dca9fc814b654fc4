"""Coroutines begun at once, so that what needs no waiting is done without an event loop.

The executor is written once, as coroutines. What is begun here runs until it is done, or until it comes
to `turn_async`, which stands before whatever has to be awaited. What only reads attributes is therefore
done when `begin` returns; and nothing foreign is awaited before somebody awaits the operation, in their task.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from graphql.pyutils import gather_with_cancel

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Generator, Sequence

T = TypeVar("T")


class Pending(Generic[T]):
    """A coroutine that has come to where it must wait; it is awaited once, for its result."""

    __slots__ = ("_coroutine",)

    def __init__(self, coroutine: Coroutine[Any, Any, T]) -> None:
        self._coroutine = coroutine

    def __await__(self) -> Generator[Any, Any, T]:
        return self._coroutine.__await__()

    def close(self) -> None:
        """Give up waiting."""
        self._coroutine.close()


class _Turn:
    def __await__(self) -> Generator[None, None, None]:
        yield


class Eager:
    """Begins the coroutines of one operation.

    `closes` says whether what was to be awaited is closed when a coroutine is dropped before.
    """

    __slots__ = ("_beginning", "closes")

    def __init__(self) -> None:
        self._beginning = False
        self.closes = True

    def begin(self, coroutine: Coroutine[Any, Any, T]) -> T | Pending[T]:
        """Run a coroutine as far as it gets without waiting; return its result, or what is left of it."""
        before, self._beginning = self._beginning, True
        try:
            coroutine.send(None)
        except StopIteration as done:
            result: T = done.value
            return result
        finally:
            self._beginning = before
        return Pending(coroutine)

    async def turn_async(self, awaitables: Sequence[Any]) -> None:
        """Hand over to whoever began the current coroutine, if that has not happened yet.

        The awaitables are those it is going to await; should nobody want its result, they can be closed.
        """
        try:
            if self._beginning:
                await _Turn()
        except GeneratorExit:
            for awaitable in awaitables if self.closes else ():
                if hasattr(awaitable, "close"):
                    awaitable.close()
            raise

    async def turns(self, number: int) -> None:
        """Let others get on for some turns of the event loop."""
        for _ in range(number):
            await _Turn()

    async def joined(
        self,
        begun: Sequence[T | Pending[T]],
        wait: Callable[[Pending[T]], Awaitable[T]] | None = None,
    ) -> Sequence[T]:
        """Return the results of what was begun, waiting for all at the same time, each by `wait`.

        When one raises an exception, the others are cancelled.
        """
        pending = [result for result in begun if isinstance(result, Pending)]
        if not pending:
            return cast("Sequence[T]", begun)
        await self.turn_async(pending)
        if len(pending) == 1:
            arrived = iter([await pending[0]])
        else:
            arrived = iter(await gather_with_cancel(*(map(wait, pending) if wait else pending)))
        return [next(arrived) if isinstance(result, Pending) else result for result in begun]
