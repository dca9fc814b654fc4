"""An operation that graphql-core finishes, with what has been resolved.

Which of several errors is reported first, and which are not because there is null around them already,
follows from the order in which graphql-core's executor goes from value to value, and from turns of the event
loop where it waits. So it is that executor which tells: it executes the operation again, and gets the values
that resolvers have returned before. What was awaited takes as many turns again. What had not been resolved
yet, as it stands beside something failed, is resolved now.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from graphql import MiddlewareManager, get_nullable_type, is_list_type
from graphql.execution.executor import CollectedErrors

from breadth.attempt import attempt_later
from breadth.turns import LATE, NEVER, Awaited, Clock, GivenUp, Turns, in_task

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence

    from graphql import GraphQLAbstractType, GraphQLOutputType, GraphQLResolveInfo

    from breadth.column import FieldColumn
    from breadth.executor import BreadthExecutor


@dataclass(slots=True, eq=False)
class Iterated:
    """Gives items, and raises an error behind the last if there was one."""

    items: Sequence[Any]
    error: Exception | None

    def __iter__(self) -> Iterator[Any]:
        yield from self.items
        if self.error:
            raise self.error


@dataclass(slots=True, eq=False)
class IteratedLater(Iterated):
    """The same, asynchronously: each item takes `turns`, and so does what comes behind the last."""

    turns: Sequence[int]

    async def __aiter__(self) -> AsyncIterator[Any]:
        behind = object()
        for turns, item in zip(self.turns, [*self.items, behind], strict=False):
            await Awaited(turns, None)
            if item is not behind:
                yield item
        if self.error:
            raise self.error


class History:
    """What the resolvers of an operation have returned, and what came of it where it can be had only once.

    `failing` says whether something has failed for which others were given up, `unfinished` whether something
    was left alone that graphql-core's executor would still look at.
    """

    __slots__ = ("_once", "_types", "columns", "failing", "unfinished")

    def __init__(self) -> None:
        self.columns: list[FieldColumn] = []
        self.failing = False
        self.unfinished = False
        self._once: dict[int, tuple[Any, Any]] = {}
        self._types: dict[tuple[int, str], tuple[Any, Any]] = {}

    def keep(self, once: Any, again: Any) -> None:
        """Remember what is to be had in place of something that can be had only once."""
        self._once[id(once)] = once, again

    def keep_given_up(self, iterable: Any) -> None:
        """Remember an asynchronous iterable as one that was cancelled, until it is read."""
        self.keep(iterable, IteratedLater([], GivenUp(), [NEVER]))

    def keep_types(self, type_: GraphQLAbstractType, values: Sequence[Any], told: Sequence[Any]) -> None:
        """Remember what the executor's type resolver told about values; it may be awaitable, or an error."""
        for value, name in zip(values, told, strict=True):
            self._types[id(value), type_.name] = value, name

    async def arrived(self, awaitable: Any) -> Any:
        """Return what arrives, or the exception that does."""
        turns = Turns(awaitable)
        self.keep(awaitable, Awaited(NEVER, GivenUp()))
        outcome = await attempt_later(turns)
        late = LATE if self.failing and turns.outside else 0
        self.keep(awaitable, Awaited(turns.number + late, outcome))
        return outcome

    async def arrived_type(self, awaitable: Any) -> Any:
        """Return what arrives, or the exception that does.

        The turns are those that go by: what tells types waits for tasks of its own, and nobody counts theirs.
        """
        clock = Clock()
        try:
            outcome = await self.arrived(awaitable)
        finally:
            turns = clock.stop()
        self.keep(awaitable, Awaited(turns, outcome))
        return outcome

    def execute(self, executor: BreadthExecutor, *, serially: bool) -> Any:
        """Return graphql-core's `ExecutionResult`, or an awaitable of it."""
        returned = {
            tuple(column.path(row).as_list()): value
            for column in self.columns
            for row, value in enumerate(self._returned(column))
        }

        def resolve(
            resolver: Callable[..., Any], source: Any, info: GraphQLResolveInfo[Any], **arguments: Any
        ) -> Any:
            path = tuple(info.path.as_list())
            return returned[path] if path in returned else resolver(source, info, **arguments)

        def resolve_type(value: Any, info: GraphQLResolveInfo[Any], type_: GraphQLAbstractType) -> Any:
            if (id(value), type_.name) not in self._types:
                return executor.type_resolver(value, info, type_)
            _, told = self._types[id(value), type_.name]
            if isinstance(told, Exception):
                raise told
            again = self._again(told)
            return in_task(again) if isinstance(again, Awaited) else again

        again = copy(executor)
        again.collected_errors = CollectedErrors()
        again.type_resolver = resolve_type
        again.middleware_manager = MiddlewareManager(resolve)
        again.is_awaitable = lambda value: isinstance(value, Awaited) or executor.is_awaitable(value)  # type: ignore[assignment]
        return again.execute_operation(serially)

    def _returned(self, column: FieldColumn) -> list[Any]:
        """Return the values of a field as they are to be had again."""
        type_ = column.field.type
        again = [self._again(value, type_) for value in column.returned]
        if column.batch is None:
            return again
        _, awaited = self._once[id(column.batch)]
        # They are not there yet if nobody has waited for the batch any longer.
        return [
            replace(awaited, value=value) for value in again or [awaited.value] * len(column.objects.sources)
        ]

    def _again(self, value: Any, type_: GraphQLOutputType | None = None) -> Any:
        """Return what is to be had in place of a value, items of lists included."""
        _, again = self._once.get(id(value), (None, None))
        if isinstance(again, Awaited):
            return replace(again, value=self._again(again.value, type_))
        nullable = get_nullable_type(type_)
        if not is_list_type(nullable):
            return value
        if isinstance(value, list | tuple):
            return [self._again(item, nullable.of_type) for item in value]
        if again:
            return replace(again, items=[self._again(item, nullable.of_type) for item in again.items])
        return value
