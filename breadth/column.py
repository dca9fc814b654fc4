"""Values that are completed together, and where they are in the answer.

A column holds the values of one field, or the items of its lists, for all objects at once. Paths are only put
together when an error or a resolver asks for one: step by step, from the value up to the root.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from graphql import GraphQLNonNull
from graphql.pyutils import Path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphql import GraphQLOutputType, GraphQLResolveInfo

    from breadth.executor import BreadthExecutor
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


class Column(ABC):
    """Values, and the answers to them as they come.

    `rows` are those still to be answered. `failure` takes the place of a value that cannot be completed:
    None, or `FAILED` where null is not allowed.
    """

    __slots__ = ("answers", "failure", "field", "rows", "type", "values")

    def __init__(self, field: Field, type_: GraphQLOutputType) -> None:
        self.field = field
        if isinstance(type_, GraphQLNonNull):
            self.failure: Failed | None = FAILED
            self.type: GraphQLOutputType = type_.of_type
        else:
            self.failure = None
            self.type = type_

    def fill(self, values: list[Any]) -> None:
        """Begin to answer these values."""
        self.values = values
        self.answers: list[Answer] = [None] * len(values)
        self.rows: Sequence[int] = range(len(values))

    def at(self, rows: Sequence[int]) -> Sequence[Any]:
        """Return the values in these rows."""
        return self.values if len(rows) == len(self.values) else [self.values[row] for row in rows]

    @abstractmethod
    def info(self, row: int) -> GraphQLResolveInfo[Any]:
        """Return what graphql-core tells a resolver about the field that a value belongs to."""

    @abstractmethod
    def path(self, row: int) -> Path:
        """Return the path of a value, as graphql-core's `info` has it."""


class FieldColumn(Column):
    """The values of a field, one for each object.

    `returned` are those of its resolver, some of them awaitable perhaps; `batch` is what was awaited for all.
    """

    __slots__ = ("_executor", "_infos", "batch", "objects", "returned")

    def __init__(self, field: Field, objects: Objects, executor: BreadthExecutor) -> None:
        super().__init__(field, field.type)
        self.objects = objects
        self.returned: Sequence[Any] = ()
        self.batch: Any = None
        self._executor = executor
        self._infos: dict[int, GraphQLResolveInfo[Any]] = {}

    def fill(self, values: list[Any]) -> None:
        """Begin to answer these values."""
        super().fill(values)
        self.returned = values

    def info(self, row: int) -> GraphQLResolveInfo[Any]:
        """Return the same info for everything about one object's field."""
        info = self._infos.get(row)
        if info is None:
            field = self.field
            info = self._infos[row] = self._executor.build_resolve_info(
                field.definition, list(field.nodes), field.parent, self.path(row)
            )
        return info

    def path(self, row: int) -> Path:
        """Return the path of a field's value."""
        _, column, rows = self.objects
        return Path(column.path(rows[row]) if column else None, self.field.key, self.field.parent.name)


class ItemColumn(Column):
    """The items of lists, one list after the other: `owners` says in which rows the lists are."""

    __slots__ = ("lists", "owners", "starts")

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

    def number(self, row: int) -> int:
        """Return which of the lists an item belongs to."""
        return bisect_right(self.starts, row) - 1

    def info(self, row: int) -> GraphQLResolveInfo[Any]:
        """Return the info of the field that the list belongs to."""
        return self.lists.info(self.owners[self.number(row)])

    def path(self, row: int) -> Path:
        """Return the path of an item."""
        number = self.number(row)
        return Path(self.lists.path(self.owners[number]), row - self.starts[number], None)
