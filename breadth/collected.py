"""What an asynchronous iterable yields."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from graphql import is_leaf_type, is_non_null_type

from breadth.attempt import attempt
from breadth.turns import Turns

if TYPE_CHECKING:
    from collections.abc import AsyncIterable

    from graphql import GraphQLOutputType
    from graphql.execution.executor import Executor


class Collected:
    """Items of an asynchronous iterable, up to its end, its error, or the first that its list cannot have.

    `turns` counts those of the event loop that each step took, and the last one, behind the items.
    """

    def __init__(
        self, executor: Executor[Any], iterable: AsyncIterable[Any], type_: GraphQLOutputType
    ) -> None:
        self.items: list[Any] = []
        self.turns: list[int] = []
        self._executor = executor
        self._iterable = iterable
        self._required = type_.of_type if is_non_null_type(type_) else None
        self._error: Exception | None = None

    async def collect(self) -> None:
        """Fill `items`; close the iterable unless it came to its end."""
        try:
            iterator = aiter(self._iterable)
        except Exception as error:  # noqa: BLE001 - it is the field's error, whatever it is
            self._error = error
            return
        try:
            while True:
                turns = Turns(anext(iterator))
                try:
                    item = await turns
                finally:
                    self.turns.append(turns.number)
                self.items.append(item)
                if self._ends_the_list(item):
                    break
        except StopAsyncIteration:
            return
        except Exception as error:  # noqa: BLE001 - it is the field's error, whatever it is
            self._error = error
        close = getattr(iterator, "aclose", None)
        if close:
            with suppress(Exception):
                await close()

    def check(self) -> None:
        """Raise what the iterable raised."""
        if self._error:
            raise self._error

    def _ends_the_list(self, item: Any) -> bool:
        if self._required is None or self._executor.is_awaitable(item):
            return False
        if item is None or isinstance(item, Exception):
            return True
        return is_leaf_type(self._required) and isinstance(
            attempt(self._executor.complete_leaf_value, self._required, item), Exception
        )
