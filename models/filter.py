"""Conditions on customers that combine: what a list is narrowed down to.

A filter holds when everything given in it holds; an empty one holds for every customer. `condition` makes
SQL of it in which `c` is the customer, `a` its postal address, `s` its privacy settings and `w` its row of
`customer_search`, which has the country indexed beside the last name. Comparisons of text ignore case, as
PostgreSQL's `lower` does. SQL's NULL never reaches the outside: a comparison with what is not there does not
hold, and its negation does.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final, LiteralString, TypeVar

from db.sql import Sql, join, sql
from models.errors import InvalidArgument, LimitExceeded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from uuid import UUID

T = TypeVar("T")

MOST_LEVELS = 10
"""How deep filters may be nested by `and`, `or` and `not`; the outermost one is the first level."""

MOST_CONDITIONS = 200
"""How many filters one list may be narrowed down by, those that only combine others included."""

MOST_VALUES = 1_000
"""How many values one `in` may list."""


LONGEST_TEXT = 2_000
"""How many characters a text may have that is compared; none is stored that is nearly as long.

Bringing a text of many combining marks into its normal form takes time that grows with its square.
"""


def comparable(text: str) -> str:
    """Return text in the form in which it is stored, as far as case and blanks don't matter.

    Raises:
        InvalidArgument: it holds a NUL, which no stored text does and PostgreSQL cannot read.
        LimitExceeded: it is longer than any stored text.
    """
    if len(text) > LONGEST_TEXT:
        raise LimitExceeded(f"Compare with at most {LONGEST_TEXT} characters; no text is longer.")
    if "\0" in text:
        raise InvalidArgument("Remove the NUL character; no text holds one.")
    return unicodedata.normalize("NFC", text)


@dataclass(frozen=True, slots=True)
class TextFilter:
    """What text must be; None is not given."""

    eq: str | None = None
    in_: list[str] | None = None
    starts_with: str | None = None
    contains: str | None = None
    is_null: bool | None = None

    def conditions(self, column: LiteralString) -> Iterator[Sql]:
        """Yield what must hold for a column."""
        text: LiteralString = "lower(" + column + ")"
        if self.eq is not None:
            yield sql(text + " = lower({})", comparable(self.eq))
        if self.in_ is not None:
            values = [comparable(value) for value in _counted(self.in_)]
            yield sql(text + " = ANY(ARRAY(SELECT lower(value) FROM unnest({}::text[]) AS value))", values)
        if self.starts_with is not None:
            yield sql(text + " LIKE lower({})", like_prefix(comparable(self.starts_with)))
        if self.contains is not None:
            yield sql("strpos(" + text + ", lower({})) > 0", comparable(self.contains))
        if self.is_null is not None:
            yield sql(column + (" IS NULL" if self.is_null else " IS NOT NULL"))


@dataclass(frozen=True, slots=True)
class IdFilter:
    """Which ids are meant; None is not given."""

    eq: UUID | None = None
    in_: list[UUID] | None = None

    def conditions(self, column: LiteralString) -> Iterator[Sql]:
        """Yield what must hold for a column."""
        if self.eq is not None:
            yield sql(column + " = {}", self.eq)
        if self.in_ is not None:
            yield sql(column + " = ANY({}::uuid[])", _counted(self.in_))


@dataclass(frozen=True, slots=True)
class MomentFilter:
    """Between which moments; None is not given."""

    gte: datetime | None = None
    gt: datetime | None = None
    lte: datetime | None = None
    lt: datetime | None = None

    _OPERATORS: ClassVar[dict[str, LiteralString]] = {
        "gte": " >= {}",
        "gt": " > {}",
        "lte": " <= {}",
        "lt": " < {}",
    }

    def conditions(self, column: LiteralString) -> Iterator[Sql]:
        """Yield what must hold for a column."""
        for name, operator in self._OPERATORS.items():
            moment = getattr(self, name)
            if moment is not None:
                yield sql(column + operator, moment)


@dataclass(frozen=True, slots=True)
class CustomerFilter:
    """Which customers are meant; None is not given."""

    and_: list[CustomerFilter] | None = None
    or_: list[CustomerFilter] | None = None
    not_: CustomerFilter | None = None
    id: IdFilter | None = None
    first_name: TextFilter | None = None
    middle_name: TextFilter | None = None
    last_name: TextFilter | None = None
    email: TextFilter | None = None
    phone_number: TextFilter | None = None
    city: TextFilter | None = None
    state: TextFilter | None = None
    postal_code: TextFilter | None = None
    country: TextFilter | None = None
    marketing_emails_enabled: bool | None = None
    two_factor_enabled: bool | None = None
    created_at: MomentFilter | None = None
    updated_at: MomentFilter | None = None

    @property
    def of_one_country(self) -> bool:
        """Whether only customers of one country are meant."""
        return self.country is not None and self.country.eq is not None

    def condition(self) -> Sql | None:
        """Return what must hold, or None when nothing is asked for.

        Raises:
            InvalidArgument: a text holds a NUL.
            LimitExceeded: the filter is nested too deeply, or lists too many values.
        """
        _check_levels(self, MOST_LEVELS)
        return _condition(self)


def _check_levels(customer: CustomerFilter, most: int) -> None:
    if not most:
        raise LimitExceeded(f"Nest filters at most {MOST_LEVELS} levels deep, the outermost one included.")
    for part in (*(customer.and_ or ()), *(customer.or_ or ()), customer.not_):
        if part is not None:
            _check_levels(part, most - 1)


def _condition(customer: CustomerFilter) -> Sql | None:
    conditions = [*_own(customer), *_combined(customer)]
    return join(" AND ", conditions) if conditions else None


def _whole(customer: CustomerFilter) -> Sql:
    return sql("({})", _condition(customer) or sql("TRUE"))


def _own(customer: CustomerFilter) -> Iterator[Sql]:
    for name, column in _COLUMNS.items():
        part = getattr(customer, name)
        if part is not None:
            yield from part.conditions(column)
    for name, column in _FLAGS.items():
        flag = getattr(customer, name)
        if flag is not None:
            yield sql(column + " = {}", flag)
    for name, (column, source) in _CONTACTS.items():
        part = getattr(customer, name)
        if part is not None:
            # At least one, by itself: all that is asked for must hold for the same one.
            held = [sql("TRUE"), *part.conditions(column)]
            yield sql("EXISTS (SELECT FROM " + source + " AND {})", join(" AND ", held))


def _combined(customer: CustomerFilter) -> Iterator[Sql]:
    yield from map(_whole, customer.and_ or ())
    if customer.or_ is not None:
        # Of no alternatives, none holds.
        yield sql("({})", join(" OR ", [sql("FALSE"), *map(_whole, customer.or_)]))
    if customer.not_ is not None:
        yield ~_whole(customer.not_)


_COLUMNS: Final[dict[str, LiteralString]] = {
    "id": "c.customer_id",
    "first_name": "c.first_name",
    "middle_name": "c.middle_name",
    "last_name": "c.last_name",
    "city": "a.city",
    "state": "a.state",
    "postal_code": "a.postal_code",
    "country": "w.country",
    "created_at": "c.created_at",
    "updated_at": "c.updated_at",
}
_FLAGS: Final[dict[str, LiteralString]] = {
    "marketing_emails_enabled": "s.marketing_emails_enabled",
    "two_factor_enabled": "s.two_factor_enabled",
}
_CONTACTS: Final[dict[str, tuple[LiteralString, LiteralString]]] = {
    "email": ("e.email", "customer_emails e WHERE e.customer_id = c.customer_id"),
    "phone_number": ("p.number", "customer_phone_numbers p WHERE p.customer_id = c.customer_id"),
}


def like_prefix(text: str) -> str:
    """Return the LIKE pattern of what begins with a text, taken literally."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"


def _counted(values: list[T]) -> list[T]:
    if len(values) > MOST_VALUES:
        raise LimitExceeded(f"Give in at most {MOST_VALUES} values.")
    return values
