"""Rows read as columns: one row with an array for each, which takes asyncpg half as long as row after row."""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING, Any, LiteralString

from db import moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Columns:
    """The columns of a subquery, by name, of which the first is never NULL.

    Those in `moments` are timestamps and never NULL; those in `unread` are read as NULL.
    """

    def __init__(
        self,
        names: Sequence[LiteralString],
        *,
        moments: Sequence[LiteralString] = (),
        unread: Sequence[LiteralString] = (),
    ) -> None:
        self.names = names
        self.width = len(names)
        self._moments = [names.index(name) for name in moments if name not in unread]
        # Of moments within arrays, asyncpg has to be told that they are text.
        self.select: LiteralString = ", ".join(
            [
                "NULL AS " + name
                if name in unread
                else "array_agg(" + name + ("::text" if name in moments else "") + ") AS " + name
                for name in names
            ]
        )
        """What to select from the subquery, which says in which order."""

    def rows(self, arrays: Sequence[Any]) -> Iterable[tuple[Any, ...]]:
        """Return the subquery's rows from what was selected."""
        if arrays[0] is None:
            return ()
        columns = [repeat(None) if array is None else array for array in arrays]
        for number in self._moments:
            columns[number] = moment.read_all(arrays[number])
        return zip(*columns, strict=False)
