"""Values that are completed together, and where they are in the answer.

A column holds the values of one field, or the items of its lists, for all objects at once. Paths are only put
together when an error or a resolver asks for one: step by step, from the value up to the root.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections import Counter
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from graphql import GraphQLNonNull
from graphql.pyutils import Path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from graphql import GraphQLOutputType, GraphQLResolveInfo

    from breadth.plan import Field


class Failed:
    """What stands for a value that could not be completed where null is not allowed."""

    __slots__ = ()


FAILED: Final = Failed()

Answer: TypeAlias = Any
"""A completed value, or `FAILED`."""


class Objects(NamedTuple):
    """Objects whose fields are resolved together: values in rows of a column, or, without one, the root."""

    sources: Sequence[Any]
    column: Column | None = None
    rows: Sequence[int] = ()


class Step(NamedTuple):
    """A part of a path: the key, its number among its siblings, and the column of the value it leads to.

    `awaited` says whether something has been awaited for that value, `task` whether graphql-core would do so
    in a task of its own.
    """

    key: str | int
    number: int
    column: Column
    awaited: bool
    task: bool


class Column(ABC):
    """Values, and the answers to them as they come.

    `rows` are those still to be answered. `failure` takes the place of a value that cannot be completed:
    None, or `FAILED` where null is not allowed. `awaited` are the rows that something has been awaited for.
    """

    __slots__ = ("answers", "awaited", "failure", "field", "rows", "type", "values")

    def __init__(self, field: Field, type_: GraphQLOutputType) -> None:
        self.field = field
        if isinstance(type_, GraphQLNonNull):
            self.failure: Failed | None = FAILED
            self.type: GraphQLOutputType = type_.of_type
        else:
            self.failure = None
            self.type = type_
        self.awaited: frozenset[int] = frozenset()

    def fill(self, values: list[Any]) -> None:
        """Begin to answer these values."""
        self.values = values
        self.answers: list[Answer] = [None] * len(values)
        self.rows: Sequence[int] = range(len(values))

    def wait_for(self, rows: Iterable[int]) -> None:
        """Note that something is awaited for the values in these rows."""
        self.awaited = self.awaited.union(rows)

    def at(self, rows: Sequence[int]) -> Sequence[Any]:
        """Return the values in these rows."""
        return self.values if len(rows) == len(self.values) else [self.values[row] for row in rows]

    @abstractmethod
    def step(self, row: int) -> tuple[Step, Column | None, int]:
        """Return the last step on the way to a value, and the column and row that it starts from."""

    @abstractmethod
    def info(self, row: int) -> GraphQLResolveInfo[Any]:
        """Return what graphql-core tells a resolver about the field that a value belongs to."""

    @abstractmethod
    def path(self, row: int) -> Path:
        """Return the path of a value, as graphql-core's `info` has it."""

    def steps(self, row: int) -> list[Step]:
        """Return the steps from a value up to the root."""
        steps = []
        column: Column | None = self
        while column:
            step, column, row = column.step(row)
            steps.append(step)
        return steps


class FieldColumn(Column):
    """The values of a field, one for each object; `task` says whether other fields are awaited beside it."""

    __slots__ = ("_build_info", "_infos", "objects", "task")

    def __init__(
        self,
        field: Field,
        objects: Objects,
        build_info: Callable[[Field, Path], GraphQLResolveInfo[Any]],
    ) -> None:
        super().__init__(field, field.type)
        self.objects = objects
        self.task = False
        self._build_info = build_info
        self._infos: dict[int, GraphQLResolveInfo[Any]] = {}

    def step(self, row: int) -> tuple[Step, Column | None, int]:
        """Return the field's key, and where the object is."""
        _, column, rows = self.objects
        step = Step(self.field.key, self.field.number, self, row in self.awaited, self.task)
        return step, column, rows[row] if column else 0

    def info(self, row: int) -> GraphQLResolveInfo[Any]:
        """Return the same info for everything about one object's field."""
        info = self._infos.get(row)
        if info is None:
            info = self._infos[row] = self._build_info(self.field, self.path(row))
        return info

    def path(self, row: int) -> Path:
        """Return the path of a field's value."""
        _, column, rows = self.objects
        return Path(column.path(rows[row]) if column else None, self.field.key, self.field.parent.name)


class ItemColumn(Column):
    """The items of lists, one list after the other: `owners` says in which rows the lists are."""

    __slots__ = ("_awaited_of", "lists", "owners", "starts")

    def __init__(
        self,
        lists: Column,
        type_: GraphQLOutputType,
        owners: Sequence[int],
        items: list[Any],
        sizes: list[int],
    ) -> None:
        super().__init__(lists.field, type_)
        self.fill(items)
        self.lists = lists
        self.owners = owners
        self.starts = [0, *accumulate(sizes)]
        # How many items are awaited of each list, counted when there is an error.
        self._awaited_of: Counter[int] | None = None

    def wait_for(self, rows: Iterable[int]) -> None:
        """Note that something is awaited for these items, and so for lists of lists that they are in."""
        super().wait_for(rows)
        self._awaited_of = None
        if isinstance(self.lists, ItemColumn):
            self.lists.wait_for({self.owners[self.number(row)] for row in rows})

    def number(self, row: int) -> int:
        """Return which of the lists an item belongs to."""
        return bisect_right(self.starts, row) - 1

    def step(self, row: int) -> tuple[Step, Column | None, int]:
        """Return the item's index, and where its list is."""
        if self._awaited_of is None:
            self._awaited_of = Counter(map(self.number, self.awaited))
        number = self.number(row)
        index = row - self.starts[number]
        step = Step(index, index, self, row in self.awaited, self._awaited_of[number] > 1)
        return step, self.lists, self.owners[number]

    def info(self, row: int) -> GraphQLResolveInfo[Any]:
        """Return the info of the field that the list belongs to."""
        return self.lists.info(self.owners[self.number(row)])

    def path(self, row: int) -> Path:
        """Return the path of an item."""
        number = self.number(row)
        return Path(self.lists.path(self.owners[number]), row - self.starts[number], None)
