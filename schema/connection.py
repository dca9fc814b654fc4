"""Relay's cursor connection over customers: its types, and its arguments turned into a page request.

https://relay.dev/graphql/connections.htm
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from itertools import count, repeat
from typing import Any, NamedTuple

import orjson
import strawberry
from orjson import Fragment

import models
from models.errors import InvalidArgument
from models.filter import CustomerFilter
from models.page import Order, OrderField, Page, PageRequest
from models.search import Search
from models.written import Member, Shape
from schema import cursor
from schema.types import Customer

DEFAULT_SIZE = 20

strawberry.enum(OrderField, name="CustomerOrderField", description="What customers can be ordered by.")


@strawberry.enum(description="Which end of the order comes first.")
class OrderDirection(Enum):
    """Which end of the order comes first; the value says whether it is descending."""

    ASC = False
    DESC = True


@strawberry.input(description="An order of customers; those that are equal in it are ordered by id.")
class CustomerOrder:
    field: OrderField = strawberry.field(description="What to order by.")
    direction: OrderDirection = strawberry.field(
        default=OrderDirection.ASC, description="Which end of the order comes first."
    )


@strawberry.type(description="What lies around a page, and the cursors of its ends.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether customers follow the page.")
    has_previous_page: bool = strawberry.field(description="Whether customers precede the page.")
    start_cursor: str | None = strawberry.field(
        description="The cursor of the first edge, to pass as before."
    )
    end_cursor: str | None = strawberry.field(description="The cursor of the last edge, to pass as after.")


@strawberry.type(description="A customer in its place in a connection.")
class CustomerEdge:
    cursor: str = strawberry.field(description="The place of the customer, to pass as after or before.")
    node: Customer = strawberry.field(description="The customer.")


@strawberry.type(description="A page of customers.")
class CustomerConnection:
    edges: list[CustomerEdge] = strawberry.field(
        description="The customers of the page, each with its cursor."
    )
    nodes: list[Customer] = strawberry.field(description="The customers of the page.")
    page_info: PageInfo = strawberry.field(description="What lies around the page.")
    total_count: int = strawberry.field(
        description="How many customers match in all, on this page or not. Counted only when it is selected."
    )


class Edge(NamedTuple):
    """What a `CustomerEdge` is resolved from; the cursor is made when it is asked for."""

    node: models.Customer
    page: Page
    number: int

    @property
    def cursor(self) -> str:
        """The place of the customer."""
        return cursor.encode(self.page.position(self.number), self.page.order)


class Connection:
    """What a `CustomerConnection`, and its `PageInfo`, are resolved from."""

    __slots__ = ("_page", "has_next_page", "has_previous_page", "nodes", "total_count")

    def __init__(self, page: Page) -> None:
        self._page = page
        self.nodes = page.customers
        self.has_next_page = page.has_next
        self.has_previous_page = page.has_previous
        self.total_count = page.total

    @property
    def edges(self) -> list[Edge]:
        """The customers in their places."""
        return list(map(Edge._make, zip(self.nodes, repeat(self._page), count(), strict=False)))

    @property
    def page_info(self) -> Connection:
        """What lies around the page."""
        return self

    @property
    def start_cursor(self) -> str | None:
        """The place of the first customer."""
        return self._cursor(0)

    @property
    def end_cursor(self) -> str | None:
        """The place of the last customer."""
        return self._cursor(-1)

    def _cursor(self, number: int) -> str | None:
        return cursor.encode(self._page.position(number), self._page.order) if self.nodes else None


def written(page: Page, members: Shape) -> Fragment:
    """Return a connection with these members as JSON, of a page whose customers are."""
    connection = Connection(page)
    return Fragment(orjson.dumps({member.name: _value(connection, member) for member in members}))


def _value(connection: Connection, member: Member) -> Any:
    match member.attribute:
        case None:
            return member.text
        case "nodes":
            return _list(connection.nodes)
        case "edges":
            return _edges(connection, member.members)
        case "page_info":
            return {below.name: _value(connection, below) for below in member.members}
        case attribute:
            return getattr(connection, attribute)


def _edges(connection: Connection, members: Shape) -> Fragment:
    pieces: list[Iterable[bytes]] = []
    values: Iterable[bytes]
    before = "{"
    for name, attribute, _, text in members:
        match attribute:
            case "node":
                values = connection.nodes
            case "cursor":
                values = [f'"{edge.cursor}"'.encode() for edge in connection.edges]
            case _:
                values = repeat(f'"{text}"'.encode(), len(connection.nodes))
        pieces += repeat(f'{before}"{name}":'.encode()), values
        before = ","
    return _list(map(b"".join, zip(*pieces, repeat(b"}"), strict=False)))


def _list(items: Iterable[bytes]) -> Fragment:
    return Fragment(b"[" + b",".join(items) + b"]")


def page_request(
    first: int | None,
    after: str | None,
    last: int | None,
    before: str | None,
    order_by: CustomerOrder | None,
    *,
    largest: int,
    where: CustomerFilter | None = None,
    search: Search | None = None,
) -> PageRequest:
    """Return the page that a connection's arguments ask for.

    Without `first` and `last` it is the first 20, or the last 20 when only `before` is given; it never has
    more than `largest`.

    Raises:
        InvalidArgument: a count is out of range, both are given, or a cursor is not one of this order.
    """
    if first is not None and last is not None:
        raise InvalidArgument("Give first or last, not both.")
    for name, size in ("first", first), ("last", last):
        if size is not None and not 0 <= size <= largest:
            raise InvalidArgument(f"Give {name} from 0 to {largest}; read more with further pages.")
    if order_by:
        order = Order(order_by.field, descending=order_by.direction.value)
    else:
        order = Order(None) if search else Order()
    from_the_end = last is not None or (first is None and before is not None and after is None)
    size = last if first is None else first
    return PageRequest(
        size=min(DEFAULT_SIZE, largest) if size is None else size,
        end="last" if from_the_end else "first",
        order=order,
        after=cursor.decode(after, order) if after is not None else None,
        before=cursor.decode(before, order) if before is not None else None,
        where=where,
        search=search,
    )
