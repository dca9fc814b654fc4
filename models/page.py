"""Which stretch of the customers is wanted, and what came of it: keyset pagination."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from uuid import UUID

    from models.customer import Customer

Key = str | datetime


class OrderField(Enum):
    """What customers can be ordered by; the value names the column and the attribute."""

    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"
    LAST_NAME = "last_name"
    FIRST_NAME = "first_name"


@dataclass(frozen=True, slots=True)
class Order:
    """An order of customers; those with the same key are ordered by their id, in the same direction."""

    field: OrderField = OrderField.CREATED_AT
    descending: bool = False

    def position(self, customer: Customer) -> Position:
        """Return where a customer stands in this order."""
        return Position(getattr(customer, self.field.value), customer.id)


@dataclass(frozen=True, slots=True)
class Position:
    """A place in an order: the sort key and the id of a customer that stands, or stood, there."""

    key: Key
    id: UUID


@dataclass(frozen=True, slots=True)
class PageRequest:
    """At most `size` customers between two positions (both excluded), from one end of what is there."""

    size: int
    end: Literal["first", "last"] = "first"
    order: Order = Order()
    after: Position | None = None
    before: Position | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of customers in order, whether others are on either side, and how many in all if counted."""

    customers: list[Customer]
    has_previous: bool
    has_next: bool
    total: int | None
