"""SQL put together from pieces: the query builder.

A `Sql` is a piece of SQL with its values beside it. Pieces nest and are joined, and only
`Sql.compile` numbers the placeholders, so no value is ever written into the text and one shape of query
always compiles to one text, which PostgreSQL prepares once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import count
from typing import TYPE_CHECKING, LiteralString

if TYPE_CHECKING:
    from collections.abc import Iterable


_PLACEHOLDER = re.compile(r"\{(\d*)\}")


@dataclass(frozen=True, slots=True)
class Sql:
    """A piece of SQL: `{}` in its text stands for the next of its values, `{0}` for the first, and so on.

    A value may be a piece itself.
    """

    text: LiteralString
    values: tuple[object, ...] = ()

    def __invert__(self) -> Sql:
        """The condition does not hold; SQL's NULL counts as not holding, so its negation holds."""
        return Sql("(({}) IS NOT TRUE)", (self,))

    def compile(self) -> tuple[str, list[object]]:
        """Return the text with `$1`, `$2`, … and the values in that order, as asyncpg takes them."""
        flat = self.flat() if Sql in map(type, self.values) else self
        text, order = _numbered(flat.text)
        if len(order) != len(flat.values):
            raise ValueError(_miscounted(len(flat.values), len(order), flat.text))
        return text, [flat.values[position] for position in order]

    def flat(self) -> Sql:
        """Return the same with no pieces among its values, which takes less to compile, again and again."""
        values: list[object] = []
        text = self._write(values)
        return Sql(text, tuple(values))

    def _write(self, values: list[object]) -> LiteralString:
        before, places = _parts(self.text)
        text = [before]
        written: dict[int, LiteralString] = {}
        for position, after in places:
            if position not in written:
                value = self.values[position]
                if isinstance(value, Sql):
                    written[position] = value._write(values)  # noqa: SLF001 - of this class
                else:
                    written[position] = "{" + str(len(values)) + "}"
                    values.append(value)
            text += written[position], after
        if len(written) != len(self.values):
            raise ValueError(_miscounted(len(self.values), len(written), self.text))
        return "".join(text)


def _miscounted(values: int, places: int, text: str) -> str:
    return f"{values} values for {places} places: {text}"


@lru_cache(maxsize=2_048)
def _numbered(text: LiteralString) -> tuple[str, list[int]]:
    """Return a text with PostgreSQL's placeholders, and the numbers of the values for them."""
    before, places = _parts(text)
    order = list(dict.fromkeys(number for number, _ in places))
    return before + "".join([f"${order.index(number) + 1}{after}" for number, after in places]), order


@lru_cache(maxsize=2_048)
def _parts(text: LiteralString) -> tuple[LiteralString, list[tuple[int, LiteralString]]]:
    """Return what stands before the first placeholder, then for each its value's number and what follows."""
    before, *rest = _PLACEHOLDER.split(text)
    numbers = count()
    return before, [
        (int(number) if number else next(numbers), after)
        for number, after in zip(rest[::2], rest[1::2], strict=True)
    ]


def sql(text: LiteralString, *values: object) -> Sql:
    """Return a piece of SQL: `sql("c.country = {}", "FR")`."""
    return Sql(text, values)


def join(separator: LiteralString, pieces: Iterable[Sql]) -> Sql:
    """Return the pieces, at least one, with the separator between them."""
    parts = tuple(pieces)
    return Sql(separator.join(["{}"] * len(parts)), parts)


@dataclass(frozen=True, slots=True)
class Select:
    """A SELECT built in steps; every step returns a new one, so a base query can be shared.

    >>> Select("c.*", "customers c").where(sql("c.last_name = {}", "Hopper")).order_by("c.id")
    """

    columns: LiteralString | Sql
    source: LiteralString | Sql
    conditions: tuple[Sql, ...] = ()
    order: LiteralString | None = None

    def join(self, source: LiteralString) -> Select:
        """Add a JOIN clause."""
        return replace(self, source=_longer(self.source, " " + source))

    def add(self, columns: LiteralString, *values: object) -> Select:
        """Add columns behind those selected so far."""
        return replace(self, columns=_longer(self.columns, ", " + columns, *values))

    def only(self, columns: LiteralString) -> Select:
        """Select these columns and no others."""
        return replace(self, columns=columns)

    def where(self, *conditions: Sql) -> Select:
        """Add conditions; all conditions of a query must hold."""
        return replace(self, conditions=self.conditions + conditions)

    def order_by(self, order: LiteralString) -> Select:
        """Set the ORDER BY list."""
        return replace(self, order=order)

    def sql(self) -> Sql:
        """Return the query as a piece of SQL."""
        text: LiteralString = "SELECT {} FROM {}"
        values: tuple[object, ...] = (_piece(self.columns), _piece(self.source))
        if self.conditions:
            text += " WHERE {}"
            values += (join(" AND ", [Sql("({})", (condition,)) for condition in self.conditions]),)
        if self.order is not None:
            text += " ORDER BY " + self.order
        return Sql(text, values)

    def exists(self) -> Sql:
        """Return the condition that the query has a row."""
        return Sql("EXISTS ({})", (self.sql(),))


def _longer(piece: LiteralString | Sql, text: LiteralString, *values: object) -> LiteralString | Sql:
    # Without values it stays one text, which need not be put together again for each statement.
    if isinstance(piece, str) and not values:
        return piece + text
    return sql("{}" + text, _piece(piece), *values)


def _piece(text: LiteralString | Sql) -> Sql:
    return text if isinstance(text, Sql) else sql(text)
