"""Rows read as columns: one row with an array for each, which takes asyncpg half as long as row after row."""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING, Any, LiteralString

from db import moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Columns:
    """The columns of a subquery, by name, of which the first is never NULL.

    Those in `moments` are timestamps and never NULL; those in `unread` are read as NULL. With `ends`, two
    rows are read: the first, and the one whose number `select` has a place for, or the last of fewer.
    """

    def __init__(
        self,
        names: Sequence[LiteralString],
        *,
        moments: Sequence[LiteralString] = (),
        unread: Sequence[LiteralString] = (),
        ends: bool = False,
    ) -> None:
        self.names = names
        self.width = len(names)
        self._moments = [names.index(name) for name in moments if name not in unread]
        # Of moments within arrays, asyncpg has to be told that they are text.
        arrays: list[LiteralString] = [
            "array_agg(" + name + ("::text" if name in moments else "") + ")" for name in names
        ]
        if ends:
            arrays = ["ARRAY[(" + array + ")[1], (" + array + ")[LEAST(count(*), {0})]]" for array in arrays]
        self.select: LiteralString = ", ".join(
            [
                ("NULL" if name in unread else array) + " AS " + name
                for name, array in zip(names, arrays, strict=True)
            ]
        )
        """What to select from the subquery, which says in which order."""

    def rows(self, arrays: Sequence[Any]) -> Iterable[tuple[Any, ...]]:
        """Return the subquery's rows from what was selected."""
        first = arrays[0]
        if first is None or first[0] is None:
            return ()
        columns = [repeat(None) if array is None else array for array in arrays]
        for number in self._moments:
            columns[number] = moment.read_all(arrays[number])
        return zip(*columns, strict=False)
