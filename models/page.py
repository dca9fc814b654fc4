"""Which stretch of the customers is wanted, and what came of it: keyset pagination."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from models.contacts import Contacts
    from models.filter import CustomerFilter
    from models.search import Search
    from models.written import Written

Key = str | datetime | int


class OrderField(Enum):
    """What customers can be ordered by; the value names the column and the attribute."""

    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"
    LAST_NAME = "last_name"
    FIRST_NAME = "first_name"


@dataclass(frozen=True, slots=True)
class Order:
    """An order of customers; those with the same key are ordered by their id, in the same direction.

    Without a field it is the order of a search: who has most of its words in full, then by last name.
    """

    field: OrderField | None = OrderField.CREATED_AT
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Position:
    """A place in an order: the sort keys and the id of a customer that stands, or stood, there."""

    keys: tuple[Key, ...]
    id: UUID


@dataclass(frozen=True, slots=True)
class PageRequest:
    """At most `size` customers between two positions (both excluded), from one end of what is there.

    Only those are there for whom `where` and `search` hold, if given.
    """

    size: int
    end: Literal["first", "last"] = "first"
    order: Order = Order()
    after: Position | None = None
    before: Position | None = None
    where: CustomerFilter | None = None
    search: Search | None = None


@dataclass(frozen=True, slots=True)
class PageParts:
    """What a page comes with.

    `counted` is how many match in all. With `written`, customers come as JSON, and nothing else with them;
    with `ends`, only the first and the last one's positions are known then. Otherwise `owned` are their
    addresses and privacy settings; without `updated_at` it is read only where the page is ordered by it; with
    `contacts`, those come too.
    """

    counted: bool = False
    written: Written | None = None
    ends: bool = False
    owned: bool = True
    updated_at: bool = True
    contacts: Contacts | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of customers in order; whether others are on either side; how many match, if counted.

    `customers` are instances, or JSON in UTF-8. `rows` are those of all of them, or of the first and the
    last; each begins with a customer's id and has its sort keys in the columns `keys`. `contacts` are what
    was asked for of theirs, by relation and customer; who has none may be missing.
    """

    customers: list[Any]
    order: Order
    rows: Sequence[tuple[Any, ...]]
    keys: Sequence[int]
    has_previous: bool
    has_next: bool
    total: int | None
    contacts: Mapping[str, Mapping[UUID, list[Any]]]

    def position(self, number: int) -> Position:
        """Return where a customer of the page stands; 0 is the first, -1 the last one."""
        row = self.rows[number]
        return Position(tuple([row[key] for key in self.keys]), row[0])
