"""Values on their way to answers, a column at a time: graphql-core's `complete_value` for many.

An exception among the values is the error of the field there.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from asyncio import gather, get_running_loop
from contextlib import suppress
from itertools import chain, pairwise
from types import GeneratorType
from typing import TYPE_CHECKING, Any, NoReturn

from graphql import (
    GraphQLError,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_object_type,
    located_error,
)
from graphql.execution.executor import collect_iterator_awaitables, invalid_return_type_error
from graphql.pyutils import Undefined, gather_with_cancel, is_iterable

from breadth.again import History, Iterated, IteratedLater
from breadth.attempt import attempt
from breadth.collected import Collected
from breadth.column import FAILED, Answer, Column, ItemColumn, Objects
from breadth.eager import Eager
from breadth.kinds import any_absent, examples

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from graphql import GraphQLAbstractType, GraphQLLeafType, GraphQLList, GraphQLObjectType

    from breadth.executor import BreadthExecutor
    from breadth.plan import Selection


FIELD_TURNS, ITEM_TURNS = 50, 10
"""For how many turns of the event loop fields and items are still waited for when one of them has failed.

Enough for what is there already, which graphql-core may come to first; items have less: fields wait for them.
"""


class AllFailed(Exception):
    """Nothing is left that would be worth the wait."""


class Completion(ABC):
    """Completes the values of one operation; what they ask of objects, `fields` knows."""

    def __init__(self, executor: BreadthExecutor, *, serially: bool) -> None:
        self.executor = executor
        self.serially = serially
        self.eager = Eager()
        self.errors: list[GraphQLError] = []
        self.history = History()

    @abstractmethod
    async def fields(self, selection: Selection, objects: Objects) -> list[Answer]:
        """Return an answer for each object: a dictionary, or `FAILED`."""

    async def complete(self, column: Column) -> list[Answer]:
        """Return the answers to the values of a column."""
        kinds = examples(column.values)
        self._drop_absent(column, kinds)
        if self._any_awaitable(column.values, kinds):
            await self._arrive(column)
        written = self.executor.written
        if written and written in map(type, column.values):
            self._take_written(column, written)
        if not column.rows:
            return column.answers
        type_ = column.type
        if is_object_type(type_):
            self._answer(column, *await self._members(column, type_, column.rows))
        elif is_list_type(type_):
            await self._complete_lists(column, type_)
        elif is_leaf_type(type_):
            self._complete_leaves(column, type_)
        elif is_abstract_type(type_):
            await self._complete_abstract(column, type_)
        return column.answers

    def fail(self, column: Column, row: int, error: Exception) -> None:
        """Answer a value with its error."""
        self.errors.append(located_error(error, column.field.nodes, column.path(row).as_list()))
        column.answers[row] = column.failure

    async def give_up(self, turns: int) -> NoReturn:
        """Raise `AllFailed` after some turns: nobody waits any longer for what is beside something failed."""
        self.history.failing = True
        await self.eager.turns(turns)
        self.leave_unfinished()
        raise AllFailed

    def leave_unfinished(self) -> None:
        """Have graphql-core's executor finish the operation, and await what nobody has awaited yet."""
        self.history.unfinished = True
        self.eager.closes = not _runs_in_loop()

    def all_failed(self, answers: Sequence[Answer]) -> bool:
        """Return whether every answer has failed where null is not allowed."""
        return bool(self.errors) and all(answer is FAILED for answer in answers)

    def _drop_absent(self, column: Column, kinds: Iterable[type]) -> None:
        """Answer what is null or an error; `kinds` are the classes of all values."""
        if not any_absent(kinds):
            return
        values, field, rows = column.values, column.field, []
        for row in column.rows:
            value = values[row]
            if isinstance(value, Exception):
                self.fail(column, row, value)
            elif value is not None and value is not Undefined:
                rows.append(row)
            elif column.failure is FAILED:
                message = f"Cannot return null for non-nullable field {field.parent}.{field.name}."
                self.fail(column, row, TypeError(message))
        column.rows = rows

    def _take_written(self, column: Column, written: type) -> None:
        """Answer with what has been written already."""
        values, rows = column.values, []
        for row in column.rows:
            if type(values[row]) is written:
                column.answers[row] = values[row]
            else:
                rows.append(row)
        column.rows = rows

    # Waiting ---------------------------------------------------------------------------------------

    async def _arrive(self, column: Column) -> None:
        """Put what arrives in the place of what is awaited."""
        column.values = values = list(column.values)
        is_awaitable = self.executor.is_awaitable
        waiting = [row for row in column.rows if is_awaitable(values[row])]
        present = set(column.rows).difference(waiting)
        # The items of one list, of which the first to fail is the end of them all.
        together = isinstance(column, ItemColumn) and len(column.owners) == 1 and column.failure is FAILED
        if isinstance(column, ItemColumn):
            waiting = self._wanted(column, waiting)

        async def arrive(row: int) -> None:
            values[row] = value = await self.history.arrived(values[row])
            present.add(row)
            if together and (value is None or isinstance(value, Exception)):
                await self.give_up(ITEM_TURNS)

        if waiting:
            await self.eager.turn_async([values[row] for row in waiting])
            with suppress(AllFailed):
                await (arrive(waiting[0]) if len(waiting) == 1 else gather_with_cancel(*map(arrive, waiting)))
        for row in set(column.rows) - present:
            column.answers[row] = FAILED
        column.rows = sorted(present)
        self._drop_absent(column, set(map(type, values)))

    def _wanted(self, column: ItemColumn, rows: list[int]) -> list[int]:
        """Return the rows of items whose lists have not failed yet; nobody waits for the others."""
        failed = {column.number(row) for row, answer in enumerate(column.answers) if answer is FAILED}
        if any(column.number(row) in failed for row in rows):
            self.leave_unfinished()
        return [row for row in rows if column.number(row) not in failed]

    def _any_awaitable(self, values: Sequence[Any], kinds: Mapping[type, Any]) -> bool:
        """Look at one value of each class, which decides it for all but generators."""
        is_awaitable = self.executor.is_awaitable
        if GeneratorType in kinds:
            return any(map(is_awaitable, values))
        return any(map(is_awaitable, kinds.values()))

    async def _all_arrived(self, told: list[Any]) -> list[Any]:
        """Return what was told about values, exceptions among it, awaited where it has to be."""
        if self._any_awaitable(told, examples(told)):
            numbers = [number for number, value in enumerate(told) if self.executor.is_awaitable(value)]
            awaitables = [told[number] for number in numbers]
            await self.eager.turn_async(awaitables)
            arrived = await gather(*map(self.history.arrived_type, awaitables))
            for number, value in zip(numbers, arrived, strict=True):
                told[number] = value
        return told

    # Leaves, lists, objects ------------------------------------------------------------------------

    def _complete_leaves(self, column: Column, type_: GraphQLLeafType) -> None:
        for row in column.rows:
            try:
                column.answers[row] = self.executor.complete_leaf_value(type_, column.values[row])
            except Exception as error:  # noqa: BLE001 - it is the field's error, whatever it is
                self.fail(column, row, error)

    async def _complete_lists(self, column: Column, type_: GraphQLList[Any]) -> None:
        lists = column.at(column.rows)
        broken: dict[int, Exception] = {}
        if {list}.issuperset(map(type, lists)):
            items, sizes = list(chain.from_iterable(lists)), list(map(len, lists))
        else:
            items, sizes = await self._items(column, type_, broken)
        below = ItemColumn(column, type_.of_type, column.rows, items, sizes)
        answers = await self.complete(below)
        answered = [answers[start:end] for start, end in pairwise(below.starts)]
        if len(answered) == len(column.answers):
            column.answers = answered
        else:
            for row, answer in zip(column.rows, answered, strict=True):
                column.answers[row] = answer
        if self.errors or broken:
            self._fail_lists(column, broken)

    def _fail_lists(self, column: Column, broken: dict[int, Exception]) -> None:
        for row in column.rows:
            if row in broken:
                self.fail(column, row, broken[row])
            elif any(item is FAILED for item in column.answers[row]):
                column.answers[row] = column.failure

    async def _items(
        self, column: Column, type_: GraphQLList[Any], broken: dict[int, Exception]
    ) -> tuple[list[Any], list[int]]:
        """Return the items of all iterables, and how many each has; note which ended with an exception."""
        items: list[Any] = []
        sizes: list[int] = []
        collected = await self._collect(column, type_)
        for row in column.rows:
            value, before = column.values[row], len(items)
            try:
                if row in collected:
                    items.extend(collected[row].items)
                    collected[row].check()
                else:
                    self._extend(items, value, column)
            except Exception as error:  # noqa: BLE001 - it is the field's error, whatever it is
                broken[row] = error
            sizes.append(len(items) - before)
            if row in collected:
                self.history.keep(value, IteratedLater(items[before:], broken.get(row), collected[row].turns))
            elif is_iterable(value):
                self.history.keep(value, Iterated(items[before:], broken.get(row)))
        return items, sizes

    def _extend(self, items: list[Any], value: Any, column: Column) -> None:
        if not is_iterable(value):
            field = f"{column.field.parent}.{column.field.name}"
            raise GraphQLError(f"Expected Iterable, but did not find one for field '{field}'.")
        iterator = iter(value)
        try:
            items.extend(iterator)
        except Exception:
            self.executor.track_async_work(collect_iterator_awaitables(iterator, self.executor.is_awaitable))
            raise

    async def _collect(self, column: Column, type_: GraphQLList[Any]) -> dict[int, Collected]:
        """Return what the asynchronous iterables among the values yield, all at the same time."""
        is_async = self.executor.is_async_iterable
        rows = [row for row in column.rows if is_async(column.values[row])]
        if not rows:
            return {}
        await self.eager.turn_async([])
        for row in rows:
            self.history.keep_given_up(column.values[row])
        iterables = [Collected(self.executor, column.values[row], type_.of_type) for row in rows]
        await gather_with_cancel(*[iterable.collect() for iterable in iterables])
        return dict(zip(rows, iterables, strict=True))

    async def _complete_abstract(self, column: Column, type_: GraphQLAbstractType) -> None:
        groups = await self._runtime_types(column, type_)
        members = [self._members(column, member, rows) for member, rows in groups.items()]
        completed: Sequence[tuple[Sequence[int], list[Answer]]]
        if len(members) == 1:
            completed = [await members[0]]
        else:
            completed = await self.eager.joined(list(map(self.eager.begin, members)))
        for rows, answers in completed:
            self._answer(column, rows, answers)

    def _answer(self, column: Column, rows: Sequence[int], answers: list[Answer]) -> None:
        """Put the answers to objects in their rows."""
        if len(rows) == len(column.answers) and not self.errors:
            column.answers = answers
            return
        for row, answer in zip(rows, answers, strict=True):
            column.answers[row] = column.failure if answer is FAILED else answer

    async def _runtime_types(
        self, column: Column, type_: GraphQLAbstractType
    ) -> dict[GraphQLObjectType, list[int]]:
        """Return which rows hold objects of which type."""
        groups: dict[GraphQLObjectType, list[int]] = {}
        resolve = type_.resolve_type or self.executor.type_resolver
        info = column.info(column.rows[0])
        values = column.at(column.rows)
        names = [attempt(resolve, value, info, type_) for value in values]
        if not type_.resolve_type:
            self.history.keep_types(type_, values, names)
        names = await self._all_arrived(names)
        for row, name in zip(column.rows, names, strict=True):
            try:
                if isinstance(name, Exception):
                    raise name
                object_type = self.executor.ensure_valid_runtime_type(
                    name, type_, column.field.details, info, column.values[row]
                )
            except Exception as error:  # noqa: BLE001 - it is the field's error, whatever it is
                self.fail(column, row, error)
            else:
                groups.setdefault(object_type, []).append(row)
        return groups

    async def _members(
        self, column: Column, type_: GraphQLObjectType, rows: Sequence[int]
    ) -> tuple[Sequence[int], list[Answer]]:
        """Return which of the rows hold objects of the type, and the answers to those."""
        if type_.is_type_of:
            rows = await self._instances(column, type_, rows)
        if not rows:
            return (), []
        try:
            selection = column.field.selection(self.executor, type_)
        except Exception as error:  # noqa: BLE001 - it is the field's error, whatever it is
            for row in rows:
                self.fail(column, row, error)
            return (), []
        return rows, await self.fields(selection, Objects(column.at(rows), column, rows))

    async def _instances(
        self, column: Column, type_: GraphQLObjectType, rows: Sequence[int]
    ) -> Sequence[int]:
        """Return the rows whose values are of the type, as far as it can tell."""
        assert type_.is_type_of  # noqa: S101 - for the type checker
        info = column.info(rows[0])
        checks = [attempt(type_.is_type_of, value, info) for value in column.at(rows)]
        if checks.count(True) == len(checks):
            return rows
        checks = await self._all_arrived(checks)
        instances = []
        for row, check in zip(rows, checks, strict=True):
            if isinstance(check, Exception):
                self.fail(column, row, check)
            elif check:
                instances.append(row)
            else:
                self.fail(
                    column, row, invalid_return_type_error(type_, column.values[row], column.field.details)
                )
        return instances


def _runs_in_loop() -> bool:
    try:
        get_running_loop()
    except RuntimeError:
        return False
    return True
