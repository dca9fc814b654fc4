"""Relay's cursor connection over customers: its types, and its arguments turned into a page request.

https://relay.dev/graphql/connections.htm
"""

from __future__ import annotations

from enum import Enum

import strawberry

import models
from models.errors import InvalidArgument
from models.filter import CustomerFilter
from models.page import Order, OrderField, Page, PageRequest, Position
from models.search import Search
from schema import cursor
from schema.types import Customer

DEFAULT_SIZE = 20
LARGEST_SIZE = 100

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
    customer: strawberry.Private[models.Customer]
    position: strawberry.Private[Position]
    order: strawberry.Private[Order]

    @strawberry.field(description="The place of the customer, to pass as after or before.")
    def cursor(self) -> str:
        return cursor.encode(self.position, self.order)

    @strawberry.field(graphql_type=Customer, description="The customer.")
    def node(self) -> models.Customer:
        return self.customer


@strawberry.type(description="A page of customers.")
class CustomerConnection:
    page: strawberry.Private[Page]
    order: strawberry.Private[Order]

    @strawberry.field(description="The customers of the page, each with its cursor.")
    def edges(self) -> list[CustomerEdge]:
        return [
            CustomerEdge(customer=customer, position=position, order=self.order)
            for customer, position in zip(self.page.customers, self.page.positions, strict=True)
        ]

    @strawberry.field(graphql_type=list[Customer], description="The customers of the page.")
    def nodes(self) -> list[models.Customer]:
        return self.page.customers

    @strawberry.field(description="What lies around the page.")
    def page_info(self) -> PageInfo:
        positions = self.page.positions
        return PageInfo(
            has_next_page=self.page.has_next,
            has_previous_page=self.page.has_previous,
            start_cursor=cursor.encode(positions[0], self.order) if positions else None,
            end_cursor=cursor.encode(positions[-1], self.order) if positions else None,
        )

    @strawberry.field(
        graphql_type=int,
        description="How many customers match in all, on this page or not. Counted only when it is selected.",
    )
    def total_count(self) -> int | None:
        return self.page.total


def page_request(
    first: int | None,
    after: str | None,
    last: int | None,
    before: str | None,
    order_by: CustomerOrder | None,
    *,
    where: CustomerFilter | None = None,
    search: Search | None = None,
) -> PageRequest:
    """Return the page that a connection's arguments ask for.

    Without `first` and `last` it is the first 20, or the last 20 when only `before` is given.

    Raises:
        InvalidArgument: a count is out of range, both are given, or a cursor is not one of this order.
    """
    if first is not None and last is not None:
        raise InvalidArgument("Give first or last, not both.")
    for name, size in ("first", first), ("last", last):
        if size is not None and not 0 <= size <= LARGEST_SIZE:
            raise InvalidArgument(f"Give {name} from 0 to {LARGEST_SIZE}; read more with further pages.")
    if order_by:
        order = Order(order_by.field, descending=order_by.direction.value)
    else:
        order = Order(None) if search else Order()
    from_the_end = last is not None or (first is None and before is not None and after is None)
    size = last if first is None else first
    return PageRequest(
        size=DEFAULT_SIZE if size is None else size,
        end="last" if from_the_end else "first",
        order=order,
        after=cursor.decode(after, order) if after is not None else None,
        before=cursor.decode(before, order) if before is not None else None,
        where=where,
        search=search,
    )
